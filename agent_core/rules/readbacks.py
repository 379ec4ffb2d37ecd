"""A call that gave no result, and whose tool can be asked whether it happened: what is asked, and what follows. Pure.

What is asked is another tool's call, declared by the operator. Nobody approves it, so it is made only where policy
allows it, and only with the arguments that were declared. It happened: the step counts as done. It did not: a lost step
is proposed anew, one that ran out of time or was stopped ended as just that. Anything else is for people to find out.
"""

from datetime import datetime
from typing import Literal

from agent_core.checkpoint import Checkpoint
from agent_core.checks import Printed
from agent_core.errors import Refused
from agent_core.inputs import ReadBack
from agent_core.phases import Acting, Finished, Opening, Paused, Scoring
from agent_core.proposal import Call, Outcome, Proposal, StepRun, canonical
from agent_core.records import Late
from agent_core.rules.book import Rules
from agent_core.rules.claims import count, credit_stop, ended, ended_by_abort, replace_proposal, run_as, unknown
from agent_core.rules.draft import enter, excerpt, keep, settle, show
from agent_core.rules.propose import checked_args, judge
from agent_core.rules.steering import LIVE, suspended
from agent_core.rules.templates import filled
from agent_core.rules.thinking import NOT_ASKED
from agent_core.transition import WORK_KINDS, Transition
from agent_core.values import replace

Found = Literal["happened", "not_happened", "unclear"]


def reading(checkpoint: Checkpoint, proposal: Proposal, rules: Rules, now: datetime) -> Call:
    """Give the call that finds out whether this one happened, or raise Refused if it may not be made."""
    spec = rules.tools.get(proposal.call.tool)
    if spec is None or spec.readback is None:
        raise Refused("There is no way to read it back any more.", "Look yourself.")
    wanted = canonical(filled(spec.readback.args, proposal.call.args))
    judged = judge(checkpoint, spec.readback.tool, wanted, rules, now)
    if judged.verdict.decision != "allow":
        raise Refused(f"Policy does not allow {spec.readback.tool} to read it back unasked.", "Look yourself.")
    if judged.call.args_json != checked_args(rules, spec.readback.tool, wanted)[1]:
        raise Refused(f"A taught rule changes how {spec.readback.tool} reads it back.", "Look yourself.")
    return judged.call


def found_out(proposal: Proposal, rules: Rules, printed: Printed) -> Found:
    """Say what the reading's result means; where both checks hold, or neither, nobody can tell."""
    spec = rules.tools.get(proposal.call.tool)
    if spec is None or spec.readback is None:
        return "unclear"
    yes, no = spec.readback.happened.holds(printed), spec.readback.not_happened.holds(printed)
    if yes == no:
        return "unclear"
    return "happened" if yes else "not_happened"


def read_back(draft: Transition, phase: Acting, given: ReadBack, rules: Rules, now: datetime) -> Transition:
    """Settle a claim without a result by what was found out."""
    if phase.claim is None or given.fence != phase.claim.fence:
        return keep(draft, Late(what=given.kind))
    run = run_found(phase, given, now)
    draft = credit_stop(settle(draft, given.effect_id), phase, run.outcome)
    if given.verdict == "unclear":
        return unknown(draft, phase, phase.claim, given.words, now)
    if is_to_be_tried_again(phase, given):
        return replace_proposal(draft, phase.proposal, f"{given.words} The step is proposed anew.", rules, now)
    if phase.aborting:
        return ended_by_abort(draft, phase, run, now)
    return ended(draft, phase.proposal, run, now)


def read_back_in_pause(draft: Transition, phase: Paused, given: ReadBack, rules: Rules, now: datetime) -> Transition:
    """Settle the claim inside a pause; what follows waits until somebody resumes."""
    was = phase.was
    if not isinstance(was, Acting) or was.claim is None or given.fence != was.claim.fence:
        return keep(draft, Late(what=given.kind))
    if was.aborting:
        return read_back(draft, was, given, rules, now)
    run = run_found(was, given, now)
    draft = credit_stop(settle(draft, given.effect_id), was, run.outcome)
    if given.verdict == "unclear":
        return unknown(draft, was, was.claim, given.words, now)
    if is_to_be_tried_again(was, given):
        words = f"{given.words} The step is proposed anew."
        return back_into(phase, replace_proposal(draft, was.proposal, words, rules, now), now)
    return enter(count(draft, was.proposal, run, now), replace(phase, was=Scoring(asked=NOT_ASKED, run=run)), now)


def is_to_be_tried_again(phase: Acting, given: ReadBack) -> bool:
    """Tell whether the step is proposed anew: its worker was lost before it happened, and nobody wanted it stopped."""
    return given.verdict == "not_happened" and given.ended == "lost" and phase.stopping is None


def run_found(phase: Acting, given: ReadBack, now: datetime) -> StepRun:
    """Say how a step ended of which only the reading is known; what it printed itself is lost."""
    cut_short: Outcome = "timed_out" if given.ended == "timed_out" else "stopped"
    outcome = "ok" if given.verdict == "happened" else cut_short
    return run_as(phase.proposal, outcome, excerpt(given.stdout, given.stderr, given.words), now)


def back_into(pause: Paused, draft: Transition, now: datetime) -> Transition:
    """Put what a decision led to back into the pause: nothing of it starts, and its card can't be decided on yet."""
    inner = draft.checkpoint.phase
    if isinstance(inner, Finished | Paused | Opening):
        return draft
    still = tuple(effect for effect in draft.effects if effect.kind not in WORK_KINDS)
    draft = replace(draft, effects=still)
    for card in draft.checkpoint.cards:
        if card.state in LIVE:
            draft = show(draft, replace(card, state="paused", words="The task is paused."))
    return enter(draft, replace(pause, was=suspended(inner)), now)
