"""The workspace as it is on the first day, and the app as it was installed into it."""

from bot.playground.people import Channel, Command, Person, Shortcut, Usergroup
from bot.playground.words import APP_ID, BOT_ID, BOT_NAME, BOT_USER_ID

PEOPLE = (
    Person(id="U0RITA", name="rita", real_name="Rita Requester"),
    Person(id="U0APPROVER", name="ada", real_name="Ada Approver"),
    Person(id="U0LEAD", name="lee", real_name="Lee Lead"),
    Person(id="U0TINA", name="tina", real_name="Tina Teacher"),
    Person(id="U0GUEST", name="gus", real_name="Gus Guest", kind="guest"),
    Person(id="U0EXT", name="eve", real_name="Eve External", kind="external"),
    Person(id="U0GONE", name="dan", real_name="Dan Deactivated", kind="deactivated"),
    Person(id=BOT_USER_ID, name=BOT_NAME, real_name="Countersign", kind="bot", bot_id=BOT_ID, app_id=APP_ID),
    Person(
        id="U0OTHERBOT",
        name="deploybot",
        real_name="Deploybot",
        kind="bot",
        bot_id="B0OTHER",
        app_id="A0OTHER",
    ),
)

ACTIVE = {person.id for person in PEOPLE if person.kind != "deactivated"}

USERGROUPS = (Usergroup(id="S0ONCALL", handle="on-call", users=("U0APPROVER", "U0LEAD")),)

COMMANDS = (
    Command(
        command="/agent",
        usage_hint="[what to do | status | list | rules | learned | help]",
        description="Give the agent a task, or ask about tasks",
    ),
)

SHORTCUTS = (
    Shortcut(callback_id="thread_status", name="Task status", type="message"),
    Shortcut(callback_id="pause", name="Pause this task", type="message"),
    Shortcut(callback_id="abort", name="Abort this task", type="message"),
    Shortcut(callback_id="teach", name="Teach the agent", type="message"),
    Shortcut(callback_id="make_task", name="Make this a task", type="message"),
    Shortcut(callback_id="start_task", name="Start a task", type="global"),
)

SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "reactions:write",
        "usergroups:read",
        "users:read",
    }
)

SUBSCRIPTIONS = frozenset(
    {
        "app_home_opened",
        "app_mention",
        "app_uninstalled",
        "message.channels",
        "message.groups",
        "message.im",
        "tokens_revoked",
    }
)


def channels() -> tuple[Channel, ...]:
    """Give fresh channels: they change as people join."""
    return (
        Channel(id="C0OPS", name="ops", kind="public", members=set(ACTIVE), is_shared=True),
        Channel(id="C0DEV", name="dev", kind="public", members=ACTIVE - {BOT_USER_ID, "U0EXT", "U0GUEST"}),
        Channel(
            id="G0PRIV",
            name="private-ops",
            kind="private",
            members={BOT_USER_ID, "U0RITA", "U0APPROVER"},
        ),
    )
