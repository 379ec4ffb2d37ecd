"""Names of threads come from outside: whatever is typed names a thread that can be kept, or is refused in words."""

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from agent_core.adapters.redis_keys import keys_of
from agent_core.errors import Refused
from agent_core.words import ChannelId
from bot.listeners.subcommands import Asked, thread_named
from tests.examples import TEAM

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.payloads import Payload

DESK = cast("Desk", SimpleNamespace(team=TEAM))
PAYLOAD = cast("Payload", SimpleNamespace())
ARABIC_ONE = "\u0661"
LINK = "https://acme.slack.com/archives"


def asked(text: str) -> Asked:
    """Ask for a thread by this name."""
    return Asked(payload=PAYLOAD, channel=ChannelId("C0STAGING"), rest=text)


@pytest.mark.parametrize(
    "text",
    [
        "1772452800.000100",
        f"{TEAM}:C0STAGING:1772452800.000100",
        f"{TEAM}:C0STAGING:1772452800.000100/helper",
        f"{LINK}/C0STAGING/p1772452800000100",
        f"<{LINK}/C0STAGING/p1772452800000200?thread_ts=1772452800.000100&cid=C0STAGING|here>",
    ],
)
def test_what_names_a_thread_has_a_key(text: str) -> None:
    """By ts, by ID and by link."""
    assert "1772452800.000100" in keys_of(thread_named(DESK, asked(text))).thread


@pytest.mark.parametrize(
    "text",
    [
        f"{ARABIC_ONE * 5}.{ARABIC_ONE * 2}",
        f"{LINK}/C0STAGING/p{ARABIC_ONE * 16}",
        f"{LINK}/{'C' * 65}/p1772452800000100",
        f"{TEAM}:{'C' * 65}:1772452800.000100",
        f"{TEAM}:C0STAGING:1772452800.000100/a/b",
        f"{TEAM}:C0STAGING:1772452800.000100/\u00e9",
        f"{TEAM}:C0STAGING:1772452800.000100/{'a' * 65}",
        "T0OTHER:C0STAGING:1772452800.000100",
        f"{TEAM}:C0STAGING:new-0123456789",
    ],
)
def test_what_names_no_thread_is_refused_in_words(text: str) -> None:
    """Digits of other scripts, names that are too long, other teams, and openings: nobody's task."""
    with pytest.raises(Refused, match=re.escape("names no task")):
        thread_named(DESK, asked(text))
