"""What operators do with whole threads: look through them, take one out as it is stored, put one back, bury one.

No code; every implementation passes the port's laws. Bytes go in and out as they are stored, sealed and chained: an
archive vouches for nothing itself, and whoever puts a thread back has checked it first (``agent_core.bundle``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from agent_core.codec import Link
from agent_core.phases import Ending
from agent_core.words import EffectId, PersonId, ThreadId


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One thread as it is stored at one moment: its checkpoint's bytes, its pending effects, its journal's end."""

    thread_id: ThreadId
    version: int
    head: str
    length: int
    checkpoint: bytes
    outbox: Mapping[EffectId, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What remains of a thread that was purged: how it ended, and the last head of its journal."""

    thread_id: ThreadId
    version: int
    head: str
    length: int
    how: Ending
    finished_at: datetime
    purged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """That a person's words up to a time were erased, but for threads that went on and so were ``left``."""

    person: PersonId
    at: datetime
    left: tuple[ThreadId, ...] = ()


class Archive(Protocol):
    """Whole threads as they are stored. Every method raises StoreDown when the store cannot be asked."""

    async def threads(self) -> list[ThreadId]:
        """Name every thread that is kept, in no order."""

    async def whole(self, thread_id: ThreadId) -> Kept | None:
        """Give a thread as it is stored, or None if there is none."""

    async def links(self, thread_id: ThreadId, start: int = 0, count: int = 100) -> tuple[int, str, list[Link]]:
        """Give journal lines as they are stored: the first position, the head before it, and the links."""

    async def stage(self, thread_id: ThreadId, links: list[Link], *, first: bool) -> None:
        """Lay journal lines ready to be put back, behind those laid before; ``first`` begins anew."""

    async def restore(self, kept: Kept, *, was: str) -> Literal["restored", "exists", "buried", "incomplete"]:
        """Put a thread back with the journal that was laid ready, whole or not at all; it is looked at at once.

        ``was`` is the last head of the journal that was taken out; a line that says that it was put back may follow.
        ``exists``: there is such a thread. ``buried``: its tombstone has another head than ``was``. ``incomplete``:
        not as many lines were laid ready as its length says.
        """

    async def bury(self, tombstone: Tombstone) -> bool:
        """Put a tombstone in a thread's place; False if it moved on, is being worked on or has pending effects."""

    async def rewrite(self, kept: Kept, links: Mapping[int, Link]) -> bool:
        """Put other bytes in the place of a thread's checkpoint and of some links, under the same heads.

        False, with nothing written, if the thread moved on, is being worked on or has pending effects, or if another
        head stands at one of the positions.
        """

    async def erasing(self, person: PersonId) -> Erasure:
        """Keep on record, from now on, that this person's words so far are erased; no thread is left yet."""

    async def left(self, erasure: Erasure) -> None:
        """Keep on record which threads an erasure has left, unless a later one of this person has begun."""

    async def erasures(self) -> list[Erasure]:
        """Give what is on record: of each person the newest erasure."""

    async def tombstones(self, thread_id: ThreadId) -> list[Tombstone]:
        """Give the tombstones of a thread, oldest first."""
