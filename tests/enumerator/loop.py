"""A loop and a clock with which one run is like the next: nothing waits, and time passes only when nothing else can.

The loop's selector never asks the system for anything. When no callback is ready, it puts the time forward to the next
sleeper; when there is none, nobody will ever go on, and the run is cancelled and says so.
"""

import asyncio
import heapq
import selectors
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from agent_core.fakes import turns

T = TypeVar("T")
SKEW = timedelta(hours=1)  # a process's own clock is wrong, always: what goes by it is found out
FAR_AHEAD = timedelta(days=2)


class Time:
    """The store's clock, and the sleepers of the process that runs."""

    def __init__(self, now: datetime) -> None:
        self.now_ = now
        self._order = count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Give the time of the store."""
        return self.now_

    def move(self, seconds: float) -> None:
        """Let time pass; whoever sleeps less wakes when nothing else can go on."""
        self.now_ += timedelta(seconds=seconds)

    def begin(self, now: datetime) -> None:
        """Put the clock anywhere, with nobody asleep."""
        self.now_ = now
        self._sleepers.clear()

    async def sleep(self, seconds: float) -> None:
        """Wait until so much time has passed."""
        if seconds <= 0:
            await turns()
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now_ + timedelta(seconds=seconds), next(self._order), future))
        await future

    def step(self) -> bool:
        """Wake the next sleeper at its time; say False if there is none."""
        while self._sleepers:
            at, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                self.now_ = max(self.now_, at)
                future.set_result(None)
                return True
        return False


class WrongClock:
    """The clock of a process, an hour slow: good for waiting, and for nothing else."""

    def __init__(self, time: Time) -> None:
        self._time = time

    def now(self) -> datetime:
        """Give the wrong time."""
        return self._time.now() - SKEW

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._time.sleep(seconds)


class Unasked(selectors.SelectSelector):
    """A selector for a loop without the world: it has nothing to wait for but virtual time."""

    idle: Callable[[], None]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Give no event; where the loop would wait, let time pass."""
        if timeout is None or timeout > 0:
            self.idle()
        return []


class Loop:
    """One event loop, used for run after run."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._selector = Unasked()
        self._selector.idle = self._idle
        self._loop = asyncio.SelectorEventLoop(self._selector)
        self._main: asyncio.Task[Any] | None = None
        self._until = time.now()

    def run(self, main: Coroutine[Any, Any, T]) -> T | None:
        """Run to the end and give the result, or None if nobody could go on."""
        self._until = self._time.now() + FAR_AHEAD
        self._main = task = self._loop.create_task(main)
        try:
            return self._loop.run_until_complete(task)
        except asyncio.CancelledError:
            return None
        finally:
            self._sweep()

    def close(self) -> None:
        """Give back what the system lent."""
        self._loop.close()

    def _idle(self) -> None:
        if self._time.now() > self._until or not self._time.step():
            if self._main is None or not self._main.cancel():
                raise RuntimeError("the loop waits for nothing")
            if self._time.now() > self._until:
                self._until += FAR_AHEAD  # what is cancelled may still wait a little

    def _sweep(self) -> None:
        """End what a run left behind."""
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._main = self._loop.create_task(ended(left))
            self._loop.run_until_complete(self._main)


async def ended(tasks: set[asyncio.Task[Any]]) -> None:
    """Wait for tasks that were cancelled."""
    await asyncio.gather(*tasks, return_exceptions=True)
