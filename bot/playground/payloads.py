"""Builds what the bot receives, field for field as Slack sends it. Values in, JSON out."""

from dataclasses import dataclass

from bot.playground.people import Channel, Person
from bot.playground.words import APP_ID, TEAM_DOMAIN, TEAM_ID, Json, copied

TOKEN = "legacy-word-of-the-playground"  # noqa: S105 - Slack's deprecated word, no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Handles:
    """What the bot may answer with."""

    trigger_id: str = ""
    response_url: str = ""
    action_ts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What was pressed in a message, and what else was chosen there."""

    action: Json
    handles: Handles
    state: Json


def command(person: Person, channel: Channel, words: tuple[str, str], handles: Handles) -> Json:
    """Give the form fields of a slash command: the command and its text."""
    return {
        "token": TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel.command_name,
        "user_id": person.id,
        "user_name": person.name,
        "command": words[0],
        "text": words[1],
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": handles.response_url,
        "trigger_id": handles.trigger_id,
    }


def _common(kind: str, person: Person) -> Json:
    return {
        "type": kind,
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team_id},
        "api_app_id": APP_ID,
        "token": TOKEN,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _unaddressed(kind: str, person: Person) -> Json:
    """Give the common fields of a shortcut, which does not name the app."""
    return {name: value for name, value in _common(kind, person).items() if name != "api_app_id"}


def _seen_from(person: Person) -> Json:
    """Give the team of a view payload: the actor's, which abroad is not the one we are installed in."""
    return {"team": {"id": person.team_id, "domain": person.team_domain}}


def message_actions(person: Person, channel: Channel, message: Json, *, acted: Acted) -> Json:
    """Give the payload of a click in a message, ephemeral or not."""
    is_ephemeral = bool(message.get("ephemeral"))
    container: Json = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": is_ephemeral,
    }
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    payload = _common("block_actions", person) | {
        "container": container,
        "trigger_id": acted.handles.trigger_id,
        "channel": {"id": channel.id, "name": channel.command_name},
        "state": {"values": acted.state},
        "response_url": acted.handles.response_url,
        "actions": [acted.action],
    }
    if not is_ephemeral:  # Slack does not send what it does not keep
        payload["message"] = {
            name: copied(value) for name, value in message.items() if name not in {"metadata", "author"}
        }
    return payload


def view_actions(person: Person, view: Json, *, action: Json, handles: Handles) -> Json:
    """Give the payload of a click in a modal or on Home: no channel, no message, no response_url."""
    return (
        _common("block_actions", person)
        | _seen_from(person)
        | {
            "container": {"type": "view", "view_id": view["id"]},
            "trigger_id": handles.trigger_id,
            "view": copied(view),
            "actions": [action],
        }
    )


def view_submission(person: Person, view: Json, handles: Handles, response_urls: list[Json]) -> Json:
    """Give the payload of a modal that was sent."""
    return (
        _common("view_submission", person)
        | _seen_from(person)
        | {"trigger_id": handles.trigger_id, "view": copied(view), "response_urls": response_urls}
    )


def view_closed(person: Person, view: Json, *, is_cleared: bool) -> Json:
    """Give the payload of a modal that was closed: without values, without a trigger."""
    shown = copied(view) | {"state": {"values": {}}}
    return _common("view_closed", person) | _seen_from(person) | {"view": shown, "is_cleared": is_cleared}


def message_shortcut(person: Person, channel: Channel, message: Json, *, callback_id: str, handles: Handles) -> Json:
    """Give the payload of a shortcut on a message."""
    return _unaddressed("message_action", person) | {
        "action_ts": handles.action_ts,
        "channel": {"id": channel.id, "name": channel.command_name},
        "callback_id": callback_id,
        "trigger_id": handles.trigger_id,
        "message_ts": message["ts"],
        "message": {name: copied(value) for name, value in message.items() if name != "metadata"},
        "response_url": handles.response_url,
    }


def global_shortcut(person: Person, callback_id: str, handles: Handles) -> Json:
    """Give the payload of a global shortcut: no channel, no response_url."""
    return _unaddressed("shortcut", person) | {
        "action_ts": handles.action_ts,
        "callback_id": callback_id,
        "trigger_id": handles.trigger_id,
    }


def options_request(person: Person, where: Json, *, element: Json, block_id: str, typed: str) -> Json:
    """Give the payload that asks for the options of an external select."""
    return (
        _common("block_suggestion", person)
        | where
        | {
            "action_id": element["action_id"],
            "block_id": block_id,
            "value": typed,
        }
    )
