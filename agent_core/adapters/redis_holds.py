"""The Locks and Switch ports on Redis: a team's locks, and its emergency stop.

The stop's log is chained under the same key as the threads' journals. Its newest line is written together with the
team's mark, and then every shard is marked (``redis_stop``) before anybody is told that it is done. An emergency must
not wait for history to be readable: where the log's end can't be believed, the marks tell how the stop stands, the next
line is chained to what is there, and says so.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from redis.asyncio import Redis

from agent_core.adapters.redis_client import Commands, listed, number, octets, server_time, text
from agent_core.adapters.redis_keys import team_key
from agent_core.adapters.redis_stop import Mark, StopMarks, record_key
from agent_core.adapters.redis_words import readable
from agent_core.codec import Codec, Corrupt, Link
from agent_core.ports import Quarantined, StoreDown, Switched, Taken
from agent_core.records import Note
from agent_core.rules.holding import thread_of
from agent_core.rules.stopping import doubted, log_line, log_place, switched_of
from agent_core.words import EffectId, TeamId, ThreadId

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

    async def give_back(self, team: TeamId, name: str, holder: EffectId) -> ThreadId | None:
        """Free the lock, if it is still this holder's, and name the thread that is first in its line."""
        first = await self._commands.run("unlock", [lock_key(team, name)], [holder, ASKS_AGAIN_US])
        return ThreadId(text(first)) or None


def lock_key(team: TeamId, name: str) -> str:
    """Name a lock by a hash: what it is called comes from arguments, and may be anything."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=NAME_BYTES).hexdigest()
    return team_key(team, f"lock:{digest}")


class End(NamedTuple):
    """The end of the log as of one moment: as its writers left it, and what lines there are.

    ``marked`` is the head for which every shard is known to be marked.
    """

    head: str
    length: int
    marked: str
    lines: int
    last: tuple[Link, ...]
    now: datetime


class Known(NamedTuple):
    """What is known of the stop: how it stands, unless it was never pulled, its mark, and what can't be believed."""

    switched: Switched | None
    mark: Mark
    doubt: str = ""


class RedisSwitch:
    """The Switch port."""

    def __init__(self, redis: Redis, codec: Codec) -> None:
        self._commands = Commands(redis)
        self._codec = codec
        self.marks = StopMarks(self._commands)

    async def switch(self, team: TeamId, *, is_stopped: bool, by: str) -> Switched:
        """Pull or lift the stop, and note who did; one that stands so already is seen to and given as it stands."""
        for _ in range(TRIES):
            end = await self._end(team)
            stands, mark, doubt = await self._known(team, end)
            if stands is not None and stands.is_stopped == is_stopped and not doubt:
                await self._mark(team, end.head, mark)
                return stands
            number = max(mark.number, end.length, end.lines) + 1
            line = log_line(number, end.now, is_stopped=is_stopped, by=by, doubt=doubt)
            link = self._codec.link(log_place(team), end.last[-1].head if end.last else "", end.lines, line)
            done = switched_of(line)
            mark = Mark(number, done.mark)
            if await self._commands.run("switch", log_keys(team), [end.head, link.head, link.to_bytes(), str(mark)]):
                await self._mark(team, link.head, mark)
                return done
        raise StoreDown("Too many people are at the emergency stop at once.", sent=False)

    async def mend(self, team: TeamId) -> bool:
        """Finish a switching that was cut off half way, and say whether there was one."""
        end = await self._end(team)
        if end.marked == end.head:
            return False
        _, mark, _ = await self._known(team, end)
        await self._mark(team, end.head, mark)
        return True

    async def waits(self, thread_id: ThreadId) -> Switched | None:
        """Give the stop if it is pulled, and have the thread looked at once it is lifted."""
        words = await self.marks.wait(thread_id)
        return Switched.of_mark(words) if words else None

    async def stands(self, team: TeamId) -> Switched | None:
        """Give the stop as it stands, or None if nothing says that it was ever pulled."""
        stands, _, doubt = await self._known(team, await self._end(team))
        return stands and replace(stands, doubt=doubt or stands.doubt)

    async def log(self, team: TeamId) -> list[Note]:
        """Give all that was ever switched, oldest first; raise Quarantined if a line was changed or left out."""
        end = await self._end(team)
        raw = await self._commands.run("journal", log_keys(team)[1:], [0, end.length])
        _, _, page = listed(raw)
        links = tuple(Link.from_bytes(octets(one)) for one in listed(page))
        with readable():
            check_ends(links, len(links), end)
            lines = self._codec.lines(log_place(team), links)
        return [line for line in lines if isinstance(line, Note)]

    async def _known(self, team: TeamId, end: End) -> Known:
        """Say how the stop stands by the log's newest line; by the newest mark where that can't be believed."""
        if not (end.head or end.lines):
            return Known(None, Mark(0, ""))
        try:
            line = self._newest(team, end)
        except Quarantined as no:
            mark = await self.marks.highest(team)
            by_mark = stop_of(mark)
            return Known(by_mark, mark, doubted(no.words, by_mark))
        switched = switched_of(line)
        return Known(switched, Mark(line.version, switched.mark))

    def _newest(self, team: TeamId, end: End) -> Note:
        """Read the newest line, held to its chain; raise Quarantined if it can't be believed."""
        with readable():
            check_ends(end.last, end.lines, end)
            *before, newest = end.last
            previous = before[0].head if before else ""
            (line,) = self._codec.lines(log_place(team), [newest], start=end.lines - 1, previous=previous)
            if not isinstance(line, Note):
                raise Corrupt("The log of the emergency stop ends with a line of another kind.")
        return line

    async def _end(self, team: TeamId) -> End:
        """Read the log's end, and the time."""
        raw = listed(await self._commands.run("stop_end", log_keys(team)))
        head, length, marked, lines, last, time = raw
        links = tuple(Link.from_bytes(octets(one)) for one in listed(last))
        return End(text(head), number(length), text(marked), number(lines), links, server_time(listed(time)))

    async def _mark(self, team: TeamId, head: str, mark: Mark) -> None:
        """Mark every shard by the line that has this head, and note that this was done; or raise StoreDown."""
        await self.marks.put_everywhere(team, mark)
        await self._commands.run("marked", [record_key(team)], [head, str(mark)])


def check_ends(links: Sequence[Link], lines: int, end: End) -> None:
    """Raise Corrupt unless the log ends with the line that its writer wrote last."""
    if lines != end.length or (links[-1].head if links else "") != end.head:
        raise Corrupt("The log of the emergency stop does not end as it was written.")


def stop_of(mark: Mark) -> Switched | None:
    """Read by whom and when everything was stopped, as far as a mark says it."""
    try:
        return Switched.of_mark(mark.words) if mark.words else None
    except ValueError:
        return None


def log_keys(team: TeamId) -> list[str]:
    """Name the log of a team's emergency stop: its end, and its lines."""
    return [record_key(team), team_key(team, "stop:log")]
