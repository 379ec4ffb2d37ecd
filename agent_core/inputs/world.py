"""What the world answers: done-things, with the ID of the effect that they answer, and the model's replies. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from agent_core.people import Person
from agent_core.words import BY_KIND, CardKey, Digest, EffectId, ThreadId


@dataclass(frozen=True, slots=True, kw_only=True)
class Propose:
    """The model's next step: a tool call with its reason and what it expects."""

    tool: str
    args_json: str
    thought: str = ""
    expect: str = ""
    kind: Literal["propose"] = "propose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The model needs a person's answer; ``options`` are offered as buttons."""

    text: str
    options: tuple[str, ...] = ()
    about: Literal["input", "rejected"] = "input"
    kind: Literal["ask"] = "ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The model says that nothing is left to do; that is scored like a step."""

    words: str = ""
    kind: Literal["done"] = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """The model cannot go on: the task ends as ``how``."""

    words: str
    how: Literal["failed", "rejected"] = "failed"
    kind: Literal["give_up"] = "give_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """The model did not understand a person's words and says which it would; nothing changes."""

    words: str
    kind: Literal["unclear"] = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """The model answers a person's question."""

    words: str
    kind: Literal["tell"] = "tell"


ModelReply: TypeAlias = Propose | Ask | Done | GiveUp | Unclear | Tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The parent message is there and the task began under its real ID."""

    effect_id: EffectId
    thread_id: ThreadId
    kind: Literal["opened"] = "opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReplied:
    """The actor's reply. ``memory`` is its own bounded notes, given back at the next asking; None leaves them."""

    effect_id: EffectId
    reply: Annotated[ModelReply, BY_KIND]
    memory: str | None = None
    cost_usd: float = 0.0
    tokens: int = 0
    kind: Literal["model_replied"] = "model_replied"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFailed:
    """The actor or the critic could not answer, after its retries."""

    effect_id: EffectId
    words: str
    kind: Literal["model_failed"] = "model_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoApprover:
    """The sets that a proposal asks for resolve to nobody."""

    effect_id: EffectId
    card: CardKey
    whom: str
    kind: Literal["no_approver"] = "no_approver"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStarted:
    """The claim: a worker is about to make the call; ``approvers`` are looked up afresh at this moment."""

    effect_id: EffectId
    digest: Digest
    worker: str
    approvers: tuple[Person, ...] = ()
    kind: Literal["tool_started"] = "tool_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolHeld:
    """The call can't start yet: its lock is held by a task (at ``link``), or ``by`` stopped everything at ``since``."""

    effect_id: EffectId
    lock: str = ""
    link: str = ""
    by: str = ""
    since: datetime | None = None
    kind: Literal["tool_held"] = "tool_held"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFinished:
    """The call ended by itself; ``fence`` is the claim's. Output is decoded and capped, with what was cut in bytes."""

    effect_id: EffectId
    fence: int
    ok: bool
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    cut_bytes: int = 0
    kind: Literal["tool_finished"] = "tool_finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFailed:
    """The call did not end by itself, or never began, and it is known which; output so far as in ToolFinished."""

    effect_id: EffectId
    fence: int
    how: Literal["timed_out", "stopped", "not_started", "failed"]
    words: str
    stdout: str = ""
    stderr: str = ""
    cut_bytes: int = 0
    kind: Literal["tool_failed"] = "tool_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeUnknown:
    """The call was claimed and nobody can say whether it happened."""

    effect_id: EffectId
    fence: int
    words: str = ""
    kind: Literal["outcome_unknown"] = "outcome_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """What was found out about a call that gave no result: ``ended`` says why it gave none, ``words`` what is known.

    ``tool``, ``args_json`` and the rest are the call that was made to find out; empty where none could be made.
    """

    effect_id: EffectId
    fence: int
    verdict: Literal["happened", "not_happened", "unclear"]
    ended: Literal["lost", "timed_out", "stopped"] = "lost"
    words: str = ""
    tool: str = ""
    args_json: str = ""
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    kind: Literal["read_back"] = "read_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The critic's figures for the newest step, 0..10 each; ``cap`` is the most that lessons may raise it to.

    ``features_json`` (canonical JSON object) describes the state for learning; ``memory`` as in ModelReplied.
    """

    effect_id: EffectId
    before: float
    after: float
    evidence: str
    confidence: float
    critic: str
    cap: float = 10.0
    features_json: str = "{}"
    memory: str | None = None
    cost_usd: float = 0.0
    tokens: int = 0
    kind: Literal["scored"] = "scored"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPosted:
    """A card stands in the thread as message ``ts``, showing version ``shown``."""

    effect_id: EffectId
    card: CardKey
    ts: str
    shown: int
    kind: Literal["card_posted"] = "card_posted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLost:
    """A card's message is gone."""

    card: CardKey
    ts: str
    kind: Literal["card_lost"] = "card_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceLost:
    """Nothing can be posted in the channel any more (archived, or the bot was removed)."""

    words: str
    kind: Literal["surface_lost"] = "surface_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The thread was put back from a file; ``head`` was the last of its journal when it was taken out."""

    head: str
    kind: Literal["restored"] = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """Something may be due; harmless when it is not."""

    kind: Literal["timer_fired"] = "timer_fired"


WorldInput: TypeAlias = (
    Opened | ModelReplied | ModelFailed | NoApprover | ToolStarted | ToolHeld | ToolFinished | ToolFailed
    | OutcomeUnknown | ReadBack | Scored | CardPosted | CardLost | SurfaceLost | Restored | TimerFired
)  # fmt: skip
