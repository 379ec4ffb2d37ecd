"""Modals that were sent: each gives one input. What is refused is said at its field, and nothing typed is lost."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias, cast

from agent_core.errors import Refused
from agent_core.inputs import Answer, Approve, Edit, OverridePhi, Reject, Teach
from agent_core.lesson import Scope
from agent_core.proposal import RejectReason, canonical
from agent_core.words import ChannelId, Digest, ThreadId
from bot.blocks.modals.edit_read import read_edit
from bot.blocks.modals.override_phi import read_phi
from bot.carried import draft_of, text_of
from bot.desk import Desk
from bot.payloads import ViewSubmission
from bot.wording import REASONS

Sent: TypeAlias = Callable[[Desk, ViewSubmission], Awaitable[None]]
SCOPES_KNOWN: tuple[Scope, ...] = ("thread", "channel", "team")
DAYS: Mapping[str, int | None] = {"7d": 7, "30d": 30, "90d": 90, "never": None}


class FieldErrors(Exception):
    """Several fields of a form are wrong, each with its words."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        """Keep the words by block ID."""
        super().__init__(", ".join(errors))
        self.errors = errors


async def reject(desk: Desk, form: ViewSubmission) -> None:
    """Say no, with the reason."""
    key, values = form.key, form.values()
    reason = text_of(values, "reason")
    if reason not in REASONS:
        raise Refused("Choose a reason.", field="reason")
    named, note = cast("RejectReason", reason), text_of(values, "note")
    await desk.give(
        form,
        ThreadId(key.thread_id),
        lambda by: Reject(
            by=by, digest=Digest(key.digest), version=key.version, card=key.card, reason=named, note=note
        ),
    )


async def approve(desk: Desk, form: ViewSubmission) -> None:
    """Say yes, with a note."""
    key, note = form.key, text_of(form.values(), "note")
    await desk.give(
        form,
        ThreadId(key.thread_id),
        lambda by: Approve(by=by, digest=Digest(key.digest), version=key.version, card=key.card, note=note),
    )


async def edit(desk: Desk, form: ViewSubmission) -> None:
    """Put other arguments in the place of those proposed."""
    key, values = form.key, form.values()
    args_json = await edited_args(desk, form)
    note = text_of(values, "note")
    await desk.give(
        form,
        ThreadId(key.thread_id),
        lambda by: Edit(
            by=by, digest=Digest(key.digest), version=key.version, card=key.card, args_json=args_json, note=note
        ),
    )


async def edited_args(desk: Desk, form: ViewSubmission) -> str:
    """Read the arguments from the form that was made of the proposal which it names."""
    key = form.key
    checkpoint = await desk.task(ThreadId(key.thread_id))
    card = next((card for card in checkpoint.cards if card.proposal and card.proposal.digest == key.digest), None)
    spec = desk.runtime.rules().tools.get(card.proposal.call.tool) if card and card.proposal else None
    if card is None or card.proposal is None or spec is None:
        raise Refused("This step is not open any more.", "Look at the newest card.")
    edited = read_edit(spec, card.proposal.call.args, form.values())
    if edited.errors:
        raise FieldErrors(edited.errors)
    return canonical(edited.args)


async def override_phi(desk: Desk, form: ViewSubmission) -> None:
    """Put a person's Φ in the place of the newest score's."""
    key, values = form.key, form.values()
    given = values.get("phi")
    phi, why = read_phi(given if isinstance(given, str) else None), text_of(values, "why")
    digest = Digest(key.digest) if key.digest else None
    await desk.give(form, ThreadId(key.thread_id), lambda by: OverridePhi(by=by, digest=digest, phi=phi, why=why))


async def teach(desk: Desk, form: ViewSubmission) -> None:
    """Take a rule."""
    rule = draft_of(form.values())
    where = next((name for name in SCOPES_KNOWN if name == rule.scope), None)
    if where is None or rule.expires not in DAYS:
        raise Refused("Choose where it holds and when it expires.", field="scope")
    days = DAYS[rule.expires]
    await desk.give(
        form, ThreadId(form.key.thread_id), lambda by: Teach(by=by, when=rule.when, do=rule.do, scope=where, days=days)
    )


async def answer(desk: Desk, form: ViewSubmission) -> None:
    """Answer the question."""
    key, text = form.key, text_of(form.values(), "answer")
    await desk.give(form, ThreadId(key.thread_id), lambda by: Answer(by=by, text=text, digest=Digest(key.digest)))


async def start_task(desk: Desk, form: ViewSubmission) -> None:
    """Begin a task in the channel that was chosen."""
    values = form.values()
    channel, purpose = text_of(values, "channel"), text_of(values, "purpose")
    if not channel:
        raise Refused("Choose a channel.", field="channel")
    await desk.open(form, ChannelId(channel), purpose, form.dedupe_id)


SENT: Mapping[str, Sent] = {
    "reject": reject,
    "approve": approve,
    "edit": edit,
    "override_phi": override_phi,
    "teach": teach,
    "answer": answer,
    "start_task": start_task,
}
