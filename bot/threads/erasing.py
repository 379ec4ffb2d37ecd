"""Erasing one person's words from threads that have finished; what they did, and when, stays in the record.

Each journal line that changes keeps its head, the keyed hash of what it was, so the chain still holds and an original
that somebody shows can still be proved. Threads that go on are left: their words are still needed. Lessons are taken
back with ``/agent forget``; messages in Slack are Slack's.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

from agent_core.checkpoint import Checkpoint
from agent_core.codec import ERASED, Corrupt, Unreadable
from agent_core.erasures import Stripping
from agent_core.links import Link
from agent_core.ports import Quarantined
from agent_core.ports.archive import Erasure
from agent_core.words import PersonId, ThreadId, team_of
from agent_core.words_erased import GONE, task_without
from bot.threads.opened import Opened

PAGE = 100
LISTED = 10_000
EVER = datetime.max.replace(tzinfo=UTC)


async def erased_words(opened: Opened, person: PersonId, *, dry: bool) -> AsyncIterator[tuple[ThreadId, str]]:
    """Erase, and say what became of each thread with words of this person; ``dry`` only says which those are.

    That they are erased is put on record first, so that they can't come back from a file while this goes on.
    """
    record = None if dry else await opened.archive.erasing(person)
    left: list[ThreadId] = []
    for thread_id in sorted(await opened.archive.threads()):
        try:
            task = (await opened.store.load(thread_id)).checkpoint
            found = await found_in(opened, thread_id, person)
        except (Quarantined, Unreadable) as error:
            yield thread_id, f"left: {error.words}"
            continue
        if task is None or not (found.theirs or task_without(person, task).purpose != task.purpose):
            continue
        lines = f"{len(found.theirs)} lines"
        if not task.is_finished:
            left.append(thread_id)
            yield thread_id, f"left: {lines}; it still goes on"
        elif dry:
            yield thread_id, f"would be erased: {lines}"
        else:
            done = await erased(opened, task, found, person)
            yield thread_id, f"erased: {lines}" if done else "left: it is being worked on"
    if record is not None:
        await opened.archive.left(replace(record, left=tuple(left)))


async def found_in(opened: Opened, thread_id: ThreadId, person: PersonId) -> Stripping:
    """Look through a journal for a person's words, and make the lines that are to stand instead."""
    found, previous, position = Stripping(thread_id, opened.codec, (Erasure(person=person, at=EVER),)), "", 0
    while True:
        _, _, links = await opened.archive.links(thread_id, position, PAGE)
        fault = opened.codec.verify(thread_id, links, start=position, previous=previous)
        if fault is not None:
            raise Corrupt(fault.words)
        for link in links:
            found.take(link)
            previous, position = link.head, position + 1
        if len(links) < PAGE:
            return found


async def erased(opened: Opened, task: Checkpoint, found: Stripping, person: PersonId) -> bool:
    """Write a finished thread without a person's words, if nobody works on it."""
    kept = await opened.archive.whole(task.thread_id)
    if kept is None or kept.version != task.version:
        return False
    bare = task_without(person, task)
    rewritten = replace(kept, checkpoint=opened.codec.encode(bare))
    if not await opened.archive.rewrite(rewritten, found.changed):
        return False
    if bare.purpose != task.purpose:
        for line in await opened.index.tasks(team_of(task.thread_id), limit=LISTED):
            if line.thread_id == task.thread_id:
                await opened.index.put(replace(line, purpose=GONE))
    return True


def is_erased(link: Link) -> bool:
    """Tell whether words were erased from a line."""
    return link.line[:1] == ERASED
