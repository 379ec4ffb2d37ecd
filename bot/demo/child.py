"""One process of the demo: started so that it ends with us, its first line heard, its words kept in a log.

Linux ends it by a signal when we end, even by kill -9; elsewhere a watcher beside it does, at the end of a pipe that
only we hold. It has a session of its own, so that Ctrl-C reaches us alone and we can end things in their order. Its
environment is what it is given and nothing else: a token of a real workspace must never reach the demo's bot.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Self

from agent_core.adapters.launch import command

WATCHED = sys.platform != "linux"
MOST_LINE_BYTES = 1 << 20
LAST_WORDS_S = 1.0  # whom it started may hold its output open


class Child:
    """A running process."""

    def __init__(self, process: asyncio.subprocess.Process, log: BinaryIO, pipe: tuple[int, int] | None) -> None:
        self._process = process
        self._log = log
        self._pipe = pipe
        self._first: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(), name=f"output of {process.pid}")

    @classmethod
    async def start(cls, argv: Sequence[str], *, env: Mapping[str, str], log: Path) -> Self:
        """Start a program whose path is absolute; what it writes goes to the end of the log."""
        pipe = os.pipe() if WATCHED else None
        stream = log.open("ab", buffering=0)
        process = await asyncio.create_subprocess_exec(
            *command(argv, at_parents_end=signal.SIGTERM, watch_fd=pipe[0] if pipe else None),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=stream,
            limit=MOST_LINE_BYTES,
            pass_fds=pipe[:1] if pipe else (),
            env=dict(env),
            start_new_session=True,
        )
        return cls(process, stream, pipe)

    @property
    def pid(self) -> int:
        """Its process ID."""
        return self._process.pid

    async def first_line(self, within_s: float) -> str | None:
        """Give the first line that it prints; None if it ends, or takes longer."""
        ended = asyncio.ensure_future(self.ended())
        await asyncio.wait((self._first, ended), timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        return self._first.result() if self._first.done() else None

    async def ended(self) -> int:
        """Wait for its end and for its last words, and give the exit code; negative is a signal."""
        code = await self._process.wait()
        await asyncio.wait((self._reading,), timeout=LAST_WORDS_S)
        return code

    async def ended_within(self, seconds: float) -> bool:
        """Wait that long at most; tell whether it has ended."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), seconds)
            return True
        return False

    async def stop(self, grace_s: float) -> int:
        """Ask it to end, force it after the grace, and give the exit code."""
        self._signal(signal.SIGTERM)
        if not await self.ended_within(grace_s):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        code = await self.ended()
        for descriptor in self._pipe or ():
            os.close(descriptor)
        self._pipe = None
        self._reading.cancel()
        await asyncio.wait((self._reading,))
        self._log.close()
        return code

    def kill(self) -> None:
        """End it as a power cut would."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _read(self) -> None:
        """Hear its first line, and keep all lines."""
        output = self._process.stdout
        while output is not None and (line := await output.readline()):
            self._log.write(line)
            if not self._first.done():
                self._first.set_result(line.decode(errors="replace").strip())
