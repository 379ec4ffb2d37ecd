"""Somebody was asked something: an answer goes to the actor, a budget is extended, or silence ends the task."""

from datetime import datetime

from agent_core.checkpoint import Checkpoint, Message
from agent_core.errors import Refused, not_due, not_now
from agent_core.inputs import (
    Answer,
    ExtendBudget,
    Input,
    OverridePhi,
    Stop,
    TimerFired,
)
from agent_core.phases import AwaitingAnswer
from agent_core.rules.approvals import check_may_steer, is_requester, is_task_approver, may_correct
from agent_core.rules.book import Rules
from agent_core.rules.draft import begin, hear, show, turn
from agent_core.rules.endings import out_of_budget
from agent_core.rules.replies import who_may
from agent_core.rules.scores import override
from agent_core.rules.thinking import go_on
from agent_core.transition import Transition
from agent_core.values import replace
from agent_core.words import CardKey, PersonId

GOES_ON = frozenset({"thinking", "awaiting_answer", "paused", "finished"})
LEADS_TO = {
    "answer": GOES_ON,
    "extend_budget": GOES_ON,
    "stop": GOES_ON,
    "override_phi": frozenset({"awaiting_answer"}),
    "timer_fired": frozenset({"finished"}),
}


def awaiting_answer(
    checkpoint: Checkpoint, phase: AwaitingAnswer, given: Input, now: datetime, rules: Rules
) -> Transition:
    """Take the answer, or whatever else people do while they are asked."""
    match given:
        case Answer():
            return answered(checkpoint, phase, given, now, rules)
        case Stop() if phase.question.about == "rejected":
            check_may_steer(checkpoint, given.by, rules)
            stop = Answer(by=given.by, text="stop", digest=phase.question.digest)
            return told(begin(checkpoint, now), phase, stop, rules, now)
        case ExtendBudget() if phase.question.about == "budget":
            return extended(checkpoint, phase, given, now, rules)
        case TimerFired():
            return timer_fired(checkpoint, phase, now, rules)
        case OverridePhi():
            return override(begin(checkpoint, now), given, rules, now)
        case _:
            raise not_now(phase.kind, given.kind)


def answered(checkpoint: Checkpoint, phase: AwaitingAnswer, given: Answer, now: datetime, rules: Rules) -> Transition:
    """Check the answer, then give it to the actor."""
    if given.digest is not None and given.digest != phase.question.digest:
        raise Refused("This question is not open any more.", "Answer the newest one.", field="answer")
    if phase.question.about == "budget":
        raise Refused("This question is answered with its buttons.", "Extend the budget or abort the task.")
    if not may_correct(checkpoint, given.by, rules):
        raise Refused("You may not answer for this task.", f"Answers come from {who_may(rules)}.", field="answer")
    if not given.text.strip():
        raise Refused("The answer is empty.", "Type it.", field="answer")
    return told(begin(checkpoint, now), phase, given, rules, now)


def told(draft: Transition, phase: AwaitingAnswer, given: Answer, rules: Rules, now: datetime) -> Transition:
    """Close the question and let the actor go on with the answer."""
    draft = closed(draft, phase, given.by.id, given.text, now)
    said = Message(by=given.by.id, text=given.text, about="answer", step=draft.checkpoint.step, at=now)
    return go_on(hear(draft, said), rules, now)


def closed(draft: Transition, phase: AwaitingAnswer, by: PersonId, words: str, now: datetime) -> Transition:
    """Show on the question's card who answered what."""
    card = draft.checkpoint.card(CardKey(phase.question.digest))
    if card is None:
        return draft
    return show(draft, replace(card, state="answered", by=(by,), words=words, at=now))


def extended(
    checkpoint: Checkpoint, phase: AwaitingAnswer, given: ExtendBudget, now: datetime, rules: Rules
) -> Transition:
    """Add the configured budget once more."""
    by = given.by
    allowed = is_task_approver(checkpoint, by) or (not checkpoint.approvers and is_requester(checkpoint, by))
    if not allowed:
        whom = "an approver of this task" if checkpoint.approvers else f"<@{checkpoint.requester}>"
        raise Refused("You may not extend this task's budget.", f"Ask {whom}.")
    draft = closed(begin(checkpoint, now), phase, by.id, "Budget extended.", now)
    spent = replace(draft.checkpoint.spent, extended=draft.checkpoint.spent.extended + 1)
    return go_on(turn(draft, replace(draft.checkpoint, spent=spent)), rules, now)


def timer_fired(checkpoint: Checkpoint, phase: AwaitingAnswer, now: datetime, rules: Rules) -> Transition:
    """End a task about whose budget nobody said anything in time."""
    expires_at = phase.question.expires_at
    if expires_at is None or now < expires_at:
        raise not_due()
    return out_of_budget(begin(checkpoint, now), rules, now)
