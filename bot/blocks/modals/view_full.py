"""The full view: the whole proposal page by page, with Approve on the last page only. Pure.

Nothing is left out: the pages' arguments, put together, are the arguments. Which page it is stands in the metadata that
the caller gives; that a person came through the earlier pages is the caller's to see to.
"""

from agent_core.checkpoint import Checkpoint
from agent_core.phases import AwaitingApproval
from agent_core.proposal import Proposal
from bot.blocks.args import Veil, packed, pages
from bot.blocks.cards.parts import said
from bot.blocks.kit import (
    TEXT_CHARS,
    Block,
    Button,
    actions,
    bold,
    header,
    italic,
    line,
    modal,
    preformatted,
    quote,
    rich,
    words,
)
from bot.blocks.shown import shown
from bot.wording import LABELS

TITLE_CHARS = 120


def view_full_modal(checkpoint: Checkpoint, proposal: Proposal, veil: Veil, *, page: int, metadata: str) -> Block:
    """Show one page (from 0) of a proposal; a page beyond the last is the last."""
    whole = pages(proposal, veil)
    at = min(max(page, 0), len(whole) - 1)
    phase = checkpoint.phase
    waits = isinstance(phase, AwaitingApproval) and phase.proposal.card == proposal.card
    parts = [preformatted(part) for part in packed(whole[at], TEXT_CHARS)]
    blocks: list[Block] = [
        header(f"{shown(proposal.call.tool[:TITLE_CHARS])}"),
        rich(line(bold(f"Arguments, page {at + 1} of {len(whole)}:"))),
        *(rich(part) for part in parts),
    ]
    if at == len(whole) - 1:
        blocks.append(rich(*reasons(proposal, veil)))
    if at < len(whole) - 1 and waits:
        blocks.append(rich(line(italic("Approve stands on the last page."))))
    value = f"{checkpoint.thread_id}|{proposal.version}|{proposal.digest}"
    pressed = buttons(value, at, len(whole), waits=waits)
    if pressed:
        blocks.append(actions(value, *(button.block for button in pressed)))
    return modal("view_full", "The whole step", metadata, blocks)


def reasons(proposal: Proposal, veil: Veil) -> list[Block]:
    """Give what the agent said about the step, in full."""
    args = proposal.call.args
    found: list[Block] = []
    for label, text in (("Why", proposal.thought), ("Expected", proposal.expect)):
        if text:
            found.append(line(bold(f"{label}, in the agent's words:")))
            found.append(quote(*said(veil.over(text, args), TEXT_CHARS, lines=True)))
    return found or [line(words("The agent gave no reason."))]


def buttons(value: str, at: int, count: int, *, waits: bool) -> list[Button]:
    """Give the ways to other pages, and Approve on the last."""
    found: list[Button] = []
    if at > 0:
        found.append(page_button("page_prev", value, at, count))
    if at < count - 1:
        found.append(page_button("page_next", value, at + 2, count))
    elif waits:
        spoken = "Approve the step as shown on these pages"
        found.append(Button(label=LABELS["approve"], action="approve", value=value, spoken=spoken, style="primary"))
    return found


def page_button(action: str, value: str, number: int, count: int) -> Button:
    """Make a button that leads to another page."""
    return Button(label=LABELS[action], action=action, value=value, spoken=f"Page {number} of {count}")
