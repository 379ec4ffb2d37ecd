"""What is pressed on cards: decisions that need no more words, forms for those that do, and pages.

Each does one thing, and returns once it is committed or the form is open.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TypeAlias

from agent_core.checkpoint import Checkpoint
from agent_core.errors import Refused
from agent_core.inputs import (
    Abort,
    AcceptScore,
    Answer,
    Approve,
    ExtendBudget,
    Input,
    Pause,
    ResolveUnknown,
    Resume,
    Stop,
    Withdraw,
)
from agent_core.kept_steps import KeptStep, kept_step
from agent_core.people import Person
from agent_core.phases import AwaitingAnswer, AwaitingApproval
from agent_core.proposal import Proposal
from agent_core.words import Digest, ThreadId
from bot.blocks.args import Veil, pages
from bot.blocks.modals.decisions import answer_modal, reject_modal
from bot.blocks.modals.edit import edit_modal
from bot.blocks.modals.override_phi import override_phi_modal
from bot.blocks.modals.teach import teach_modal
from bot.blocks.modals.view_full import view_full_modal, whole_step
from bot.blocks.modals.why_asked import why_asked_modal
from bot.carried import draft_of, key_of, tried
from bot.desk import Desk
from bot.payloads import BlockActions, ViewKey
from bot.slack.client import FAILURES
from bot.slack.surface import marker

Pressed: TypeAlias = Callable[[Desk, BlockActions], Awaitable[None]]


def simply(make: Callable[[Person, Digest, int], Input]) -> Pressed:
    """Make a listener that gives one input, named by the button."""

    async def press(desk: Desk, click: BlockActions) -> None:
        button = click.action.button
        digest, version = Digest(button.digest), button.version
        await desk.give(click, ThreadId(button.thread_id), lambda by: make(by, digest, version))

    return press


async def approve(desk: Desk, click: BlockActions) -> None:
    """Say yes, from the card or from the last page of the full view."""
    key = key_of(click) if click.view is None else ViewKey.parse(click.view.private_metadata)
    if key.value != click.action.button:
        raise out_of_date()
    seen = click.view is not None and await is_at_the_end(desk, key)
    digest, version, card = Digest(key.digest), key.version, key.card
    await desk.give(
        click,
        ThreadId(key.thread_id),
        lambda by: Approve(by=by, digest=digest, version=version, card=card, seen_whole=seen),
    )
    if click.view is not None:
        with suppress(*FAILURES):  # The yes is recorded; the page only shows that it is.
            await show_page(desk, click, key)


async def is_at_the_end(desk: Desk, key: ViewKey) -> bool:
    """Tell whether the last page of the full view is open: there is no way to it but through the earlier ones."""
    proposal = waiting_proposal(await desk.task(ThreadId(key.thread_id)), key.digest)
    return key.page >= len(pages(proposal, veil_of(desk, proposal.call.tool))) - 1


def veil_of(desk: Desk, tool: str) -> Veil:
    """Say what of a tool's arguments must not be shown."""
    rules = desk.runtime.rules()
    return Veil.of(rules.tools.get(tool), marker(rules.key))


def waiting_proposal(checkpoint: Checkpoint, digest: str) -> Proposal:
    """Give the proposal that waits, or raise Refused if it is not the one that was pressed."""
    phase = checkpoint.phase
    if phase.kind == "paused":
        raise Refused("The task is paused.", "Resume it first.")
    if not isinstance(phase, AwaitingApproval) or phase.proposal.digest != digest:
        raise out_of_date()
    return phase.proposal


async def reject(desk: Desk, click: BlockActions) -> None:
    """Ask for the reason of a no."""
    button = click.action.button
    proposal = waiting_proposal(await desk.task(ThreadId(button.thread_id)), button.digest)
    await desk.show_view(click.trigger_id, reject_modal(key_of(click).text))
    desk.saw(click, ThreadId(button.thread_id), f"reject, {name_of(proposal)}")


async def edit(desk: Desk, click: BlockActions) -> None:
    """Ask for other arguments, by the tool's own schema."""
    button = click.action.button
    proposal = waiting_proposal(await desk.task(ThreadId(button.thread_id)), button.digest)
    spec = desk.runtime.rules().tools.get(proposal.call.tool)
    if spec is None:
        raise Refused("This tool is not configured any more.", "Reject the step.")
    await desk.show_view(click.trigger_id, edit_modal(spec, proposal, key_of(click).text))
    desk.saw(click, ThreadId(button.thread_id), f"edit, {name_of(proposal)}")


async def override_phi(desk: Desk, click: BlockActions) -> None:
    """Ask for a person's Φ."""
    checkpoint = await desk.task(ThreadId(click.action.button.thread_id))
    await desk.show_view(click.trigger_id, override_phi_modal(key_of(click).text, checkpoint.phi))
    desk.saw(click, checkpoint.thread_id, f"override_phi, step {checkpoint.step}")


async def teach(desk: Desk, click: BlockActions) -> None:
    """Ask for a rule, with a preview of what it would have changed."""
    key = key_of(click)
    preview = await tried(desk, ThreadId(key.thread_id), "", "")
    await desk.show_view(click.trigger_id, teach_modal(key.text, preview))


async def rule_changed(desk: Desk, click: BlockActions) -> None:
    """Renew the preview of a rule whose form is being filled in."""
    view = click.view
    if view is None or view.callback_id != "teach":
        return
    key, values = ViewKey.parse(view.private_metadata), view.values()
    draft = draft_of(values)
    preview = await tried(desk, ThreadId(key.thread_id), draft.when, draft.do)
    view_now = teach_modal(key.text, preview, draft)
    with suppress(*FAILURES):  # Somebody who types on, or closes the form, gets no preview of what stood there before.
        await desk.slack.call("views.update", view_id=view.id, hash=view.hash, view=view_now)


async def answer(desk: Desk, click: BlockActions) -> None:
    """Ask for the answer to the question that waits."""
    button = click.action.button
    phase = (await desk.task(ThreadId(button.thread_id))).phase
    if not isinstance(phase, AwaitingAnswer) or phase.question.digest != button.digest:
        raise Refused("This question is not open any more.", "Answer the newest one.")
    view = answer_modal(key_of(click).text, phase.question.text, phase.question.options)
    await desk.show_view(click.trigger_id, view)
    desk.saw(click, ThreadId(button.thread_id), f"answer, {button.digest}")


async def view_full(desk: Desk, click: BlockActions) -> None:
    """Show everything, page by page."""
    key = key_of(click)
    desk.saw(click, ThreadId(key.thread_id), await show_page(desk, click, key))


async def show_page(desk: Desk, click: BlockActions, key: ViewKey) -> str:
    """Open or turn a page of the full view, and say which it is."""
    checkpoint = await desk.task(ThreadId(key.thread_id))
    step = await step_of(desk, checkpoint, key)
    proposal, output, veil = step.proposal, step.output, veil_of(desk, step.proposal.call.tool)
    view = view_full_modal(checkpoint, proposal, veil, page=key.page, metadata=key.text, output=output)
    if click.view is None:
        await desk.show_view(click.trigger_id, view)
    else:
        await desk.slack.call("views.update", view_id=click.view.id, view=view)
    count = len(whole_step(proposal, veil, output))
    return f"view_full page {min(key.page + 1, count)} of {count}, {name_of(proposal)}"


def name_of(proposal: Proposal) -> str:
    """Name a proposal for the journal."""
    return f"step {proposal.step}, {proposal.digest}"


async def step_of(desk: Desk, checkpoint: Checkpoint, key: ViewKey) -> KeptStep:
    """Find the step that a view is about: one that waits is in the task, any other in its journal."""
    for card in checkpoint.cards:
        kept = card.proposal
        if kept is not None and card.run is None and (kept.digest, kept.version) == (key.digest, key.version):
            return KeptStep(proposal=kept)
    found = await kept_step(desk.runtime.store, checkpoint.thread_id, Digest(key.digest), key.version)
    if found is None:
        raise Refused("This card is about no step that could be shown in full.", "It shows all that there is.")
    return found


def turn(by: int) -> Pressed:
    """Make a listener that turns pages of the full view."""

    async def press(desk: Desk, click: BlockActions) -> None:
        if click.view is None:
            raise Refused("There is no page to turn here.", "Open the step in full from its card.")
        key = ViewKey.parse(click.view.private_metadata)
        page = await show_page(desk, click, key.model_copy(update={"page": max(0, key.page + by)}))
        desk.saw(click, ThreadId(key.thread_id), page)

    return press


async def why_asked(desk: Desk, click: BlockActions) -> None:
    """Say which rules made it so."""
    key = key_of(click)
    checkpoint = await desk.task(ThreadId(key.thread_id))
    card = next((card for card in checkpoint.cards if click.message_ts and card.ts == click.message_ts), None)
    if card is None:
        raise Refused("This step is too long ago to be explained here.", "Its card says what became of it.")
    tool = card.score.tool if card.score else card.proposal.call.tool if card.proposal else ""
    await desk.show_view(click.trigger_id, why_asked_modal(card, key.text, veil_of(desk, tool)))


async def later(desk: Desk, click: BlockActions) -> None:
    """Refuse what this version does not have yet."""
    del desk, click
    raise Refused("This version of the bot can't do that yet; nothing was changed.", "Use the card's other buttons.")


PRESSED: Mapping[str, Pressed] = {
    "approve": approve,
    "reject": reject,
    "edit": edit,
    "override_phi": override_phi,
    "accept_score": simply(lambda by, digest, _: AcceptScore(by=by, digest=digest)),
    "teach": teach,
    "view_full": view_full,
    "withdraw": simply(lambda by, digest, version: Withdraw(by=by, digest=digest, version=version)),
    "stop": simply(lambda by, *_: Stop(by=by)),
    "pause": simply(lambda by, *_: Pause(by=by)),
    "resume": simply(lambda by, *_: Resume(by=by)),
    "abort": simply(lambda by, *_: Abort(by=by)),
    "answer": answer,
    "why_asked": why_asked,
    "happened": simply(
        lambda by, digest, version: ResolveUnknown(by=by, digest=digest, version=version, verdict="happened")
    ),
    "not_happened": simply(
        lambda by, digest, version: ResolveUnknown(by=by, digest=digest, version=version, verdict="not_happened")
    ),
    "try_again": simply(
        lambda by, digest, version: ResolveUnknown(by=by, digest=digest, version=version, verdict="try_again")
    ),
    "skip_step": simply(lambda by, digest, _: Answer(by=by, text="skip", digest=digest or None)),
    "extend_budget": simply(lambda by, *_: ExtendBudget(by=by)),
    "page_next": turn(1),
    "page_prev": turn(-1),
    "value": rule_changed,
    "allow_always": later,
    "approve_all": later,
    "snooze": later,
}


def out_of_date() -> Refused:
    """Refuse a press on a card that shows an older proposal."""
    return Refused("This card is out of date: it shows an older proposal.", "Decide on the newest card.")
