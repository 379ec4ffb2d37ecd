"""One run of one program: its own process group, its own time, its own pipes, and an end that always comes.

The pipes are ours rather than the subprocess's, so that "the program ended" and "its output ended" stay two facts: a
grandchild that holds the output open cannot hold us. What comes past the cap is read, counted and dropped, at a bounded
rate, so that the program goes on and the event loop does too. However the run ends, nothing of its group is left.
What leaves the group on purpose (setsid) is beyond a process group; that takes a sandbox.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent_core.adapters.launch import READY, command, signal_group
from agent_core.adapters.tools.output import ToolDidNotStart
from agent_core.adapters.tools.waiting import Ending, first_of

GRACE_S = 2.0  # between asking and forcing
DRAIN_S = 0.5  # for output still on its way when the program has ended
PAST_CAP_PAUSE_S = 0.005  # with 64 KiB in a pipe, some 13 MB/s are read only to be dropped
STATUS_BYTES = 64
GIB = 1 << 30

# Generous, but bounded. What it is to be bounded by more belongs to a cgroup around the bot.
LIMITS: Mapping[str, int] = {"CORE": 0, "NPROC": 4096, "NOFILE": 4096, "FSIZE": 1 * GIB, "AS": 8 * GIB}

OnBytes = Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What is to be run, and within what."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    folder: Path
    cap_bytes: int
    limits: Mapping[str, int] = field(default_factory=lambda: LIMITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run ended and what it said."""

    ending: Ending
    exit_code: int | None
    stdout: bytes
    stderr: bytes
    dropped: tuple[int, int]


class CappedPipe(asyncio.Protocol):
    """The reading end of one stream; keeps the first bytes and counts the rest."""

    def __init__(self, cap_bytes: int, on_data: Callable[[bytes], None] = lambda _: None) -> None:
        self.kept = bytearray()
        self.dropped = 0
        self.closed = asyncio.Event()
        self._cap_bytes = cap_bytes
        self._on_data = on_data
        self._transport: asyncio.ReadTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember what we read from."""
        if isinstance(transport, asyncio.ReadTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep what fits, count what does not, and slow down once nothing fits."""
        fits = data[: self._cap_bytes - len(self.kept)]
        self.kept += fits
        self.dropped += len(data) - len(fits)
        if fits:
            self._on_data(fits)
        elif self._transport is not None:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(PAST_CAP_PAUSE_S, self._transport.resume_reading)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio calls it so
        """Tell who waits that nothing more will come."""
        self.closed.set()

    def close(self) -> None:
        """Stop reading, whoever holds the other end."""
        if self._transport is not None:
            self._transport.close()


class Pipes:
    """The three pipes of one run: its output, its errors, and whether it started."""

    def __init__(self, cap_bytes: int, on_bytes: OnBytes) -> None:
        self.stdout = CappedPipe(cap_bytes, lambda data: on_bytes("stdout", data))
        self.stderr = CappedPipe(cap_bytes, lambda data: on_bytes("stderr", data))
        self.status = CappedPipe(STATUS_BYTES)
        self._writing: list[int] = []

    async def open(self) -> tuple[int, int, int]:
        """Start reading and return the three writing ends."""
        loop = asyncio.get_running_loop()
        for pipe in (self.stdout, self.stderr, self.status):
            reading, writing = os.pipe()
            self._writing.append(writing)
            await loop.connect_read_pipe(lambda pipe=pipe: pipe, os.fdopen(reading, "rb", 0))  # type: ignore[misc] # mypy cannot see through the default that binds the loop's variable
        out, err, status = self._writing
        return out, err, status

    def close_writing(self) -> None:
        """Close our copies of the writing ends, so that a pipe ends with the program."""
        while self._writing:
            os.close(self._writing.pop())

    async def drained(self, limit_s: float) -> None:
        """Wait for the end of all three, but not for long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self.status.closed.wait()
                await self.stdout.closed.wait()
                await self.stderr.closed.wait()

    async def close(self) -> None:
        """Let go of everything."""
        self.close_writing()
        for pipe in (self.stdout, self.stderr, self.status):
            pipe.close()
            await pipe.closed.wait()


async def run_process(launch: Launch, *, limit_s: float, cancel: asyncio.Event | None, on_bytes: OnBytes) -> Ended:
    """Run the program to its end, its limit, or its stop; raise ToolDidNotStart if it never ran."""
    pipes = Pipes(launch.cap_bytes, on_bytes)
    try:
        process = await spawn(launch, pipes)
        try:
            ending = await first_of(asyncio.ensure_future(process.wait()), limit_s=limit_s, cancel=cancel)
            if ending != "finished":
                await stop_group(process)
            await pipes.drained(DRAIN_S)
        finally:
            signal_group(process.pid, signal.SIGKILL)  # Also what the program left behind, and us being cancelled.
            await process.wait()
        await pipes.drained(DRAIN_S)
    finally:
        await pipes.close()
    check_started(launch, bytes(pipes.status.kept))
    return Ended(
        ending=ending,
        exit_code=process.returncode if ending == "finished" else None,
        stdout=bytes(pipes.stdout.kept),
        stderr=bytes(pipes.stderr.kept),
        dropped=(pipes.stdout.dropped, pipes.stderr.dropped),
    )


async def spawn(launch: Launch, pipes: Pipes) -> asyncio.subprocess.Process:
    """Start the process that becomes the program, or raise ToolDidNotStart."""
    out, err, status = await pipes.open()
    # As bytes, so that the locale that the bot runs in has no say in what arrives.
    argv = [item.encode() for item in launch.argv]
    try:
        return await asyncio.create_subprocess_exec(
            *command(argv, at_parents_end=signal.SIGKILL, status_fd=status, limits=launch.limits),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            pass_fds=(status,),
            env=launch.env,
            cwd=launch.folder,
            start_new_session=True,
        )
    except OSError as error:
        raise not_started(launch, error.strerror or "the system refused") from error
    finally:
        pipes.close_writing()


async def stop_group(process: asyncio.subprocess.Process) -> None:
    """Ask the whole group to end, and force it after the grace."""
    signal_group(process.pid, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), GRACE_S)
    signal_group(process.pid, signal.SIGKILL)
    await process.wait()


def check_started(launch: Launch, status: bytes) -> None:
    """Raise ToolDidNotStart unless the launcher's last word was that the program runs."""
    if status == READY:
        return
    number = status.removeprefix(READY)
    raise not_started(launch, os.strerror(int(number)) if number.isdigit() else "it was stopped before its start")


def not_started(launch: Launch, why: str) -> ToolDidNotStart:
    """Say that nothing was started, and why."""
    return ToolDidNotStart(f"{launch.argv[0]} could not be started: {why}. Nothing was run.")
