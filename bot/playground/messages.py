"""Puts messages into the workspace and tells the bot of them: posts, changes, deletions, by anybody.

One place for all three ways a message of the bot comes in: the Web API, a response_url, a command's answer.
"""

import asyncio
import json

from bot.playground.blocks import message_blocks
from bot.playground.people import Channel
from bot.playground.record import Delivery
from bot.playground.standin import Standin
from bot.playground.words import Json, Refusal, copied

LONGEST_TEXT = 40_000
ATTACHMENTS = 100
ATTACHMENTS_SIZE = 100_000  # Slack names no figure
Told = list[asyncio.Future[Delivery]]


def content(slack: Standin, args: Json, *, where: str) -> Json:
    """Give text, blocks and attachments of a message the bot wants to show, or refuse them."""
    fields: Json = {"text": args.get("text") or ""}
    if not any(args.get(name) for name in ("text", "blocks", "attachments", "markdown_text")):
        raise Refusal("no_text")
    if args.get("markdown_text"):
        if args.get("text") or args.get("blocks"):
            raise Refusal("markdown_text_conflict")
        fields["text"] = args["markdown_text"]
        fields["blocks"] = message_blocks([{"type": "markdown", "text": args["markdown_text"]}])
    if args.get("attachments"):
        fields["attachments"] = _attachments(args["attachments"])
    if args.get("blocks"):
        fields["blocks"] = message_blocks(args["blocks"])
        if not fields["text"].strip():
            slack.record.violated("missing_text", where)
    return fields


def _attachments(given: object) -> list[Json]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Refusal("invalid_attachments")
    if len(given) > ATTACHMENTS:
        raise Refusal("too_many_attachments")
    if len(json.dumps(given)) > ATTACHMENTS_SIZE:
        raise Refusal("attachment_payload_limit_exceeded")
    return [{"id": index + 1} | copied(one) for index, one in enumerate(given)]


def check_thread(slack: Standin, channel: Channel, thread_ts: str, where: str) -> None:
    """Record a thread_ts that Slack takes in silence and nobody should send."""
    root = slack.workspace.find(channel.id, thread_ts)
    if root is None:
        slack.record.violated("thread_ts_unknown", f"{where}: {channel.id} {thread_ts}")
    elif root.get("thread_ts", thread_ts) != thread_ts:
        slack.record.violated("thread_ts_is_a_reply", f"{where}: {channel.id} {thread_ts}")


def _event(message: Json) -> Json:
    """Give a message as events show it: without the app's metadata and the thread's counts."""
    hidden = {"metadata", "reply_count", "reply_users", "reply_users_count", "latest_reply"}
    return {name: copied(value) for name, value in message.items() if name not in hidden}


def post(slack: Standin, channel: Channel, message: Json) -> tuple[Json, Told]:
    """Add a message and tell the bot of it."""
    stored = slack.workspace.add(channel.id, message)
    event = _event(stored)
    root = slack.workspace.find(channel.id, stored.get("thread_ts", ""))
    if root is not None and root["ts"] != stored["ts"]:
        event["parent_user_id"] = root.get("user", "")
    return stored, slack.events.message(event, channel)


def revise(slack: Standin, channel: Channel, ts: str, changed: Json) -> tuple[Json, Told]:
    """Change a message and tell the bot of it."""
    before, after = slack.workspace.change(channel.id, ts, changed)
    stamp = slack.clock.stamp()
    event = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "ts": stamp,
        "event_ts": stamp,
        "message": _event(after),
        "previous_message": _event(before),
    }
    return after, slack.events.message(event, channel)


def remove(slack: Standin, channel: Channel, ts: str) -> Told:
    """Take a message away and tell the bot of it."""
    gone = slack.workspace.remove(channel.id, ts)
    stamp = slack.clock.stamp()
    event = {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "ts": stamp,
        "event_ts": stamp,
        "deleted_ts": ts,
        "previous_message": _event(gone),
    }
    return slack.events.message(event, channel)
