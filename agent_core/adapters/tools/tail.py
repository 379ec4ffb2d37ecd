"""The end of what a running call has printed, written to the spool every second while more comes.

A call that is over within a second writes nothing. What can't be written is let go: the call matters more.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from agent_core.ports import Clock, StoreDown
from agent_core.ports.spool import Spool

TAIL_CHARS = 2_000
PAUSE_S = 1.0


class Tail:
    """The newest characters of both streams, in the order in which they came."""

    def __init__(self) -> None:
        self.text = ""
        self.has_more = asyncio.Event()

    def add(self, _stream: str, text: str) -> None:
        """Take what was just printed."""
        self.text = (self.text + text)[-TAIL_CHARS:]
        self.has_more.set()


@asynccontextmanager
async def spooled(spool: Spool, clock: Clock, key: str) -> AsyncGenerator[Tail]:
    """Give a tail, and keep writing it until the call is over."""
    tail = Tail()
    writing = asyncio.create_task(write(tail, spool, clock, key))
    try:
        yield tail
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


async def write(tail: Tail, spool: Spool, clock: Clock, key: str) -> None:
    """Write what is new, again and again."""
    while True:
        await clock.sleep(PAUSE_S)
        await tail.has_more.wait()
        tail.has_more.clear()
        with suppress(StoreDown):
            await spool.keep(key, tail.text)
