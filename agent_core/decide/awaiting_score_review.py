"""A score is shown to people before the task goes on: they accept it, or say what it should be."""

from datetime import datetime

from agent_core.checkpoint import CardState, Checkpoint
from agent_core.errors import Refused, not_now
from agent_core.inputs import AcceptScore, Correct, Input, OverridePhi
from agent_core.phases import AwaitingScoreReview
from agent_core.rules.approvals import check_is_in, is_requester, is_task_approver
from agent_core.rules.book import Rules
from agent_core.rules.draft import begin, enter, heed, show
from agent_core.rules.scores import override, score_card
from agent_core.rules.thinking import after_score
from agent_core.transition import Transition
from agent_core.values import replace
from agent_core.words import PersonId

GOES_ON = frozenset({"thinking", "awaiting_answer", "paused", "finished"})
LEADS_TO = {
    "accept_score": GOES_ON,
    "override_phi": GOES_ON,
    "correct": frozenset({"awaiting_score_review"}),
}


def awaiting_score_review(
    checkpoint: Checkpoint, phase: AwaitingScoreReview, given: Input, now: datetime, rules: Rules
) -> Transition:
    """Go on once a person has looked at the score."""
    draft = begin(checkpoint, now)
    match given:
        case AcceptScore():
            if given.digest != phase.score.digest:
                raise Refused("This is not the score under review.", "Look at the newest card.")
            if not (is_requester(checkpoint, given.by) or is_task_approver(checkpoint, given.by)):
                check_is_in(rules.overriders, given.by, "accept scores")
            draft = reviewed(draft, phase, given.by.id, "Accepted", now)
            return after_score(draft, phase.done, rules, now)
        case OverridePhi():
            draft = override(draft, given, rules, now)
            draft = reviewed(draft, phase, given.by.id, "Overridden", now)
            return after_score(draft, phase.done, rules, now)
        case Correct():
            return enter(heed(draft, given, now), replace(phase, done=None), now)
        case _:
            raise not_now(phase.kind, given.kind)


def reviewed(draft: Transition, phase: AwaitingScoreReview, by: PersonId, how: str, now: datetime) -> Transition:
    """Close the review on its card, saying by whom."""
    score = draft.checkpoint.score or phase.score
    card = score_card(draft.checkpoint, score)
    state: CardState = "done" if card.run is None or card.run.ok else "failed"
    return show(draft, replace(card, state=state, by=(by,), words=f"{how} by <@{by}>.", at=now))
