"""The Locks and Switch ports in memory. The switch belongs to a MemoryStore, which asks it at each commit."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agent_core.codec import LEFT_ALONE, Codec, Link, Unreadable
from agent_core.fakes.clock import turns
from agent_core.fakes.store import FAKE_KEY, MemoryStore
from agent_core.ports import Clock, Quarantined, Switched, Taken
from agent_core.records import Note
from agent_core.rules.holding import thread_of
from agent_core.rules.stopping import log_line, log_place, switched_of
from agent_core.words import EffectId, TeamId, ThreadId

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

    async def give_back(self, team: TeamId, name: str, holder: EffectId) -> None:
        """Free the lock, if it is still this holder's."""
        await turns()
        lock = self.kept.get((team, name))
        if lock is not None and lock.holder == holder:
            lock.holder = None

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

    async def switch(self, team: TeamId, *, is_stopped: bool, by: str) -> Switched:
        """Pull or lift the stop, and note who did; one that stands so already is seen to and given as it stands."""
        stands = await self.stands(team)
        if stands is None or stands.is_stopped != is_stopped:
            log = self.kept.setdefault(team, [])
            line = log_line(len(log) + 1, self._clock.now(), is_stopped=is_stopped, by=by)
            head = Link.from_bytes(log[-1]).head if log else ""
            log.append(self._codec.link(log_place(team), head, len(log), line).to_bytes())
            stands = switched_of(line)
        self._store.stops[team] = stands.mark
        return stands

    async def stands(self, team: TeamId) -> Switched | None:
        """Give the stop as it stands, or None if it was never pulled."""
        notes = await self.log(team)
        return switched_of(notes[-1]) if notes else None

    async def log(self, team: TeamId) -> list[Note]:
        """Give all that was ever switched, oldest first; raise Quarantined if a line was changed or left out."""
        await turns()
        try:
            lines = self._codec.lines(log_place(team), [Link.from_bytes(raw) for raw in self.kept.get(team, [])])
        except Unreadable as error:
            raise Quarantined(error.words, LEFT_ALONE) from error
        return [line for line in lines if isinstance(line, Note)]
