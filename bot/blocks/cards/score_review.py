"""A score that people look at before the task goes on. Pure."""

from agent_core.phases import AwaitingScoreReview
from agent_core.proposal import Score
from bot.blocks.cards.parts import button, head, row
from bot.blocks.cards.step import menu, outcome_of, score_of
from bot.blocks.cards.view import CardView, Room
from bot.blocks.kit import Block, line, rich, words


def review_card(view: CardView, score: Score, room: Room) -> list[Block]:
    """Show a score with the buttons to accept it or to put another in its place."""
    parts = list(outcome_of(view, view.card.run, room)) if view.card.run else []
    parts.extend(score_of(view, score, room))
    value = view.value(score.digest)
    if not isinstance(view.checkpoint.phase, AwaitingScoreReview):
        return [head(view), rich(*parts)]
    parts.append(line(words("The task goes on once somebody accepts the score or overrides it.")))
    pressed = [
        button(view, "accept_score", value, style="primary"),
        button(view, "override_phi", value),
        button(view, "teach", value),
    ]
    return [head(view), rich(*parts), *row(value, pressed, menu(view))]
