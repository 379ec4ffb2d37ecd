"""A clock that stands still until a test moves it. Sleepers wake in the order of their times, each at its own time."""

import asyncio
import heapq
from collections.abc import Generator
from datetime import datetime, timedelta
from itertools import count

TURNS = 50  # of the event loop, for those who were woken to get as far as their next wait


class _Turn:
    """Awaited, it lets everybody else who is ready run once."""

    def __await__(self) -> Generator[None, None, None]:
        yield


async def turns(how_many: int = 1) -> None:
    """Let others run, so many times."""
    for _ in range(how_many):
        await _Turn()


class FakeClock:
    """The Clock port, moved by ``move`` or ``advance``."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._order = count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Give the time at which a test has put us."""
        return self._now

    @property
    def sleepers(self) -> int:
        """How many wait for time to pass."""
        return sum(not future.done() for _, _, future in self._sleepers)

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was moved so far."""
        self.slept.append(seconds)
        if seconds <= 0:
            await turns()
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), future))
        await future

    def move(self, seconds: float) -> None:
        """Put the clock forward at once and wake all whose time has come."""
        self._move_to(self._now + timedelta(seconds=seconds))

    async def advance(self, seconds: float) -> None:
        """Put the clock forward from one sleeper's time to the next, letting each do its part before time goes on."""
        end = self._now + timedelta(seconds=seconds)
        await turns(TURNS)
        while self._sleepers and self._sleepers[0][0] <= end:
            self._move_to(self._sleepers[0][0])
            await turns(TURNS)
        self._move_to(end)
        await turns(TURNS)

    def _move_to(self, when: datetime) -> None:
        self._now = when
        while self._sleepers and self._sleepers[0][0] <= when:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():  # Cancelled sleepers stay in the heap until their time.
                future.set_result(None)
