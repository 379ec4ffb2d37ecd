"""The engine of one process: drains run as tasks here, and a sweeper looks at the due index.

The due index is the truth, so a wake-up that is lost with the process costs a second and nothing else. The number of
drains at once is bounded, and channels share it fairly; a thread that is woken while it is being drained is told so,
not drained twice. A drain to which the store gave no answer may have the lease, for all that it knows, so it is begun
again as soon as the store answers. What is due beyond what can wait here stays in the index, where another worker finds
it.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from agent_core.adapters.places import Places
from agent_core.ports import NO_VERSION, Clock, Lease, Store, StoreDown, Taking
from agent_core.words import ThreadId, channel_of

log = structlog.get_logger(__name__)

SWEEP_S = 1.0
BREATH_S = 0.05  # between two looks while there is more than can be looked at once
SWEPT = 500
AT_ONCE = 64
SHARE = 32  # of them, for one channel: with long calls in it, others are still served at once
MOST_WAITING = 2000
GRACE_S = 10.0


class Drain(Protocol):
    """What drains a thread, under a lease that was taken for it, or under one that it takes itself."""

    async def __call__(self, thread_id: ThreadId, lease: Lease | None = None, /) -> bool:
        """Return when nothing is left to do here; False where it is to be called again, once the store answers."""


class LocalEngine:
    """Wakes the worker of this very process."""

    def __init__(self, store: Store, clock: Clock, *, grace_s: float = GRACE_S) -> None:
        """Hold the ports; ``start`` opens the door. ``grace_s`` is how long what runs may take to end at ``stop``."""
        self._grace_s = grace_s
        self._store = store
        self._clock = clock
        self._drain: Drain | None = None
        self._taking: Taking | None = None
        self._nudge: Callable[[ThreadId], bool] = lambda _: False
        self._places = Places(AT_ONCE, SHARE)
        self._drains: dict[ThreadId, asyncio.Task[None]] = {}
        self._again: dict[ThreadId, None] = {}
        self._sweeper: asyncio.Task[None] | None = None

    def start(self, drain: Drain, nudge: Callable[[ThreadId], bool], taking: Taking | None = None) -> None:
        """Begin to drain, also what was left pending by a process that is gone.

        ``taking`` is under which lease; without it none is taken with a commit.
        """
        self._drain, self._nudge, self._taking = drain, nudge, taking
        self._sweeper = asyncio.create_task(self._sweep())

    def takes(self, thread_id: ThreadId) -> Taking | None:
        """Say for whom a commit may take the thread's lease: there is a place, and the thread is not being drained."""
        is_free = thread_id not in self._drains and self._places.has_one(channel_of(thread_id))
        return self._taking if is_free and self._may_begin() else None

    def _may_begin(self) -> bool:
        return self._drain is not None and len(self._drains) < MOST_WAITING

    async def wake(self, thread_id: ThreadId, lease: Lease | None = None) -> None:
        """Have this thread drained soon; a lease that came too late for that is given back."""
        if self._nudge(thread_id) or thread_id in self._drains:
            return
        if self._drain is not None and self._may_begin():
            self._drains[thread_id] = asyncio.create_task(self._one(thread_id, self._drain, lease))
        elif lease is not None:
            await self._give_back(lease)

    async def _give_back(self, lease: Lease) -> None:
        """Let another process go on at once."""
        try:
            await self._store.release(lease, version=NO_VERSION, due=None)
        except StoreDown as down:  # what is committed stays so
            log.warning("lease not given back; it ends by itself", thread_id=lease.thread_id, why=str(down))

    async def drained(self, thread_id: ThreadId) -> None:
        """Have this thread drained, and return when that is done, or at once where its channel has its share."""
        is_crowded = self._places.has_its_share(channel_of(thread_id))
        await self.wake(thread_id)
        task = self._drains.get(thread_id)
        if task is not None and not is_crowded:
            await asyncio.wait({task})  # whoever waits may stop waiting; the drain goes on

    async def _one(self, thread_id: ThreadId, drain: Drain, lease: Lease | None) -> None:
        channel = channel_of(thread_id)
        lease = lease if self._places.has_one(channel) else None  # Its time runs; after a wait it is taken again.
        try:
            async with self._places.place(channel):
                if not await drain(thread_id, lease):
                    self._again[thread_id] = None
        except Exception:
            log.exception("drain ended badly", thread_id=thread_id)
        finally:
            self._drains.pop(thread_id, None)

    async def _sweep(self) -> None:
        while True:
            found: list[ThreadId] = []
            try:
                found = await self._store.overdue(SWEPT)
                again, self._again = self._again, {}
                for thread_id in {**again, **dict.fromkeys(found)}:
                    await self.wake(thread_id)
            except StoreDown as down:
                log.warning("store does not answer", why=str(down))
            except Exception:  # without the sweeper nothing would expire and nothing would be found again
                log.exception("due index not read")
            await self._rest(found)

    async def _rest(self, found: list[ThreadId]) -> None:
        """Wait a moment; where more is due than was asked for, no longer than it takes to drain what was found."""
        drains = [self._drains[thread_id] for thread_id in found if thread_id in self._drains]
        if len(found) < SWEPT or not drains:
            await self._clock.sleep(SWEEP_S)
            return
        await asyncio.wait(drains, timeout=SWEEP_S)
        await self._clock.sleep(BREATH_S)

    async def stop(self) -> None:
        """Take nothing new, let what runs end for a while, then stop it; the rest is found through the due index."""
        self._drain = None
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        running = list(self._drains.values())
        if running:
            _, late = await asyncio.wait(running, timeout=self._grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
