"""The states of a task. Each phase holds just what is true in it and nowhere else. Pure.

``opening`` → ``thinking`` → ``awaiting_approval`` → ``acting`` → ``scoring`` → (``awaiting_score_review``) →
``thinking`` … → ``finished``; beside them ``awaiting_answer``, ``outcome_unknown`` and ``paused``, which wraps the
phase that it interrupted. Phases with work under way name the version whose effect they wait for; a result of any other
version came too late and is only recorded.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from agent_core.people import Person
from agent_core.proposal import Claim, Proposal, Question, Score, StepRun
from agent_core.words import BY_KIND, PersonId, ThreadId

Ending = Literal["succeeded", "failed", "rejected", "expired", "aborted", "out_of_budget"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Waiting for the parent message of a task started outside a thread; then ``opened_as`` names the real thread."""

    asked: int
    by: Person
    opened_as: ThreadId | None = None
    kind: Literal["opening"] = "opening"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """The model was asked for the next step; ``held`` is the proposal that a correction put in doubt."""

    asked: int
    held: Proposal | None = None
    tries: int = 0
    kind: Literal["thinking"] = "thinking"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingApproval:
    """One proposal waits for people."""

    proposal: Proposal
    kind: Literal["awaiting_approval"] = "awaiting_approval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """A released step: ``claim`` is None until a worker has committed that it starts.

    ``stopping`` names who asked to stop the running call; with ``aborting`` the task ends when it has ended.
    """

    proposal: Proposal
    asked: int
    claim: Claim | None = None
    stopping: PersonId | None = None
    aborting: bool = False
    kind: Literal["acting"] = "acting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """The critic was asked; ``run`` is the step to score, or None where the model said that all is done."""

    asked: int
    run: StepRun | None
    done: str | None = None
    kind: Literal["scoring"] = "scoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingScoreReview:
    """A score is shown to people before the task goes on; ``done`` as in Scoring."""

    score: Score
    asked_version: int
    done: str | None = None
    kind: Literal["awaiting_score_review"] = "awaiting_score_review"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingAnswer:
    """Somebody was asked something."""

    question: Question
    kind: Literal["awaiting_answer"] = "awaiting_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeUnknown:
    """A claim without a result: it may have happened, and people are asked."""

    proposal: Proposal
    claim: Claim
    excerpt: str = ""
    kind: Literal["outcome_unknown"] = "outcome_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end, and how."""

    how: Ending
    why: str
    at: datetime
    kind: Literal["finished"] = "finished"


Pausable: TypeAlias = (
    Thinking | AwaitingApproval | Acting | Scoring | AwaitingScoreReview | AwaitingAnswer | OutcomeUnknown
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """Nothing starts until somebody resumes; ``was`` is the phase that was interrupted."""

    was: Annotated[Pausable, BY_KIND]
    by: PersonId | None
    at: datetime
    why: Literal["person", "steps"] = "person"
    kind: Literal["paused"] = "paused"


Phase: TypeAlias = Opening | Pausable | Paused | Finished
