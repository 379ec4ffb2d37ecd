"""One thread read whole: its task, its journal as far as the chain holds, and what today's rules make of it.

A damaged journal is read up to the line that does not hold; that line is named, and what came before it is shown.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from agent_core.checkpoint import Checkpoint
from agent_core.codec import Corrupt, Unreadable
from agent_core.effects import Effect
from agent_core.history import Difference, Relived, Replay
from agent_core.ports import Quarantined
from agent_core.records import Line
from agent_core.rules.book import Rules
from agent_core.words import EffectId, ThreadId, team_of
from bot.threads.erasing import is_erased
from bot.threads.opened import Opened

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Most:
    """How much of a journal is read: so many lines, and about so many bytes as they are stored."""

    lines: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A thread with its history. ``broken`` says what of it can't be believed; ``difference`` where a replay parts.

    ``task`` is None where the stored checkpoint can't be read. ``pending`` are effects still to be performed;
    ``erased`` counts lines from which words were erased. ``is_cut`` where only the beginning was read.
    """

    thread_id: ThreadId
    task: Checkpoint | None
    relived: tuple[Relived, ...]
    pending: dict[EffectId, Effect]
    head: str
    broken: str = ""
    difference: Difference | None = None
    erased: int = 0
    is_cut: bool = False

    @property
    def is_nothing(self) -> bool:
        """Tell whether there is no such thread."""
        return self.task is None and not self.relived and not self.broken


async def journal(
    opened: Opened, thread_id: ThreadId, most: Most | None = None
) -> AsyncIterator[tuple[Line | None, bool]]:
    """Give each line, and whether words were erased from it; raise Unreadable where the chain does not hold.

    In the place of what is more than ``most`` comes None.
    """
    previous, start, size_bytes = "", 0, 0
    while True:
        _, _, links = await opened.archive.links(thread_id, start, PAGE)
        fault = opened.codec.verify(thread_id, links, start=start, previous=previous)
        for link in links if fault is None else links[: fault.position - start]:
            yield opened.codec.decode_line(link.line), is_erased(link)
        if fault is not None:
            raise Corrupt(fault.words)
        if len(links) < PAGE:
            return
        previous, start = links[-1].head, start + len(links)
        size_bytes += sum(len(link.line) for link in links)
        if most is not None and (start >= most.lines or size_bytes >= most.size_bytes):
            yield None, False
            return


async def past_of(opened: Opened, thread_id: ThreadId, rules: Rules | None, most: Most | None = None) -> Past:
    """Read a thread, or about ``most`` of it, and replay it under these rules; without rules, only read it."""
    task, broken = await task_of(opened, thread_id)
    lessons = () if rules is None else await opened.lessons.of(team_of(thread_id))
    replay = None if rules is None else Replay(thread_id=thread_id, rules=rules, lessons=lessons)
    relived: list[Relived] = []
    erased, is_cut = 0, False
    try:
        async for line, had_more in journal(opened, thread_id, most):
            if line is None:
                is_cut = True
                break
            erased += had_more
            relived.append(Relived(position=len(relived), line=line) if replay is None else replay.take(line))
    except Unreadable as error:
        broken = broken or error.words
    if replay is not None and task is not None and not broken and not is_cut:
        replay.ends_as(task)
    return Past(
        thread_id=thread_id,
        task=task,
        relived=tuple(relived),
        pending=await pending_of(opened, thread_id),
        head=(await opened.archive.links(thread_id, -1))[2][-1:][0].head if relived else "",
        broken=broken,
        difference=None if replay is None else replay.difference,
        erased=erased,
        is_cut=is_cut,
    )


async def task_of(opened: Opened, thread_id: ThreadId) -> tuple[Checkpoint | None, str]:
    """Load a task, or say why it can't be read."""
    try:
        return (await opened.store.load(thread_id)).checkpoint, ""
    except Quarantined as error:
        return None, error.words


async def pending_of(opened: Opened, thread_id: ThreadId) -> dict[EffectId, Effect]:
    """Load what is still to be performed; what can't be read is told by the task's own damage."""
    try:
        return await opened.store.outbox(thread_id)
    except Quarantined:
        return {}
