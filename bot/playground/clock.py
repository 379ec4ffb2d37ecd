"""The stand-in's clock: the machine's own, which a test may push ahead.

Slack's timers (a trigger's 3 s, a response_url's 30 min, the retries of events, rate limits) run on `now()`, so
`advance(60)` makes all of them 60 s older at once. Timestamps of messages and signatures are `wall()`: the app under
test keeps its own time, and a signature from the future would be refused by it, rightly.
This is the one module of the playground that may ask the machine for the time, or wait for it to pass.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable


class Clock:
    """Time as Slack's servers see it."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:  # noqa: TID251 - the playground's edge
        self.wall = wall
        self._ahead_s = 0.0
        self._moved = asyncio.Event()
        self._last_stamp = 0

    def now(self) -> float:
        """Give the time on which Slack's own timers run."""
        return self.wall() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Let Slack's timers be this much older, and wake who waits for them."""
        self._ahead_s += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Return once that much time has passed, or has been skipped."""
        due = self.now() + seconds
        while (left := due - self.now()) > 0:
            moved = self._moved
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await moved.wait()

    def stamp(self) -> str:
        """Give a timestamp with six decimals that no earlier one equals."""
        micros = max(self._last_stamp + 1, int(self.wall() * 1_000_000))
        self._last_stamp = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"
