"""Every card's face, chosen by what it is about and what holds of it now. Pure: the newest checkpoint in, blocks out.

A card that does not fit Slack's message is made again with less room for prose, lists and beginnings; the arguments
that a person approves are never part of what gives way.
"""

from agent_core.proposal import Proposal
from bot.blocks.cards import final
from bot.blocks.cards.final import ending, final_card
from bot.blocks.cards.parent import parent_message, privately, say
from bot.blocks.cards.paused import paused_card
from bot.blocks.cards.proposal import proposal_card
from bot.blocks.cards.question import question_card
from bot.blocks.cards.score_review import review_card
from bot.blocks.cards.spent import running_card, spent_card
from bot.blocks.cards.step import step_card
from bot.blocks.cards.unknown import unknown_card
from bot.blocks.cards.view import ROOMS, CardView, Room
from bot.blocks.kit import Block, Rendered, fitting
from bot.wording import FALLBACKS

__all__ = ["CardView", "card", "ending", "parent_message", "privately", "say"]

OPEN = frozenset({"waiting", "reconsidered", "paused"})
RUNNING = frozenset({"approved", "running", "stopping", "scoring"})


def card(view: CardView) -> Rendered:
    """Render a card as it is now: the fallback text, and blocks that Slack takes."""
    return Rendered(text=fallback(view), blocks=fitting(lambda room: tuple(face(view, room)), ROOMS))


def face(view: CardView, room: Room) -> list[Block]:
    """Choose the face by what the card is about."""
    shown = view.card
    if shown.about == "final":
        return final_card(view, room)
    if shown.about == "paused":
        return paused_card(view, room)
    if shown.about == "question":
        return question_card(view, room)
    if shown.score is not None and shown.state == "review":
        return review_card(view, shown.score, room)
    proposal = view.proposal
    if proposal is None or shown.state in ("done", "failed"):
        return step_card(view, room)
    return proposal_face(view, proposal, room)


def proposal_face(view: CardView, proposal: Proposal, room: Room) -> list[Block]:
    """Choose the face of a card that has a proposal, by its state."""
    state = view.card.state
    if state == "unknown":
        return unknown_card(view, proposal, room)
    if state in RUNNING:
        return running_card(view, proposal, room)
    if state in OPEN:
        return proposal_card(view, proposal, room)
    return spent_card(view, proposal, room)


def fallback(view: CardView) -> str:
    """Write the text for notifications and screen readers, in fixed words, the tool's name and numbers."""
    shown = view.card
    if shown.about == "final":
        return final.fallback(view)
    if shown.about == "paused":
        return "The task is paused." if shown.state == "paused" else "The pause is over."
    if shown.about == "question":
        return "The agent asks a question." if shown.state == "asked" else "A question is closed."
    return FALLBACKS[shown.state].format(step=view.step, tool=view.tool)
