"""Nobody can tell whether a call happened: what is known, and three ways to settle it. Pure."""

from agent_core.phases import OutcomeUnknown
from agent_core.proposal import Proposal
from bot.blocks.cards.parts import args_box, button, head, ours, row
from bot.blocks.cards.spent import approvals
from bot.blocks.cards.view import CardView, Room
from bot.blocks.kit import Block, bold, italic, line, moment, preformatted, rich, words
from bot.blocks.shown import cut


def end_of(text: str, most: int) -> str:
    """Cut what a call printed to its end: how far it came is what helps to look."""
    kept, _ = cut(text[-most:].strip(), 2 * most, lines=True)  # characters that are not shown take more room
    return f"{'… ' if len(text) > most else ''}{kept}" if kept else "(nothing to be shown here)"


def unknown_card(view: CardView, proposal: Proposal, room: Room) -> list[Block]:
    """Say what is known of a call, and ask whether it happened."""
    phase = view.phase
    parts = [*args_box(view, proposal.call.args, room, whole=False), *approvals(view, proposal, room)]
    if isinstance(phase, OutcomeUnknown):
        parts.append(line(bold("Started "), moment(phase.claim.started_at), words("; it has no result of its own.")))
        if phase.excerpt and phase.excerpt != view.card.words:
            parts.append(line(bold("The last that it printed:")))
            parts.append(preformatted(end_of(view.veiled(phase.excerpt), room.prose)))
    if view.card.words:
        parts.append(line(*ours(view.veiled(view.card.words), room.prose, view.known)))
    if not isinstance(view.checkpoint.phase, OutcomeUnknown):
        return [head(view), rich(*parts)]
    parts.append(line(italic("Look where the action would show, then say what you found.")))
    value = view.value(proposal.digest)
    pressed = [button(view, name, value) for name in ("happened", "not_happened", "try_again")]
    return [head(view), rich(*parts), *row(value, pressed, ("view_full", "why_asked", "pause", "abort"))]
