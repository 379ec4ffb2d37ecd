import asyncio
import json
from dataclasses import replace

import aiohttp
import pytest

from bot.playground.harness import STRICT, Fault, Rates, Setup, Slack, running
from bot.playground.words import Json

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json; charset=utf-8"}


async def ask(
    slack: Slack, method: str, *, headers: dict[str, str] | None = None, body: bytes = b"", token: str | None = None
) -> tuple[int, Json, dict[str, str]]:
    """Send raw bytes: what a library would not send must be refused as well."""
    given = slack.secrets.bot_token if token is None else token
    sent = ({"Authorization": f"Bearer {given}"} if given else {}) | (headers or {})
    async with (
        aiohttp.ClientSession(skip_auto_headers={"Content-Type"}) as session,
        session.post(slack.api_url + method, data=body, headers=sent) as response,
    ):
        return response.status, await response.json(), dict(response.headers)


async def test_a_token_alone_says_whose_it_is(slack: Slack) -> None:
    """The call that Bolt makes first: POST, form header, no body."""
    _, answer, headers = await ask(slack, "auth.test", headers=FORM)
    assert (answer["ok"], answer["team_id"], answer["user_id"], answer["bot_id"]) == (
        True,
        "T0COUNTER",
        "U0BOT",
        "B0BOT",
    )
    assert "chat:write" in headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("method", "token", "error"),
    [
        ("auth.test", "", "not_authed"),
        ("auth.test", "xoxb-wrong", "invalid_auth"),
        ("apps.connections.open", "", "missing_args"),
        ("apps.connections.open", "xapp-wrong", "invalid_auth"),
        ("no.such.method", None, "unknown_method"),
        ("assistant.threads.setStatus", None, "unknown_method"),
    ],
)
async def test_a_bad_token_or_method_is_named(slack: Slack, method: str, token: str | None, error: str) -> None:
    """Each has its own error string: a bot may tell them apart."""
    status, answer, _ = await ask(slack, method, headers=FORM, token=token)
    assert (status, answer["ok"], answer["error"]) == (200, False, error)


async def test_a_token_of_the_other_kind_is_refused(slack: Slack) -> None:
    """A bot token opens no socket, an app token posts nothing."""
    _, with_bot, _ = await ask(slack, "apps.connections.open", headers=FORM)
    _, with_app, _ = await ask(slack, "views.open", headers=FORM, token=slack.secrets.app_token)
    assert with_bot["error"] == with_app["error"] == "not_allowed_token_type"


async def test_the_token_may_stand_in_a_form_but_not_in_json(slack: Slack) -> None:
    """With a JSON body it must be in the header."""
    _, form, _ = await ask(slack, "auth.test", headers=FORM, body=f"token={slack.secrets.bot_token}".encode(), token="")
    written = json.dumps({"token": slack.secrets.bot_token}).encode()
    _, in_json, _ = await ask(slack, "auth.test", headers=JSON, body=written, token="")
    assert (form["ok"], in_json["error"]) == (True, "not_authed")


@pytest.mark.parametrize(
    ("method", "headers", "body", "error"),
    [
        ("chat.postMessage", {"Content-Type": "text/plain"}, b"x", "invalid_post_type"),
        ("chat.postMessage", {}, b"channel=C0OPS", "missing_post_type"),
        ("conversations.replies", JSON, b'{"channel": "C0OPS"}', "invalid_post_type"),
        ("users.info", JSON, b'{"user": "U0RITA"}', "invalid_post_type"),
        ("chat.postMessage", JSON, b'{"channel": ', "invalid_json"),
        ("chat.postMessage", JSON, b"[1]", "json_not_object"),
        ("chat.postMessage", FORM, b"\xff\xfe", "invalid_form_data"),
        ("chat.postMessage", FORM, b"chan%20nel=C0OPS", "invalid_arg_name"),
        ("chat.postMessage", FORM, b"channel=C0OPS&channel=C0DEV", "invalid_array_arg"),
        ("chat.postMessage", FORM, b"channel[]=C0OPS", "invalid_array_arg"),
        ("chat.postMessage", JSON, b'{"channel": ["C0OPS"], "text": "x"}', "invalid_array_arg"),
        ("chat.postMessage", JSON, b'{"channel": {"id": "C0OPS"}, "text": "x"}', "invalid_arguments"),
        ("chat.postMessage", JSON, b'{"text": "x"}', "invalid_arguments"),
        ("chat.update", JSON, b'{"channel": "C0OPS", "text": "x"}', "invalid_arguments"),
    ],
)
async def test_a_body_of_the_wrong_form_is_named(
    slack: Slack, method: str, headers: dict[str, str], *, body: bytes, error: str
) -> None:
    """JSON only where the method takes it, strings where it wants strings."""
    _, answer, _ = await ask(slack, method, headers=headers, body=body)
    assert answer["error"] == error


async def test_a_wrong_argument_is_named_with_its_pointer(slack: Slack) -> None:
    """A person who reads the log finds the argument."""
    _, answer, _ = await ask(slack, "chat.postMessage", headers=JSON, body=b'{"channel": 5, "text": "x"}')
    assert answer["response_metadata"]["messages"] == ["[ERROR] must provide a string [json-pointer:/channel]"]


async def test_json_without_a_charset_is_warned_about(slack: Slack) -> None:
    """It works all the same."""
    body = b'{"channel": "C0OPS", "text": "x"}'
    _, answer, _ = await ask(slack, "chat.postMessage", headers={"Content-Type": "application/json"}, body=body)
    assert (answer["ok"], answer["warning"]) == (True, "missing_charset")


async def test_team_id_and_unknown_optional_arguments_are_taken(slack: Slack) -> None:
    """Bolt sends team_id with every call."""
    body = b'{"channel": "C0OPS", "text": "x", "team_id": "T0COUNTER", "something_new": true}'
    _, answer, _ = await ask(slack, "chat.postMessage", headers=JSON, body=body)
    assert answer["ok"]


@pytest.mark.parametrize(
    ("method", "body", "scope"),
    [
        ("chat.postMessage", b"channel=C0OPS&text=x", "chat:write"),
        ("conversations.replies", b"channel=C0OPS&ts=1700000000.000100", "channels:history"),
        ("conversations.replies", b"channel=G0PRIV&ts=1700000000.000100", "groups:history"),
        ("conversations.info", b"channel=C0OPS", "channels:read"),
        ("conversations.open", b"users=U0RITA", "im:write"),
        ("users.info", b"user=U0RITA", "users:read"),
        ("usergroups.users.list", b"usergroup=S0ONCALL", "usergroups:read"),
        ("files.getUploadURLExternal", b"filename=a&length=1", "files:write"),
        ("reactions.add", b"channel=C0OPS&timestamp=1700000000.000100&name=eyes", "reactions:write"),
    ],
)
async def test_a_missing_scope_is_named(slack: Slack, method: str, body: bytes, scope: str) -> None:
    """The installer learns which one to add."""
    slack.grant(slack.standin.scopes - {scope})
    _, answer, headers = await ask(slack, method, headers=FORM, body=body)
    assert (answer["error"], answer["needed"]) == ("missing_scope", scope)
    assert scope not in answer["provided"].split(",")
    assert "x-accepted-oauth-scopes" in headers


async def test_after_the_app_is_removed_no_token_is_good(slack: Slack) -> None:
    """Work that was under way gets these two."""
    await slack.uninstall()
    _, bot, _ = await ask(slack, "auth.test", headers=FORM)
    _, app, _ = await ask(slack, "apps.connections.open", headers=FORM, token=slack.secrets.app_token)
    assert (bot["error"], app["error"]) == ("account_inactive", "token_revoked")


async def test_a_rotated_token_that_is_too_old_is_refused(slack: Slack) -> None:
    """With rotation on, a token lives twelve hours."""
    slack.standin.standing.is_expired = True
    _, answer, _ = await ask(slack, "auth.test", headers=FORM)
    assert answer["error"] == "token_expired"


async def test_the_tier_of_a_method_holds_and_others_stay_open() -> None:
    """Tier 3 is fifty a minute; the fifty-first waits, and the clock lets it through again."""
    async with running(Setup(rates=replace(STRICT, burst=100))) as slack:
        body = b"channel=C0OPS"
        answers = await asyncio.gather(*(ask(slack, "conversations.info", headers=FORM, body=body) for _ in range(51)))
        late = [(status, headers.get("Retry-After")) for status, _, headers in answers if status != 200]
        assert late in ([(429, "2")], [(429, "1")])
        assert (await ask(slack, "users.info", headers=FORM, body=b"user=U0RITA"))[1]["ok"]
        slack.clock.advance(2)
        assert (await ask(slack, "conversations.info", headers=FORM, body=body))[1]["ok"]


async def test_posts_are_limited_per_channel() -> None:
    """A flood in one channel leaves the others open."""
    async with running(Setup(rates=Rates(factor=1, burst=2))) as slack:
        body = b"channel=C0OPS&text=x"
        answers = [await ask(slack, "chat.postMessage", headers=FORM, body=body) for _ in range(3)]
        assert [status for status, _, _ in answers] == [200, 200, 429]
        assert answers[2][1]["error"] == "ratelimited"
        assert (await ask(slack, "chat.postMessage", headers=FORM, body=b"channel=G0PRIV&text=x"))[1]["ok"]


@pytest.mark.parametrize(
    ("fault", "status", "error", "posts"),
    [
        (Fault(on="chat.postMessage", kind="rate_limited", seconds=7), 429, "ratelimited", 0),
        (Fault(on="*", kind="error", error="service_unavailable"), 200, "service_unavailable", 0),
        (Fault(on="chat.postMessage", kind="error_after"), 200, "fatal_error", 1),
        (Fault(on="chat.postMessage", kind="slow", seconds=0.01), 200, None, 1),
        (Fault(on="chat.postMessage", kind="slow_before", seconds=0.01), 200, None, 1),
    ],
)
async def test_a_fault_happens_once_and_does_or_does_not_the_deed(
    slack: Slack, fault: Fault, status: int, *, error: str | None, posts: int
) -> None:
    """The double-post test needs to know which."""
    slack.faults.add(fault)
    answered = await ask(slack, "chat.postMessage", headers=FORM, body=b"channel=C0OPS&text=x")
    assert (answered[0], answered[1].get("error")) == (status, error)
    assert len(slack.channel("C0OPS")) == posts
    assert (await ask(slack, "chat.postMessage", headers=FORM, body=b"channel=C0OPS&text=x"))[1]["ok"]


@pytest.mark.parametrize(("kind", "posts"), [("drop_before", 0), ("drop_after", 1)])
async def test_a_dropped_connection_says_nothing_about_the_deed(slack: Slack, kind: str, posts: int) -> None:
    """The client cannot tell the two apart."""
    slack.faults.add(Fault(on="chat.postMessage", kind=kind))  # type: ignore[arg-type]  # parametrized
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask(slack, "chat.postMessage", headers=FORM, body=b"channel=C0OPS&text=x")
    assert len(slack.channel("C0OPS")) == posts


async def test_a_held_call_waits_for_the_test(slack: Slack) -> None:
    """Two things at once, without a race in the test."""
    fault = slack.faults.add(Fault(on="chat.postMessage", kind="hold_after"))
    asked = asyncio.create_task(ask(slack, "chat.postMessage", headers=FORM, body=b"channel=C0OPS&text=x"))
    await fault.gate.reached.wait()
    assert len(slack.channel("C0OPS")) == 1
    assert not asked.done()
    fault.gate.opened.set()
    assert (await asked)[1]["ok"]


async def test_a_fault_may_let_some_pass_and_choose_by_arguments(slack: Slack) -> None:
    """The 429 in the middle of a burst, with other channels still open."""
    slack.faults.add(
        Fault(on="chat.postMessage", kind="rate_limited", after_passes=1, match=lambda args: args["channel"] == "C0OPS")
    )
    asked = [b"channel=C0OPS&text=1", b"channel=C0OPS&text=2", b"channel=G0PRIV&text=3", b"channel=C0OPS&text=4"]
    answers = [await ask(slack, "chat.postMessage", headers=FORM, body=body) for body in asked]
    assert [status for status, _, _ in answers] == [200, 429, 200, 200]


async def test_a_status_without_json_can_come_from_a_proxy(slack: Slack) -> None:
    """Not every answer is Slack's own."""
    slack.faults.add(Fault(on="auth.test", kind="status", status=503))
    with pytest.raises(aiohttp.ContentTypeError):
        await ask(slack, "auth.test", headers=FORM)


async def test_every_call_is_recorded_with_its_answer(slack: Slack) -> None:
    """A test asserts on what the bot asked, not on how."""
    await ask(slack, "chat.postMessage", headers=FORM, body=b"channel=C0OPS&text=x")
    await ask(slack, "chat.postMessage", headers=FORM, body=b"channel=C0NONE&text=x")
    assert [(call.method, call.args["channel"], call.ok) for call in slack.calls] == [
        ("chat.postMessage", "C0OPS", True),
        ("chat.postMessage", "C0NONE", False),
    ]
