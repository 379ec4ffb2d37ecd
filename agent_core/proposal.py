"""What a person decides on: one tool call, frozen as shown, with who may decide and until when. Pure.

A proposal is named by its digest, a keyed hash over everything that matters about it (``agent_core.rules.digests``).
Arguments are kept as canonical JSON text, so that what is shown, signed and run is the same string of bytes.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from agent_core.people import People, Person
from agent_core.words import Args, CardKey, Digest, Json, LessonId, PersonId

Risk = Literal["low", "medium", "high", "critical"]
EffectClass = Literal["once", "readback", "idempotent"]
RejectReason = Literal["wrong_target", "too_risky", "not_now", "wrong_approach", "other"]


_spelled = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical(value: Json) -> str:
    """Write a JSON value in its one spelling: sorted keys, no spaces, no escapes beyond JSON's own."""
    return _spelled(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One tool call with its final arguments as canonical JSON."""

    tool: str
    args_json: str
    fingerprint: str
    risk: Risk = "high"
    effect: EffectClass = "once"
    timeout_s: float = 60.0

    @property
    def args(self) -> Args:
        """The arguments as a mapping."""
        return cast("Args", json.loads(self.args_json))

    @property
    def key(self) -> str:
        """Name the call by what it does, whatever the proposal: 16 hex digits."""
        return hashlib.blake2b(f"{self.tool}\n{self.args_json}".encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """So many different people out of one set, asked for by one rule; ``stage`` orders a rule's stages from 0."""

    rule: str
    approvers: People
    quorum: int = 1
    stage: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Who may approve as well, from how many seconds after the asking, and for which rule's requirements."""

    after_s: float
    to: People
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's yes, and the requirements (by index) that it counts for."""

    by: Person
    at: datetime
    counts_for: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One step that waits for a yes, or that policy has allowed (no requirements, ``allowed``).

    ``version`` is the checkpoint version that made it; ``digest`` names exactly this content. ``phi`` is Φ (0..10)
    when it was made. ``original_json`` holds the arguments before an edit or a taught rule changed them.
    """

    call: Call
    digest: Digest
    version: int
    step: int
    thought: str
    expect: str
    phi: float | None
    made_at: datetime
    expires_at: datetime
    policy_version: str
    allowed: bool = False
    requirements: tuple[Requirement, ...] = ()
    not_requester: bool = True
    not_editor: bool = False
    remind_at: datetime | None = None
    remind_s: float | None = None
    escalate: Escalation | None = None
    escalated: bool = False
    approvals: tuple[Approval, ...] = ()
    because: tuple[str, ...] = ()
    taught: tuple[LessonId, ...] = ()
    advice: tuple[str, ...] = ()
    editor: PersonId | None = None
    edit_note: str = ""
    original_json: str | None = None

    @property
    def card(self) -> CardKey:
        """Name the card that this proposal stands on: by version too, since one content may be proposed twice."""
        return CardKey(f"{self.version}-{self.digest}")

    @property
    def asks_who_is_here(self) -> bool:
        """Tell whether being in the channel makes anybody an approver; elsewhere nobody need be asked about it."""
        sets = [requirement.approvers for requirement in self.requirements]
        return any(people.channel_members for people in (*sets, *([self.escalate.to] if self.escalate else ())))

    def missing(self) -> tuple[Requirement, ...]:
        """Give the requirements that are not met yet."""
        return tuple(
            requirement
            for index, requirement in enumerate(self.requirements)
            if sum(index in approval.counts_for for approval in self.approvals) < requirement.quorum
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The committed mark that a call began; ``fence`` is the version of that commit."""

    fence: int
    started_at: datetime
    worker: str


Outcome = Literal["ok", "failed", "timed_out", "stopped", "not_started", "denied", "unknown", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRun:
    """How one step ended. ``excerpt`` is cut; ``output_at`` is the version whose journal entry has the whole output."""

    step: int
    digest: Digest
    call: Call
    outcome: Outcome
    exit_code: int | None = None
    excerpt: str = ""
    output_at: int | None = None
    ended_at: datetime
    approved_by: tuple[PersonId, ...] = ()
    edited_by: PersonId | None = None

    @property
    def ok(self) -> bool:
        """Tell whether the step did what it was to do."""
        return self.outcome == "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Φ (0..10) before and after one step, as it stands. ``raw`` is the critic's own figure, ``state`` names the state.

    ``because`` gives the lessons that moved it from ``raw``; ``cap`` is the most that anything taught may make it.
    """

    digest: Digest
    step: int
    before: float
    after: float
    raw: float
    evidence: str
    confidence: float
    state: str
    tool: str
    args_json: str
    features_json: str
    cap: float = 10.0
    because: tuple[str, ...] = ()
    overridden_by: PersonId | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that a person was asked. ``about`` says what the answer is for; ``options`` may be pressed."""

    digest: Digest
    version: int
    text: str
    options: tuple[str, ...] = ()
    about: Literal["input", "rejected", "budget", "model"] = "input"
    asked_at: datetime
    expires_at: datetime | None = None
