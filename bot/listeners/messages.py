"""What people say: in a task's thread, to the bot by name, or to it alone.

One mention comes as two events, in either order; both mean the same and have one dedupe ID. A reply that begins by
naming somebody else is a remark between people. In a thread, a mention understands the words of ``/agent``.
"""

import re
from typing import cast

from agent_core.checkpoint import Quote
from agent_core.errors import Refused
from agent_core.inputs import CardLost, Reply
from agent_core.rules.draft import OPEN_STATES
from agent_core.words import ChannelId, PersonId, ThreadId, channel_of, thread_id_of
from bot.desk import Desk
from bot.listeners.subcommands import Answer, Asked, subcommand
from bot.payloads import BotMessageDeleted, Spoken
from bot.payloads.escapes import unescaped
from bot.slack.ephemerals import Address

MENTION = re.compile(r"\s*<@([A-Z0-9]+)(?:\|[^>]*)?>[\s,:]*")
QUOTES = 20
QUOTE_CHARS = 500


async def heard(desk: Desk, spoken: Spoken) -> None:
    """Take a message for what it is; what there is to say about it is said to its author alone."""
    thread_id = thread_id_of(desk.team, spoken.channel_id, spoken.thread_ts)
    try:
        answer = await understood(desk, spoken, thread_id)
    except Refused as no:
        card_ts = await live_card(desk, thread_id) if spoken.is_reply else None
        desk.tell(address(desk, spoken, card_ts), no.sentence, about=spoken.dedupe_id)
    else:
        if answer:
            desk.tell(address(desk, spoken), answer, about=spoken.dedupe_id)


async def understood(desk: Desk, spoken: Spoken, thread_id: ThreadId) -> Answer | None:
    """Find out what a message is, and do it: a subcommand, a reply to a task, a task, or nothing of ours."""
    named, text = without_mention(spoken.event.text, desk.bot_user)
    is_task = spoken.is_reply and (await desk.runtime.store.load(thread_id)).checkpoint is not None
    if named:
        asked = Asked(payload=spoken, channel=channel_of(thread_id), thread=thread_id if is_task else None)
        answer = await subcommand(desk, asked, text or "help")
        if answer is not None:
            return answer
    if text and is_task:
        await replied(desk, spoken, thread_id, text, named=named)
    elif text and (named or (spoken.is_direct and not spoken.is_reply)):
        await desk.start(spoken, thread_id, text, await earlier(desk, spoken) if spoken.is_reply else ())
    return None


async def replied(desk: Desk, spoken: Spoken, thread_id: ThreadId, text: str, *, named: bool) -> None:
    """Take a reply in a task's thread, unless it is a remark to somebody else."""
    if named or MENTION.match(spoken.event.text) is None:
        await desk.give(spoken, thread_id, lambda by: Reply(by=by, text=text))


def without_mention(text: str, bot: PersonId) -> tuple[bool, str]:
    """Tell whether a text names the bot, and give it without a mention that it begins with."""
    first = MENTION.match(text)
    if first is not None and first[1] == bot:
        return True, unescaped(text[first.end() :]).strip()
    return f"<@{bot}>" in text or f"<@{bot}|" in text, unescaped(text).strip()


async def live_card(desk: Desk, thread_id: ThreadId) -> str | None:
    """Find the card of a task on which something is to be pressed now."""
    checkpoint = (await desk.runtime.store.load(thread_id)).checkpoint
    cards = checkpoint.cards if checkpoint else ()
    return next((card.ts for card in reversed(cards) if card.state in OPEN_STATES and card.ts), None)


def address(desk: Desk, spoken: Spoken, card_ts: str | None = None) -> Address:
    """Say how the author of a message is answered alone."""
    return Address(
        team=desk.team,
        person=PersonId(spoken.event.user),
        channel=ChannelId(spoken.channel_id),
        thread_ts=spoken.thread_ts,
        card_ts=card_ts,
    )


async def earlier(desk: Desk, spoken: Spoken) -> tuple[Quote, ...]:
    """Quote what was said in a thread before the bot was called into it, as data with its authors."""
    answer = await desk.slack.call(
        "conversations.replies", form=True, channel=spoken.channel_id, ts=spoken.thread_ts, limit=200
    )
    messages = cast("list[dict[str, object]]", answer.get("messages") or [])
    before = [message for message in messages if str(message.get("ts", "")) < spoken.event.ts]
    return tuple(
        Quote(
            author=str(message.get("user") or message.get("bot_id") or "?"),
            text=unescaped(str(message.get("text", "")))[:QUOTE_CHARS],
        )
        for message in before[-QUOTES:]
    )


async def card_deleted(desk: Desk, gone: BotMessageDeleted) -> None:
    """Have a card posted anew whose message somebody deleted."""
    deleted_ts = gone.event.deleted_ts
    thread_id = thread_id_of(desk.team, gone.channel_id, gone.thread_ts)
    checkpoint = (await desk.runtime.store.load(thread_id)).checkpoint
    card = next((card for card in checkpoint.cards if card.ts == deleted_ts), None) if checkpoint else None
    if card is not None:
        await desk.runtime.give(thread_id, CardLost(card=card.key, ts=deleted_ts), dedupe=gone.dedupe_id)
