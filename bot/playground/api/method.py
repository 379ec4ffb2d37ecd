"""A Web API method as a value: its function, what it needs, how often, in which form."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.people import Channel
from bot.playground.standin import Standin
from bot.playground.words import BOT_USER_ID, Json, Refusal

TIER_2, TIER_3, TIER_4 = 20, 50, 100
SPECIAL = 600


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the table of methods."""

    run: Callable[[Standin, Json], Json]
    per_minute: int
    scopes: tuple[str, ...] = ()  # any one of them will do
    json: bool = True  # whether a JSON body is taken
    required: tuple[str, ...] = ()
    token: str = "bot"  # noqa: S105 - a kind of token, not one


def channel_scopes(kind: str) -> tuple[str, ...]:
    """Give the scopes of which a method on channels needs one: `read` or `history`."""
    return tuple(f"{family}:{kind}" for family in ("channels", "groups", "im"))


def channel_for(slack: Standin, channel_id: str, scope: str = "") -> Channel:
    """Give a conversation the bot may know of, or refuse as if it did not exist."""
    channel = slack.workspace.channels.get(channel_id)
    if channel is None or (channel.kind != "public" and BOT_USER_ID not in channel.members):
        raise Refusal("channel_not_found")
    needed = f"{channel.scope_kind}:{scope}"
    if scope and needed not in slack.scopes:
        raise Refusal("missing_scope", needed=needed, provided=",".join(sorted(slack.scopes)))
    return channel


def flag(value: object) -> bool:
    """Read a truth value as forms and JSON write it."""
    return value in {True, "true", "1"}


def number(args: Json, name: str, *, default: int, most: int) -> int:
    """Read a number between 1 and its most."""
    try:
        value = int(args.get(name) or default)
    except (TypeError, ValueError):
        value = 0
    if not 1 <= value <= most:
        raise Refusal(
            "invalid_arguments", response_metadata={"messages": [f"[ERROR] invalid {name} [json-pointer:/{name}]"]}
        )
    return value


def page(items: list[Json], args: Json, *, default: int, most: int) -> tuple[list[Json], str]:
    """Cut a page out of a list; give it and the cursor of the next."""
    limit = number(args, "limit", default=default, most=most)
    cursor = str(args.get("cursor") or "")
    start = 0
    if cursor:
        if not cursor.startswith("next:") or not cursor[5:].isdigit() or int(cursor[5:]) > len(items):
            raise Refusal("invalid_cursor")
        start = int(cursor[5:])
    following = f"next:{start + limit}" if start + limit < len(items) else ""
    return items[start : start + limit], following
