"""The model was asked for the next step; its reply becomes a proposal, a question, a score or the end."""

from datetime import datetime
from typing import assert_never

from agent_core.checkpoint import Checkpoint, Message
from agent_core.effects import Say, Score
from agent_core.errors import Refused, not_due, not_now
from agent_core.inputs import (
    Ask,
    Correct,
    Done,
    GiveUp,
    Input,
    ModelFailed,
    ModelReplied,
    OverridePhi,
    Propose,
    Tell,
    TimerFired,
    Unclear,
)
from agent_core.phases import AwaitingApproval, Scoring, Thinking
from agent_core.proposal import Proposal
from agent_core.records import Decided
from agent_core.rules.book import Rules
from agent_core.rules.draft import begin, charge, cut, do, enter, hear, heed, keep, remember, settle, show
from agent_core.rules.endings import expire, finish, pending_work
from agent_core.rules.propose import Step, deny, judge, propose
from agent_core.rules.scores import override
from agent_core.rules.thinking import ask, go_on, question_of, think
from agent_core.transition import Transition, work_id
from agent_core.values import replace
from agent_core.words import PersonId

LEADS_TO = {
    "model_replied": frozenset(
        {"thinking", "awaiting_approval", "acting", "scoring", "awaiting_answer", "paused", "finished"}
    ),
    "model_failed": frozenset({"finished"}),
    "correct": frozenset({"thinking"}),
    "override_phi": frozenset({"thinking", "finished"}),
    "timer_fired": frozenset({"finished"}),
}
TRIES = 3
OPTIONS = 25
SAID_ONLY = "That was said in the thread. Now propose the next step, ask, or say that nothing is left to do."
NOBODY = PersonId("")


def thinking(checkpoint: Checkpoint, phase: Thinking, given: Input, now: datetime, rules: Rules) -> Transition:
    """Take the reply that is waited for; people may redirect, rescore, pause and abort meanwhile."""
    waits_for = work_id(checkpoint.thread_id, phase.asked)
    match given:
        case ModelReplied() if given.effect_id == waits_for:
            return replied(checkpoint, phase, given, now, rules)
        case ModelFailed() if given.effect_id == waits_for:
            draft = settle(begin(checkpoint, now), waits_for)
            return finish(draft, "failed", f"The agent could not answer: {given.words}", now)
        case TimerFired():
            return timer_fired(checkpoint, phase, now)
        case _:
            return by_people(checkpoint, phase, given, now, rules)


def by_people(checkpoint: Checkpoint, phase: Thinking, given: Input, now: datetime, rules: Rules) -> Transition:
    """Take people's words while the model thinks."""
    match given:
        case Correct():
            draft = settle(begin(checkpoint, now), *pending_work(checkpoint))
            return think(heed(draft, given, now), now, held=phase.held)
        case OverridePhi():
            draft = override(begin(checkpoint, now), given, rules, now)
            if (draft.checkpoint.phi or 0.0) >= rules.limits.stop_phi and phase.held is None:
                return go_on(draft, rules, now)
            return draft
        case _:
            raise not_now(phase.kind, given.kind)


def timer_fired(checkpoint: Checkpoint, phase: Thinking, now: datetime) -> Transition:
    """Let a proposal that a correction put in doubt expire in its time."""
    if phase.held is None or now < phase.held.expires_at:
        raise not_due()
    return expire(begin(checkpoint, now), phase.held, now)


def replied(checkpoint: Checkpoint, phase: Thinking, given: ModelReplied, now: datetime, rules: Rules) -> Transition:
    """Turn the model's reply into what happens next."""
    draft = remember(charge(settle(begin(checkpoint, now), given.effect_id), given), given.memory)
    match given.reply:
        case Propose() as step:
            return proposed(draft, phase, step, rules, now)
        case Unclear() as unclear:
            return not_understood(draft, phase, unclear, rules, now)
        case Ask() as question:
            draft = drop_held(draft, phase.held, now)
            asked = question_of(draft.checkpoint, question.text, now, rules)
            options = tuple(map(cut, question.options[:OPTIONS]))
            return ask(draft, replace(asked, options=options, about=question.about), now)
        case Done() as done:
            draft = drop_held(draft, phase.held, now)
            scoring = Scoring(asked=draft.checkpoint.version, run=None, done=cut(done.words) or "Done.")
            return enter(draft, scoring, now, Score())
        case GiveUp() as given_up:
            return finish(drop_held(draft, phase.held, now), given_up.how, given_up.words, now)
        case Tell() as told:
            return not_taken(do(draft, Say(words=told.words, named=())), phase, SAID_ONLY, now)
        case never:
            assert_never(never)


def drop_held(draft: Transition, held: Proposal | None, now: datetime) -> Transition:
    """End the proposal that a correction had put in doubt."""
    if held is None:
        return draft
    words = next((said.text for said in reversed(draft.checkpoint.messages) if said.about == "correction"), "")
    by = next((said.by for said in reversed(draft.checkpoint.messages) if said.about == "correction"), NOBODY)
    draft = keep(draft, Decided(digest=held.digest, how="corrected", by=(by,), words=words))
    card = draft.checkpoint.card(held.card)
    return draft if card is None else show(draft, replace(card, state="corrected", by=(by,), words=words, at=now))


def not_understood(draft: Transition, phase: Thinking, unclear: Unclear, rules: Rules, now: datetime) -> Transition:
    """Say what was not understood, and leave the proposal as it was; without one, ask."""
    if phase.held is None:
        return ask(draft, question_of(draft.checkpoint, unclear.words, now, rules), now)
    said = Say(words=unclear.words, named=())
    draft = enter(draft, AwaitingApproval(proposal=phase.held), now, said)
    card = draft.checkpoint.card(phase.held.card)
    return draft if card is None else show(draft, replace(card, state="waiting", words=""))


def proposed(draft: Transition, phase: Thinking, reply: Propose, rules: Rules, now: datetime) -> Transition:
    """Put the model's step to policy, unless it is no step or one that a person rejected."""
    number = draft.checkpoint.step + 1
    step = Step(tool=reply.tool, args_json=reply.args_json, number=number, thought=reply.thought, expect=reply.expect)
    try:
        judged = judge(draft.checkpoint, reply.tool, reply.args_json, rules, now)
    except Refused as no:
        told = Say(words=f"The agent proposed a step that can't be made, so it was not run. {cut(no.words)}", named=())
        return not_taken(do(draft, told), phase, no.sentence, now)
    if draft.checkpoint.was_rejected(judged.call):
        return not_taken(draft, phase, "A person rejected exactly this step. Propose something else.", now)
    draft = drop_held(draft, phase.held, now)
    if judged.verdict.decision == "deny":
        return go_on(deny(draft, step, judged.call, judged.verdict.because, now), rules, now)
    return propose(draft, step, judged, rules, now)


def not_taken(draft: Transition, phase: Thinking, why: str, now: datetime) -> Transition:
    """Tell the model why its step was not taken, a bounded number of times."""
    if phase.tries + 1 >= TRIES:
        draft = drop_held(draft, phase.held, now)
        return finish(draft, "failed", f"The agent proposed no usable step in {TRIES} tries: {why}", now)
    said = Message(by=NOBODY, text=why, about="refused", step=draft.checkpoint.step, at=now)
    return think(hear(draft, said), now, held=phase.held, tries=phase.tries + 1)
