"""One part of the demo kept running: started, waited for until it answers, and started again when it ends unasked.

The waits between starts double up to a bound, and a part that has run for a while begins anew with the shortest. A part
that ends before it ever answered is not tried again: what is wrong is said at once, with the last lines of its log.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent_core.adapters.system_clock import SystemClock
from bot.demo.child import Child

FIRST_WAIT_S = 0.5
MOST_WAIT_S = 8.0
STEADY_S = 30.0
LAST_LINES = 12
TAIL_BYTES = 8_000
MOST_LOG_BYTES = 5_000_000


class NotStarted(Exception):
    """A part of the demo did not start; the words say what, and why as far as is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is started and how; ``ready`` waits until it answers, and gives False if it ends or takes too long."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    ready: Callable[[Child], Awaitable[bool]]
    grace_s: float

    def last_words(self) -> str:
        """Give the last lines of its log."""
        if not self.log.exists():
            return ""
        tail = self.log.read_bytes()[-TAIL_BYTES:].decode(errors="replace")
        return "\n".join(tail.splitlines()[-LAST_LINES:])


class Kept:
    """A part that runs until we stop."""

    def __init__(self, part: Part, say: Callable[[str], None]) -> None:
        self._part = part
        self._say = say
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        """The process that was started last; 0 before the first."""
        return 0 if self._child is None else self._child.pid

    def kill(self) -> None:
        """End the process as a power cut would."""
        if self._child is not None:
            self._child.kill()

    async def open(self) -> None:
        """Start it for the first time, or raise NotStarted."""
        part = self._part
        part.log.parent.mkdir(parents=True, exist_ok=True)
        if part.log.exists() and part.log.stat().st_size > MOST_LOG_BYTES:
            part.log.replace(part.log.with_name(f"{part.log.name}.1"))
        if not await self._start():
            raise NotStarted(f"The {part.name} did not start. The end of {part.log}:\n{part.last_words()}")

    async def keep(self) -> None:
        """Start it again whenever it ends."""
        loop = asyncio.get_running_loop()
        wait_s = FIRST_WAIT_S
        while self._child is not None:
            since = loop.time()
            code = await self._child.ended()
            wait_s = FIRST_WAIT_S if loop.time() - since >= STEADY_S else wait_s
            self._say(f"The {self._part.name} ended ({how(code)}). It is started again.")
            await self._child.stop(0)
            while not await self._again(wait_s):
                wait_s = min(2 * wait_s, MOST_WAIT_S)

    async def close(self) -> None:
        """End it in order."""
        if self._child is not None:
            await self._child.stop(self._part.grace_s)

    async def _again(self, wait_s: float) -> bool:
        """Wait, try once more, and say how it went."""
        await SystemClock().sleep(wait_s)
        ok = await self._start()
        words = f"runs again: process {self.pid}" if ok else f"did not start. {self._part.log} says why"
        self._say(f"The {self._part.name} {words}.")
        return ok

    async def _start(self) -> bool:
        """Start one process; True once it answers."""
        part = self._part
        self._child = await Child.start(part.argv, env=part.env, log=part.log)
        ok = await part.ready(self._child)
        if not ok:
            await self._child.stop(0)
        return ok


def how(code: int) -> str:
    """Say an exit code in words."""
    return f"by signal {-code}" if code < 0 else f"exit code {code}"


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner can enter, and give its absolute path."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder.absolute()
