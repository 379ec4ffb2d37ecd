"""The door: the only way a task moves. One module for each phase; a phase knows nothing of the others.

``decide`` is pure: no clock, no chance, no I/O. It answers one input with a transition, or raises Refused (a person is
told, nothing changed) or Broken (our defect). ``LEADS_TO`` says where each phase's inputs may lead; what a phase does
not name there, it refuses.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from agent_core.checkpoint import Checkpoint
from agent_core.decide import (
    absent as absent_,
    acting as acting_,
    awaiting_answer as awaiting_answer_,
    awaiting_approval as awaiting_approval_,
    awaiting_score_review as awaiting_score_review_,
    finished as finished_,
    opening as opening_,
    outcome_unknown as outcome_unknown_,
    paused as paused_,
    scoring as scoring_,
    thinking as thinking_,
)
from agent_core.errors import Broken, Refused
from agent_core.inputs import Approve, Correct, Edit, Input, Reject, Reply
from agent_core.phases import (
    Acting,
    AwaitingAnswer,
    AwaitingApproval,
    AwaitingScoreReview,
    Finished,
    Opening,
    OutcomeUnknown,
    Paused,
    Scoring,
    Thinking,
)
from agent_core.rules.anywhere import anywhere
from agent_core.rules.book import Rules
from agent_core.rules.past import PAST, of_the_past
from agent_core.rules.replies import check_may_correct, understood
from agent_core.rules.spent import check_is_not_spent
from agent_core.rules.under_way import UNDER_WAY, under_way
from agent_core.transition import Transition
from agent_core.words import ThreadId

BY_PHASE: Mapping[str, Mapping[str, frozenset[str]]] = {
    "absent": absent_.LEADS_TO,
    "opening": opening_.LEADS_TO,
    "thinking": thinking_.LEADS_TO,
    "awaiting_approval": awaiting_approval_.LEADS_TO,
    "acting": acting_.LEADS_TO,
    "scoring": scoring_.LEADS_TO,
    "awaiting_score_review": awaiting_score_review_.LEADS_TO,
    "awaiting_answer": awaiting_answer_.LEADS_TO,
    "outcome_unknown": outcome_unknown_.LEADS_TO,
    "paused": paused_.LEADS_TO,
    "finished": finished_.LEADS_TO,
}
LEADS_TO = {phase: {**leads, **UNDER_WAY.get(phase, {}), **PAST.get(phase, {})} for phase, leads in BY_PHASE.items()}
ANYWHERE = frozenset({"teach", "forget", "card_posted", "card_lost"})
DECISIONS = (Approve, Reject, Edit)
STAYS_WHEN_LATE = frozenset(
    {
        "opened", "model_replied", "model_failed", "no_approver", "tool_started", "tool_held", "tool_finished",
        "tool_failed", "outcome_unknown", "read_back", "scored",
    }
)  # fmt: skip


def decide(
    checkpoint: Checkpoint | None, given: Input, now: datetime, rules: Rules, *, thread_id: ThreadId | None = None
) -> Transition:
    """Answer one input, or raise Refused. ``thread_id`` names the task where there is no checkpoint yet."""
    if checkpoint is None:
        if thread_id is None:
            raise Broken("a task that is not there yet is named", given=given.kind)
        return absent_.absent(thread_id, given, now, rules)
    if given.kind in ("open", "start", "fork"):
        raise Refused("There is a task in this thread already.", "Reply in the thread to correct it.")
    meant = understood(checkpoint, given) if isinstance(given, Reply) else given
    if isinstance(meant, Correct) and "correct" in LEADS_TO[checkpoint.phase.kind]:
        check_may_correct(checkpoint, meant, rules)
    if isinstance(meant, DECISIONS):
        check_is_not_spent(checkpoint, meant)
    same = None if isinstance(checkpoint.phase, Opening) else anywhere(checkpoint, meant, now, rules)
    transition = (
        same
        or of_the_past(checkpoint, meant, now, rules)
        or under_way(checkpoint, meant, now, rules)
        or by_phase(checkpoint, meant, now, rules)
    )
    here, there = checkpoint.phase.kind, transition.checkpoint.phase.kind
    hold_to_the_map(here, meant.kind, there, stays=same is not None)
    return transition


def by_phase(checkpoint: Checkpoint, given: Input, now: datetime, rules: Rules) -> Transition:
    """Give the input to the phase that the task is in."""
    match checkpoint.phase:
        case Opening() as phase:
            return opening_.opening(checkpoint, phase, given, now, rules)
        case Thinking() as phase:
            return thinking_.thinking(checkpoint, phase, given, now, rules)
        case AwaitingApproval() as phase:
            return awaiting_approval_.awaiting_approval(checkpoint, phase, given, now, rules)
        case Acting() as phase:
            return acting_.acting(checkpoint, phase, given, now, rules)
        case Scoring() as phase:
            return scoring_.scoring(checkpoint, phase, given, now, rules)
        case AwaitingScoreReview() as phase:
            return awaiting_score_review_.awaiting_score_review(checkpoint, phase, given, now, rules)
        case AwaitingAnswer() as phase:
            return awaiting_answer_.awaiting_answer(checkpoint, phase, given, now, rules)
        case OutcomeUnknown() as phase:
            return outcome_unknown_.outcome_unknown(checkpoint, phase, given, now, rules)
        case Paused() as phase:
            return paused_.paused(checkpoint, phase, given, now, rules)
        case Finished() as phase:
            return finished_.finished(checkpoint, phase, given, now, rules)
        case never:
            assert_never(never)


def hold_to_the_map(here: str, what: str, there: str, *, stays: bool = False) -> None:
    """Raise Broken if a rule went where LEADS_TO does not lead; what is the same anywhere moves no phase."""
    if there not in (frozenset({here}) if stays else LEADS_TO[here].get(what, frozenset())):
        raise Broken("every way is in LEADS_TO", here=here, what=what, there=there)
