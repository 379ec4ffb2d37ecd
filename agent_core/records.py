"""What the journal keeps for ever: one entry for each transition, with its input and what followed. Pure.

An entry holds the input as it came, so that a journal can be decided anew; the facts say in fixed words what came of
it. Refusals and views are noted as entries of their own that move no version. Entries are chained by a keyed hash.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from agent_core.inputs import Input
from agent_core.people import People
from agent_core.phases import Ending
from agent_core.proposal import Proposal, Requirement, Score, StepRun
from agent_core.words import BY_KIND, Digest, LessonId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A step was proposed, and policy asked for people or allowed it."""

    proposal: Proposal
    kind: Literal["proposed"] = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """Policy or a taught rule forbade a step."""

    tool: str
    args_json: str
    because: tuple[str, ...]
    kind: Literal["denied"] = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A proposal came to its end: how, by whom, in which words."""

    digest: Digest
    how: Literal["approved", "rejected", "edited", "corrected", "expired", "withdrawn"]
    by: tuple[PersonId, ...] = ()
    words: str = ""
    kind: Literal["decided"] = "decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """An approval no longer counted at the claim."""

    digest: Digest
    people: tuple[PersonId, ...]
    still_needed: tuple[Requirement, ...]
    kind: Literal["struck"] = "struck"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded:
    """A step ended."""

    run: StepRun
    kind: Literal["step_ended"] = "step_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreStands:
    """Φ was set by the critic with what was taught, or by a person."""

    score: Score
    kind: Literal["score_stands"] = "score_stands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A lesson was taken from a person."""

    lesson: LessonId
    words: str
    by: PersonId
    kind: Literal["learned"] = "learned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """More people may approve from now on."""

    digest: Digest
    to: People
    kind: Literal["escalated"] = "escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A result came after its task had moved on; nothing changed."""

    what: str
    kind: Literal["late"] = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The task ended."""

    how: Ending
    phi: float | None
    why: str
    kind: Literal["ended"] = "ended"


Record: TypeAlias = Proposed | Denied | Decided | Struck | StepEnded | ScoreStands | Learned | Escalated | Late | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal: the input that was accepted as ``version`` at ``at``, and what followed from it."""

    version: int
    at: datetime
    policy_version: str
    input: Annotated[Input, BY_KIND]
    records: tuple[Annotated[Record, BY_KIND], ...] = ()
    kind: Literal["entry"] = "entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line that moved nothing: a refusal with its words, or a look at something (``viewed``)."""

    version: int
    at: datetime
    by: PersonId | None
    what: str
    words: str
    kind: Literal["note"] = "note"


Line: TypeAlias = Entry | Note
