"""Letting threads go that finished long ago: each leaves a tombstone with how it ended and its last head.

A thread that still has effects to be performed, or is being worked on, stays until the next look. Only finished threads
go; what waits for people waits for as long as they like. Every process that works may look: a thread is buried once.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import structlog

from agent_core.phases import Finished
from agent_core.ports import Clock, Loaded, Quarantined, Store, StoreDown
from agent_core.ports.archive import Archive, Tombstone
from agent_core.words import ThreadId

log = structlog.get_logger(__name__)

EVERY_S = 6 * 3600.0
FIRST_S = 600.0  # a bot that has just come up has more urgent things to do
BREATHE_EVERY = 50  # threads, between which others are let run
BREATHE_S = 0.1


async def old_ones(store: Store, archive: Archive, clock: Clock, older_than: timedelta) -> AsyncIterator[Tombstone]:
    """Give the tombstone of each thread that finished long enough ago; what can't be read is left alone."""
    for nth, thread_id in enumerate(sorted(await archive.threads()), 1):
        if nth % BREATHE_EVERY == 0:
            await clock.sleep(BREATHE_S)
        try:
            stone = stone_of(thread_id, await store.load(thread_id), older_than)
        except Quarantined:
            continue
        if stone is not None:
            yield stone


def stone_of(thread_id: ThreadId, loaded: Loaded, older_than: timedelta) -> Tombstone | None:
    """Make the tombstone of a thread that finished long enough ago, by the store's own time, or give None."""
    task = loaded.checkpoint
    if task is None or not isinstance(task.phase, Finished) or loaded.now - task.phase.at < older_than:
        return None
    return Tombstone(
        thread_id=thread_id,
        version=task.version,
        head=loaded.head,
        length=loaded.length,
        how=task.phase.how,
        finished_at=task.phase.at,
        purged_at=loaded.now,
    )


class Retention:
    """Looks from time to time for threads that have been kept long enough."""

    def __init__(self, store: Store, archive: Archive, clock: Clock, older_than: timedelta) -> None:
        """Hold the ports; nothing is looked at yet."""
        self._store = store
        self._archive = archive
        self._clock = clock
        self._older_than = older_than
        self._keeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, after a while."""
        self._keeping = asyncio.create_task(self._keep(), name="retention")

    async def stop(self) -> None:
        """Look no more."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def _keep(self) -> None:
        await self._clock.sleep(FIRST_S)
        while True:
            try:
                buried = await self.look()
                log.info("threads purged", threads=buried, days=self._older_than.days)
            except StoreDown as down:
                log.warning("threads not purged", why=str(down))
            except Exception:  # it must not end unseen; the next look is in some hours
                log.exception("threads not purged")
            await self._clock.sleep(EVERY_S)

    async def look(self) -> int:
        """Bury what has been kept long enough, and count it."""
        buried = 0
        async for stone in old_ones(self._store, self._archive, self._clock, self._older_than):
            buried += await self._archive.bury(stone)
        return buried
