import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.harness import Fault, Message, NotPossible, Person, Setup, Slack, running
from bot.playground.record import Record
from bot.playground.words import Json
from tests.playground.kit import actions, button
from tests.playground.listening import Bot, Heard, listening

WAIT_S = 0.15


@pytest.fixture
def setup() -> Setup:
    """Give a Slack that waits less than 3 s, so that lateness is quick to test."""
    return Setup(answer_within_s=WAIT_S)


@pytest.fixture
async def card(slack: Slack, client: AsyncWebClient) -> Message:
    """Give a message with a button and a menu."""
    menu = {"type": "overflow", "action_id": "more", "options": [option("teach"), option("withdraw")]}
    await client.chat_postMessage(channel="C0OPS", text="x", blocks=[actions(button("approve", "t|1|d"), menu)])
    await slack.until(lambda: slack.deliveries)
    return slack.channel("C0OPS")[0]


def option(value: str) -> Json:
    """Give an option of a menu."""
    return {"text": {"type": "plain_text", "text": value}, "value": value}


def is_signed(slack: Slack, heard: Heard) -> bool:
    """Ask slack_sdk itself."""
    return SignatureVerifier(slack.secrets.signing_secret).is_valid_request(heard.body, heard.headers)


async def test_every_kind_of_request_is_signed(slack: Slack, bot: Bot, card: Message, rita: Person) -> None:
    """Over the exact bytes, with the time of this machine, even when Slack's timers run ahead."""
    slack.clock.advance(3600)
    await rita.command("C0OPS", "/agent", "x")
    await rita.click(card, "approve")
    await rita.post("C0OPS", "hello")
    assert len(bot.heard) == 4
    assert all(is_signed(slack, heard) for heard in bot.heard)


@pytest.mark.parametrize("kind", ["wrong_signature", "old_timestamp", "missing_headers"])
async def test_a_forged_request_does_not_verify(slack: Slack, bot: Bot, rita: Person, kind: str) -> None:
    """The guard must refuse each."""
    slack.faults.add(Fault(on="delivery:command", kind=kind))  # type: ignore[arg-type]  # parametrized
    await rita.command("C0OPS", "/agent", "x")
    assert not is_signed(slack, bot.heard[-1])


async def test_a_timestamp_may_be_no_number(slack: Slack, bot: Bot, rita: Person) -> None:
    """Bolt alone would answer 500."""
    slack.faults.add(Fault(on="delivery:*", kind="bad_timestamp"))
    await rita.command("C0OPS", "/agent", "x")
    assert bot.heard[-1].headers["x-slack-request-timestamp"] == "soon"


async def test_a_replay_is_the_same_bytes_under_the_same_signature(slack: Slack, bot: Bot, rita: Person) -> None:
    """A window of five minutes is no replay protection."""
    slack.faults.add(Fault(on="delivery:command", kind="replay"))
    await rita.command("C0OPS", "/agent", "x")
    first, second = bot.heard
    assert first.body == second.body
    assert first.headers["x-slack-signature"] == second.headers["x-slack-signature"]


async def test_a_command_carries_what_slack_sends(bot: Bot, rita: Person) -> None:
    """Text is escaped, people and channels are marked up, booleans are words."""
    await rita.command("C0OPS", "/agent", "restart <x> & tell @ada in #ops")
    form = bot.payloads[-1]
    assert form["text"] == "restart &lt;x&gt; &amp; tell <@U0APPROVER|ada> in <#C0OPS|ops>"
    assert (form["user_id"], form["channel_id"], form["channel_name"]) == ("U0RITA", "C0OPS", "ops")
    assert (form["is_enterprise_install"], form["command"], form["team_id"]) == ("false", "/agent", "T0COUNTER")
    assert "thread_ts" not in form
    await rita.command("G0PRIV", "/agent", "x")
    assert bot.payloads[-1]["channel_name"] == "privategroup"
    await rita.command(rita.dm(), "/agent", "x")
    assert bot.payloads[-1]["channel_name"] == "directmessage"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("", []),
        ("plain words", ["plain words"]),
        ('{"text": "from json"}', ["from json"]),
        ('["not a message"]', ['["not a message"]']),
    ],
)
async def test_the_answer_to_a_command_is_shown(bot: Bot, rita: Person, body: str, shown: list[str]) -> None:
    """Ephemeral by default."""
    bot.says(body)
    assert (await rita.command("C0OPS", "/agent", "x")).ok
    assert [message.text for message in rita.ephemerals] == shown


@pytest.mark.parametrize("status", [201, 404, 500])
async def test_a_command_that_is_not_answered_with_200_failed(bot: Bot, rita: Person, status: int) -> None:
    """The person reads an error; what came with it is not shown."""
    bot.says("words", status=status)
    delivery = await rita.command("C0OPS", "/agent", "x")
    assert (delivery.ok, delivery.status, rita.ephemerals) == (False, status, [])


async def test_a_late_answer_is_dropped_and_recorded(slack: Slack, bot: Bot, rita: Person) -> None:
    """Late is late, though the work may have been done."""
    gate = asyncio.Event()

    async def slowly(_: Heard) -> web.Response:
        await gate.wait()
        return web.Response(text="too late")

    bot.answer = slowly
    delivery = await rita.command("C0OPS", "/agent", "x")
    gate.set()
    assert (delivery.ok, delivery.error, delivery.status, rita.ephemerals) == (False, "http_timeout", None, [])
    assert [violation.rule for violation in slack.violations] == ["late"]


async def test_an_answer_within_3_s_may_still_be_over_budget(bot: Bot) -> None:
    """A test that asserts on no violations sees it."""
    async with listening(bot) as url, running(Setup(events_url=url, budget_ms=0.0)) as slack:
        delivery = await slack.as_person("U0RITA").command("C0OPS", "/agent", "x")
        assert delivery.ok
        assert [violation.rule for violation in slack.violations] == ["ack_budget"]


async def test_a_lenient_setup_does_not_record_a_rule(bot: Bot) -> None:
    """Each rule is a switch."""
    lenient = Setup(budget_ms=0.0, lenient=frozenset({"ack_budget"}))
    async with listening(bot) as url, running(replace(lenient, events_url=url)) as slack:
        await slack.as_person("U0RITA").command("C0OPS", "/agent", "x")
        assert slack.violations == []


async def test_a_click_carries_the_message_as_slack_stored_it(
    slack: Slack, bot: Bot, card: Message, rita: Person
) -> None:
    """With the ids and flags that Slack added, without metadata."""
    delivery = await rita.click(card, "approve")
    payload = bot.payloads[-1]
    assert (delivery.ok, payload["type"]) == (True, "block_actions")
    assert payload["message"]["blocks"][0]["block_id"] == payload["actions"][0]["block_id"]
    assert payload["message"]["blocks"][0]["elements"][0]["text"]["emoji"] is True
    assert payload["container"] == {
        "type": "message",
        "message_ts": card.ts,
        "channel_id": "C0OPS",
        "is_ephemeral": False,
    }
    assert (payload["actions"][0]["value"], payload["channel"]["id"]) == ("t|1|d", "C0OPS")
    assert payload["user"] == {"id": "U0RITA", "username": "rita", "name": "rita", "team_id": "T0COUNTER"}
    assert slack.violations == []


async def test_a_menu_is_pressed_by_its_option(bot: Bot, card: Message, rita: Person) -> None:
    """By the option's name alone, or by menu and option."""
    await rita.click(card, "teach")
    await rita.click(card, "more", "withdraw")
    chosen = [payload["actions"][0]["selected_option"]["value"] for payload in bot.payloads[-2:]]
    assert (chosen, bot.payloads[-1]["actions"][0]["type"]) == (["teach", "withdraw"], "overflow")


async def test_an_old_screen_still_has_its_buttons(
    bot: Bot, client: AsyncWebClient, card: Message, rita: Person
) -> None:
    """The card was updated meanwhile; the payload shows what was on the screen."""
    await client.chat_update(channel="C0OPS", ts=card.ts, text="decided", blocks=[])
    await rita.click(card, "approve")
    clicks = [payload for payload in bot.payloads if payload["type"] == "block_actions"]
    assert (clicks[-1]["message"]["text"], clicks[-1]["message"]["blocks"]) == ("x", card.blocks)


async def test_a_double_click_is_two_requests(bot: Bot, card: Message, rita: Person, ada: Person) -> None:
    """With two triggers: transport dedupe cannot stop it."""
    await asyncio.gather(rita.click(card, "approve"), rita.click(card, "approve"), ada.click(card, "approve"))
    triggers = {payload["trigger_id"] for payload in bot.payloads if payload["type"] == "block_actions"}
    assert len(triggers) == 3


async def test_an_answer_with_a_body_to_a_click_is_a_violation(
    slack: Slack, bot: Bot, card: Message, rita: Person
) -> None:
    """Slack does not use it."""
    bot.says("thanks")
    await rita.click(card, "approve")
    assert [violation.rule for violation in slack.violations] == ["answer_body"]


async def test_what_the_client_does_not_offer_cannot_be_done(slack: Slack, card: Message, rita: Person) -> None:
    """Another button, a wrong command, an external's command, a deactivated person, a channel one is not in."""
    with pytest.raises(NotPossible):
        await rita.click(card, "no_such_button")
    with pytest.raises(NotPossible):
        await rita.command("C0OPS", "/agnet", "x")
    with pytest.raises(NotPossible, match="other organisations"):
        await slack.as_person("U0EXT").command("C0OPS", "/agent", "x")
    with pytest.raises(NotPossible, match="deactivated"):
        await slack.as_person("U0GONE").post("C0OPS", "x")
    with pytest.raises(NotPossible, match="not in this conversation"):
        await slack.as_person("U0GUEST").post("G0PRIV", "x")


async def test_an_external_member_may_click(slack: Slack, bot: Bot, card: Message) -> None:
    """Their team is not ours; the bot must look."""
    await slack.as_person("U0EXT").click(card, "approve")
    payload = bot.payloads[-1]
    assert (payload["user"]["team_id"], payload["team"]["id"]) == ("T0OTHER", "T0COUNTER")


async def test_a_mention_arrives_twice(bot: Bot, rita: Person) -> None:
    """As message and as app_mention: two event_ids, one ts."""
    ts = await rita.post("C0OPS", "<@U0BOT> help me & <friends>")
    first, second = bot.payloads
    assert {first["event"]["type"], second["event"]["type"]} == {"message", "app_mention"}
    assert first["event_id"] != second["event_id"]
    assert first["event"]["ts"] == second["event"]["ts"] == ts
    assert first["event"]["text"] == "<@U0BOT> help me &amp; &lt;friends&gt;"
    assert first["event"]["blocks"][0]["elements"][0]["elements"][0] == {"type": "user", "user_id": "U0BOT"}
    assert first["authorizations"][0]["user_id"] == "U0BOT"


async def test_a_direct_message_is_no_mention(bot: Bot, rita: Person) -> None:
    """There it is message.im only."""
    await rita.post(rita.dm(), "<@U0BOT> hello")
    assert [(event["type"], event["channel_type"]) for event in bot.events] == [("message", "im")]


async def test_the_bot_hears_nothing_where_it_is_not(bot: Bot, rita: Person) -> None:
    """Not even when it is mentioned."""
    await rita.post("C0DEV", "<@U0BOT> hello")
    assert bot.heard == []


async def test_without_the_scope_there_is_no_event(slack: Slack, bot: Bot, rita: Person) -> None:
    """A subscription alone tells nothing."""
    slack.grant(slack.standin.scopes - {"channels:history"})
    await rita.post("C0OPS", "<@U0BOT> hello")
    assert [event["type"] for event in bot.events] == ["app_mention"]


async def test_another_bot_writes_without_a_subtype(slack: Slack, bot: Bot) -> None:
    """Only bot_id tells it from a person."""
    await slack.as_person("U0OTHERBOT").post("C0OPS", "beep")
    (event,) = bot.events
    assert (event["bot_id"], event["user"], "subtype" in event) == ("B0OTHER", "U0OTHERBOT", False)


async def test_an_external_writes_with_their_own_team(slack: Slack, bot: Bot) -> None:
    """And the wrapper says that the channel is shared."""
    await slack.as_person("U0EXT").post("C0OPS", "hi")
    assert (bot.payloads[0]["is_ext_shared_channel"], bot.events[0]["user_team"]) == (True, "T0OTHER")


async def test_an_unfurl_is_a_change_without_an_edit(slack: Slack, bot: Bot, rita: Person) -> None:
    """It must not be taken for a correction; a real edit has `edited`."""
    ts = await rita.post("C0OPS", "https://example.com/a")
    await slack.unfurl("C0OPS", ts)
    await rita.edit("C0OPS", ts, "other words")
    posted, unfurled, edited = bot.events
    assert posted["text"] == "<https://example.com/a>"
    assert (unfurled["subtype"], "edited" in unfurled["message"]) == ("message_changed", False)
    assert edited["message"]["edited"]["user"] == "U0RITA"


async def test_a_failed_event_is_retried_at_once_then_after_one_and_five_minutes(
    slack: Slack, bot: Bot, rita: Person
) -> None:
    """Same event_id, fresh signature, numbered; then Slack gives up."""
    bot.says(status=503)
    await rita.post("C0OPS", "hello")
    for skipped, heard in ((0, 2), (60, 3), (300, 4), (3600, 4)):
        slack.clock.advance(skipped)
        await slack.until(lambda heard=heard: len(slack.deliveries) == heard)  # type: ignore[misc]  # bound now
    assert [one.headers.get("x-slack-retry-num") for one in bot.heard] == [None, "1", "2", "3"]
    assert {one.headers.get("x-slack-retry-reason") for one in bot.heard[1:]} == {"http_error"}
    assert len({payload["event_id"] for payload in bot.payloads}) == 1
    assert all(is_signed(slack, one) for one in bot.heard)


async def test_no_retry_is_honoured_on_failure(slack: Slack, bot: Bot, rita: Person) -> None:
    """The header on a 200 means nothing, on a 500 it ends the matter."""
    bot.says(status=500, headers={"x-slack-no-retry": "1"})
    await rita.post("C0OPS", "hello")
    slack.clock.advance(3600)
    await rita.post("C0OPS", "hello again")
    assert len(bot.heard) == 2


async def test_a_slow_200_is_retried_while_the_first_still_runs(slack: Slack, bot: Bot, rita: Person) -> None:
    """The same event_id twice at once: http_timeout."""
    running_now, most = 0, 0
    gate = asyncio.Event()

    async def slowly(_: Heard) -> web.Response:
        nonlocal running_now, most
        running_now += 1
        most = max(most, running_now)
        if most > 1:
            gate.set()
        await gate.wait()
        running_now -= 1
        return web.Response()

    bot.answer = slowly
    await rita.post("C0OPS", "hello")
    await gate.wait()
    await slack.until(lambda: slack.deliveries[-1].ok)
    assert (most, len(bot.heard)) == (2, 2)
    assert bot.heard[1].headers["x-slack-retry-reason"] == "http_timeout"


async def test_an_event_may_be_answered_with_any_2xx(slack: Slack, bot: Bot, rita: Person) -> None:
    """And its body is not looked at."""
    bot.says("words", status=202)
    await rita.post("C0OPS", "hello")
    assert (slack.deliveries[0].ok, slack.violations) == (True, [])


async def test_a_bot_that_is_away_fails_every_delivery(slack: Slack, rita: Person) -> None:
    """And nothing here breaks over it."""
    slack.events_url = ""
    delivery = await rita.command("C0OPS", "/agent", "x")
    assert (delivery.ok, delivery.error) == (False, "connection_failed")


@pytest.mark.parametrize(("kind", "times"), [("duplicate", 2), ("delay", 1), ("lost", 0)])
async def test_a_delivery_may_come_twice_late_or_never(
    slack: Slack, bot: Bot, rita: Person, *, kind: str, times: int
) -> None:
    """One fault, one delivery; a lost interaction is not sent again."""
    slack.faults.add(Fault(on="delivery:command", kind=kind, seconds=0.01))  # type: ignore[arg-type]  # parametrized
    await rita.command("C0OPS", "/agent", "x")
    await slack.until(lambda: len(slack.deliveries) == max(times, 1))
    assert len(bot.heard) == times


async def test_a_payload_may_be_mangled(slack: Slack, bot: Bot, card: Message, rita: Person) -> None:
    """Unknown fields, a null team, a name that is missing: the bot must bear them."""

    def mangled(payload: Json) -> Json:
        return payload | {"team": None, "new": {"field": 1}, "channel": {"id": "C0OPS"}}

    slack.faults.add(Fault(on="delivery:interaction", kind="mangle", change=mangled))
    await rita.click(card, "approve")
    assert (bot.payloads[-1]["team"], bot.payloads[-1]["channel"]) == (None, {"id": "C0OPS"})


async def test_uninstalling_tells_both_events_in_either_order(bot: Bot) -> None:
    """No order is promised."""
    orders = []
    for revoked_first in (False, True):
        bot.heard.clear()
        async with listening(bot) as url, running(Setup(events_url=url)) as slack:
            await slack.uninstall(revoked_first=revoked_first)
            orders.append({event["type"] for event in bot.events})
    assert orders == [{"app_uninstalled", "tokens_revoked"}] * 2


async def test_a_shortcut_on_a_message_has_the_message_and_a_global_one_has_nothing(bot: Bot, rita: Person) -> None:
    """No channel and no response_url for the second."""
    ts = await rita.post("C0OPS", "please look")
    await rita.shortcut("make_task", channel="C0OPS", ts=ts)
    await rita.global_shortcut("start_task")
    on_message, anywhere = bot.payloads[-2:]
    assert (on_message["type"], on_message["message"]["text"], on_message["message_ts"]) == (
        "message_action",
        "please look",
        ts,
    )
    assert (anywhere["type"], anywhere["callback_id"]) == ("shortcut", "start_task")
    assert not {"channel", "response_url", "message"} & set(anywhere)


async def test_the_handshake_wants_its_challenge_back(slack: Slack, bot: Bot) -> None:
    """Plain or in JSON; anything else and the URL is not saved."""
    bot.answer = lambda heard: web.json_response({"challenge": heard.payload["challenge"]})
    assert await slack.handshake()
    bot.says("hello")
    assert not await slack.handshake()


@pytest.fixture
async def redirecting(bot: Bot) -> AsyncIterator[str]:
    """Give an address that leads elsewhere, again and again."""

    async def away(request: web.Request) -> web.StreamResponse:
        left = int(request.match_info["left"])
        raise web.HTTPFound(f"/hop/{left - 1}") if left else web.HTTPOk

    app = web.Application()
    app.router.add_route("*", "/hop/{left}", away)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hop/"
    await runner.cleanup()
    del bot


@pytest.mark.parametrize(("hops", "error"), [("2", None), ("4", "too_many_redirects")])
async def test_an_event_follows_two_redirects(
    slack: Slack, rita: Person, redirecting: str, *, hops: str, error: str | None
) -> None:
    """More are a failure of their own name."""
    slack.events_url = redirecting + hops
    await rita.post("C0OPS", "hello")
    assert slack.deliveries[0].error == error


async def test_a_made_up_wrapper_can_be_sent(slack: Slack, bot: Bot) -> None:
    """app_rate_limited has no event inside; Bolt knows nothing of it."""
    body: Json = {"type": "app_rate_limited", "token": "x", "team_id": "T0COUNTER", "minute_rate_limited": 1}
    assert (await slack.send_event(body)).ok
    assert (bot.payloads, slack.deliveries[-1].event_type) == ([body], "")


async def test_people_and_places_change_under_a_test(slack: Slack, bot: Bot, card: Message, ada: Person) -> None:
    """Somebody leaves, is deactivated, looks into a public channel they are not in."""
    slack.set_members("C0OPS", {"U0BOT"})
    await ada.click(card, "approve")
    assert bot.payloads[-1]["user"]["id"] == "U0APPROVER"
    with pytest.raises(NotPossible):
        await slack.as_person("U0GUEST").click(card, "approve")
    slack.change_person("U0APPROVER", "deactivated")
    with pytest.raises(NotPossible):
        await ada.click(card, "approve")


def test_a_rule_that_does_not_exist_cannot_be_violated() -> None:
    """A typing error in the stand-in must not go unnoticed."""
    with pytest.raises(KeyError):
        Record().violated("no_such_rule", "")


async def test_a_screen_shows_words_and_what_can_be_pressed(card: Message) -> None:
    """What a test of a card asserts on."""
    assert (card.words, card.user, card.text) == ("approve\nteach\nwithdraw", "U0BOT", "x")
    assert card.action_ids == {"approve", "more", "teach", "withdraw"}
    assert card.buttons["approve"]["value"] == "t|1|d"
