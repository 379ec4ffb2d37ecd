"""Taking one thread out into a file, and putting one back: paused, and only if every byte of the file holds.

What is put back gets one more line in its journal, which says so. The line is decided like any other, before anything
is written, and goes in with the thread in one step; so there is no moment in which a worker could take the task up.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from agent_core.bundle import Bundle, read, written
from agent_core.codec import Link
from agent_core.decide import decide
from agent_core.erasures import stripping
from agent_core.inputs import Restored
from agent_core.phases import Opening
from agent_core.ports.archive import Kept
from agent_core.records import Entry, Line, Note
from agent_core.rules.book import Rules
from agent_core.words import ThreadId
from bot.threads.opened import Opened

PAGE = 100
STAGE_BYTES = 1 << 20
TRIES = 3
BACK = "Put back from a file."
WHY = {
    "exists": "There is such a thread; a file may be older, so it is never put over one.",
    "buried": "A thread of this ID was purged, and its tombstone has another head: this file is not what was purged.",
    "incomplete": "Somebody else is putting the same thread back. Try again.",
}


STILL_NEEDED = (
    "The file holds words that were erased after it was written, and its task still goes on, so that they can't be "
    "taken out. Nothing was changed."
)


class NotMoved(Exception):
    """A thread was not taken out or put back; the words say why and what to do."""


async def taken_out(opened: Opened, thread_id: ThreadId) -> list[str]:
    """Give the lines of a thread's file, found whole; raise NotMoved, or NotThisThread where it is damaged."""
    for _ in range(TRIES):
        kept = await opened.archive.whole(thread_id)
        if kept is None:
            raise NotMoved(f"There is no thread {thread_id} any more.")
        links = [link async for link in links_of(opened, kept)]
        if links and links[-1].head == kept.head:
            lines = list(written(kept, links, opened.codec))
            if isinstance(read(lines, opened.codec).task.phase, Opening):
                raise NotMoved("This task has no thread yet. Try again in a moment.")
            return lines
    raise NotMoved("The thread moves while it is read. Pause it first.")


async def links_of(opened: Opened, kept: Kept) -> AsyncIterator[Link]:
    """Give a thread's journal, as long as it was at the look."""
    for start in range(0, kept.length, PAGE):
        _, _, links = await opened.archive.links(kept.thread_id, start, min(PAGE, kept.length - start))
        for link in links:
            yield link


async def put_back(opened: Opened, bundle: Bundle, rules: Rules) -> int:
    """Put a thread back and pause it, or raise NotMoved with nothing changed.

    Give the number of lines from which words were taken that were erased since the file was written.
    """
    thread_id = bundle.kept.thread_id
    bundle, stripped = await without_erased(opened, bundle)
    loaded = await opened.store.load(thread_id)
    kept, line = paused(bundle, rules, opened, loaded.now)
    last = bundle.kept.head
    link = opened.codec.link(thread_id, last, bundle.kept.length, line)
    kept = replace(kept, head=link.head, length=bundle.kept.length + 1)
    for nth, page in enumerate(pages((*bundle.links, link))):
        await opened.archive.stage(thread_id, page, first=nth == 0)
    said = await opened.archive.restore(kept, was=last)
    if said != "restored":
        raise NotMoved(f"{WHY[said]} Nothing was changed.")
    return stripped


async def without_erased(opened: Opened, bundle: Bundle) -> tuple[Bundle, int]:
    """Take out what was erased since a file was written, and say from how many lines; or raise NotMoved."""
    kept, codec = bundle.kept, opened.codec
    found = stripping(kept.thread_id, bundle.links, await opened.archive.erasures(), codec)
    if not found.theirs:
        return bundle, 0
    if not bundle.task.is_finished:
        raise NotMoved(STILL_NEEDED)
    links = tuple(found.changed.get(position, link) for position, link in enumerate(bundle.links))
    outbox = {name: codec.encode_effect(name, found.bare(effect)) for name, effect in bundle.outbox.items()}
    task = found.task(bundle.task)
    kept = replace(kept, checkpoint=codec.encode(task), outbox=outbox)
    return replace(bundle, kept=kept, task=task, links=links), len(found.theirs)


def paused(bundle: Bundle, rules: Rules, opened: Opened, now: datetime) -> tuple[Kept, Line]:
    """Give the thread as it is to stand, and the line that says so; a finished one stays as it ended."""
    kept, task = bundle.kept, bundle.task
    if task.is_finished:
        return kept, Note(version=task.version, at=now, by=None, what="restored", words=BACK)
    given = Restored(head=kept.head)
    transition = decide(task, given, now, rules)
    after = transition.checkpoint
    new = {name: opened.codec.encode_effect(name, effect) for name, effect in transition.outbox().items()}
    outbox = {name: raw for name, raw in kept.outbox.items() if name not in transition.settled} | new
    line = Entry(
        version=after.version, at=now, policy_version=rules.policy.version, input=given, records=transition.records
    )
    return replace(kept, version=after.version, checkpoint=opened.codec.encode(after), outbox=outbox), line


def pages(links: Iterable[Link]) -> Iterator[list[Link]]:
    """Cut a journal into pages of about a megabyte, of at least one line each."""
    page: list[Link] = []
    size_bytes = 0
    for link in links:
        if page and size_bytes + len(link.line) > STAGE_BYTES:
            yield page
            page, size_bytes = [], 0
        page.append(link)
        size_bytes += len(link.line)
    yield page
