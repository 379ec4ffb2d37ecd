"""One proposal waits for people: it is spent on the first decision that counts, by the proposal's own name."""

from datetime import datetime, timedelta
from typing import assert_never

from agent_core.checkpoint import REJECTED, CardState, Checkpoint, Message, RejectedCall
from agent_core.effects import Notify
from agent_core.errors import Refused, not_due, not_now, too_late
from agent_core.inputs import (
    Approve,
    Correct,
    Edit,
    Input,
    NoApprover,
    OverridePhi,
    Reject,
    TimerFired,
    Withdraw,
)
from agent_core.phases import AwaitingApproval
from agent_core.policy import is_stricter
from agent_core.proposal import Proposal
from agent_core.records import Decided, Escalated
from agent_core.rules.approvals import (
    check_may_approve,
    check_may_edit,
    check_may_reject,
    check_names,
    whom_still,
    with_approval,
)
from agent_core.rules.book import Rules
from agent_core.rules.brief import brief_args
from agent_core.rules.claims import replace_proposal, step_again, verdict_of
from agent_core.rules.draft import begin, cut, do, enter, hear, heed, keep, settle, show, turn
from agent_core.rules.due import escalate_at
from agent_core.rules.endings import expire
from agent_core.rules.propose import Step, deny, judge, propose, release, why_not
from agent_core.rules.scores import override
from agent_core.rules.thinking import go_on, think
from agent_core.transition import Transition
from agent_core.values import replace

LEADS_TO = {
    "approve": frozenset({"awaiting_approval", "acting"}),
    "reject": frozenset({"thinking"}),
    "edit": frozenset({"awaiting_approval", "acting"}),
    "withdraw": frozenset({"awaiting_approval"}),
    "correct": frozenset({"thinking"}),
    "override_phi": frozenset({"awaiting_approval", "acting", "thinking", "finished"}),
    "no_approver": frozenset({"thinking", "awaiting_answer", "paused", "finished"}),
    "timer_fired": frozenset({"awaiting_approval", "finished"}),
}


def awaiting_approval(
    checkpoint: Checkpoint, phase: AwaitingApproval, given: Input, now: datetime, rules: Rules
) -> Transition:
    """Spend the proposal on its first valid decision."""
    proposal = phase.proposal
    match given:
        case Approve() | Reject() | Edit() | Withdraw():
            check_names(checkpoint, proposal, given)
            check_in_time(proposal, now)
            draft = replace(adopted(begin(checkpoint, now), proposal, given), not_after=last_moment(proposal))
            draft, proposal = escalated(draft, proposal, now)
            return decided(draft, proposal, given, now, rules)
        case NoApprover() if given.card == proposal.card:
            return nobody_there(settle(begin(checkpoint, now), given.effect_id), proposal, given, now, rules)
        case TimerFired():
            return timer_fired(checkpoint, phase, now)
        case _:
            return by_people(checkpoint, phase, given, now, rules)


def by_people(checkpoint: Checkpoint, phase: AwaitingApproval, given: Input, now: datetime, rules: Rules) -> Transition:
    """Do what a person asks without deciding."""
    draft = begin(checkpoint, now)
    match given:
        case Correct():
            card = checkpoint.card(phase.proposal.card)
            if card is not None:
                draft = show(draft, replace(card, state="reconsidered", by=(given.by.id,), words=given.text, at=now))
            return think(heed(draft, given, now), now, held=phase.proposal)
        case OverridePhi():
            return reconsidered(override(draft, given, rules, now), phase.proposal, rules, now)
        case _:
            raise not_now(phase.kind, given.kind)


def last_moment(proposal: Proposal) -> datetime:
    """Give the last moment at which a decision may be committed: the store's clock counts microseconds."""
    return proposal.expires_at - timedelta(microseconds=1)


def check_in_time(proposal: Proposal, now: datetime) -> None:
    """Raise Refused once the proposal has expired."""
    if now >= proposal.expires_at:
        raise too_late()


def adopted(draft: Transition, proposal: Proposal, given: Approve | Reject | Edit | Withdraw) -> Transition:
    """Take the message that was pressed as the card's, where Slack has not told us yet where the card stands."""
    pressed = None if isinstance(given, Withdraw) else given.card
    card = draft.checkpoint.card(proposal.card)
    if card is None or card.ts is not None or pressed is None:
        return draft
    cards = tuple(replace(kept, ts=pressed) if kept.key == card.key else kept for kept in draft.checkpoint.cards)
    return turn(draft, replace(draft.checkpoint, cards=cards))


def decided(
    draft: Transition, proposal: Proposal, given: Approve | Reject | Edit | Withdraw, now: datetime, rules: Rules
) -> Transition:
    """Do what the decision says, or raise Refused if this person may not say it."""
    match given:
        case Approve():
            return approved(draft, proposal, given, now, rules)
        case Reject():
            return rejected(draft, proposal, given, now)
        case Edit():
            return edited(draft, proposal, given, now, rules)
        case Withdraw():
            return withdrawn(draft, proposal, given, now)
        case never:
            assert_never(never)


def approved(draft: Transition, proposal: Proposal, given: Approve, now: datetime, rules: Rules) -> Transition:
    """Count a yes; the last one needed releases the step."""
    check_may_approve(draft.checkpoint, proposal, given.by)
    if is_paged(proposal, rules) and not given.seen_whole:
        raise Refused("The arguments do not fit the card.", "Open them in full; Approve stands on their last page.")
    counted = with_approval(proposal, given.by, now, given.note)
    people = tuple(approval.by.id for approval in counted.approvals)
    card = draft.checkpoint.card(proposal.card)
    open_still = bool(counted.missing())
    if card is not None:
        state: CardState = "waiting" if open_still else "approved"
        draft = show(draft, replace(card, state=state, proposal=counted, by=people, words=given.note, at=now))
    if open_still:
        return enter(draft, AwaitingApproval(proposal=counted), now)
    draft = keep(draft, Decided(digest=proposal.digest, how="approved", by=people, words=given.note))
    return release(draft, counted, now)


def is_paged(proposal: Proposal, rules: Rules) -> bool:
    """Tell whether the arguments are too long for a card."""
    return len(proposal.call.args_json) > rules.limits.paged_chars


def rejected(draft: Transition, proposal: Proposal, given: Reject, now: datetime) -> Transition:
    """End the proposal and have the actor think again, with the reason."""
    check_may_reject(proposal, given.by)
    checkpoint = draft.checkpoint
    reason = given.reason.replace("_", " ")
    words = f"{reason}: {given.note}" if given.note else reason
    call = proposal.call
    never_again = RejectedCall(
        call_key=call.key,
        tool=call.tool,
        args_json=brief_args(call.args_json),
        reason=given.reason,
        note=cut(given.note),
        by=given.by.id,
    )
    others = tuple(one for one in checkpoint.rejected if one.call_key != call.key)
    checkpoint = replace(checkpoint, rejected=(*others, never_again)[-REJECTED:])
    draft = turn(draft, checkpoint, Decided(digest=proposal.digest, how="rejected", by=(given.by.id,), words=words))
    card = checkpoint.card(proposal.card)
    if card is not None:
        draft = show(draft, replace(card, state="rejected", by=(given.by.id,), words=words, at=now))
    said = Message(by=given.by.id, text=words, about="rejection", step=proposal.step, at=now)
    return think(hear(draft, said), now)


def edited(draft: Transition, proposal: Proposal, given: Edit, now: datetime, rules: Rules) -> Transition:
    """Put a new proposal in the old one's place: checked, judged and asked about like any other."""
    check_may_edit(draft.checkpoint, proposal, given.by)
    judged = judge(draft.checkpoint, proposal.call.tool, given.args_json, rules, now)
    if judged.call.args_json == proposal.call.args_json:
        raise Refused("These are the arguments that it has already.", "Change one, or approve the step as it is.")
    if judged.verdict.decision == "deny":
        because = why_not(judged.verdict.because)
        raise Refused(f"With these arguments it would not be run: {because}.", "Choose others, or reject the step.")
    card = draft.checkpoint.card(proposal.card)
    if card is not None:
        draft = show(draft, replace(card, state="edited", by=(given.by.id,), words=given.note, at=now))
    draft = keep(draft, Decided(digest=proposal.digest, how="edited", by=(given.by.id,), words=given.note))
    step: Step = replace(
        step_again(proposal),
        args_json=given.args_json,
        editor=given.by.id,
        edit_note=cut(given.note),
        original_json=proposal.original_json or brief_args(proposal.call.args_json),
    )
    return propose(draft, step, judged, rules, now)


def withdrawn(draft: Transition, proposal: Proposal, given: Withdraw, now: datetime) -> Transition:
    """Take one's own yes back."""
    left = tuple(approval for approval in proposal.approvals if approval.by.id != given.by.id)
    if len(left) == len(proposal.approvals):
        raise Refused("You have not approved this step.", f"It needs {whom_still(proposal)}.")
    counted = replace(proposal, approvals=left)
    card = draft.checkpoint.card(proposal.card)
    if card is not None:
        words = f"<@{given.by.id}> took the approval back."
        by = tuple(approval.by.id for approval in left)
        draft = show(draft, replace(card, proposal=counted, by=by, words=words, at=now))
    return enter(draft, AwaitingApproval(proposal=counted), now)


def reconsidered(draft: Transition, proposal: Proposal, rules: Rules, now: datetime) -> Transition:
    """Ask policy again after Φ changed; only a stricter answer makes a new proposal."""
    try:
        judged = judge(draft.checkpoint, proposal.call.tool, proposal.call.args_json, rules, now)
    except Refused:
        return replace_proposal(draft, proposal, "The step can no longer be made as shown.", rules, now)
    if judged.call == proposal.call and not is_stricter(verdict_of(proposal), judged.verdict):
        card = draft.checkpoint.card(proposal.card)
        return draft if card is None else show(draft, card)  # it shows Φ, which is another now
    return replace_proposal(draft, proposal, "Policy asks for more now, so the step is proposed anew.", rules, now)


def nobody_there(draft: Transition, proposal: Proposal, given: NoApprover, now: datetime, rules: Rules) -> Transition:
    """Deny a step that nobody may approve, and say so."""
    words = f"Nobody may approve this step ({given.whom}), so it was not run."
    card = draft.checkpoint.card(proposal.card)
    if card is not None:
        draft = show(draft, replace(card, state="denied", words=words, at=now))
    draft = keep(draft, Decided(digest=proposal.digest, how="withdrawn", words=words))
    because = (f"nobody can approve it ({given.whom})",)
    return go_on(deny(draft, step_again(proposal), proposal.call, because, now), rules, now)


def timer_fired(checkpoint: Checkpoint, phase: AwaitingApproval, now: datetime) -> Transition:
    """Expire, escalate or remind, whichever is due."""
    proposal = phase.proposal
    draft = begin(checkpoint, now)
    if now >= proposal.expires_at:
        return expire(draft, proposal, now)
    wide, wider = escalated(draft, proposal, now)
    if wider.escalated and not proposal.escalated:
        return asked_again(wide, wider, now)
    if proposal.remind_at is not None and proposal.remind_s and now >= proposal.remind_at:
        later = replace(proposal, remind_at=now + timedelta(seconds=proposal.remind_s))
        return asked_again(do(draft, Notify(card=proposal.card, why="reminder")), later, now)
    raise not_due()


def escalated(draft: Transition, proposal: Proposal, now: datetime) -> tuple[Transition, Proposal]:
    """Let more people approve from the moment on that policy names, be it a click or the timer that comes first."""
    at = escalate_at(proposal)
    if at is None or proposal.escalate is None or now < at:
        return draft, proposal
    draft = keep(draft, Escalated(digest=proposal.digest, to=proposal.escalate.to))
    sets = dict.fromkeys((*draft.checkpoint.approvers, proposal.escalate.to))
    draft = turn(draft, replace(draft.checkpoint, approvers=tuple(sets)))
    return do(draft, Notify(card=proposal.card, why="escalated")), replace(proposal, escalated=True)


def asked_again(draft: Transition, proposal: Proposal, now: datetime) -> Transition:
    """Keep waiting, with the card as it is now."""
    card = draft.checkpoint.card(proposal.card)
    if card is not None:
        draft = show(draft, replace(card, proposal=proposal))
    return enter(draft, AwaitingApproval(proposal=proposal), now)
