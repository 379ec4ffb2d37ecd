import json
from urllib.parse import urlencode

import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.guard import Installation, to_bolt
from bot.guard.answers import TOO_FAST
from bot.payloads import BlockActions, MessageEvent, SlashCommand
from tests.bot.guard.door import FORM, JSON, PATH, Door, click, event, form_of, sign

COMMAND = {
    "team_id": "T1",
    "channel_id": "C1",
    "user_id": "U1",
    "command": "/agent",
    "text": "restart it",
    "trigger_id": "1.2.c",
    "api_app_id": "A1",
}


async def test_each_kind_arrives_as_what_it_is(door: Door) -> None:
    """A command, a click and an event come in three ways and leave as three types."""
    assert (await door.knock(urlencode(COMMAND).encode(), sent_as=FORM))[0] == 200
    assert (await door.press(click()))[0] == 200
    assert (await door.tell(event()))[0] == 200
    assert [type(admitted.payload) for admitted in door.behind.seen] == [SlashCommand, BlockActions, MessageEvent]
    assert [admitted.kind for admitted in door.behind.seen] == ["command", "interaction", "event"]


CONTENT_TYPES = [
    *("", "x", "/", "text/plain", "text/html", "text/json", "text/xml", "application/xml", "image/png", "*/*"),
    *("application/octet-stream", "application/jsonp", "application/json-seq", "application/x-json", "json"),
    *("application/ld+json", "application/json, text/plain", "application/json;", "APPLICATION/JSON", "a" * 4000),
    *("application/json; charset=utf-7", 'application/json;charset="', " application/json", "multipart/form-data"),
    *("multipart/form-data; boundary=x", "multipart/mixed; boundary=x", "message/http", "application/x-ndjson"),
    *("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16"),
]  # fmt: skip


@pytest.mark.parametrize("named", CONTENT_TYPES)
async def test_g11_a_content_type_is_one_of_two_or_refused(door: Door, named: str) -> None:
    """An event that calls itself a form is no form, and everything else is nothing."""
    body = json.dumps(event()).encode()
    headers = [(name, value.encode()) for name, value in sign(body).items()]
    status = await door.raw_post(body, [("Content-Type", named.encode()), *headers])
    kind = named.partition(";")[0].strip().lower()
    assert status == {JSON: 200, FORM: 400}.get(kind, 415)


async def test_g11_no_content_type_and_two_are_refused(door: Door) -> None:
    """Two are one for each of two readers."""
    body = json.dumps(event()).encode()
    headers = [(name, value.encode()) for name, value in sign(body).items()]
    assert await door.raw_post(body, headers) == 415
    twice = [("Content-Type", JSON.encode()), ("Content-Type", FORM.encode())]
    assert await door.raw_post(body, headers + twice) in {400, 415}


async def test_g11_an_interaction_sent_as_json_is_refused(door: Door) -> None:
    """Slack sends them as forms; a framework would take it for one all the same."""
    assert (await door.tell(click()))[0] == 400


@pytest.mark.parametrize("body", [b"ssl_check=1", b"ssl_check=1&token=x"])
async def test_g13_the_bare_certificate_check_is_answered_with_nothing(door: Door, body: bytes) -> None:
    """Slack does not sign it, and its old token beside it opens nothing."""
    assert await door.knock(body, {}, sent_as=FORM) == (200, "")
    assert await door.knock(body, sent_as=FORM) == (200, "")
    assert not door.behind.seen


@pytest.mark.parametrize(
    "body",
    [
        b"ssl_check=1&" + form_of(click()),
        b"ssl_check=1&" + urlencode(COMMAND).encode(),
        b"ssl_check=0",
        b"ssl_check=1&ssl_check=1",
        b"ssl_check=1&x=",
        b"ssl_check",
        b"",
    ],
)
async def test_g13_a_certificate_check_opens_nothing_for_what_stands_beside_it(door: Door, body: bytes) -> None:
    """An Approve next to the field that makes a framework skip the signature."""
    assert (await door.knock(body, {}, sent_as=FORM))[0] == 401
    assert not door.behind.seen


async def test_g14_the_address_is_verified_only_when_signed(door: Door) -> None:
    """Unsigned it would repeat anybody's words. It names no workspace, so there is none to compare."""
    door.guard.installation = OURS
    body = json.dumps({"type": "url_verification", "token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV"}).encode()
    assert (await door.knock(body, {}))[0] == 401
    url = f"http://127.0.0.1:{door.port}{PATH}"
    async with door.client.post(url, data=body, headers={"Content-Type": JSON, **sign(body)}) as answer:
        assert (answer.status, await answer.text()) == (200, "3eZbrw1aBm2rZgRNFdxV")
        assert answer.content_type == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "challenge",
    ["<script>alert(1)</script>", "a\r\nB: c", ["a"], {"a": "b"}, None, 5, "", "a" * 257, "a" * 100_000, "é", "a b"],
)
async def test_g14_a_challenge_that_means_something_is_not_repeated(door: Door, challenge: object) -> None:
    """Slack's are letters and digits."""
    assert (await door.tell({"type": "url_verification", "challenge": challenge}))[0] == 400


async def test_g17_no_header_is_passed_on_and_only_the_retry_s_are_read(door: Door) -> None:
    """Bolt takes two headers as an order to run one listener and nothing else, and hangs on it."""
    body = form_of(click())
    orders = {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "approve", "X-Other": "y"}
    retry = {"X-Slack-Retry-Num": "2", "X-Slack-Retry-Reason": "http_timeout"}
    assert (await door.knock(body, {**sign(body), **orders, **retry}, sent_as=FORM))[0] == 200
    (admitted,) = door.behind.seen
    assert to_bolt(admitted).headers == {}
    assert (admitted.retry, admitted.retry_reason) == (2, "http_timeout")
    assert (to_bolt(admitted).lazy_only, to_bolt(admitted).lazy_function_name) == (False, None)


@pytest.mark.parametrize("number", ["", "x", "-1", "1e3", "9" * 5000])
async def test_a_retry_number_that_is_none_is_no_retry(door: Door, number: str) -> None:
    """The header is not signed."""
    body = json.dumps(event()).encode()
    assert (await door.knock(body, {**sign(body), "X-Slack-Retry-Num": number}))[0] == 200
    assert door.behind.seen[0].retry is None


async def test_bolt_sees_what_the_guard_read(door: Door) -> None:
    """A command with the word payload in it is lost by Bolt's own reader."""
    command = {**COMMAND, "text": "send the payload= again"}
    await door.knock(urlencode(command).encode(), sent_as=FORM)
    await door.press(click())
    heard: list[object] = []
    app = AsyncApp(
        signing_secret="unused",  # noqa: S106  Bolt wants one; the guard has checked the signature
        authorize=_authorize,
        request_verification_enabled=False,
        process_before_response=True,
    )

    @app.command("/agent")
    async def agent(ack: object, body: dict[str, object]) -> None:
        heard.append(body["text"])
        await ack()  # type: ignore[operator]  # Bolt passes it by name

    @app.action("approve")
    async def approve(ack: object, body: dict[str, object]) -> None:
        heard.append(body["trigger_id"])
        await ack()  # type: ignore[operator]  # Bolt passes it by name

    answers = [await app.async_dispatch(to_bolt(admitted)) for admitted in door.behind.seen]
    assert [answer.status for answer in answers] == [200, 200]
    assert heard == ["send the payload= again", "1.2.abc"]


async def _authorize() -> AuthorizeResult:
    """Say who we are without asking Slack."""
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="t", bot_user_id="UB")  # noqa: S106  no token at all


OURS = Installation(team_id="T1", app_id="A1", enterprise_id="E1", bot_user_id="UB")
OUTSIDER = {"id": "U9", "team_id": "T2"}
MODAL = {"id": "V1", "type": "modal", "callback_id": "reject", "app_installed_team_id": "T1", "state": {"values": {}}}


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        (click(), 200),
        (click(api_app_id="A2"), 403),
        (click(team={"id": "T2"}), 403),
        (click(team={"id": "T2"}, user=OUTSIDER), 403),
        (click(team={"id": "T1", "enterprise_id": "E2"}), 403),
        (click(team={"id": "T1", "enterprise_id": "E1"}), 200),
        (click(user=OUTSIDER), 200),
        (click(team=None), 200),
        (click(team=None, user=OUTSIDER), 403),
        (click(team=None, user={"id": "U1"}, enterprise={"id": "E1"}), 200),
        (click(team=None, user={"id": "U1"}, enterprise={"id": "E2"}), 403),
        (click(team=None, user={"id": "U1"}), 403),
        (click(type="view_submission", view=MODAL), 200),
        (click(type="view_submission", view={**MODAL, "app_installed_team_id": "T2"}), 403),
        (click(type="view_submission", view=MODAL, team={"id": "T2", "enterprise_id": "E2"}, user=OUTSIDER), 200),
        (click(type="view_submission", view=MODAL, team={"id": "T2"}), 403),
    ],
)
async def test_g18_an_interaction_for_another_installation_is_refused(
    door: Door, payload: dict[str, object], status: int
) -> None:
    """The secret is the app's; whoever else installed the app is nobody here."""
    door.guard.installation = OURS
    assert (await door.press(payload))[0] == status
    assert len(door.behind.seen) == (status == 200)
    assert [refusal.reason for refusal in door.refused] == (["foreign"] if status == 403 else [])


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        (event(), 200),
        (event(api_app_id="A2"), 403),
        (event(team_id="T2"), 403),
        (event(enterprise_id="E2"), 200),  # beside a team it is the sender's
        (event(team_id="T2", context_team_id="T1", is_ext_shared_channel=True), 200),
        (event(team_id="T2", context_team_id="T1"), 403),
        (event(team_id="T1", context_team_id="T2", is_ext_shared_channel=True), 403),
        (event(context_team_id="T1", context_enterprise_id="E2"), 403),
        (event(team_id=None, enterprise_id="E1"), 200),
        (event(team_id=None, enterprise_id="E2"), 403),
        (event(team_id=None), 200),
    ],
)
async def test_g18_an_event_for_another_installation_is_refused(
    door: Door, payload: dict[str, object], status: int
) -> None:
    """In a shared channel the other side may stand first."""
    door.guard.installation = OURS
    assert (await door.tell(payload))[0] == status
    assert len(door.behind.seen) == (status == 200)


async def test_g18_an_organisation_takes_what_comes_from_it(door: Door) -> None:
    """An installation for a whole organisation names no team."""
    door.guard.installation = Installation(enterprise_id="E1", app_id="A1")
    assert (await door.press(click(team=None, enterprise={"id": "E1"})))[0] == 200
    assert (await door.press(click(team=None, enterprise={"id": "E2"})))[0] == 403


async def test_g18_the_audit_line_names_app_and_team(door: Door) -> None:
    """Somebody will ask whose request it was."""
    door.guard.installation = OURS
    await door.press(click(api_app_id="A2", team={"id": "T2"}))
    assert [(no.app_id, no.team_id, no.status) for no in door.refused] == [("A2", "T2", 403)]


async def test_our_own_words_come_back_and_are_no_input(door: Door) -> None:
    """Slack tells a bot what it said itself; to answer that would never end."""
    door.guard.installation = OURS
    said = {"type": "message", "user": "UB", "text": TOO_FAST, "ts": "1.1", "channel": "C1"}
    assert await door.tell(event(event=said)) == (200, "")
    assert not door.behind.seen
    assert [refusal.reason for refusal in door.refused] == ["bot"]


async def test_a_limit_notice_of_slack_is_acknowledged(door: Door) -> None:
    """Bolt knows no such payload and would answer 404."""
    assert (await door.tell({"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1}))[0] == 200
