"""What goes from a card to the form that it opens and back: which thread, version, digest and message."""

from collections.abc import Mapping

from agent_core.errors import Refused
from agent_core.learning.preview import preview
from agent_core.learning.teaching import read_rule
from agent_core.records import Entry, Proposed
from agent_core.rules.lessons import check_can_act
from agent_core.rules.propose import place_of
from agent_core.words import ThreadId, channel_of, ts_of
from bot.blocks.modals.teach import NEW, Draft
from bot.desk import Desk
from bot.payloads import BlockActions, Choice, ViewKey

TRIED_LINES = 400
TRIED = 40


def check_is_here(click: BlockActions) -> None:
    """Raise Refused for a button on a message that is not in the thread which the button is about."""
    if click.view is not None:
        return
    thread_id = ThreadId(click.action.button.thread_id)
    placed = click.channel_id == channel_of(thread_id) and click.thread_ts == ts_of(thread_id)
    if click.container.is_ephemeral or not placed:
        raise Refused("This is a copy of the card.", "Decide on the card in the task's thread.")


def key_of(click: BlockActions) -> ViewKey:
    """Say what a form is opened for: what the button carries, and the message that was pressed."""
    button = click.action.button
    return ViewKey(thread_id=button.thread_id, version=button.version, digest=button.digest, card=click.message_ts)


def text_of(values: Mapping[str, Choice], name: str) -> str:
    """Give the text of one field; a field that was left empty is an empty text."""
    value = values.get(name)
    return value.strip() if isinstance(value, str) else ""


def draft_of(values: Mapping[str, Choice]) -> Draft:
    """Read a rule as it stands in its form."""
    return Draft(
        when=text_of(values, "when"),
        do=text_of(values, "do"),
        scope=text_of(values, "scope") or NEW.scope,
        expires=text_of(values, "expires") or NEW.expires,
    )


async def tried(desk: Desk, thread_id: ThreadId, when: str, do: str) -> tuple[str, ...]:
    """Say in lines what a rule as typed would have changed of this thread's newest steps."""
    if not do.strip():
        return ("Type what to do, and this shows what it would have changed.",)
    try:
        reading = read_rule(when, do)
        check_can_act(reading, desk.runtime.rules().tools)
    except Refused as no:
        return (no.sentence,)
    loaded = await desk.runtime.store.load(thread_id)
    if loaded.checkpoint is None:
        return ("There is no task here to try it on.",)
    lines = await desk.runtime.store.journal(thread_id, -TRIED_LINES, TRIED_LINES)
    calls = [
        record.proposal.call
        for line in lines
        if isinstance(line, Entry)
        for record in line.records
        if isinstance(record, Proposed)
    ][-TRIED:]
    shown = preview(reading, calls, place_of(loaded.checkpoint), loaded.now)
    if not reading.is_exact:
        return ("These words go to the agent; what it makes of them can't be shown beforehand.",)
    return (f"It would have changed {shown.changed} of this task's {shown.of} steps.", *shown.examples)
