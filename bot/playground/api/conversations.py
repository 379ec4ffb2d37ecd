"""conversations.*: who is in a conversation, what was said there, opening a direct message."""

from bot.playground.api.method import (
    TIER_3,
    TIER_4,
    Method,
    channel_for,
    channel_scopes,
    flag,
    page,
)
from bot.playground.people import Channel
from bot.playground.standin import Standin
from bot.playground.words import BOT_USER_ID, Json, Refusal, copied

PAGE = 1_000
HISTORY_PAGE = 100
MEMBERS_PAGE = 1_000
PEOPLE = 8


def _shown(message: Json, args: Json) -> Json:
    hidden = set() if flag(args.get("include_all_metadata")) else {"metadata"}
    return {name: copied(value) for name, value in message.items() if name not in hidden}


def _between(messages: list[Json], args: Json) -> list[Json]:
    oldest, latest = str(args.get("oldest") or "0"), str(args.get("latest") or "9999999999.999999")
    if flag(args.get("inclusive")):
        return [message for message in messages if oldest <= message["ts"] <= latest]
    return [message for message in messages if oldest < message["ts"] < latest]


def _answer(messages: list[Json], following: str) -> Json:
    more = {"response_metadata": {"next_cursor": following}} if following else {}
    return {"messages": messages, "has_more": bool(following)} | more


def replies(slack: Standin, args: Json) -> Json:
    """Give a thread, oldest first."""
    channel = _readable(slack, args["channel"])
    asked = slack.workspace.find(channel.id, args["ts"])
    if asked is None and not slack.workspace.thread(channel.id, args["ts"]):
        raise Refusal("thread_not_found")
    root: str = (asked or {}).get("thread_ts") or args["ts"]
    thread = slack.workspace.thread(channel.id, root)
    inside = [message for message in thread if message["ts"] == root]
    inside += _between([message for message in thread if message["ts"] != root], args)
    found, following = page(inside, args, default=PAGE, most=PAGE)
    return _answer([_shown(message, args) for message in found], following)


def history(slack: Standin, args: Json) -> Json:
    """Give what stands in a channel itself, newest first."""
    channel = _readable(slack, args["channel"])
    stored = slack.workspace.messages.get(channel.id, {}).values()
    top = [message for message in stored if message.get("thread_ts", message["ts"]) == message["ts"]]
    found, following = page(_between(top, args)[::-1], args, default=HISTORY_PAGE, most=PAGE - 1)
    return _answer([_shown(message, args) for message in found], following)


def _readable(slack: Standin, channel_id: str) -> Channel:
    channel = channel_for(slack, channel_id, "history")
    if BOT_USER_ID not in channel.members:
        raise Refusal("not_in_channel")
    return channel


def info(slack: Standin, args: Json) -> Json:
    """Describe a conversation."""
    channel = channel_for(slack, args["channel"], "read")
    shown: Json = {
        "id": channel.id,
        "created": 1700000000,
        "is_archived": channel.is_archived,
        "is_im": channel.kind == "im",
        "is_org_shared": False,
    }
    if channel.kind == "im":
        return {"channel": shown | {"user": channel.with_user, "is_open": True, "priority": 0}}
    shown |= {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_mpim": False,
        "is_private": channel.kind == "private",
        "is_general": False,
        "is_shared": channel.is_shared,
        "is_ext_shared": channel.is_shared,
        "is_member": BOT_USER_ID in channel.members,
        "creator": "U0LEAD",
    }
    return {"channel": shown}


def members(slack: Standin, args: Json) -> Json:
    """List who is in a conversation."""
    channel = channel_for(slack, args["channel"], "read")
    everybody: list[Json] = [{"id": user} for user in sorted(channel.members)]
    found, following = page(everybody, args, default=100, most=MEMBERS_PAGE)
    return {"members": [one["id"] for one in found], "response_metadata": {"next_cursor": following}}


def open_direct(slack: Standin, args: Json) -> Json:
    """Open the direct message with one person."""
    if args.get("channel"):
        channel = channel_for(slack, args["channel"])
        return {"channel": {"id": channel.id}}
    users = [user for user in str(args.get("users") or "").split(",") if user]
    if not users:
        raise Refusal("users_list_not_supplied")
    if len(users) > PEOPLE:
        raise Refusal("too_many_users")
    for user in users:
        _check_reachable(slack, user)
    if len(users) > 1:
        raise Refusal("missing_scope", needed="mpim:write", provided=",".join(sorted(slack.scopes)))
    existed = any(channel.with_user == users[0] for channel in slack.workspace.channels.values())
    channel = slack.workspace.direct(users[0])
    known = {"no_op": True, "already_open": True} if existed else {}
    return {"channel": {"id": channel.id}} | known


def _check_reachable(slack: Standin, user: str) -> None:
    person = slack.workspace.person(user)
    if person is None:
        raise Refusal("user_not_found")
    if person.kind == "deactivated":
        raise Refusal("user_disabled")
    if person.id == BOT_USER_ID:
        raise Refusal("user_not_found")
    if person.kind == "bot":
        raise Refusal("cannot_dm_bot")


READ, HISTORY = channel_scopes("read"), channel_scopes("history")
METHODS = {
    "conversations.replies": Method(replies, TIER_3, HISTORY, json=False, required=("channel", "ts")),
    "conversations.history": Method(history, TIER_3, HISTORY, required=("channel",)),
    "conversations.info": Method(info, TIER_3, READ, json=False, required=("channel",)),
    "conversations.members": Method(members, TIER_4, READ, json=False, required=("channel",)),
    "conversations.open": Method(open_direct, TIER_3, ("im:write", "mpim:write", "groups:write")),
}
