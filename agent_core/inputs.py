"""Everything that can happen to a task: what people do, and what the world answers. Pure.

People's inputs are verbs and carry who did it, looked up before; the world's are done-things and carry the ID of the
effect that they answer. ``Reply`` is a thread message whose meaning the task's phase decides.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from agent_core.checkpoint import Quote
from agent_core.lesson import Scope
from agent_core.people import Person
from agent_core.proposal import RejectReason
from agent_core.words import CardKey, Digest, EffectId, LessonId, PersonId, ThreadId


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Begin a task whose parent message is still to be posted."""

    by: Person
    purpose: str
    context: tuple[Quote, ...] = ()
    kind: Literal["open"] = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Begin a task in its thread."""

    by: Person
    purpose: str
    context: tuple[Quote, ...] = ()
    kind: Literal["start"] = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Say yes to the proposal of this digest and version. ``card`` is the ts of the message that was pressed.

    ``seen_whole`` is true only from the last page of the full view, reached through the earlier ones.
    """

    by: Person
    digest: Digest
    version: int
    card: str | None = None
    note: str = ""
    seen_whole: bool = False
    kind: Literal["approve"] = "approve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Say no, with a reason; the step is not run."""

    by: Person
    digest: Digest
    version: int
    card: str | None = None
    reason: RejectReason
    note: str = ""
    kind: Literal["reject"] = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Put other arguments in the place of the proposal's; ``args_json`` is a JSON object."""

    by: Person
    digest: Digest
    version: int
    card: str | None = None
    args_json: str
    note: str = ""
    kind: Literal["edit"] = "edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Take one's own approval back."""

    by: Person
    digest: Digest
    version: int
    kind: Literal["withdraw"] = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverridePhi:
    """Put a person's Φ (0..10, two decimals) in the place of the newest score's."""

    by: Person
    digest: Digest | None = None
    phi: float
    why: str = ""
    kind: Literal["override_phi"] = "override_phi"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptScore:
    """Let the score under review stand."""

    by: Person
    digest: Digest
    kind: Literal["accept_score"] = "accept_score"


@dataclass(frozen=True, slots=True, kw_only=True)
class Teach:
    """Give a rule for later: ``when`` and ``do`` as the person typed them, ``days`` until it expires (None: never)."""

    by: Person
    when: str
    do: str
    scope: Scope = "channel"
    days: int | None = 30
    kind: Literal["teach"] = "teach"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Take a lesson back."""

    by: Person
    lesson: LessonId
    kind: Literal["forget"] = "forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRule:
    """Put a suggested allow rule in force."""

    by: Person
    rule: str
    kind: Literal["confirm_rule"] = "confirm_rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message in the thread: a correction, an answer, a question or nothing, by the phase and its words."""

    by: Person
    text: str
    kind: Literal["reply"] = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """Redirect the task in words."""

    by: Person
    text: str
    kind: Literal["correct"] = "correct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer the question of this digest (None: the one that waits)."""

    by: Person
    text: str
    digest: Digest | None = None
    kind: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquire:
    """Ask the agent something without deciding anything."""

    by: Person
    text: str
    kind: Literal["inquire"] = "inquire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Let nothing start until somebody resumes."""

    by: Person
    kind: Literal["pause"] = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Go on with what was interrupted."""

    by: Person
    kind: Literal["resume"] = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abort:
    """End the task; nothing more is run."""

    by: Person
    kind: Literal["abort"] = "abort"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Stop the tool that is running; after a rejection, end the task as rejected."""

    by: Person
    kind: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendBudget:
    """Add the configured budget once more."""

    by: Person
    kind: Literal["extend_budget"] = "extend_budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveUnknown:
    """Say what happened to the call of this digest."""

    by: Person
    digest: Digest
    version: int
    verdict: Literal["happened", "not_happened", "try_again"]
    kind: Literal["resolve_unknown"] = "resolve_unknown"


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
    reply: ModelReply
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
class TimerFired:
    """Something may be due; harmless when it is not."""

    kind: Literal["timer_fired"] = "timer_fired"


PersonInput: TypeAlias = (
    Open | Start | Approve | Reject | Edit | Withdraw | OverridePhi | AcceptScore | Teach | Forget | ConfirmRule
    | Reply | Correct | Answer | Inquire | Pause | Resume | Abort | Stop | ExtendBudget | ResolveUnknown
)  # fmt: skip
WorldInput: TypeAlias = (
    Opened | ModelReplied | ModelFailed | NoApprover | ToolStarted | ToolFinished | ToolFailed | OutcomeUnknown
    | Scored | CardPosted | CardLost | SurfaceLost | TimerFired
)  # fmt: skip
Input: TypeAlias = PersonInput | WorldInput


def actor_of(given: Input) -> PersonId | None:
    """Name the person behind an input; None for the world."""
    by = getattr(given, "by", None)
    return by.id if isinstance(by, Person) else None
