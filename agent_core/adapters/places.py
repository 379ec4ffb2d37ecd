"""How many threads a process drains at once, and whose turn it is: channels take turns, and none may take every place.

A place is taken at once where one is free and the channel has not its share yet; else the asker waits in its channel's
line. A place that becomes free goes to the channel whose turn is next, so a channel with a thousand threads due delays
another by one drain, not by a thousand.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from agent_core.words import ChannelId


class Places:
    """``most`` places, of which one channel holds ``share`` at most."""

    def __init__(self, most: int, share: int) -> None:
        """Begin with all places free."""
        self._free = most
        self._share = share
        self._held: Counter[ChannelId] = Counter()
        self._lines: dict[ChannelId, deque[asyncio.Future[None]]] = {}  # in the order of their turns

    def has_one(self, channel: ChannelId) -> bool:
        """Tell whether there is a place for a channel at once."""
        return self._free > 0 and not self.has_its_share(channel) and channel not in self._lines

    def has_its_share(self, channel: ChannelId) -> bool:
        """Tell whether a channel holds as many places as it may."""
        return self._held[channel] >= self._share

    @asynccontextmanager
    async def place(self, channel: ChannelId) -> AsyncGenerator[None]:
        """Hold a place for this channel, as soon as it is its turn."""
        line = self._lines.setdefault(channel, deque())
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(turn)
        self._hand_out()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the place was given in the very moment in which it was no longer wanted
                self._give_back(channel)
            raise
        try:
            yield
        finally:
            self._give_back(channel)

    def _give_back(self, channel: ChannelId) -> None:
        self._free += 1
        self._held[channel] -= 1
        if not self._held[channel]:
            del self._held[channel]
        self._hand_out()

    def _hand_out(self) -> None:
        """Give free places to those whose turn it is; a channel that was served goes to the end of the round."""
        while self._free and (channel := self._next()) is not None:
            line = self._lines.pop(channel)
            line.popleft().set_result(None)
            self._free -= 1
            self._held[channel] += 1
            if line:
                self._lines[channel] = line

    def _next(self) -> ChannelId | None:
        """Find the channel whose turn it is, past those that nobody waits for or that have their share."""
        for channel in list(self._lines):
            line = self._lines[channel]
            while line and line[0].done():  # who waited no longer waits
                del line[0]
            if not line:
                del self._lines[channel]
            elif not self.has_its_share(channel):
                return channel
        return None
