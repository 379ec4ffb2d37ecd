"""The marks of the emergency stop: the team's own, which is the truth, and one in each shard, which claims are held to.

A claim is written in its thread's shard, and a script can't look into another. So the team's mark is written first, in
one step with the line of the log, and then every shard's. Marks are numbered as the lines are, and the newest wins. A
switching may be cut off between any two of them, and then:

- pulled, some shards marked: a beginning asks the team's mark before it is written, marks its shard, and is refused;
- lifted, some shards marked: a beginning that its shard refuses asks the team's mark, lifts the shard's, and goes on;
- whoever looks after the stop (``RedisSwitch.mend``) marks the rest, and says so at the team's mark, so that a look
  costs one command while there is nothing to do.

What a beginning has asked may be old when it is written: a stop pulled in between has marked its shard by the time that
anybody is told of it. A shard keeps who waits there for the lifting, and they are due once it is lifted.
"""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from agent_core.adapters.redis_batches import Reply
from agent_core.adapters.redis_client import Commands, listed, text
from agent_core.adapters.redis_keys import keys_of, stop_key, team_key
from agent_core.words import SHARDS, TeamId, ThreadId, team_of

STANDS = "stands"


class Mark(NamedTuple):
    """A mark of the stop: its number, and by whom and when everything was stopped; nothing once it is lifted."""

    number: int
    words: str

    @classmethod
    def read(cls, stored: Reply) -> "Mark":
        """Read a mark as it is stored; none has the number 0."""
        found, _, words = text(stored).partition(":")
        return cls(int(found) if found.isdigit() else 0, words)

    def __str__(self) -> str:
        return f"{self.number}:{self.words}"


class StopMarks:
    """Reads and writes marks."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def stands(self, team: TeamId) -> Mark:
        """Give the team's own mark."""
        (stored,) = await self._commands.send([("HGET", record_key(team), STANDS)])
        return Mark.read(stored)

    async def highest(self, team: TeamId) -> Mark:
        """Give the newest mark that is left anywhere."""
        keys = [stop_key(shard, team) for shard in range(SHARDS)]
        stored = await self._commands.send([("HGET", record_key(team), STANDS), *(("GET", key) for key in keys)])
        return max(Mark.read(one) for one in stored)

    async def pulled_for(self, thread_id: ThreadId) -> None:
        """Before something begins: mark the thread's shard if everything is stopped."""
        mark = await self.stands(team_of(thread_id))
        if mark.words:
            await self._put(keys_of(thread_id).stop, mark)

    async def lifted_for(self, thread_id: ThreadId) -> bool:
        """After a shard's refusal: lift its mark if the stop is lifted, and say so."""
        mark = await self.stands(team_of(thread_id))
        return bool(mark.number and not mark.words and await self._put(keys_of(thread_id).stop, mark))

    async def wait(self, thread_id: ThreadId) -> str:
        """Have a thread looked at once the stop is lifted; give its mark, or nothing where nothing is stopped."""
        mark = await self.stands(team_of(thread_id))
        if not mark.words:
            return ""
        keys = [keys_of(thread_id).stop, waits_key(thread_id)]
        return text(await self._commands.run("await_lift", keys, [mark.number, mark.words, thread_id]))

    async def put_everywhere(self, team: TeamId, mark: Mark) -> None:
        """Mark every shard, or raise StoreDown; a newer mark is left. Who waited is due once it is lifted."""
        marking = (self._put(stop_key(shard, team), mark) for shard in range(SHARDS))
        for done in await asyncio.gather(*marking, return_exceptions=True):  # none is left behind under way
            if isinstance(done, BaseException):
                raise done
        if not mark.words:
            waits = [f"{stop_key(shard, team)}:waits" for shard in range(SHARDS)]
            waiting = await self._commands.send([("SMEMBERS", key) for key in waits])
            await self._hurry(ThreadId(text(name)) for members in waiting for name in listed(members))

    async def _put(self, key: str, mark: Mark) -> bool:
        """Put a mark in the place of an older one, or say False."""
        return bool(await self._commands.run("mark_stop", [key], [mark.number, mark.words]))

    async def _hurry(self, waiting: Iterable[ThreadId]) -> None:
        """Have threads looked at at once that waited; only then are they taken from those who wait."""
        for thread_id in waiting:
            await hurry(self._commands, thread_id)
            await self._commands.send([("SREM", waits_key(thread_id), thread_id)])


async def hurry(commands: Commands, thread_id: ThreadId) -> None:
    """Have a thread looked at at once, or when whoever drains it gives it back."""
    keys = keys_of(thread_id)
    await commands.run("hurry", [keys.thread, keys.lease, keys.due], [thread_id])


def waits_key(thread_id: ThreadId) -> str:
    """Name those of a thread's shard who wait for the lifting."""
    return f"{keys_of(thread_id).stop}:waits"


def record_key(team: TeamId) -> str:
    """Name the end of the log of a team's stop, with the team's own mark."""
    return team_key(team, "stop")
