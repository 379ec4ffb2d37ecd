"""The manifest against Slack's schema, against the code, and against the playground's app."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from bot.listeners.shortcuts import ANYWHERE, ON_MESSAGE
from bot.payloads import EVENTS
from bot.playground.seeds import COMMANDS, SCOPES, SHORTCUTS, SUBSCRIPTIONS
from bot.wording import HELP

ROOT = Path(__file__).parents[2]
METHOD = re.compile(
    r'"((?:apps|auth|bots|chat|conversations|files|reactions|team|usergroups|users|views)(?:\.[a-zA-Z]+)+)"'
)

# From Slack's pages of the methods and events. What needs no scope has an empty set.
CHANNELS = {"channels:read", "groups:read", "im:read"}
HISTORY = {"channels:history", "groups:history", "im:history"}
OF_METHOD: dict[str, set[str]] = {
    "auth.test": set(),
    "chat.getPermalink": set(),
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": HISTORY,
    "conversations.info": CHANNELS,
    "conversations.members": CHANNELS,
    "conversations.open": {"im:write"},
    "conversations.replies": HISTORY,
    "files.completeUploadExternal": {"files:write"},
    "files.getUploadURLExternal": {"files:write"},
    "usergroups.users.list": {"usergroups:read"},
    "users.info": {"users:read"},
    "views.open": set(),
    "views.publish": set(),
    "views.push": set(),
    "views.update": set(),
}
OF_EVENT: dict[str, set[str]] = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "app_uninstalled": set(),
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "tokens_revoked": set(),
}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """Read the manifest as Slack would."""
    read: dict[str, Any] = YAML(typ="safe").load((ROOT / "manifest.yml").read_text("utf-8"))
    return read


def methods_used() -> Iterator[str]:
    """Find every Web API method that the bot's own code names; the playground is the other side."""
    for file in (ROOT / "bot").rglob("*.py"):
        if "playground" not in file.parts:
            yield from METHOD.findall(file.read_text("utf-8"))


def shortcuts(manifest: dict[str, Any], kind: str) -> set[str]:
    """Give the callback IDs of one kind of shortcut."""
    return {one["callback_id"] for one in manifest["features"]["shortcuts"] if one["type"] == kind}


def test_slack_would_take_it(manifest: dict[str, Any]) -> None:
    """The official schema catches unknown keys and what is too long."""
    schema = json.loads((ROOT / "tests" / "data" / "manifest.schema.json").read_text("utf-8"))
    assert [error.message for error in Draft7Validator(schema).iter_errors(manifest)] == []


def test_every_method_that_the_code_uses_is_known_here() -> None:
    """A new one needs a look at its page, and perhaps a scope."""
    used = set(methods_used())
    assert "chat.postMessage" in used
    assert used <= OF_METHOD.keys()


def test_the_scopes_are_those_that_code_and_events_need_and_no_others(manifest: dict[str, Any]) -> None:
    """Each one more is reach that a workspace's owner would have to trust us with."""
    needed = {"commands"}.union(*(OF_METHOD[method] for method in methods_used()))
    needed = needed.union(*(OF_EVENT[event] for event in manifest["settings"]["event_subscriptions"]["bot_events"]))
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    assert set(scopes) == needed
    assert scopes == sorted(scopes)
    assert "user" not in manifest["oauth_config"]["scopes"]


def test_every_event_is_one_that_we_read_and_the_reverse(manifest: dict[str, Any]) -> None:
    """`message.im` and its like all arrive as `message`."""
    subscribed = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert set(subscribed) == OF_EVENT.keys()
    assert {event.partition(".")[0] for event in subscribed} == EVENTS.keys()


def test_every_shortcut_has_a_listener_and_the_reverse(manifest: dict[str, Any]) -> None:
    """One without is a menu entry that does nothing."""
    assert shortcuts(manifest, "message") == ON_MESSAGE.keys()
    assert shortcuts(manifest, "global") == ANYWHERE.keys()


def test_the_one_command_is_the_one_that_help_names(manifest: dict[str, Any]) -> None:
    """Every command that Slack sends us is taken for it."""
    commands = [one["command"] for one in manifest["features"]["slash_commands"]]
    assert commands == ["/agent"]
    assert {word for line in HELP for word in re.findall(r"(?<![\w/])/\w+", line)} == set(commands)


def test_without_socket_mode_everything_has_the_one_address(manifest: dict[str, Any]) -> None:
    """The schema does not ask for it, but Slack would have nowhere to send it."""
    settings = manifest["settings"]
    assert settings["socket_mode_enabled"] is False
    urls = [
        settings["event_subscriptions"]["request_url"],
        settings["interactivity"]["request_url"],
        *(one["url"] for one in manifest["features"]["slash_commands"]),
    ]
    assert len(set(urls)) == 1
    assert urls[0].startswith("https://")
    assert urls[0].endswith("/slack/events")


def test_direct_messages_and_home_are_switched_on(manifest: dict[str, Any]) -> None:
    """Tasks come as direct messages, and the bot answers there."""
    home = manifest["features"]["app_home"]
    assert home == {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False}


def test_the_playground_has_the_same_app(manifest: dict[str, Any]) -> None:
    """What works in the demo must not fail in Slack for want of a scope, a subscription or a name."""
    features = manifest["features"]
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == SUBSCRIPTIONS
    assert [(one["callback_id"], one["name"], one["type"]) for one in features["shortcuts"]] == [
        (one.callback_id, one.name, one.type) for one in SHORTCUTS
    ]
    assert [(one["command"], one["usage_hint"], one["description"]) for one in features["slash_commands"]] == [
        (one.command, one.usage_hint, one.description) for one in COMMANDS
    ]
    assert set(manifest["oauth_config"]["scopes"]["bot"]) <= SCOPES
