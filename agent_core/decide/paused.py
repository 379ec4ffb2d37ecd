"""Interrupted: nothing starts until somebody resumes. Expiry goes on, and a call that was running may end."""

from datetime import datetime

from agent_core.checkpoint import Checkpoint
from agent_core.errors import not_due, not_now
from agent_core.inputs import (
    Abort,
    Input,
    OutcomeUnknown,
    OverridePhi,
    ReadBack,
    Resume,
    Stop,
    TimerFired,
    ToolFailed,
    ToolFinished,
)
from agent_core.phases import Acting, AwaitingApproval, Paused, Scoring, Thinking
from agent_core.proposal import Proposal
from agent_core.records import Late
from agent_core.rules.approvals import check_may_steer
from agent_core.rules.book import Rules
from agent_core.rules.claims import count, credit_stop, ended_by_abort, how_cut_short, is_unsure, run_of, unknown
from agent_core.rules.draft import begin, enter, keep, settle
from agent_core.rules.due import expiries_of
from agent_core.rules.endings import expire, out_of_budget
from agent_core.rules.readbacks import read_back_in_pause
from agent_core.rules.scores import override
from agent_core.rules.steering import abort, resume, stop
from agent_core.rules.thinking import NOT_ASKED
from agent_core.transition import Transition
from agent_core.values import replace

LEADS_TO = {
    "resume": frozenset(
        {
            "thinking",
            "awaiting_approval",
            "acting",
            "scoring",
            "awaiting_score_review",
            "awaiting_answer",
            "outcome_unknown",
        }
    ),
    "tool_finished": frozenset({"paused", "finished"}),
    "tool_failed": frozenset({"paused", "finished"}),
    "outcome_unknown": frozenset({"paused", "finished"}),
    "read_back": frozenset({"paused", "finished"}),
    "override_phi": frozenset({"paused"}),
    "stop": frozenset({"paused"}),
    "timer_fired": frozenset({"finished"}),
    "abort": frozenset({"finished", "paused"}),
}


def paused(checkpoint: Checkpoint, phase: Paused, given: Input, now: datetime, rules: Rules) -> Transition:
    """Wait for somebody to resume; take the end of what was running."""
    draft = begin(checkpoint, now)
    match given:
        case ToolFinished() | ToolFailed() if isinstance(phase.was, Acting):
            return ran_out(draft, phase, phase.was, given, now)
        case OutcomeUnknown() if isinstance(phase.was, Acting):
            return lost(draft, phase, phase.was, given, now)
        case ReadBack():
            return read_back_in_pause(draft, phase, given, rules, now)
        case TimerFired():
            return timer_fired(draft, phase, rules, now)
        case _:
            return by_people(checkpoint, phase, given, now, rules)


def by_people(checkpoint: Checkpoint, phase: Paused, given: Input, now: datetime, rules: Rules) -> Transition:
    """Do what a person asks of a paused task."""
    draft = begin(checkpoint, now)
    match given:
        case Resume():
            check_may_steer(checkpoint, given.by, rules)
            return resume(draft, phase, given.by.id, now)
        case OverridePhi():
            return override(draft, given, rules, now)
        case Stop() if isinstance(phase.was, Acting) and phase.was.claim is not None:
            check_may_steer(checkpoint, given.by, rules)
            stopped = stop(draft, phase.was, given.by.id, now)
            return enter(stopped, replace(phase, was=replace(phase.was, stopping=given.by.id)), now)
        case Abort():
            check_may_steer(checkpoint, given.by, rules)
            return aborted(draft, phase, given, now)
        case _:
            raise not_now(phase.kind, given.kind)


def aborted(draft: Transition, phase: Paused, given: Abort, now: datetime) -> Transition:
    """End the task; a call that runs is stopped first, inside the pause."""
    if isinstance(phase.was, Acting) and phase.was.claim is not None:
        stopping = replace(phase.was, stopping=given.by.id, aborting=True)
        return enter(stop(draft, phase.was, given.by.id, now), replace(phase, was=stopping), now)
    return abort(draft, phase.was, given.by.id, now)


def ran_out(
    draft: Transition, phase: Paused, was: Acting, given: ToolFinished | ToolFailed, now: datetime
) -> Transition:
    """Keep the result of a call that ended during the pause; it is scored when the task is resumed."""
    if was.claim is None or given.fence != was.claim.fence:
        return keep(draft, Late(what=given.kind))
    outcome = given.how if isinstance(given, ToolFailed) else "ok"
    draft = credit_stop(settle(draft, given.effect_id), was, outcome)
    if isinstance(given, ToolFailed) and is_unsure(was, given):
        return unknown(draft, was, was.claim, how_cut_short(was, given), now)
    run = run_of(was, given, draft.checkpoint.version, now)
    if was.aborting:
        return ended_by_abort(draft, was, run, now)
    return enter(count(draft, was.proposal, run, now), replace(phase, was=Scoring(asked=NOT_ASKED, run=run)), now)


def lost(draft: Transition, phase: Paused, was: Acting, given: OutcomeUnknown, now: datetime) -> Transition:
    """Ask about a call whose outcome nobody knows; the task stays paused."""
    if was.claim is None or given.fence != was.claim.fence:
        return keep(draft, Late(what=given.kind))
    return unknown(settle(draft, given.effect_id), was, was.claim, given.words, now)


def timer_fired(draft: Transition, phase: Paused, rules: Rules, now: datetime) -> Transition:
    """Let what waits inside the pause expire in its time."""
    times = expiries_of(phase.was)
    if not times or now < min(times):
        raise not_due()
    match phase.was:
        case AwaitingApproval(proposal=proposal) | Acting(proposal=proposal) | Thinking(held=Proposal() as proposal):
            return expire(draft, proposal, now)
        case _:
            return out_of_budget(draft, rules, now)
