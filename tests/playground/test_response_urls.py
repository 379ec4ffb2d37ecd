import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.harness import STRICT, Fault, Message, Person, Setup, Slack, running
from bot.playground.words import Json
from tests.playground.kit import actions, button
from tests.playground.listening import Bot, listening


async def respond(url: str, **body: object) -> tuple[int, str]:
    """Answer at a response_url."""
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        return response.status, await response.text()


@pytest.fixture
async def card(slack: Slack, client: AsyncWebClient) -> Message:
    """Give a message with a button, in a thread."""
    root = await client.chat_postMessage(channel="C0OPS", text="root")
    await client.chat_postMessage(channel="C0OPS", text="x", blocks=[actions(button("go"))], thread_ts=root["ts"])
    return slack.channel("C0OPS")[1]


@pytest.fixture
async def url(bot: Bot, card: Message, rita: Person) -> str:
    """Give the response_url of Rita's click on it."""
    await rita.click(card, "go")
    return str(bot.payloads[-1]["response_url"])


async def test_a_response_url_is_good_five_times(url: str) -> None:
    """The sixth is used_url."""
    answers = [await respond(url, text="x") for _ in range(6)]
    assert [status for status, _ in answers] == [200] * 5 + [404]
    assert "used_url" in answers[5][1]


async def test_a_response_url_is_good_for_half_an_hour(slack: Slack, url: str) -> None:
    """On the stand-in's clock."""
    slack.clock.advance(30 * 60 + 1)
    status, body = await respond(url, text="x")
    assert (status, "expired_url" in body) == (404, True)


async def test_an_answer_is_ephemeral_unless_it_says_otherwise(
    slack: Slack, url: str, rita: Person, ada: Person
) -> None:
    """It shows where the person clicked, to them alone."""
    await respond(url, text="only you")
    assert [(message.text, message.thread_ts) for message in rita.ephemerals] == [
        ("only you", slack.channel("C0OPS")[0].ts)
    ]
    assert ada.ephemerals == []


async def test_in_channel_arrives_as_a_bot_message_without_user(slack: Slack, bot: Bot, url: str) -> None:
    """So the bot must know itself by bot_id."""
    await respond(url, text="for all", response_type="in_channel")
    await slack.until(lambda: any(event.get("text") == "for all" for event in bot.events))
    event = next(event for event in bot.events if event.get("text") == "for all")
    assert (event["subtype"], event["bot_id"], "user" in event) == ("bot_message", "B0BOT", False)


async def test_replace_and_delete_change_the_clicked_message(slack: Slack, url: str, card: Message) -> None:
    """The public one stays public."""
    await respond(url, text="replaced", replace_original=True)
    shown = slack.message("C0OPS", card.ts)
    assert shown is not None
    assert (shown.text, shown.blocks) == ("replaced", [])
    await respond(url, delete_original=True)
    assert slack.message("C0OPS", card.ts) is None
    assert slack.violations == []


async def test_an_ephemeral_source_is_replaced_as_an_ephemeral(bot: Bot, client: AsyncWebClient, rita: Person) -> None:
    """The payload of its click has no message; in_channel does not make it public."""
    await client.chat_postEphemeral(channel="C0OPS", user="U0RITA", text="x", blocks=[actions(button("go"))])
    await rita.click(rita.ephemerals[-1], "go")
    payload = bot.payloads[-1]
    assert ("message" in payload, payload["container"]["is_ephemeral"]) == (False, True)
    await respond(payload["response_url"], text="done", replace_original=True, response_type="in_channel")
    assert [message.text for message in rita.ephemerals] == ["done"]
    await respond(payload["response_url"], delete_original=True)
    assert rita.ephemerals == []


async def test_a_command_has_no_original(bot: Bot, rita: Person, slack: Slack) -> None:
    """Replacing it posts a new ephemeral; deleting it finds nothing."""
    await rita.command("C0OPS", "/agent", "x")
    url = bot.payloads[-1]["response_url"]
    await respond(url, text="one")
    await respond(url, text="two", replace_original=True)
    assert [message.text for message in rita.ephemerals] == ["one", "two"]
    assert (await respond(url, delete_original=True))[0] == 400
    assert slack.channel("C0OPS") == []


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"text": "x", "thread_ts": "1700000000.000100"}, "response_url_thread"),
        ({"delete_original": True, "text": "x"}, "response_url_delete"),
        ({"blocks": [{"type": "divider"}]}, "missing_text"),
    ],
)
async def test_what_slack_ignores_in_silence_is_a_violation(slack: Slack, url: str, body: Json, rule: str) -> None:
    """The bot would never learn of it."""
    await respond(url, **body)
    assert [violation.rule for violation in slack.violations] == [rule]


async def test_a_body_that_breaks_a_limit_is_refused(url: str) -> None:
    """As 400 with the name."""
    assert await respond(url) == (400, '{"ok": false, "error": "no_text"}')
    status, body = await respond(url, text="x", blocks=[{"type": "marquee"}])
    assert (status, "invalid_blocks" in body) == (400, True)


async def test_a_response_url_takes_one_answer_a_second() -> None:
    """Where rates are strict."""
    bot = Bot()
    async with listening(bot) as url, running(Setup(events_url=url, rates=STRICT)) as slack:
        await slack.as_person("U0RITA").command("C0OPS", "/agent", "x")
        answer = bot.payloads[-1]["response_url"]
        statuses = [(await respond(answer, text="x"))[0] for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


async def test_an_answer_may_be_lost_after_it_was_shown(slack: Slack, url: str, rita: Person) -> None:
    """Faults are for response_urls as well."""
    slack.faults.add(Fault(on="response_url", kind="drop_after"))
    with pytest.raises(aiohttp.ClientConnectionError):
        await respond(url, text="shown")
    assert rita.ephemerals[-1].text == "shown"
