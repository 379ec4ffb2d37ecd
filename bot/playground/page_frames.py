"""What the page is told: a whole snapshot at first, then one frame for each change.

A page sees with one person's eyes. A frame is written down at the moment of the change, before the objects in it
can change again.
"""

import json
from typing import Any

from bot.playground.people import HINTS, Channel, Person
from bot.playground.standin import Standin
from bot.playground.words import BOT_ID, BOT_USER_ID, Json
from bot.playground.workspace import Change

NO_STRANGERS = {"guest", "external"}  # they see only the channels they were invited to


def sees(person: Person, channel: Channel) -> bool:
    """Say whether this person's page shows this channel."""
    return person.id in channel.members or (channel.kind == "public" and person.kind not in NO_STRANGERS)


def signed(slack: Standin, message: Json) -> Json:
    """Give a message with its author's name."""
    user = message.get("user") or (BOT_USER_ID if message.get("bot_id") == BOT_ID else "")
    person = slack.workspace.person(user)
    name = person.real_name if person else message.get("username", "somebody")
    return message | {"author": {"name": name, "kind": person.kind if person else "bot"}}


def _person(person: Person) -> Json:
    can_act = person.kind in {"member", "guest", "external"}
    return {
        "id": person.id,
        "name": person.name,
        "real_name": person.real_name,
        "kind": person.kind,
        "can_act": can_act,
        "hint": HINTS[person.kind],
    }


def channels(slack: Standin, person: Person) -> list[Json]:
    """Give the channels this person's page shows."""
    return [
        {
            "id": channel.id,
            "name": channel.name,
            "kind": channel.kind,
            "members": sorted(channel.members),
            "is_member": person.id in channel.members,
        }
        | ({"with": BOT_USER_ID if channel.with_user == person.id else channel.with_user} if channel.with_user else {})
        for channel in slack.workspace.channels.values()
        if sees(person, channel)
    ]


def snapshot(slack: Standin, person: Person, *, online: bool) -> str:
    """Give everything this person's page shows, as a frame."""
    workspace, setup = slack.workspace, slack.setup
    shown = [channel.id for channel in workspace.channels.values() if sees(person, channel)]
    messages = {
        channel: [signed(slack, message) for message in workspace.messages.get(channel, {}).values()]
        for channel in shown
    }
    own = [signed(slack, message) for message in workspace.ephemerals if message["for_user"] == person.id]
    commands = [
        {"command": one.command, "usage_hint": one.usage_hint, "description": one.description} for one in setup.commands
    ]
    shortcuts = [{"callback_id": one.callback_id, "name": one.name, "type": one.type} for one in setup.shortcuts]
    return json.dumps(
        {
            "type": "snapshot",
            "me": _person(person),
            "people": [_person(one) for one in workspace.people.values()],
            "usergroups": [{"id": group.id, "handle": group.handle} for group in workspace.usergroups.values()],
            "channels": channels(slack, person),
            "messages": messages,
            "ephemerals": own,
            "views": slack.views.stack(person.id),
            "home": slack.views.home(person.id),
            "commands": commands,
            "shortcuts": shortcuts,
            "bot": {"user_id": BOT_USER_ID, "online": online},
        }
    )


def frame(slack: Standin, person: Person, change: Change) -> str | None:
    """Give a change as this person's page is told of it, or nothing if it is none of theirs."""
    if change.viewer and change.viewer != person.id:
        return None
    channel = slack.workspace.channels.get(change.channel)
    if channel is not None and not sees(person, channel):
        return None
    facts: dict[str, Any] = change.facts
    if change.kind == "channels":
        facts = {"channels": channels(slack, person)}
    elif "message" in facts:
        facts = facts | {"message": signed(slack, facts["message"])}
    return json.dumps({"type": change.kind} | facts)
