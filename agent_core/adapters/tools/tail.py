"""The end of what a running call has printed, written to the spool every second while more comes.

A call that is over within a second writes nothing, and one that prints nothing has nobody who would. What can't be
written is let go: the call matters more.
"""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

from agent_core.ports import Clock, StoreDown
from agent_core.ports.spool import Spool

TAIL_CHARS = 2_000
PAUSE_S = 1.0


class Tail:
    """The newest characters of both streams, in the order in which they came; kept up to date while it is entered."""

    def __init__(self, spool: Spool, clock: Clock, key: str) -> None:
        """Hold the ports; the call's first second begins."""
        self.text = ""
        self._spool = spool
        self._clock = clock
        self._key = key
        self._began = clock.now()
        self._has_more = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Wait for what is printed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Write no more: the call is over."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)

    def add(self, _stream: str, text: str) -> None:
        """Take what was just printed; the first of it begins the writing."""
        self.text = (self.text + text)[-TAIL_CHARS:]
        self._has_more.set()
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        """Write what is new, again and again."""
        worked_s = (self._clock.now() - self._began).total_seconds()
        await self._clock.sleep(min(PAUSE_S, max(0.0, PAUSE_S - worked_s)))
        while True:
            await self._has_more.wait()
            self._has_more.clear()
            with suppress(StoreDown):
                await self._spool.keep(self._key, self.text)
            await self._clock.sleep(PAUSE_S)
