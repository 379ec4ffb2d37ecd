"""The world, which is asked to do things and may fail: models, tools, the surface, the directory. No code."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from agent_core.checkpoint import Card, Checkpoint
from agent_core.inputs import ModelReply
from agent_core.people import People, Person
from agent_core.ports.store import Lease, Taking
from agent_core.proposal import Call, StepRun
from agent_core.rules.book import ToolSpec
from agent_core.rules.summary import Summary
from agent_core.words import ChannelId, EffectId, PersonId, TeamId, ThreadId


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
    """The actor. Keeps no state between calls: what it must remember goes into the reply's memory.

    ``immediate`` says that it answers from what it is told alone, without waiting for anything.
    """

    immediate: bool

    def accepts(self, purpose: str) -> None:
        """Raise Refused, saying what there is, if this actor cannot begin with these words."""

    async def next(self, situation: Situation) -> Replied:
        """Choose the next step, or answer the inquiry; raise ModelDown."""


class Critic(Protocol):
    """Judges how far the task is. ``immediate`` is as a model's."""

    name: str
    immediate: bool

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

    async def update_parent(self, checkpoint: Checkpoint) -> None:
        """Show on our own message above a task's thread whether the task goes on, or how it ended."""

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
        """Describe a person from facts at most 60 s old, or asked for now; ``unknown`` if nobody can say.

        With an empty channel nobody is asked where the person is, and ``in_channel`` is False.
        """

    async def members(
        self, team: TeamId, channel: ChannelId, people: People, *, enough: int | None = None
    ) -> frozenset[PersonId]:
        """Resolve a set to those who would count, or to at least ``enough`` of them."""


class Engine(Protocol):
    """Wakes workers. A lost wake-up costs time only: the due index is the truth."""

    def takes(self, thread_id: ThreadId) -> Taking | None:
        """Say for whom a commit may take the thread's lease, where this very process would drain it at once."""

    async def wake(self, thread_id: ThreadId, lease: Lease | None = None) -> None:
        """Have this thread drained soon; under this lease, which was taken for this process."""
