"""What keeps a released step from starting: a lock that another task holds, and the emergency stop. No code.

Both are team-wide, and so live beside the threads, not in them. Whether a lock is still needed is told by its holder's
task; whether everything is stopped is asked by the store at each commit that begins something.
"""

from dataclasses import dataclass
from typing import Protocol

from agent_core.errors import Refused
from agent_core.records import Note
from agent_core.rules.stopping import Switched
from agent_core.words import ChannelId, EffectId, TeamId, ThreadId

__all__ = ["Held", "Links", "Locks", "Stopped", "Switch", "Switched", "Taken"]


class Held(Exception):
    """Nothing can be done about a task for now; it is to be looked at again in ``again_in_s``."""

    def __init__(self, why: str, again_in_s: float) -> None:
        """Keep why, for the log, and when."""
        super().__init__(why)
        self.again_in_s = again_in_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Who holds a lock now. ``place`` is 0 where that is who asked for it, else the place in the line, from 1."""

    holder: EffectId | None
    place: int


class Locks(Protocol):
    """One holder for each name of a team; others stand in line, first come first served.

    A holder is named by the effect that made it take the lock, so that no two takings have the same name. A lock has no
    end of its own. Who has not asked for half a minute is no longer in the line.
    """

    async def take(self, team: TeamId, name: str, holder: EffectId, *, over: EffectId | None = None) -> Taken:
        """Take a lock that is free, held by one's own thread, or still ``over``'s, once nobody else is before one."""

    async def give_back(self, team: TeamId, name: str, holder: EffectId) -> ThreadId | None:
        """Free the lock, if it is still this holder's, and name the thread that is now first in its line, if any is."""


class Links(Protocol):
    """Where people find a task."""

    async def link(self, channel: ChannelId, ts: str) -> str | None:
        """Give a message's address, or None where nobody knows it now."""


class Switch(Protocol):
    """A team's emergency stop.

    Once it is on record, the store refuses every commit that begins something and that it is asked for from then on,
    whatever its thread, until it is lifted; once ``switch`` has given its answer, also those that were under way. If it
    raises, it may be on record or not. What was cut off on the way is finished by ``mend``, and meanwhile by whoever
    meets it. A log that can't be read keeps nobody from switching: what is known all the same is told with the answer.
    """

    async def switch(self, team: TeamId, *, is_stopped: bool, by: str) -> Switched:
        """Pull or lift the stop, and note who did; one that stands so already is seen to and given as it stands."""

    async def mend(self, team: TeamId) -> bool:
        """Finish a switching that was cut off half way, and say whether there was one."""

    async def waits(self, thread_id: ThreadId) -> Switched | None:
        """Give the stop if it is pulled, and have this thread looked at once it is lifted; else None."""

    async def stands(self, team: TeamId) -> Switched | None:
        """Give the stop as it stands, or None if nothing says that it was ever pulled."""

    async def log(self, team: TeamId) -> list[Note]:
        """Give all that was ever switched, oldest first; raise Quarantined if a line was changed or left out."""


class Stopped(Refused):
    """Nothing begins now: an operator stopped everything."""

    def __init__(self, switched: Switched) -> None:
        """Say who stopped it, since when, and how it is lifted."""
        super().__init__(switched.words, "Nothing was started. An operator lifts it with /agent resume-all.")
        self.switched = switched
