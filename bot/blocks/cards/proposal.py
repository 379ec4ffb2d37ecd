"""The card on which people decide: the call exactly as it will run, why, what is expected, who may decide. Pure.

What is signed is what is seen: Approve stands here only if every argument does. Tall arguments stand last, above the
buttons, so that the facts stay on a phone's first screen and the arguments are passed on the way to the buttons.
"""

from collections.abc import Iterator

from agent_core.proposal import Proposal, Requirement
from bot.blocks.args import args_text, changes, fits, packed
from bot.blocks.cards.parts import (
    agents_words,
    args_box,
    button,
    credited,
    head,
    labelled,
    names,
    ours,
    row,
    said,
    warnings,
    whom,
)
from bot.blocks.cards.view import CardView, Room
from bot.blocks.kit import Block, Button, bold, code, italic, line, moment, person, rich, words
from bot.wording import ONCE

TALL = 6  # lines of arguments that leave room for the facts below them
TALL_CHARS = 240


def proposal_card(view: CardView, proposal: Proposal, room: Room) -> list[Block]:
    """Show a proposal that waits, or that is being thought over."""
    whole = fits(proposal, view.limits, view.spec)
    args = proposal.call.args
    text = args_text(args, view.veil)
    box = [*args_box(view, args, room, whole=whole), *warnings(view, args, room)]
    facts = list(facts_of(view, proposal, room))
    tall = text.count("\n") >= TALL or len(text) > TALL_CHARS
    parts = [*facts, line(bold("Arguments:")), *box] if tall else [*box, *facts]
    return [head(view), rich(*parts), *buttons(view, proposal, whole=whole)]


def facts_of(view: CardView, proposal: Proposal, room: Room) -> Iterator[Block]:
    """Give all that a person decides by, besides the call itself."""
    if proposal.thought:
        yield from agents_words("Why", view.veiled(proposal.thought), room)
    if proposal.expect:
        yield labelled("Expected", *said(view.veiled(proposal.expect), room.prose // 2))
    yield risk_and_phi(view, proposal)
    yield from who_decides(view, proposal, room)
    yield from state_of_it(view, room)
    for advice in proposal.advice[: room.items]:
        yield labelled("Taught", *credited(view.veiled(advice), room.prose // 2))
    yield from edits(view, proposal, room)


def risk_and_phi(view: CardView, proposal: Proposal) -> Block:
    """Say how risky the tool is, how it is run, and how far the task was."""
    sandbox = " · no sandbox" if view.spec and view.spec.sandbox == "none" else ""
    now = view.checkpoint.phi if view.awaited else proposal.phi  # a person may have overridden it since
    phi = "not scored yet" if now is None else f"{now:.1f}\u00a0of\u00a010"  # never broken over two lines
    call = proposal.call
    return line(bold("Risk: "), words(f"{call.risk} · {ONCE[call.effect]}{sandbox}  "), bold("Φ:\u00a0"), words(phi))


def who_decides(view: CardView, proposal: Proposal, room: Room) -> Iterator[Block]:
    """Say who may decide, how many are there already, who may not, and until when."""
    for index, need in enumerate(proposal.requirements[: room.items]):
        yield labelled("Who decides", *whom(need.approvers, room), *so_far(proposal, need, index, room))
    more = len(proposal.requirements) - room.items
    if more > 0:
        yield line(italic(f"… {more} more requirements"))
    if proposal.escalated and proposal.escalate:
        yield labelled("Asked as well", *whom(proposal.escalate.to, room))
    barred: list[Block] = []
    if proposal.requirements and proposal.not_requester:
        barred += [words(" · not by "), person(view.checkpoint.requester)]
    if proposal.not_editor and proposal.editor:
        barred += [words(" · not by "), person(proposal.editor)]
    yield labelled("Until", moment(proposal.expires_at), *barred)


def so_far(proposal: Proposal, need: Requirement, index: int, room: Room) -> list[Block]:
    """Count one requirement's approvals."""
    given = [approval.by.id for approval in proposal.approvals if index in approval.counts_for]
    stage = f" · stage {need.stage + 1}" if any(other.stage for other in proposal.requirements) else ""
    if need.quorum == 1 and not given:
        return [words(stage)] if stage else []
    tally = words(f"{stage} ({len(given)} of {need.quorum}")
    return [tally, words(": "), *names(given, room), words(")")] if given else [tally, words(")")]


def state_of_it(view: CardView, room: Room) -> Iterator[Block]:
    """Say what happened to the card while it waited."""
    card = view.card
    if card.state == "reconsidered":
        yield line(bold("Being reconsidered"), words(" after "), *names(card.by, room), words(" wrote: "),
                   *said(view.veiled(card.words), room.prose // 2))  # fmt: skip
    elif card.words and not card.by:
        yield line(*ours(view.veiled(card.words), room.prose // 2, None))
    elif card.words:
        yield line(*names(card.by[-1:], room), words(" noted: "), *said(view.veiled(card.words), room.prose // 2))


def edits(view: CardView, proposal: Proposal, room: Room) -> Iterator[Block]:
    """Show what was changed in the arguments, old and new, and by whom."""
    if proposal.original_json is None:
        return
    changed = list(changes(proposal.call, proposal.original_json, view.veil))
    by = [person(proposal.editor)] if proposal.editor else [words("what was taught")]
    note = [words(": "), *said(view.veiled(proposal.edit_note), room.prose // 2)] if proposal.edit_note else []
    yield labelled("Edited by", *by, *note)
    for name, before, after in changed[: room.items]:
        yield line(
            words(f"{shortened(name, room)}: "),
            code(shortened(before, room)),
            words(" → "),
            code(shortened(after, room)),
        )
    if len(changed) > room.items:
        yield line(italic(f"… {len(changed) - room.items} more changes"))


def shortened(text: str, room: Room) -> str:
    """Shorten a value that is visible already."""
    pieces = packed(text.replace("\n", ""), room.prose // 3)
    return pieces[0] if len(pieces) == 1 else f"{pieces[0]}…"


def buttons(view: CardView, proposal: Proposal, *, whole: bool) -> list[Block]:
    """Give the buttons that do something now."""
    value = view.value(proposal.digest)
    if view.awaited is None:
        paused = view.card.state == "paused"
        return row(view.value(), [button(view, "resume", view.value())] if paused else [], ("view_full",))
    first = button(view, "approve" if whole else "view_full", value, style="primary")
    pressed: list[Button] = [first, button(view, "reject", value, style="danger")]
    if view.spec is not None:
        pressed.append(button(view, "edit", value))
    pressed += [button(view, "override_phi", value), button(view, "teach", value)]
    menu = [*(["view_full"] if whole else []), "why_asked", *(["withdraw"] if proposal.approvals else [])]
    return row(value, pressed, (*menu, "pause", "abort"))
