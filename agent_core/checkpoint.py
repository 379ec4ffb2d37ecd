"""A task between two inputs, as one value: all that it needs after a restart. Pure, bounded, immutable.

What grows with a task (steps, people's words, outputs) goes to the journal; here stands only bounded working state, so
that step 200 writes no more than step 2. ``SCHEMA`` has one line per stored shape; the codec migrates older ones.
"""

from dataclasses import dataclass, field
from datetime import datetime
from operator import not_
from typing import Annotated, Literal

from pydantic import Field

from agent_core.people import People
from agent_core.phases import Finished, Opening, Pausable, Paused, Phase
from agent_core.proposal import Call, Outcome, Proposal, Question, RejectReason, Score, StepRun
from agent_core.values import replace
from agent_core.words import BY_KIND, CardKey, ChannelId, PersonId, TeamId, ThreadId, channel_of, team_of

SCHEMA = {
    1: "The first: opening to finished, cards, tally, lessons by reference.",
}
NEWEST_SCHEMA = max(SCHEMA)

RECENT = 2  # steps shown to the actor; bounded so that the checkpoint's size does not grow with the task
MESSAGES = 8
REJECTED = 16
CARDS = 2  # beside those that are open or were changed just now
COURSE = 16
EXCERPT_CHARS = 600
WORDS_CHARS = 2000
CONTEXT_QUOTES = 20
HAPPENED = 32  # calls of which a forked or rewound task knows that they happened

# Later than the schema's first bytes: not written where there is nothing to say, so that old bytes stay what they are.
UNLESS_EMPTY = Field(exclude_if=not_)

CardState = Literal[
    "waiting", "reconsidered", "approved", "running", "stopping", "scoring", "done", "failed", "rejected", "edited",
    "corrected", "expired", "withdrawn", "denied", "unknown", "asked", "answered", "review", "paused", "closed",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Somebody's earlier message, kept as data with its author; never an instruction."""

    author: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Words that the actor must get: a person's, or (``refused``, by nobody) why its last reply was not taken."""

    by: PersonId
    text: str
    about: Literal["correction", "answer", "rejection", "override", "edit", "unknown_resolved", "refused"]
    step: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedCall:
    """A call that a person rejected; it is never proposed again unchanged."""

    call_key: str
    tool: str
    args_json: str
    reason: RejectReason
    note: str
    by: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A call that was made after the step from which a task was taken up again; ``call_key`` names it."""

    call_key: str
    tool: str
    step: int
    outcome: Outcome
    at: datetime
    thread: ThreadId


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The step of another thread that a task was forked from."""

    thread: ThreadId
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One message in the thread with buttons or a state: what it is about and what holds of it now.

    ``changed`` is the version at which its face last changed; ``ts`` is None until Slack has told it.
    """

    key: CardKey
    about: Literal["proposal", "step", "question", "unknown", "paused", "final"]
    state: CardState
    changed: int
    ts: str | None = None
    proposal: Proposal | None = None
    run: StepRun | None = None
    score: Score | None = None
    question: Question | None = None
    by: tuple[PersonId, ...] = ()
    at: datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the summary counts. ``course`` is Φ's way, thinned to a bounded number of points."""

    steps: int = 0
    succeeded: int = 0
    reward: float = 0.0
    phi_start: float | None = None
    course: tuple[float, ...] = ()
    overrides: int = 0
    taught: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the task has used of its budget; waiting for people costs nothing. ``extended`` counts extensions."""

    wall_s: float = 0.0
    cost_usd: float = 0.0
    tokens: int = 0
    extended: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One task. ``version`` counts the inputs it has accepted; ``phi`` is 0..10 or None before the first score."""

    thread_id: ThreadId
    version: int
    purpose: str
    requester: PersonId
    started_at: datetime
    phase: Annotated[Phase, BY_KIND]
    context: tuple[Quote, ...] = ()
    step: int = 0
    phi: float | None = None
    phi_by: PersonId | None = None
    score: Score | None = None
    cards: tuple[Card, ...] = ()
    recent: tuple[StepRun, ...] = ()
    messages: tuple[Message, ...] = ()
    rejected: tuple[RejectedCall, ...] = ()
    memory: str = ""
    tally: Tally = field(default_factory=Tally)
    spent: Spent = field(default_factory=Spent)
    active_since: datetime | None = None
    asked_at_step: int = 0
    approvers: tuple[People, ...] = ()
    happened: Annotated[tuple[Happened, ...], UNLESS_EMPTY] = ()
    origin: Annotated[Origin | None, UNLESS_EMPTY] = None
    parent_is_ours: Annotated[bool, UNLESS_EMPTY] = False

    @property
    def team(self) -> TeamId:
        """The workspace."""
        return team_of(self.thread_id)

    @property
    def channel(self) -> ChannelId:
        """The channel."""
        return channel_of(self.thread_id)

    @property
    def underlying(self) -> Opening | Pausable | Finished:
        """Give the phase; of a paused task the one that was interrupted."""
        return self.phase.was if isinstance(self.phase, Paused) else self.phase

    @property
    def is_finished(self) -> bool:
        """Tell whether the task has ended."""
        return self.phase.kind == "finished"

    def card(self, key: CardKey) -> Card | None:
        """Give the card of this key, while it is kept."""
        for card in self.cards:
            if card.key == key:
                return card
        return None

    def was_rejected(self, call: Call) -> bool:
        """Tell whether a person rejected exactly this call."""
        return any(rejected.call_key == call.key for rejected in self.rejected)

    def happening(self, call: Call) -> Happened | None:
        """Give the newest time that exactly this call was made after the step where the task was taken up again."""
        return next((one for one in reversed(self.happened) if one.call_key == call.key), None)

    def then(self, phase: Phase) -> "Checkpoint":
        """Give the same task in another phase."""
        return replace(self, phase=phase)
