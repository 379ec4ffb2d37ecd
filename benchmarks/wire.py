"""How the benchmark talks with the process that it measures: one JSON object a line, over its standard streams.

The measured process has a loop and a core of its own, so that the clicks and the stand-in cost it nothing.
"""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
LINE_BYTES = 1 << 22
END_S = 20.0


def tell(answer: Json) -> None:
    """Answer the benchmark, from inside the measured process, and say what processor time it has taken so far."""
    sys.stdout.write(json.dumps({"processor_s": time.process_time(), **answer}) + "\n")
    sys.stdout.flush()


async def orders() -> AsyncIterator[Json]:
    """Give what the benchmark orders, until it closes the stream."""
    reader = asyncio.StreamReader(limit=LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


class Side:
    """One of the two programs that are compared, as the benchmark holds it."""

    def __init__(self, name: str, process: Process) -> None:
        """Hold a process that was just started."""
        self.name = name
        self.url = ""
        self.pid = process.pid
        self._process = process

    async def ask(self, order: Json) -> Json:
        """Give an order and wait for its answer, or raise RuntimeError if the process ended."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a side is started with pipes")
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended; what it said stands above")
        answer: Json = json.loads(line)
        return answer

    async def end(self) -> None:
        """Close its orders and wait for its end, or force it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), END_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def started(name: str, module: str, order: Json, *, python: str = sys.executable) -> AsyncGenerator[Side]:
    """Start a side, wait until it listens, and end it at the end; ``python`` is another venv's where it needs one."""
    process = await asyncio.create_subprocess_exec(python, "-m", module, stdin=PIPE, stdout=PIPE, limit=LINE_BYTES)
    side = Side(name, process)
    try:
        side.url = (await side.ask(order))["url"]
        yield side
    finally:
        await side.end()
