"""A paused task: who paused it, and the way on. Pure."""

from agent_core.phases import Paused
from bot.blocks.cards.parts import button, ours, row
from bot.blocks.cards.question import ABORT
from bot.blocks.cards.view import CardView, Room
from bot.blocks.kit import Block, header, line, moment, rich, words


def paused_card(view: CardView, room: Room) -> list[Block]:
    """Show a pause with the buttons that end it, or that it is over."""
    card = view.card
    parts = [line(*ours(card.words, room.prose, None))] if card.words else []
    if card.at:
        parts.append(line(words("Since "), moment(card.at)) if card.state == "paused" else line(moment(card.at)))
    if card.state != "paused" or not isinstance(view.checkpoint.phase, Paused):
        return [header("The pause is over"), rich(*parts)]
    pressed = [
        button(view, "resume", view.value(), style="primary"),
        button(view, "abort", view.value(), style="danger", sure=ABORT),
    ]
    return [header("Paused: nothing new starts"), rich(*parts), *row(view.value(), pressed)]
