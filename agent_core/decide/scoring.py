"""The critic was asked how far the task is; its figure stands, is reviewed by people, or ends the task."""

from datetime import datetime

from agent_core.checkpoint import Checkpoint
from agent_core.effects import Say
from agent_core.errors import not_now
from agent_core.inputs import (
    Correct,
    Input,
    ModelFailed,
    OverridePhi,
    Scored,
)
from agent_core.phases import AwaitingScoreReview, Scoring
from agent_core.rules.book import Rules
from agent_core.rules.draft import begin, charge, cut, do, enter, heed, remember, settle, show
from agent_core.rules.scores import is_usable, override, score_card, score_of, stand
from agent_core.rules.thinking import after_score
from agent_core.transition import Transition
from agent_core.values import replace

LEADS_TO = {
    "scored": frozenset({"thinking", "awaiting_score_review", "awaiting_answer", "paused", "finished"}),
    "model_failed": frozenset({"thinking", "awaiting_answer", "paused", "finished"}),
    "correct": frozenset({"scoring"}),
    "override_phi": frozenset({"scoring"}),
}


def scoring(checkpoint: Checkpoint, phase: Scoring, given: Input, now: datetime, rules: Rules) -> Transition:
    """Let the critic's figure stand; people may talk, rescore, pause and abort meanwhile."""
    match given:
        case Scored() if is_usable(given):
            return scored(checkpoint, phase, given, now, rules)
        case Scored() | ModelFailed():
            return not_scored(checkpoint, phase, given, now, rules)
        case Correct():
            return enter(heed(begin(checkpoint, now), given, now), replace(phase, done=None), now)
        case OverridePhi():
            return override(begin(checkpoint, now), given, rules, now)
        case _:
            raise not_now(phase.kind, given.kind)


def scored(checkpoint: Checkpoint, phase: Scoring, given: Scored, now: datetime, rules: Rules) -> Transition:
    """Show the score on its step's card, and go on or have it reviewed."""
    draft = remember(charge(settle(begin(checkpoint, now), given.effect_id), given), given.memory)
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


def not_scored(
    checkpoint: Checkpoint, phase: Scoring, given: Scored | ModelFailed, now: datetime, rules: Rules
) -> Transition:
    """Go on without a score, and say so: Φ stays as it was."""
    draft = settle(begin(checkpoint, now), given.effect_id)
    if isinstance(given, Scored):
        draft = charge(draft, given)
        why = "The critic's figures are not of use."
    else:
        why = given.words
    stays = "There is no Φ yet" if checkpoint.phi is None else f"Φ stays {checkpoint.phi:g}"
    draft = do(draft, Say(words=cut(f"Step {checkpoint.step} could not be scored: {why} {stays}."), named=()))
    return after_score(draft, phase.done, rules, now)
