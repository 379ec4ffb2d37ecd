"""A released step: it is claimed once, and its result is taken only from the claim in force."""

from datetime import datetime

from agent_core.checkpoint import Checkpoint
from agent_core.effects import Say
from agent_core.errors import Refused, not_due, not_now
from agent_core.inputs import (
    Correct,
    Input,
    OutcomeUnknown,
    OverridePhi,
    ReadBack,
    Stop,
    TimerFired,
    ToolFailed,
    ToolFinished,
    ToolHeld,
    ToolStarted,
    Withdraw,
)
from agent_core.phases import Acting, AwaitingApproval
from agent_core.records import Decided, Late
from agent_core.rules.approvals import check_may_steer, check_names
from agent_core.rules.book import Rules
from agent_core.rules.claims import (
    claim,
    claim_again,
    credit_stop,
    ended,
    ended_by_abort,
    how_cut_short,
    is_current,
    is_unsure,
    run_of,
    unknown,
)
from agent_core.rules.draft import begin, do, enter, heed, keep, settle, show
from agent_core.rules.endings import expire, pending_work
from agent_core.rules.holding import held
from agent_core.rules.readbacks import read_back
from agent_core.rules.scores import override
from agent_core.rules.steering import stop
from agent_core.rules.thinking import think
from agent_core.transition import Transition
from agent_core.values import replace

LEADS_TO = {
    "tool_started": frozenset(
        {"acting", "awaiting_approval", "thinking", "outcome_unknown", "finished"},
    ),
    "tool_held": frozenset({"acting"}),
    "tool_finished": frozenset({"scoring", "acting", "finished"}),
    "tool_failed": frozenset({"scoring", "acting", "outcome_unknown", "finished"}),
    "outcome_unknown": frozenset({"outcome_unknown", "acting", "finished"}),
    "read_back": frozenset(
        {"scoring", "acting", "awaiting_approval", "thinking", "outcome_unknown", "finished"},
    ),
    "withdraw": frozenset({"awaiting_approval"}),
    "correct": frozenset({"thinking", "acting"}),
    "override_phi": frozenset({"acting"}),
    "stop": frozenset({"acting"}),
    "timer_fired": frozenset({"finished"}),
}


def acting(checkpoint: Checkpoint, phase: Acting, given: Input, now: datetime, rules: Rules) -> Transition:
    """Claim, take the result, or do what people ask while it runs."""
    draft = begin(checkpoint, now)
    match given:
        case ToolStarted():
            return started(draft, phase, given, rules, now)
        case ToolHeld():
            return held(draft, phase, given, now)
        case ToolFinished() | ToolFailed():
            return result(draft, phase, given, now)
        case OutcomeUnknown():
            return lost(draft, phase, given, now)
        case ReadBack():
            return read_back(draft, phase, given, rules, now)
        case TimerFired():
            return run_out(draft, phase, now)
        case _:
            return by_people(checkpoint, phase, given, now, rules)


def started(draft: Transition, phase: Acting, given: ToolStarted, rules: Rules, now: datetime) -> Transition:
    """Claim the step; one that was claimed is claimed again only where its tool may be repeated."""
    if phase.claim is None:
        return claim(draft, phase, given, rules, now)
    if phase.proposal.call.effect == "idempotent":
        again = claim_again(draft, phase, given, rules, now)
        words = (
            f"It was started at {phase.claim.started_at:%H:%M:%S} UTC, its worker is gone, and it can't be repeated."
        )
        return again or unknown(settle(draft, *pending_work(draft.checkpoint)), phase, phase.claim, words, now)
    raise Refused("This step was started already.", "Its result settles it.")


def run_out(draft: Transition, phase: Acting, now: datetime) -> Transition:
    """Let a step that waits to start expire in its time, as it would at the claim."""
    proposal = phase.proposal
    if phase.claim is not None or proposal.allowed or now < proposal.expires_at:
        raise not_due()
    return expire(settle(draft, *pending_work(draft.checkpoint)), proposal, now)


def result(draft: Transition, phase: Acting, given: ToolFinished | ToolFailed, now: datetime) -> Transition:
    """Take the result of the claim in force; any other is only recorded."""
    if not is_current(phase, given):
        return keep(draft, Late(what=given.kind))
    outcome = given.how if isinstance(given, ToolFailed) else "ok"
    draft = credit_stop(settle(draft, given.effect_id), phase, outcome)
    if phase.claim is not None and isinstance(given, ToolFailed) and is_unsure(phase, given):
        return unknown(draft, phase, phase.claim, how_cut_short(phase, given), now)
    run = run_of(phase, given, draft.checkpoint.version, now)
    if phase.aborting:
        return ended_by_abort(draft, phase, run, now)
    return ended(draft, phase.proposal, run, now)


def lost(draft: Transition, phase: Acting, given: OutcomeUnknown, now: datetime) -> Transition:
    """Ask people about a call of which nobody knows whether it happened."""
    if phase.claim is None or given.fence != phase.claim.fence:
        return keep(draft, Late(what=given.kind))
    draft = settle(draft, given.effect_id)
    return unknown(draft, phase, phase.claim, given.words, now)


def by_people(checkpoint: Checkpoint, phase: Acting, given: Input, now: datetime, rules: Rules) -> Transition:
    """Do what a person asks while a step waits to run or runs."""
    draft = begin(checkpoint, now)
    match given:
        case Withdraw():
            return withdrawn(draft, phase, given, now)
        case Correct():
            return corrected(draft, phase, given, now)
        case OverridePhi():
            return override(draft, given, rules, now)
        case Stop():
            check_may_steer(checkpoint, given.by, rules)
            if phase.claim is None:
                raise not_now(phase.kind, given.kind)
            return stop(draft, phase, given.by.id, now)
        case _:
            raise not_now(phase.kind, given.kind)


def withdrawn(draft: Transition, phase: Acting, given: Withdraw, now: datetime) -> Transition:
    """Take one's own yes back before the claim; after it, it is too late."""
    proposal = phase.proposal
    check_names(draft.checkpoint, proposal, given)
    if phase.claim is not None:
        raise Refused("The step has started already.", "It can be stopped from its card.")
    left = tuple(approval for approval in proposal.approvals if approval.by.id != given.by.id)
    if len(left) == len(proposal.approvals):
        raise Refused("You have not approved this step.", "Abort the task if it must not go on.")
    counted = replace(proposal, approvals=left)
    draft = settle(draft, *pending_work(draft.checkpoint))
    card = draft.checkpoint.card(proposal.card)
    if card is not None:
        words = f"<@{given.by.id}> took the approval back."
        by = tuple(approval.by.id for approval in left)
        draft = show(draft, replace(card, state="waiting", proposal=counted, by=by, words=words, at=now))
    return enter(draft, AwaitingApproval(proposal=counted), now)


def corrected(draft: Transition, phase: Acting, given: Correct, now: datetime) -> Transition:
    """Let a correction withdraw a step that has not begun; one that runs goes on, and the agent hears of it after."""
    if phase.claim is not None:
        draft = do(draft, Say(words=f"Step {phase.proposal.step} is running; the agent gets your words when it ends."))
        return heed(draft, given, now)
    draft = settle(draft, *pending_work(draft.checkpoint))
    spent = Decided(digest=phase.proposal.digest, how="corrected", by=(given.by.id,), words=given.text)
    draft = keep(draft, spent)
    card = draft.checkpoint.card(phase.proposal.card)
    if card is not None:
        draft = show(draft, replace(card, state="corrected", by=(given.by.id,), words=given.text, at=now))
    return think(heed(draft, given, now), now)
