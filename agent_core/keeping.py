"""Keeps the leases under which one process drains, all by one ticker, and ends a drain whose lease can't be kept.

Most drains end before their first renewal; a task and a timer for each would cost more than the renewals do. Time is
counted in ticks of a clock that only goes on, not read off one that may be put back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from agent_core.ports import Clock, Lease, LeaseLost, Store, StoreDown
from agent_core.words import ThreadId

log = structlog.get_logger(__name__)

LEASE_S = 15.0
TICKS = 15  # a lease; after the first one a drain is shown in lists as it goes, and most have ended by then
RENEWED_AFTER = 3  # ticks
LOST_AFTER = 10  # ticks without a renewal; somebody else may hold it soon


@dataclass(slots=True, kw_only=True)
class Held:
    """A lease that is kept, and the task that drains under it. Ages are counted in ticks."""

    lease: Lease
    drain: "asyncio.Task[object]"
    age: int = 0
    renewed_after: int = 1
    renewing: "asyncio.Task[None] | None" = None
    is_lost: bool = False

    def lose(self) -> None:
        """Stop what is done under it, once: a second cancel would cut off what the first one has to clean up."""
        if not self.is_lost:
            self.is_lost = True
            self.drain.cancel()


class Keeper:
    """Renews leases while the block that needs them runs. ``renewed`` is awaited after each renewal."""

    def __init__(
        self, store: Store, clock: Clock, renewed: Callable[[ThreadId], Awaitable[None]], *, lease_s: float
    ) -> None:
        """Hold the ports; the ticker begins with the first lease, and ends when none is held."""
        self._lease_s = lease_s
        self._store = store
        self._clock = clock
        self._renewed = renewed
        self._held: dict[ThreadId, Held] = {}
        self._ticker: asyncio.Task[None] | None = None

    @contextmanager
    def keeping(self, lease: Lease) -> Iterator[None]:
        """Keep a lease while the calling task is in this block; raise LeaseLost in it when it can't be kept."""
        drain = asyncio.current_task()
        if drain is None:
            raise RuntimeError("a lease is kept for a task")
        held = self._held[lease.thread_id] = Held(lease=lease, drain=drain)
        if self._ticker is None or self._ticker.done():
            self._ticker = asyncio.create_task(self._tick())
        try:
            yield
        except asyncio.CancelledError:
            if held.is_lost and not drain.uncancel():
                raise LeaseLost(lease.thread_id) from None
            raise
        finally:
            del self._held[lease.thread_id]
            if held.renewing is not None:
                held.renewing.cancel()

    async def _tick(self) -> None:
        """Renew what is to be renewed, beside each other: one that takes long holds up nobody's."""
        tick_s, loop = self._lease_s / TICKS, asyncio.get_running_loop()
        while self._held:
            began_s = loop.time()
            await self._clock.sleep(tick_s)
            passed = max(1, int((loop.time() - began_s) / tick_s))  # More than one where this process stood still.
            for held in list(self._held.values()):
                held.age += passed
                if held.age >= LOST_AFTER:
                    held.lose()
                elif held.age >= held.renewed_after and held.renewing is None:
                    held.renewing = asyncio.create_task(self._renew(held))

    async def _renew(self, held: Held) -> None:
        asked_at = held.age
        try:
            if not await self._store.renew(held.lease, self._lease_s):
                held.lose()
                return
            held.age -= asked_at  # as old as its request, not as its reply
            held.renewed_after = RENEWED_AFTER
            await self._tell(held.lease.thread_id)
        except StoreDown as down:
            log.info("lease not renewed yet", thread_id=held.lease.thread_id, why=str(down))
        except Exception:
            log.exception("lease not renewed", thread_id=held.lease.thread_id)
            held.lose()
        finally:
            held.renewing = None

    async def _tell(self, thread_id: ThreadId) -> None:
        """Say that a lease was renewed; what goes wrong with that must not end a call that runs under it."""
        try:
            await self._renewed(thread_id)
        except Exception as error:
            log.warning("renewal not told", thread_id=thread_id, why=repr(error), exc_info=True)
