"""A proposal after its decision, up to its end: approved, running, being stopped, or not run. Pure.

The call stays readable for ever; beside it stands who decided, when and why. Only what still does something has
a button.
"""

import re

from agent_core.phases import Acting
from agent_core.proposal import Proposal
from bot.blocks.args import fits
from bot.blocks.cards.parts import args_box, button, decided_by, head, labelled, names, ours, row, said
from bot.blocks.cards.view import CardView, Room
from bot.blocks.kit import Block, bold, italic, line, link, moment, person, rich, words

VERDICTS = {
    "rejected": "Rejected",
    "edited": "Edited; a new proposal takes its place",
    "corrected": "Corrected",
    "expired": "Expired",
    "withdrawn": "Withdrawn",
    "denied": "Denied",
}
FOR_A_LOCK = re.compile(
    r"Waits for (https?://[^\s<>|]+/archives/[A-Z0-9]+/p[0-9]+[^\s<>|]*|another task): (.*) is in use\.", re.DOTALL
)
OF_A_STOP = re.compile(
    r"Waits\. Everything was stopped by (<@[UW][A-Z0-9]{1,30}>|[^<>]{1,80}) at [0-9:]{5} UTC on [0-9-]{10}\."
)
OF_PEOPLE = frozenset({"rejected", "edited", "corrected"})  # states whose words a person wrote


def spent_card(view: CardView, proposal: Proposal, room: Room) -> list[Block]:
    """Show a proposal that was decided against, or that nobody can decide on any more."""
    card = view.card
    parts = call_of(view, proposal, room)
    verdict = VERDICTS.get(card.state, "Closed")
    if card.state in OF_PEOPLE:
        parts.append(line(bold(verdict), *decided_by(card.by[-1:], card.at, room)))
        if card.words:
            parts.append(labelled("Why", *said(view.veiled(card.words), room.prose)))
    else:
        parts.append(line(bold(verdict), *decided_by((), card.at, room)))
        parts.append(line(*ours(view.veiled(card.words), room.prose, view.known)))
    if card.state in VERDICTS and "not run" not in card.words:
        parts.append(line(italic("It was not run.")))
    value = view.value(proposal.digest)
    taught = [button(view, "teach", value)] if card.state in OF_PEOPLE and not view.checkpoint.is_finished else []
    return [head(view), rich(*parts), *row(value, taught, ("view_full", "why_asked"))]


def running_card(view: CardView, proposal: Proposal, room: Room) -> list[Block]:
    """Show a step that was released: approved, running or being stopped."""
    card, phase = view.card, view.phase
    parts = [*call_of(view, proposal, room), *approvals(view, proposal, room)]
    claim = phase.claim if isinstance(phase, Acting) else None
    if claim is not None:
        parts.append(line(bold("Started "), moment(claim.started_at)))
    if card.state == "approved":
        parts.extend(waiting_for(view, room))
    if card.state == "stopping" and card.words:
        parts.append(line(*ours(card.words, room.prose, None)))
    value = view.value(proposal.digest)
    stops = [button(view, "stop", view.value(), style="danger")] if card.state == "running" else []
    menu = ["view_full", "why_asked"]
    if isinstance(view.checkpoint.phase, Acting) and claim is None and proposal.approvals:
        menu.append("withdraw")
    if not view.checkpoint.is_finished:
        menu += ["pause", "abort"]
    return [head(view), rich(*parts), *row(value, stops, menu)]


def waiting_for(view: CardView, room: Room) -> list[Block]:
    """Say what a released step waits for: a lock's name comes from arguments, so only our own link in it is live."""
    if OF_A_STOP.fullmatch(view.card.words):
        return [line(*ours(view.card.words, room.prose, None))]
    found = FOR_A_LOCK.fullmatch(view.veiled(view.card.words))
    if found is None:
        return []
    where, name = found.groups()
    task = words("another task") if where == "another task" else link(where, "another task")
    return [line(words("Waits for "), task, words(": "), *said(name, room.prose), words(" is in use."))]


def call_of(view: CardView, proposal: Proposal, room: Room) -> list[Block]:
    """Show the call's arguments and who edited them."""
    whole = fits(proposal, view.limits, view.spec) and len(proposal.call.args_json) <= room.args
    parts = args_box(view, proposal.call.args, room, whole=whole)
    if proposal.editor:
        parts.append(labelled("Edited by", person(proposal.editor)))
    return parts


def approvals(view: CardView, proposal: Proposal, room: Room) -> list[Block]:
    """Say who approved, when and with what note; nobody means that policy allowed it."""
    if proposal.allowed:
        return [line(bold("Allowed by policy"))]
    given: list[Block] = []
    for approval in proposal.approvals[: room.items]:
        note = [words(" · "), *said(view.veiled(approval.note), room.prose // 2)] if approval.note else []
        given.append(line(bold("Approved by "), person(approval.by.id), words(" · "), moment(approval.at), *note))
    rest = proposal.approvals[room.items :]
    if rest:
        given.append(line(words("… and by "), *names((approval.by.id for approval in rest), room)))
    return given
