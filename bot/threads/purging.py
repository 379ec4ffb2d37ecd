"""``threads purge``: what ``agent_core.retention`` does from time to time, now, and told thread by thread."""

from collections.abc import AsyncIterator
from datetime import timedelta

from agent_core.adapters.system_clock import SystemClock
from agent_core.retention import old_ones
from agent_core.words import ThreadId
from bot.threads.opened import Opened


async def purged(opened: Opened, older_than: timedelta, *, dry: bool) -> AsyncIterator[tuple[ThreadId, str]]:
    """Purge, and say what became of each thread that is old enough; ``dry`` only says which those are."""
    async for stone in old_ones(opened.store, opened.archive, SystemClock(), older_than):
        ended = f"{stone.how} on {stone.finished_at:%Y-%m-%d}, last head {stone.head}"
        if dry:
            yield stone.thread_id, f"would be purged: {ended}"
        elif await opened.archive.bury(stone):
            yield stone.thread_id, f"purged: {ended}"
        else:
            yield stone.thread_id, "left: it is still being worked on"
