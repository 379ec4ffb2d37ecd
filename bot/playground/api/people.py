"""Who is who: auth.test, users.*, usergroups.users.list, and Socket Mode's apps.connections.open."""

from bot.playground.api.method import SPECIAL, TIER_2, TIER_3, TIER_4, Method, page
from bot.playground.standin import Standin
from bot.playground.words import BOT_ID, BOT_NAME, BOT_USER_ID, TEAM_ID, Json, Refusal


def auth_test(slack: Standin, args: Json) -> Json:  # noqa: ARG001 - every method has one signature
    """Say whose token this is."""
    return {
        "url": slack.url,
        "team": "Countersign",
        "user": BOT_NAME,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def user_info(slack: Standin, args: Json) -> Json:
    """Describe a person."""
    person = slack.workspace.person(args["user"])
    if person is None:
        raise Refusal("user_not_found")
    return {"user": person.shown()}


def user_list(slack: Standin, args: Json) -> Json:
    """List everybody."""
    everybody = [person.shown() for person in slack.workspace.people.values()]
    found, following = page(everybody, args, default=1000, most=1000)
    return {"members": found, "response_metadata": {"next_cursor": following}}


def group_users(slack: Standin, args: Json) -> Json:
    """List the people of a user group."""
    group = slack.workspace.usergroups.get(args["usergroup"])
    if group is None:
        raise Refusal("no_such_subteam")
    return {"users": list(group.users)}


def open_connection(slack: Standin, args: Json) -> Json:  # noqa: ARG001 - every method has one signature
    """Issue the address of one socket."""
    address = slack.url.replace("http://", "ws://")
    return {"url": f"{address}socket?ticket={slack.tickets.socket()}"}


METHODS = {
    "auth.test": Method(auth_test, SPECIAL),
    "users.info": Method(user_info, TIER_4, ("users:read",), json=False, required=("user",)),
    "users.list": Method(user_list, TIER_2, ("users:read",), json=False),
    "usergroups.users.list": Method(group_users, TIER_2, ("usergroups:read",), json=False, required=("usergroup",)),
    "apps.connections.open": Method(open_connection, TIER_3, ("connections:write",), token="app"),  # noqa: S106 - a kind
}
