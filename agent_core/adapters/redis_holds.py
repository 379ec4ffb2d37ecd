"""The Locks and Switch ports on Redis: a team's locks, and its emergency stop.

A claim is written in its thread's shard, and a script can't look into another. So the stop is marked in every shard
before it is acknowledged, and the commit script asks the mark of its own: from then on nothing begins anywhere. Marks
are numbered as the lines of the log are, and the newest wins, so that two operators at once, or one who presses again
after half of it failed, leave all shards alike. The log is chained under the same key as the threads' journals.
"""

import asyncio
import hashlib
from datetime import datetime

from redis.asyncio import Redis

from agent_core.adapters.redis_client import Commands, listed, number, octets, server_time, text
from agent_core.adapters.redis_keys import stop_key, team_key
from agent_core.adapters.redis_store import readable
from agent_core.codec import Codec, Corrupt, Link
from agent_core.ports import StoreDown, Switched, Taken
from agent_core.records import Note
from agent_core.rules.holding import thread_of
from agent_core.rules.stopping import log_line, log_place, switched_of
from agent_core.words import SHARDS, EffectId, TeamId

ASKS_AGAIN_US = 30_000_000
TRIES = 16
NAME_BYTES = 16


class RedisLocks:
    """The Locks port."""

    def __init__(self, redis: Redis) -> None:
        self._commands = Commands(redis)

    async def take(self, team: TeamId, name: str, holder: EffectId, *, over: EffectId | None = None) -> Taken:
        """Take a lock that is free, held by one's own thread, or still ``over``'s, once nobody else is before one."""
        asked: list[str | bytes | int] = [thread_of(holder), holder, over or "", ASKS_AGAIN_US]
        now, place = listed(await self._commands.run("lock", [lock_key(team, name)], asked))
        return Taken(holder=EffectId(text(now)) if now else None, place=number(place))

    async def give_back(self, team: TeamId, name: str, holder: EffectId) -> None:
        """Free the lock, if it is still this holder's."""
        await self._commands.run("unlock", [lock_key(team, name)], [holder, ASKS_AGAIN_US])


def lock_key(team: TeamId, name: str) -> str:
    """Name a lock by a hash: what it is called comes from arguments, and may be anything."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=NAME_BYTES).hexdigest()
    return team_key(team, f"lock:{digest}")


class RedisSwitch:
    """The Switch port."""

    def __init__(self, redis: Redis, codec: Codec) -> None:
        self._commands = Commands(redis)
        self._codec = codec

    async def switch(self, team: TeamId, *, is_stopped: bool, by: str) -> Switched:
        """Pull or lift the stop, and note who did; one that stands so already is seen to and given as it stands."""
        for _ in range(TRIES):
            head, length, now = await self._end(team)
            last = await self._last(team, head, length)
            stands = switched_of(last) if last else None
            if last is None or stands is None or stands.is_stopped != is_stopped:
                last = log_line(length + 1, now, is_stopped=is_stopped, by=by)
                link = self._codec.link(log_place(team), head, length, last)
                if not await self._commands.run("switch", log_keys(team), [head, link.head, link.to_bytes()]):
                    continue
            await self.mark(team, last)
            return switched_of(last)
        raise StoreDown("Too many people are at the emergency stop at once.", sent=False)

    async def stands(self, team: TeamId) -> Switched | None:
        """Give the stop as it stands, or None if it was never pulled."""
        head, length, _ = await self._end(team)
        last = await self._last(team, head, length)
        return switched_of(last) if last else None

    async def log(self, team: TeamId) -> list[Note]:
        """Give all that was ever switched, oldest first; raise Quarantined if a line was changed or left out."""
        head, length, _ = await self._end(team)
        return await self._notes(team, 0, head, length)

    async def _last(self, team: TeamId, head: str, length: int) -> Note | None:
        """Read the newest line."""
        notes = await self._notes(team, length - 1, head, length) if length else []
        return notes[-1] if notes else None

    async def _notes(self, team: TeamId, start: int, head: str, length: int) -> list[Note]:
        """Read the log from a position up to its known end, held to its chain."""
        raw = await self._commands.run("journal", log_keys(team)[1:], [start, length - start])
        begin, before, page = listed(raw)
        links = [Link.from_bytes(octets(one)) for one in listed(page)]
        with readable():
            if number(begin) + len(links) != length or (links[-1].head if links else "") != head:
                raise Corrupt("The log of the emergency stop does not end as it was written.")
            place, previous = log_place(team), Link.from_bytes(octets(before)).head
            lines = self._codec.lines(place, links, start=number(begin), previous=previous)
        return [line for line in lines if isinstance(line, Note)]

    async def _end(self, team: TeamId) -> tuple[str, int, datetime]:
        """Give the log's head and length, and the time."""
        end, time = await self._commands.send([("HMGET", log_keys(team)[0], "head", "length"), ("TIME",)])
        head, length = listed(end)
        return text(head), number(length), server_time(listed(time))

    async def mark(self, team: TeamId, last: Note) -> None:
        """Mark every shard by a line of the log, or raise StoreDown; a newer line's mark is left."""
        mark: list[str | bytes | int] = [last.version, switched_of(last).mark]
        await asyncio.gather(*(self._commands.run("mark_stop", [stop_key(nth, team)], mark) for nth in range(SHARDS)))


def log_keys(team: TeamId) -> list[str]:
    """Name the log of a team's emergency stop: its end, and its lines."""
    return [team_key(team, "stop"), team_key(team, "stop:log")]
