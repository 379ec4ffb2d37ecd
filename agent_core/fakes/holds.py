"""The Locks and Switch ports in memory. The switch belongs to a MemoryStore, which asks it at each commit.

There is one mark for a whole team, written in one step with the log's line; so nothing is ever left half done.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent_core.codec import LEFT_ALONE, Codec, Link, Unreadable
from agent_core.fakes.clock import turns
from agent_core.fakes.store import FAKE_KEY, MemoryStore
from agent_core.ports import Clock, Quarantined, Switched, Taken
from agent_core.records import Note
from agent_core.rules.holding import thread_of
from agent_core.rules.stopping import doubted, log_line, log_place, switched_of
from agent_core.words import EffectId, TeamId, ThreadId, team_of

ASKS_AGAIN = timedelta(seconds=30)


@dataclass(slots=True)
class Lock:
    """One lock: who holds it, and the threads in its line, in their order, with when each last asked."""

    holder: EffectId | None = None
    line: dict[ThreadId, datetime] = field(default_factory=dict)


class MemoryLocks:
    """The Locks port in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.kept: dict[tuple[TeamId, str], Lock] = {}

    async def take(self, team: TeamId, name: str, holder: EffectId, *, over: EffectId | None = None) -> Taken:
        """Take a lock that is free, held by one's own thread, or still ``over``'s, once nobody else is before one."""
        await turns()
        lock, now, mine = self.kept.setdefault((team, name), Lock()), self._clock.now(), thread_of(holder)
        if lock.holder == holder:
            return Taken(holder=holder, place=0)
        line = {**lock.line, mine: now}  # who stands in it already keeps the place
        lock.line = {thread: seen for thread, seen in line.items() if now - seen <= ASKS_AGAIN}
        before = list(lock.line).index(mine)
        stands = lock.holder
        is_free = stands is None or stands == over or thread_of(stands) == mine
        if is_free and not before:
            lock.holder = holder
            del lock.line[mine]
            return Taken(holder=holder, place=0)
        return Taken(holder=lock.holder, place=before + 1)

    async def give_back(self, team: TeamId, name: str, holder: EffectId) -> ThreadId | None:
        """Free the lock, if it is still this holder's, and name the thread that is now first in its line, if any is."""
        await turns()
        lock, now = self.kept.get((team, name)), self._clock.now()
        if lock is None or lock.holder != holder:
            return None
        lock.holder = None
        return next((thread for thread, seen in lock.line.items() if now - seen <= ASKS_AGAIN), None)

    def held(self) -> Iterator[EffectId]:
        """Give who holds a lock now."""
        return (lock.holder for lock in self.kept.values() if lock.holder is not None)


class MemorySwitch:
    """The Switch port in memory."""

    def __init__(self, store: MemoryStore, clock: Clock, codec: Codec | None = None) -> None:
        self._store = store
        self._clock = clock
        self._codec = codec or Codec(FAKE_KEY)
        self.kept: dict[TeamId, list[bytes]] = {}
        self.waiting: dict[TeamId, dict[ThreadId, None]] = {}

    async def switch(self, team: TeamId, *, is_stopped: bool, by: str) -> Switched:
        """Pull or lift the stop, and note who did; one that stands so already is seen to and given as it stands."""
        stands, doubt = await self._known(team)
        if stands is None or stands.is_stopped != is_stopped or doubt:
            log = self.kept.setdefault(team, [])
            line = log_line(len(log) + 1, self._clock.now(), is_stopped=is_stopped, by=by, doubt=doubt)
            head = Link.from_bytes(log[-1]).head if log else ""
            log.append(self._codec.link(log_place(team), head, len(log), line).to_bytes())
            stands = switched_of(line)
        self._store.stops[team] = stands.mark
        if not is_stopped:
            for thread_id in self.waiting.pop(team, {}):
                await self._store.hurry(thread_id)
        return stands

    async def mend(self, team: TeamId) -> bool:
        """Find nothing to be finished."""
        del team
        await turns()
        return False

    async def waits(self, thread_id: ThreadId) -> Switched | None:
        """Give the stop if it is pulled, and have this thread looked at once it is lifted; else None."""
        await turns()
        team = team_of(thread_id)
        mark = self._store.stops.get(team, "")
        if not mark:
            return None
        self.waiting.setdefault(team, {})[thread_id] = None
        return Switched.of_mark(mark)

    async def stands(self, team: TeamId) -> Switched | None:
        """Give the stop as it stands, or None if nothing says that it was ever pulled."""
        stands, doubt = await self._known(team)
        return stands and replace(stands, doubt=doubt or stands.doubt)

    async def _known(self, team: TeamId) -> tuple[Switched | None, str]:
        """Say how the stop stands by the log's newest line, or by the mark, with what can't be believed."""
        await turns()
        links = [Link.from_bytes(raw) for raw in self.kept.get(team, [])][-2:]
        if not links:
            return None, ""
        previous, start = (links[0].head if len(links) > 1 else ""), len(self.kept[team]) - 1
        try:
            (line,) = self._codec.lines(log_place(team), links[-1:], start=start, previous=previous)
        except Unreadable as error:
            mark = self._store.stops.get(team, "")
            by_mark = Switched.of_mark(mark) if mark else None
            return by_mark, doubted(error.words, by_mark)
        return (switched_of(line), "") if isinstance(line, Note) else (None, "")

    async def log(self, team: TeamId) -> list[Note]:
        """Give all that was ever switched, oldest first; raise Quarantined if a line was changed or left out."""
        await turns()
        try:
            lines = self._codec.lines(log_place(team), [Link.from_bytes(raw) for raw in self.kept.get(team, [])])
        except Unreadable as error:
            raise Quarantined(error.words, LEFT_ALONE) from error
        return [line for line in lines if isinstance(line, Note)]
