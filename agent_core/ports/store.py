"""The store and its views, which keep what was decided. No code; every implementation passes the port's laws."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from agent_core.checkpoint import Checkpoint
from agent_core.effects import Effect
from agent_core.errors import Refused
from agent_core.lesson import Lesson
from agent_core.people import People
from agent_core.records import Entry, Line, Note
from agent_core.transition import Transition
from agent_core.words import EffectId, PersonId, TeamId, ThreadId

NO_VERSION = -1  # a thread that is released with it is due at once


class StoreDown(Exception):
    """The store did not answer. ``sent`` tells whether something may have been recorded all the same."""

    def __init__(self, why: str, *, sent: bool) -> None:
        """Keep why, for the log, and whether the command had been sent."""
        super().__init__(why)
        self.sent = sent


class LeaseLost(Exception):
    """The drain's lease is no longer this worker's; nothing more may be written under it."""


class Quarantined(Refused):
    """The stored bytes of one thread cannot be trusted: damaged, or of a schema that this version does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A thread as the store had it at ``now`` (the store's own clock): ``head`` and ``length`` are the journal's.

    ``seen`` is the outcome kept for the dedupe ID that was asked about, or None.
    """

    checkpoint: Checkpoint | None
    head: str
    length: int
    now: datetime
    seen: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One input that was decided: what it makes of its task, and its line in the journal."""

    transition: Transition
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCommitted:
    """Nothing was written: somebody was first, it was too late, done before, or all is stopped (by ``outcome``)."""

    why: Literal["lost", "late", "repeated", "stopped"]
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to drain one thread, until ``lease_s`` after it was last renewed.

    ``alone`` tells that nobody else has held it since this holder did, so that nobody else has tried what is pending.
    ``first`` tells that nobody at all has held it before: then nobody has tried it, whichever process committed it.
    ``found`` is what a look would have given when it was taken, or None where that could not be read.
    """

    thread_id: ThreadId
    holder: str
    alone: bool = False
    first: bool = field(default=False, compare=False)
    found: "Look | None" = field(default=None, compare=False)


class Look(NamedTuple):
    """A thread and its pending effects, in the order in which they are to be performed, as of one moment."""

    loaded: Loaded
    pending: dict[EffectId, Effect]


class Taking(NamedTuple):
    """Who would drain what is committed at once, and for how long the lease is taken with it."""

    holder: str
    lease_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """All of it is durable; ``loaded`` is what a load would give now, ``holder`` who holds the thread's lease.

    ``lease`` is the lease, where it was taken with the commit.
    """

    loaded: Loaded
    holder: str | None = None
    lease: Lease | None = None


class Store(Protocol):
    """Keeps threads by their ID. Every method is atomic and raises StoreDown when the store cannot be asked.

    The due index says which threads must be looked at, and when: at once while an effect is pending, else at the
    earliest time that the commit gave.
    """

    async def load(self, thread_id: ThreadId, *, dedupe: str | None = None) -> Loaded:
        """Give the thread as it is, or with ``checkpoint`` None if there is none; raise Quarantined if unreadable."""

    async def commit(  # noqa: PLR0913 - before, then what; the rest is named at the call
        self,
        before: Loaded,
        transition: Transition,
        entry: Entry,
        *,
        dedupe: str | None = None,
        outcome: str = "",
        then: Sequence[Step] = (),
        take: Taking | None = None,
    ) -> Committed | NotCommitted:
        """Write checkpoint, journal entry, effects, settlements, due time and the dedupe mark; or nothing.

        ``then`` are steps that followed at once, each decided on the one before: they are written with it or not at
        all, each as a version and a line of its own, and what is made and settled on the way is never pending.
        ``take``: with it, where something is pending then and nobody holds the thread's lease, the lease is taken.
        Lost unless version and journal head are still those of ``before``. Late after ``transition.not_after`` by the
        store's clock. Repeated, with the kept outcome, if the dedupe ID was committed within the last hour. Stopped, if
        something would begin while the team's emergency stop is pulled.
        """

    async def note(self, thread_id: ThreadId, note: Note) -> None:
        """Append a line to the journal of an existing thread without moving its version."""

    async def outbox(self, thread_id: ThreadId) -> dict[EffectId, Effect]:
        """Give the pending effects in the order in which they are to be performed."""

    async def look(self, lease: Lease, known: Loaded) -> Look | None:
        """Give the thread and its pending effects as of one moment, or None if the lease is no longer this holder's.

        What ``known`` holds is not read again while it is still the newest; only its time is.
        """

    async def take(self, thread_id: ThreadId, holder: str, lease_s: float) -> Lease | None:
        """Take the thread's lease, unless another holds it; the thread is looked at again when the lease ends."""

    async def renew(self, lease: Lease, lease_s: float) -> bool:
        """Prolong the lease, or say False if it is no longer this holder's."""

    async def settle(self, lease: Lease, effect_ids: Sequence[EffectId]) -> bool:
        """Remove performed effects, or say False if the lease is no longer this holder's."""

    async def release(
        self, lease: Lease, *, version: int, due: datetime | None, settled: Collection[EffectId] = ()
    ) -> bool:
        """Give the lease back, if it still is this holder's, and remove performed effects.

        The thread is next looked at at ``due``; or at once, and then say so, if its version is no longer ``version``,
        or if something is pending and there is no time.
        """

    async def hurry(self, thread_id: ThreadId) -> None:
        """Have a thread looked at at once; while somebody drains it, when it is given back."""

    async def overdue(self, limit: int) -> list[ThreadId]:
        """Give threads that must be looked at by now, the longest overdue first."""

    async def journal(self, thread_id: ThreadId, start: int = 0, count: int = 100) -> list[Line]:
        """Give lines of the journal, oldest first, from position ``start`` (negative: from the end)."""

    async def quarantine(self, thread_id: ThreadId) -> None:
        """Leave a thread alone for an hour, then look at it again: it may have been the wrong key or an old version."""


class Lessons(Protocol):
    """The team's append-only log of what people taught."""

    async def append(self, lesson: Lesson) -> bool:
        """Add a lesson, or say False if one of its ID is there."""

    async def of(self, team: TeamId) -> tuple[Lesson, ...]:
        """Give the whole log, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """One task as lists show it. ``may_decide`` are the sets that its waiting card asks, ``not_by`` who can't."""

    thread_id: ThreadId
    version: int
    requester: PersonId
    purpose: str
    phase: str
    how: str = ""
    phi: float | None
    card_ts: str | None
    may_decide: tuple[People, ...] = ()
    not_by: tuple[PersonId, ...] = ()
    updated_at: datetime


class Index(Protocol):
    """The team's list of tasks, fed after each drain and rebuilt from checkpoints if lost."""

    async def put(self, line: TaskLine) -> None:
        """Keep this line, unless one of a newer version is there."""

    async def remove(self, line: TaskLine) -> None:
        """Take this line's task out of the list, unless a newer version is there; an older one does not come back."""

    async def tasks(self, team: TeamId, *, limit: int = 200) -> list[TaskLine]:
        """Give the team's tasks, newest change first."""
