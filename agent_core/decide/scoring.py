"""The critic was asked how far the task is; its figure stands, is reviewed by people, or ends the task."""

from dataclasses import replace
from datetime import datetime

from agent_core.checkpoint import Checkpoint, Message
from agent_core.errors import not_now
from agent_core.inputs import (
    Abort,
    Correct,
    Input,
    Inquire,
    ModelFailed,
    OverridePhi,
    Pause,
    Scored,
    SurfaceLost,
)
from agent_core.phases import AwaitingScoreReview, Scoring
from agent_core.rules.anywhere import inquire, surface_lost
from agent_core.rules.approvals import check_may_steer
from agent_core.rules.book import Rules
from agent_core.rules.draft import begin, enter, hear, settle, show, turn
from agent_core.rules.endings import pending_work
from agent_core.rules.scores import override, score_card, score_of, stand
from agent_core.rules.steering import abort, pause
from agent_core.rules.thinking import after_score
from agent_core.transition import Transition

LEADS_TO = {
    "scored": frozenset({"thinking", "awaiting_score_review", "awaiting_answer", "paused", "finished"}),
    "model_failed": frozenset({"thinking", "awaiting_answer", "paused", "finished"}),
    "correct": frozenset({"scoring"}),
    "inquire": frozenset({"scoring"}),
    "override_phi": frozenset({"scoring"}),
    "pause": frozenset({"paused"}),
    "abort": frozenset({"finished"}),
    "surface_lost": frozenset({"finished"}),
}


def scoring(checkpoint: Checkpoint, phase: Scoring, given: Input, now: datetime, rules: Rules) -> Transition:
    """Let the critic's figure stand; people may talk, rescore, pause and abort meanwhile."""
    match given:
        case Scored():
            return scored(checkpoint, phase, given, now, rules)
        case ModelFailed():
            draft = settle(begin(checkpoint, now), *pending_work(checkpoint))
            return after_score(draft, phase.done, rules, now)
        case SurfaceLost():
            return surface_lost(begin(checkpoint, now), given, now)
        case Correct():
            said = Message(by=given.by.id, text=given.text, about="correction", step=checkpoint.step, at=now)
            return hear(begin(checkpoint, now), said)
        case Inquire():
            return inquire(checkpoint, given, now)
        case OverridePhi():
            return override(begin(checkpoint, now), given, rules, now)
        case Pause():
            check_may_steer(checkpoint, given.by, rules)
            return pause(begin(checkpoint, now), phase, given.by.id, now)
        case Abort():
            check_may_steer(checkpoint, given.by, rules)
            return abort(begin(checkpoint, now), phase, given.by.id, now)
        case _:
            raise not_now(phase.kind, given.kind)


def scored(checkpoint: Checkpoint, phase: Scoring, given: Scored, now: datetime, rules: Rules) -> Transition:
    """Show the score on its step's card, and go on or have it reviewed."""
    draft = settle(begin(checkpoint, now), given.effect_id)
    spent = draft.checkpoint.spent
    spent = replace(spent, cost_usd=spent.cost_usd + given.cost_usd, tokens=spent.tokens + given.tokens)
    memory = draft.checkpoint.memory if given.memory is None else given.memory
    draft = turn(draft, replace(draft.checkpoint, spent=spent, memory=memory))
    score = score_of(draft.checkpoint, phase, given, rules, now)
    draft = stand(draft, score)
    card = score_card(draft.checkpoint, score)
    if rules.limits.review_scores:
        draft = show(draft, replace(card, state="review"))
        review = AwaitingScoreReview(score=score, asked_version=draft.checkpoint.version, done=phase.done)
        return enter(draft, review, now)
    if phase.run is not None:
        draft = show(draft, card)
    return after_score(draft, phase.done, rules, now)
