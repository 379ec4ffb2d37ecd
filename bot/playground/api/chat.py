"""chat.*: posting, changing, deleting, linking; and reactions.add."""

import json
import re

from bot.playground.api.method import SPECIAL, TIER_3, TIER_4, Method, channel_for
from bot.playground.messages import LONGEST_TEXT, check_thread, content, post, remove, revise
from bot.playground.people import Channel
from bot.playground.standin import Standin
from bot.playground.words import BOT_ID, BOT_USER_ID, Json, Refusal, copied

UPDATE_TEXT = 4_000
METADATA_SIZE = 8_000  # Slack publishes no figure
POST_PER_MINUTE = 600
EMOJI = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")
TS = re.compile(r"\d{10}\.\d{6}")


def _metadata(given: object) -> Json:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise Refusal("invalid_metadata_format") from None
    if not isinstance(given, dict) or not set(given) <= {"event_type", "event_payload", "entities"}:
        raise Refusal("invalid_metadata_format")
    if given and not (isinstance(given.get("event_type"), str) and isinstance(given.get("event_payload"), dict)):
        raise Refusal("invalid_metadata_schema")
    if len(json.dumps(given)) > METADATA_SIZE:
        raise Refusal("metadata_too_large")
    return copied(given)


def _postable(slack: Standin, channel_id: str) -> Channel:
    if channel_id in slack.workspace.people:  # a user id opens the direct message
        person = slack.workspace.people[channel_id]
        if person.kind in {"bot", "deactivated"}:
            raise Refusal("channel_not_found")
        channel = slack.workspace.direct(channel_id)
    else:
        channel = channel_for(slack, channel_id)
    if BOT_USER_ID not in channel.members and "chat:write.public" not in slack.scopes:
        raise Refusal("not_in_channel")
    if channel.is_archived:
        raise Refusal("is_archived")
    if channel.kind == "im" and not slack.setup.messages_tab:
        raise Refusal("messages_tab_disabled")
    return channel


def _wait(slack: Standin, channel: Channel) -> None:
    seconds = slack.limits.post_wait_s(channel.id)
    if seconds > 0:
        raise Refusal("ratelimited", retry_after=seconds)


def post_message(slack: Standin, args: Json) -> Json:
    """Post a message of the bot."""
    channel = _postable(slack, args["channel"])
    _wait(slack, channel)
    message = slack.by_bot(content(slack, args, where="chat.postMessage"))
    warnings = {}
    if len(message["text"]) > LONGEST_TEXT:
        message["text"] = message["text"][:LONGEST_TEXT]
        warnings = {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
    if args.get("metadata"):
        message["metadata"] = _metadata(args["metadata"])
    if args.get("thread_ts"):
        check_thread(slack, channel, args["thread_ts"], "chat.postMessage")
        message["thread_ts"] = args["thread_ts"]
    stored, _ = post(slack, channel, message)
    return {"channel": channel.id, "ts": stored["ts"], "message": copied(stored)} | warnings


def post_ephemeral(slack: Standin, args: Json) -> Json:
    """Show a message to one member of a channel."""
    channel = _postable(slack, args["channel"])
    if args["user"] not in channel.members:
        raise Refusal("user_not_in_channel")
    message = slack.by_bot(content(slack, args, where="chat.postEphemeral"))
    if len(message["text"]) > LONGEST_TEXT:
        raise Refusal("msg_too_long")
    if args.get("thread_ts"):
        check_thread(slack, channel, args["thread_ts"], "chat.postEphemeral")
        message["thread_ts"] = args["thread_ts"]
    shown = slack.workspace.whisper(channel.id, args["user"], message)
    return {"message_ts": shown["ts"]}


def _own(slack: Standin, args: Json, refusal: str) -> tuple[Channel, Json]:
    channel = channel_for(slack, args["channel"])
    message = slack.workspace.find(channel.id, args["ts"])
    if message is None:
        raise Refusal("message_not_found")
    if message.get("bot_id") != BOT_ID:
        raise Refusal(refusal)
    return channel, message


def update(slack: Standin, args: Json) -> Json:
    """Change a message of the bot."""
    channel, message = _own(slack, args, "cant_update_message")
    if channel.is_archived:
        raise Refusal("is_inactive")
    window_s = slack.setup.edit_window_s
    if window_s is not None and slack.clock.now() - float(message["ts"]) > window_s:
        raise Refusal("edit_window_closed")
    if not any(name in args for name in ("text", "blocks", "attachments", "markdown_text")):
        raise Refusal("no_text")
    if len(args.get("text") or "") > UPDATE_TEXT:
        raise Refusal("msg_too_long")
    removes_blocks = args.get("blocks") in ([], "[]")
    fields = content(slack, args, where="chat.update")
    _check_mismatch(message, fields)
    if "text" not in args or "blocks" not in args:
        slack.record.violated("partial_update", f"{channel.id} {args['ts']}")
    if removes_blocks:
        fields["blocks"] = None
    if "metadata" in args:
        fields["metadata"] = _metadata(args["metadata"]) or None
    edited = {"user": BOT_USER_ID, "ts": slack.clock.stamp()}
    after, _ = revise(slack, channel, args["ts"], fields | {"edited": edited})
    shown = {name: value for name, value in after.items() if name != "ts"}
    return {"channel": channel.id, "ts": args["ts"], "text": after["text"], "message": copied(shown)}


def _check_mismatch(message: Json, fields: Json) -> None:
    """Refuse to replace a message that is nothing but rich text by other kinds."""
    old = {block["type"] for block in message.get("blocks", ())}
    new = {block["type"] for block in fields.get("blocks", ())}
    if old == {"rich_text"} and new and "rich_text" not in new:
        raise Refusal("block_mismatch")


def delete(slack: Standin, args: Json) -> Json:
    """Take a message of the bot away."""
    channel, _ = _own(slack, args, "cant_delete_message")
    remove(slack, channel, args["ts"])
    return {"channel": channel.id, "ts": args["ts"]}


def get_permalink(slack: Standin, args: Json) -> Json:
    """Give the link to a message."""
    channel = channel_for(slack, args["channel"])
    message = slack.workspace.find(channel.id, args["message_ts"])
    if message is None:
        raise Refusal("message_not_found")
    return {"channel": channel.id, "permalink": slack.permalink(channel.id, message)}


def add_reaction(slack: Standin, args: Json) -> Json:
    """React to a message."""
    if not args.get("channel") or not args.get("timestamp"):
        raise Refusal("no_item_specified")
    if not EMOJI.fullmatch(args["name"].strip(":")):
        raise Refusal("invalid_name")
    if not TS.fullmatch(args["timestamp"]):
        raise Refusal("bad_timestamp")
    channel = channel_for(slack, args["channel"])
    if channel.is_archived:
        raise Refusal("is_archived")
    message = slack.workspace.find(channel.id, args["timestamp"])
    if message is None:
        raise Refusal("message_not_found")
    reactions = copied(message.get("reactions", []))
    name = args["name"].strip(":")
    ours = next((one for one in reactions if one["name"] == name), None)
    if ours is not None and BOT_USER_ID in ours["users"]:
        raise Refusal("already_reacted")
    if ours is None:
        ours = {"name": name, "users": [], "count": 0}
        reactions.append(ours)
    ours["users"].append(BOT_USER_ID)
    ours["count"] += 1
    slack.workspace.change(channel.id, args["timestamp"], {"reactions": reactions})
    return {}


WRITE = ("chat:write",)
METHODS = {
    "chat.postMessage": Method(post_message, POST_PER_MINUTE, WRITE, required=("channel",)),
    "chat.postEphemeral": Method(post_ephemeral, TIER_4, WRITE, required=("channel", "user")),
    "chat.update": Method(update, TIER_3, WRITE, required=("channel", "ts")),
    "chat.delete": Method(delete, TIER_3, WRITE, required=("channel", "ts")),
    "chat.getPermalink": Method(get_permalink, SPECIAL, json=False, required=("channel", "message_ts")),
    "reactions.add": Method(add_reaction, TIER_3, ("reactions:write",), required=("name",)),
}
