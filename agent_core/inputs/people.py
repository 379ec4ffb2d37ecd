"""What people do to a task: verbs, with who did it, looked up before. Pure."""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from agent_core.checkpoint import UNLESS_EMPTY, Checkpoint, Quote
from agent_core.lesson import Scope
from agent_core.people import Person
from agent_core.proposal import RejectReason
from agent_core.words import Digest, LessonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Begin a task whose parent message is still to be posted."""

    by: Person
    purpose: str
    context: tuple[Quote, ...] = ()
    kind: Literal["open"] = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Begin a task in its thread; ``parent_is_ours`` where the bot posted the message that the thread hangs under."""

    by: Person
    purpose: str
    context: tuple[Quote, ...] = ()
    parent_is_ours: Annotated[bool, UNLESS_EMPTY] = False
    kind: Literal["start"] = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Begin a task as another was after one of its steps: ``seed`` is that task then, with what happened since."""

    by: Person
    seed: Checkpoint
    kind: Literal["fork"] = "fork"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewind:
    """Take the task up again as it was after one of its steps: ``seed`` as in Fork, read when it stood at ``known``."""

    by: Person
    seed: Checkpoint
    known: int
    kind: Literal["rewind"] = "rewind"


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


PersonInput: TypeAlias = (
    Open | Start | Fork | Rewind | Approve | Reject | Edit | Withdraw | OverridePhi | AcceptScore | Teach | Forget
    | ConfirmRule | Reply | Correct | Answer | Inquire | Pause | Resume | Abort | Stop | ExtendBudget | ResolveUnknown
)  # fmt: skip
