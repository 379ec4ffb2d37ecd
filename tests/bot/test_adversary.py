"""Hostile requests at the doors that no story opens: each of these was let in, or did harm, once."""

import json
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient
from structlog import get_logger

from agent_core.adapters.models.corrections import parsed
from agent_core.fakes.clock import FakeClock
from agent_core.words import ChannelId, PersonId, TeamId
from bot.__main__ import log_as_json
from bot.guard import Installation
from bot.ingress import unguarded
from bot.payloads import Malformed, parse
from bot.payloads.escapes import unescaped
from bot.slack.client import Slack
from bot.slack.directory import SlackDirectory
from bot.slack.ephemerals import Ephemerals
from bot.slack.surface import SlackSurface
from tests.examples import NOON

OURS = Installation(team_id="T0COUNTER", bot_user_id="U0BOT")
COMMAND: dict[str, object] = {
    "team_id": "T0COUNTER", "channel_id": "C0OPS", "user_id": "U0RITA", "command": "/agent", "text": "note x",
    "trigger_id": "1.2.abc",
}  # fmt: skip


class Facts(AsyncWebClient):
    """A Web API that knows one person, and says of them what it was told."""

    def __init__(self, user: dict[str, object]) -> None:
        """Keep the facts."""
        super().__init__(token="xoxb-1")  # noqa: S106 - no token of anything
        self.user = user


class SaysSo(Slack):
    """The facts, without a wire."""

    def __init__(self, user: dict[str, object], clock: FakeClock) -> None:
        """Keep the facts."""
        super().__init__(Facts(user), clock)
        self.user = user

    async def call(self, method: str, *, form: bool = False, **arguments: object) -> dict[str, object]:
        """Answer from the facts."""
        del form, arguments
        return {"user": self.user} if method == "users.info" else {"members": [self.user["id"]]}


async def kind_of(claimed: str, **user: object) -> str:
    """Look somebody up whose payload claims a team, and say what they are."""
    clock = FakeClock(NOON)
    slack = SaysSo({"id": "U0X", **user}, clock)
    directory = SlackDirectory(slack, clock, team=TeamId("T0COUNTER"), usergroups=frozenset())
    return (await directory.look_up(TeamId(claimed), ChannelId("C0OPS"), PersonId("U0X"))).kind


async def test_somebody_whose_click_names_another_team_is_no_member_whatever_users_info_says() -> None:
    """Two sources that differ are no proof; who is outside by either of them is outside."""
    assert await kind_of("T0OTHER", team_id="T0COUNTER") == "external"
    assert await kind_of("T0OTHER") == "external"
    assert await kind_of("T0COUNTER", team_id="T0OTHER") == "external"
    assert await kind_of("T0COUNTER", team_id="T0COUNTER") == "member"


async def test_on_enterprise_grid_an_event_may_name_the_organisation() -> None:
    """Slack puts it in the place of the team there; that makes nobody an outsider."""
    assert await kind_of("E0GRID", team_id="T0COUNTER") == "member"


@pytest.mark.parametrize("text", ["note \ud800", "\udfff"])
@pytest.mark.parametrize("field", ["text", "trigger_id", "channel_name"])
def test_half_a_character_over_socket_mode_is_malformed_and_reaches_no_store(field: str, text: str) -> None:
    """The guard refuses it over HTTP; a WebSocket comes past the guard."""
    request = AsyncBoltRequest(body=COMMAND | {field: text}, mode="socket_mode")
    assert unguarded(request, OURS) is None
    assert unguarded(AsyncBoltRequest(body=dict(COMMAND), mode="socket_mode"), OURS) is not None


def test_another_installations_payload_over_socket_mode_is_no_input() -> None:
    """The WebSocket is no way around the check that the guard makes."""
    request = AsyncBoltRequest(body=COMMAND | {"team_id": "T0OTHER"}, mode="socket_mode")
    assert unguarded(request, OURS) is None


@pytest.mark.parametrize("trigger", ["a b", "a}b", "a{b", "ä", "a*b", "a\\b"])
def test_a_trigger_id_that_could_be_no_part_of_a_key_is_malformed(trigger: str) -> None:
    """It names what was done once, in a key of the store; there it would be our own defect."""
    with pytest.raises(Malformed):
        parse("command", COMMAND | {"trigger_id": trigger})


def test_slacks_three_escapes_are_undone_once_and_nothing_else_is() -> None:
    """What somebody typed as `&lt;` comes as `&amp;lt;` and is `&lt;` again, not `<`."""
    assert unescaped("a &lt;b&gt; &amp; c") == "a <b> & c"
    assert unescaped("&amp;lt;@U0X&amp;gt; &copy; &#60;") == "&lt;@U0X&gt; &copy; &#60;"


@pytest.mark.parametrize(
    "text",
    ["please" + " " * 3900 + "x", " and" * 1000, "a" + " \n" * 2000 + "b", "use " + "a " * 1900, "," * 4000 + "x",
     "x" + "." * 3998 + "y", "a" + "\u3000" * 3998 + "b", "set " + "a-" * 1900],
)  # fmt: skip
def test_no_correction_holds_the_bot_up(text: str) -> None:
    """Four thousand blanks once took two minutes and a half, and every other task waited."""
    began = time.perf_counter()
    parsed(text, ["service"])
    assert time.perf_counter() - began < 10.0


@contextmanager
def json_log() -> Iterator[None]:
    """Log as the bot does, and as before afterwards: what is captured now is closed then."""
    handlers = list(logging.root.handlers)
    log_as_json()
    try:
        yield
    finally:
        structlog.reset_defaults()
        logging.root.handlers = handlers


def test_an_error_in_the_log_carries_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    """Tokens, arguments and people's words stand in them."""
    secret = "canary-" + "4711"
    try:
        json.loads("{")
    except ValueError:
        with json_log():
            get_logger("test").exception("defect")
    written = capsys.readouterr().err
    assert "JSONDecodeError" in written
    assert secret not in written
    assert not re.search(r"\blocals\b", written)


@pytest.mark.parametrize(
    "url",
    ["https://hooks.slack.com:99999/x", "https://[", "http://hooks.slack.com/x", "https://hooks.slack.com.evil.test/x",
     "https://hooks.slack.com@evil.test/x", "https://evil.test/hooks.slack.com", "//hooks.slack.com/x", "",
     "https://hooks.slack.com:8443/x", "http://127.0.0.1:4001/api/", "https://127.0.0.1:4000/", "file:///etc/passwd",
     "https://evil.test\\@hooks.slack.com/x", "https://hooks.slack.com\n.evil.test/"],
)  # fmt: skip
def test_a_response_url_that_leads_elsewhere_or_nowhere_is_not_used(url: str) -> None:
    """The person is answered another way, so it must not raise either."""
    clock = FakeClock(NOON)
    client = AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:4000/api/")  # noqa: S106 - no token of anything
    slack = Slack(client, clock)
    directory = SlackDirectory(slack, clock, team=TeamId("T0COUNTER"), usergroups=frozenset())
    surface = SlackSurface(slack, directory, lambda: None)  # type: ignore[arg-type, return-value]  # no card is drawn
    assert not Ephemerals(slack, surface, client).is_slacks(url)
    assert Ephemerals(slack, surface, client).is_slacks("https://hooks.slack.com/x")
    assert Ephemerals(slack, surface, client).is_slacks("http://127.0.0.1:4000/response/1")
