"""The full view: the whole step page by page, with Approve on the last page only. Pure.

Nothing is left out: the pages' arguments, put together, are the arguments; after them comes all that a call printed
which has ended. Which page it is stands in the metadata that the caller gives; that a person came through the earlier
pages is the caller's to see to.
"""

from agent_core.checkpoint import Checkpoint
from agent_core.phases import AwaitingApproval
from agent_core.ports import Output
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
ARGUMENTS = "Arguments"
OUTPUT_CHARS = 6_000  # a page; made visible, a character may take six


def view_full_modal(  # noqa: PLR0913 - what is shown, and where in it
    checkpoint: Checkpoint, proposal: Proposal, veil: Veil, *, page: int, metadata: str, output: Output | None = None
) -> Block:
    """Show one page (from 0) of a step; a page beyond the last is the last."""
    whole = whole_step(proposal, veil, output)
    at = min(max(page, 0), len(whole) - 1)
    phase = checkpoint.phase
    waits = isinstance(phase, AwaitingApproval) and phase.proposal.card == proposal.card
    label, text = whole[at]
    visible = text if label == ARGUMENTS else shown(text, lines=True)
    blocks: list[Block] = [
        header(f"{shown(proposal.call.tool[:TITLE_CHARS])}"),
        rich(line(bold(f"{label}, page {at + 1} of {len(whole)}:"))),
        *(rich(preformatted(part)) for part in packed(visible, TEXT_CHARS)),
    ]
    if at == sum(label == ARGUMENTS for label, _ in whole) - 1:
        blocks.append(rich(*reasons(proposal, veil)))
    if output is not None and output.cut_bytes and at == len(whole) - 1:
        blocks.append(rich(line(italic(f"It printed {output.cut_bytes:,} more bytes, which were not kept."))))
    if at < len(whole) - 1 and waits:
        blocks.append(rich(line(italic("Approve stands on the last page."))))
    value = f"{checkpoint.thread_id}|{proposal.version}|{proposal.digest}"
    pressed = buttons(value, at, len(whole), waits=waits)
    if pressed:
        blocks.append(actions(value, *(button.block for button in pressed)))
    return modal("view_full", "The whole step", metadata, blocks)


def whole_step(proposal: Proposal, veil: Veil, output: Output | None) -> list[tuple[str, str]]:
    """Cut a step into labelled pages: the arguments as they are shown, then all that its call printed, as it is.

    A megabyte takes long to be made visible, so that is done for the one page that is looked at.
    """
    found = [(ARGUMENTS, page) for page in pages(proposal, veil)]
    printed = [("Output", output.stdout), ("Errors", output.stderr)] if output is not None else []
    for label, text in printed:
        veiled = veil.over(text, proposal.call.args)
        found.extend((label, veiled[at : at + OUTPUT_CHARS]) for at in range(0, len(veiled), OUTPUT_CHARS))
    return found


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
