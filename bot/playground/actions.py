"""What people do outside of cards and modals: write, command, use a shortcut, open Home.

Each gives what the bot answered. What Slack's own client would not let them do raises NotPossible.
"""

import json
import secrets
from dataclasses import replace

from bot.playground import payloads
from bot.playground.courier import Parcel
from bot.playground.messages import Told, post, remove, revise
from bot.playground.payloads import Handles
from bot.playground.people import Channel, Person
from bot.playground.record import Delivery
from bot.playground.response_urls import use
from bot.playground.standin import Standin
from bot.playground.tickets import ResponseUrl
from bot.playground.typed import escaped, rich
from bot.playground.words import BOT_USER_ID, Json, NotPossible, Refusal, copied
from bot.playground.workspace import Change


def toast(slack: Standin, person: Person, words: str) -> None:
    """Show an error to this person only, as Slack does."""
    facts = {"level": "error", "text": words}
    slack.workspace.announce(Change(kind="toast", viewer=person.id, facts=facts))


def trouble(delivery: Delivery) -> str:
    """Say what a person reads when the bot did not answer as it must."""
    late = delivery.error == "http_timeout"
    if delivery.kind == "command":
        error = "operation_timeout" if late else "dispatch_failed"
        return f"{delivery.payload['command']} failed with the error “{error}”."
    if delivery.kind == "view_submission":
        return "We had some trouble connecting. Try again?"
    return "operation_timeout" if late else "This app did not respond. Try again?"


def delivered(slack: Standin, person: Person, delivery: Delivery) -> Delivery:
    """Let this person's page see how the bot answered."""
    facts = {
        "kind": delivery.kind,
        "ms": round(delivery.ms, 1),
        "status": delivery.status,
        "ok": delivery.ok,
    }
    slack.workspace.announce(Change(kind="delivery", viewer=person.id, facts=facts))
    return delivery


def handles(slack: Standin, url: ResponseUrl | None, *, person: Person, view_id: str = "") -> Handles:
    """Issue what the bot may answer with."""
    return Handles(
        trigger_id=slack.tickets.trigger(person.id, view_id),
        response_url=f"{slack.url}response/{slack.tickets.response(url)}" if url else "",
        action_ts=slack.clock.stamp(),
    )


async def command(slack: Standin, person: Person, channel: Channel, words: tuple[str, str]) -> Delivery:
    """Use a slash command in a channel (threads have none) and show what the bot answers."""
    _check_own_app(person, "slash commands")
    if words[0] not in {one.command for one in slack.setup.commands} or "commands" not in slack.scopes:
        raise NotPossible(f"{words[0]} is not a valid command.")
    url = ResponseUrl(person=person.id, channel=channel.id, sent_at=slack.clock.now())
    text = escaped(slack.workspace, words[1], named=True) if slack.setup.should_escape else words[1]
    payload = payloads.command(person, channel, (words[0], text), handles(slack, url, person=person))
    delivery = await slack.courier.deliver(Parcel(family="command", kind="command", payload=payload))
    if delivery.ok:
        delivery = _answer_to_command(slack, url, delivery)
    if not delivery.ok:
        toast(slack, person, trouble(delivery))
    return delivered(slack, person, delivery)


def _answer_to_command(slack: Standin, url: ResponseUrl, delivery: Delivery) -> Delivery:
    body = delivery.body.strip()
    if not body:
        return delivery
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {"text": body}
    if not isinstance(answer, dict):
        answer = {"text": body}
    try:
        use(slack, url, answer)
    except Refusal as refusal:
        return replace(delivery, ok=False, error=refusal.error)
    return delivery


def _check_own_app(person: Person, what: str) -> None:
    if person.kind == "external":
        raise NotPossible(f"People from other organisations cannot use {what} of this app.")


def write(slack: Standin, person: Person, channel: Channel, *, text: str, thread_ts: str = "") -> tuple[Json, Told]:
    """Write a message; tell the bot, twice if it is mentioned."""
    if not text.strip():
        raise NotPossible("An empty message is not sent.")
    if channel.is_archived:
        raise NotPossible("This channel is archived.")
    fields: Json = {
        "user": person.id,
        "team": person.team_id,
        "text": escaped(slack.workspace, text, named=False),
        "blocks": rich(slack.workspace, text, secrets.token_hex(2)),
    }
    if person.kind == "bot":
        fields |= {
            "bot_id": person.bot_id,
            "app_id": person.app_id,
            "bot_profile": {"id": person.bot_id, "name": person.name, "app_id": person.app_id, "deleted": False},
        }
    else:
        fields["client_msg_id"] = secrets.token_hex(16)
    if person.kind == "external":
        fields |= {"user_team": person.team_id, "source_team": person.team_id}
    if thread_ts:
        fields["thread_ts"] = _root(slack, channel, thread_ts)
    stored, told = post(slack, channel, fields)
    return copied(stored), told + _mention(slack, channel, stored)


def _root(slack: Standin, channel: Channel, thread_ts: str) -> str:
    message = slack.workspace.find(channel.id, thread_ts)
    if message is None:
        raise NotPossible("This thread is gone.")
    return str(message.get("thread_ts", thread_ts))


def _mention(slack: Standin, channel: Channel, message: Json) -> Told:
    if f"<@{BOT_USER_ID}>" not in message["text"] or channel.kind == "im" or BOT_USER_ID not in channel.members:
        return []
    shown = {name: copied(value) for name, value in message.items() if name != "reply_count"}
    event = shown | {"type": "app_mention", "channel": channel.id, "event_ts": message["ts"]}
    return slack.events.other(event, channel)


def edit(slack: Standin, person: Person, channel: Channel, *, ts: str, text: str) -> Told:
    """Change one's own message."""
    _check_own(slack, person, channel, ts)
    changed = {
        "text": escaped(slack.workspace, text, named=False),
        "blocks": rich(slack.workspace, text, secrets.token_hex(2)),
        "edited": {"user": person.id, "ts": slack.clock.stamp()},
    }
    return revise(slack, channel, ts, changed)[1]


def unfurl(slack: Standin, channel: Channel, ts: str) -> Told:
    """Show a link's preview under a message: a change that nobody made."""
    preview = [{"id": 1, "fallback": "preview", "title": "A page somewhere"}]
    return revise(slack, channel, ts, {"attachments": preview})[1]


def delete(slack: Standin, person: Person, channel: Channel, ts: str) -> Told:
    """Take one's own message away."""
    _check_own(slack, person, channel, ts)
    return remove(slack, channel, ts)


def _check_own(slack: Standin, person: Person, channel: Channel, ts: str) -> None:
    message = slack.workspace.find(channel.id, ts)
    if message is None or message.get("user") != person.id:
        raise NotPossible("People change and delete their own messages only.")


async def message_shortcut(slack: Standin, person: Person, channel: Channel, *, callback_id: str, ts: str) -> Delivery:
    """Use a shortcut of the app on a message."""
    _check_shortcut(slack, person, callback_id, "message")
    message = slack.workspace.find(channel.id, ts)
    if message is None:
        raise NotPossible("This message is gone.")
    url = ResponseUrl(
        person=person.id,
        channel=channel.id,
        message_ts=ts,
        thread_ts=message.get("thread_ts", ""),
        sent_at=slack.clock.now(),
    )
    payload = payloads.message_shortcut(
        person, channel, message, callback_id=callback_id, handles=handles(slack, url, person=person)
    )
    return await interact(slack, person, "message_action", payload)


async def global_shortcut(slack: Standin, person: Person, callback_id: str) -> Delivery:
    """Use a global shortcut of the app."""
    _check_shortcut(slack, person, callback_id, "global")
    payload = payloads.global_shortcut(person, callback_id, handles(slack, None, person=person))
    return await interact(slack, person, "shortcut", payload)


def _check_shortcut(slack: Standin, person: Person, callback_id: str, kind: str) -> None:
    _check_own_app(person, "shortcuts")
    if not any(one.callback_id == callback_id and one.type == kind for one in slack.setup.shortcuts):
        raise NotPossible(f"The app has no {kind} shortcut “{callback_id}”.")


async def interact(slack: Standin, person: Person, kind: str, payload: Json) -> Delivery:
    """Deliver an interaction whose answer has no use, and show a failure."""
    delivery = await slack.courier.deliver(Parcel(family="interaction", kind=kind, payload=payload))
    if not delivery.ok and kind != "view_closed":
        toast(slack, person, trouble(delivery))
    if delivery.ok and delivery.body.strip():
        slack.record.violated("answer_body", f"{kind}: {delivery.body[:80]}")
    return delivered(slack, person, delivery)


def open_home(slack: Standin, person: Person, tab: str = "home") -> Told:
    """Visit the app; the bot hears of each visit."""
    channel = slack.workspace.direct(person.id)
    stamp = slack.clock.stamp()
    event: Json = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": channel.id,
        "tab": tab,
        "event_ts": stamp,
    }
    home = slack.views.home(person.id)
    if home is not None and tab == "home":
        event["view"] = copied(home)
    return slack.events.other(event)


def uninstall(slack: Standin, *, revoked_first: bool = False) -> Told:
    """Remove the app: both events in either order, and every token dead at once."""
    events: list[Json] = [
        {"type": "app_uninstalled"},
        {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER_ID]}},
    ]
    slack.standing.is_installed = False
    return [first for event in (events[::-1] if revoked_first else events) for first in slack.events.other(event)]
