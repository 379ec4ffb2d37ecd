"""The engine of one process: drains run as tasks here, and a sweeper looks at the due index.

The due index is the truth, so a wake-up that is lost with the process costs a second and nothing else. The number of
drains at once is bounded, and channels share it fairly; a thread that is woken while it is being drained is told so,
not drained twice. What is due beyond what can wait here stays in the index, where another worker finds it.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from agent_core.adapters.places import Places
from agent_core.ports import Clock, Store, StoreDown
from agent_core.words import ThreadId, channel_of

log = structlog.get_logger(__name__)

SWEEP_S = 1.0
BREATH_S = 0.05  # between two looks while there is more than can be looked at once
SWEPT = 500
AT_ONCE = 64
SHARE = 32  # of them, for one channel: with long calls in it, others are still served at once
MOST_WAITING = 2000
GRACE_S = 10.0


class LocalEngine:
    """Wakes the worker of this very process."""

    def __init__(self, store: Store, clock: Clock, *, grace_s: float = GRACE_S) -> None:
        """Hold the ports; ``start`` opens the door. ``grace_s`` is how long what runs may take to end at ``stop``."""
        self._grace_s = grace_s
        self._store = store
        self._clock = clock
        self._drain: Callable[[ThreadId], Awaitable[None]] | None = None
        self._nudge: Callable[[ThreadId], bool] = lambda _: False
        self._places = Places(AT_ONCE, SHARE)
        self._drains: dict[ThreadId, asyncio.Task[None]] = {}
        self._sweeper: asyncio.Task[None] | None = None

    def start(self, drain: Callable[[ThreadId], Awaitable[None]], nudge: Callable[[ThreadId], bool]) -> None:
        """Begin to drain, also what was left pending by a process that is gone."""
        self._drain, self._nudge = drain, nudge
        self._sweeper = asyncio.create_task(self._sweep())

    async def wake(self, thread_id: ThreadId) -> None:
        """Have this thread drained soon."""
        if self._drain is None or self._nudge(thread_id) or thread_id in self._drains:
            return
        if len(self._drains) >= MOST_WAITING:
            return
        task = asyncio.create_task(self._one(thread_id, self._drain))
        self._drains[thread_id] = task

    async def drained(self, thread_id: ThreadId) -> None:
        """Have this thread drained, and return when that is done, or at once where its channel has its share."""
        is_crowded = self._places.has_its_share(channel_of(thread_id))
        await self.wake(thread_id)
        task = self._drains.get(thread_id)
        if task is not None and not is_crowded:
            await asyncio.wait({task})  # whoever waits may stop waiting; the drain goes on

    async def _one(self, thread_id: ThreadId, drain: Callable[[ThreadId], Awaitable[None]]) -> None:
        try:
            async with self._places.place(channel_of(thread_id)):
                await drain(thread_id)
        except Exception:
            log.exception("drain ended badly", thread_id=thread_id)
        finally:
            self._drains.pop(thread_id, None)

    async def _sweep(self) -> None:
        while True:
            found: list[ThreadId] = []
            try:
                found = await self._store.overdue(SWEPT)
                for thread_id in found:
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
