"""What the core needs of the outside, as contracts. No code; every implementation passes the port's laws.

Two families: the store and its views, which keep what was decided, and the world (model, critic, tools, surface,
directory), which is asked to do things and may fail. The world's answers come back to a task as inputs.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from agent_core.checkpoint import Card, Checkpoint
from agent_core.effects import Effect
from agent_core.errors import Refused
from agent_core.inputs import ModelReply
from agent_core.lesson import Lesson
from agent_core.people import People, Person
from agent_core.proposal import Call, StepRun
from agent_core.records import Entry, Line, Note
from agent_core.rules.book import ToolSpec
from agent_core.rules.summary import Summary
from agent_core.transition import Transition
from agent_core.words import Args, ChannelId, EffectId, PersonId, TeamId, ThreadId


class StoreDown(Exception):
    """The store did not answer. ``sent`` tells whether something may have been recorded all the same."""

    def __init__(self, why: str, *, sent: bool) -> None:
        """Keep why, for the log, and whether the command had been sent."""
        super().__init__(why)
        self.sent = sent


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
class Committed:
    """All of it is durable; ``loaded`` is what a load would give now."""

    loaded: Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCommitted:
    """Nothing was written: somebody else was first, it came too late, or it had been done before (``outcome``)."""

    why: Literal["lost", "late", "repeated"]
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to drain one thread, until ``lease_s`` after it was last renewed.

    ``alone`` tells that nobody else has held it since this holder did, so that nobody else has tried what is pending.
    """

    thread_id: ThreadId
    holder: str
    alone: bool = False


class Store(Protocol):
    """Keeps threads by their ID. Every method is atomic and raises StoreDown when the store cannot be asked.

    The due index says which threads must be looked at, and when: at once while an effect is pending, else at the
    earliest time that the commit gave.
    """

    async def load(self, thread_id: ThreadId, *, dedupe: str | None = None) -> Loaded:
        """Give the thread as it is, or with ``checkpoint`` None if there is none; raise Quarantined if unreadable."""

    async def commit(
        self,
        before: Loaded,
        transition: Transition,
        entry: Entry,
        *,
        dedupe: str | None = None,
        outcome: str = "",
    ) -> Committed | NotCommitted:
        """Write checkpoint, journal entry, effects, settlements, due time and the dedupe mark; or nothing.

        Lost unless version and journal head are still those of ``before``. Late after ``transition.not_after`` by the
        store's clock. Repeated, with the kept outcome, if the dedupe ID was committed within the last hour.
        """

    async def note(self, thread_id: ThreadId, note: Note) -> None:
        """Append a line to the journal of an existing thread without moving its version."""

    async def outbox(self, thread_id: ThreadId) -> dict[EffectId, Effect]:
        """Give the pending effects in the order in which they are to be performed."""

    async def look(self, lease: Lease, known: Loaded) -> tuple[Loaded, dict[EffectId, Effect]] | None:
        """Give the thread and its pending effects as of one moment, or None if the lease is no longer this holder's.

        What ``known`` holds is not read again while it is still the newest; only its time is.
        """

    async def take(self, thread_id: ThreadId, holder: str, lease_s: float) -> Lease | None:
        """Take the thread's lease, unless another holds it; the thread is looked at again when the lease ends."""

    async def renew(self, lease: Lease, lease_s: float) -> bool:
        """Prolong the lease, or say False if it is no longer this holder's."""

    async def settle(self, lease: Lease, effect_ids: Sequence[EffectId]) -> bool:
        """Remove performed effects, or say False if the lease is no longer this holder's."""

    async def release(self, lease: Lease, *, version: int, due: datetime | None) -> None:
        """Give the lease back. The thread is next looked at at ``due`` if its version is still ``version``."""

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
    """One task as lists show it. ``may_decide`` are the sets that its waiting card asks, ``not_by`` who can't any more."""

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

    async def tasks(self, team: TeamId, *, limit: int = 200) -> list[TaskLine]:
        """Give the team's tasks, newest change first."""


class Clock(Protocol):
    """Time for what is not decided by the store's clock: waiting and time-outs inside this process."""

    def now(self) -> datetime:
        """Give the present as aware UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What an actor or critic is told: the task, its tools, and what people taught that applies, as words."""

    checkpoint: Checkpoint
    tools: tuple[ToolSpec, ...]
    advice: tuple[str, ...] = ()
    inquiry: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """All that a call printed, decoded and capped; ``cut_bytes`` were left out."""

    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    cut_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """An actor's reply and what it cost."""

    reply: ModelReply
    memory: str | None = None
    cost_usd: float = 0.0
    tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A critic's figures, Φ 0..10 and confidence 0..1; see inputs.Scored."""

    before: float
    after: float
    evidence: str
    confidence: float
    cap: float = 10.0
    features_json: str = "{}"
    memory: str | None = None
    cost_usd: float = 0.0
    tokens: int = 0


class ModelDown(Exception):
    """A model could not answer; its words are for people."""


class Model(Protocol):
    """The actor. Keeps no state between calls: what it must remember goes into the reply's memory."""

    def accepts(self, purpose: str) -> None:
        """Raise Refused, saying what there is, if this actor cannot begin with these words."""

    async def next(self, situation: Situation) -> Replied:
        """Choose the next step, or answer the inquiry; raise ModelDown."""


class Critic(Protocol):
    """Judges how far the task is."""

    name: str

    async def score(self, situation: Situation, run: StepRun | None, output: Output | None) -> Figures:
        """Judge the newest step, or the whole where ``run`` is None; raise ModelDown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a call ended. ``how`` is finished when it ended by itself; ``ok`` is then the tool's own verdict."""

    how: Literal["finished", "timed_out", "stopped", "not_started", "failed"]
    ok: bool = False
    output: Output
    words: str = ""


class Tools(Protocol):
    """Makes calls. Never raises for what the tool does; a cancelled call is killed with all its processes."""

    async def run(self, call: Call, *, key: str, stop: asyncio.Event) -> Ran:
        """Make the call under its time limit; ``key`` is its idempotency key; ``stop`` ends it early."""


class SurfaceGone(Exception):
    """The channel can no longer be written to; its words are for the requester."""


class SurfaceRefused(Exception):
    """The surface does not take this, however often it is tried; ``words`` are for the requester."""

    def __init__(self, what: str, words: str) -> None:
        """Keep what was refused, for the log, and the words."""
        super().__init__(what)
        self.words = words


class SurfaceBusy(Exception):
    """The surface asks to wait ``retry_after_s`` before this channel is tried again."""

    def __init__(self, retry_after_s: float) -> None:
        """Keep how long."""
        super().__init__(f"retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s


class CardGone(Exception):
    """The card's message does not exist any more."""


class Surface(Protocol):
    """Where people see a task. Posting is safe to repeat: with ``fresh`` False it first looks for the effect's mark."""

    async def post_parent(self, opening: Checkpoint, effect_id: EffectId, *, fresh: bool) -> str:
        """Post the message that a task's thread hangs under and give its ts."""

    async def post_card(
        self,
        checkpoint: Checkpoint,
        card: Card,
        effect_id: EffectId,
        *,
        fresh: bool,
        summary: Summary | None = None,
    ) -> str:
        """Post a card and give its ts."""

    async def update_card(self, checkpoint: Checkpoint, card: Card, *, summary: Summary | None = None) -> None:
        """Show what holds now; raise CardGone if the message was deleted."""

    async def say(
        self,
        thread_id: ThreadId,
        words: str,
        effect_id: EffectId,
        *,
        fresh: bool,
        known: frozenset[PersonId] | None = None,
    ) -> None:
        """Post a plain message in the thread; with ``known`` nobody else is named in it, and nothing is a link."""

    async def notify(self, checkpoint: Checkpoint, card: Card, why: str, effect_id: EffectId, *, fresh: bool) -> None:
        """Tell those who may decide about the card: in the thread, and directly who is not in the channel."""

    async def tell(self, team: TeamId, person: PersonId, words: str) -> None:
        """Write to one person directly."""


class Directory(Protocol):
    """Who people are, as the surface knows them."""

    async def look_up(self, team: TeamId, channel: ChannelId, person: PersonId, *, fresh: bool = False) -> Person:
        """Describe a person from facts at most 60 s old, or asked for now; ``unknown`` if nobody can say."""

    async def members(
        self, team: TeamId, channel: ChannelId, people: People, *, enough: int | None = None
    ) -> frozenset[PersonId]:
        """Resolve a set to those who would count, or to at least ``enough`` of them."""


class Engine(Protocol):
    """Wakes workers. A lost wake-up costs time only: the due index is the truth."""

    async def wake(self, thread_id: ThreadId) -> None:
        """Have this thread drained soon."""


ToolArgs: TypeAlias = Args
