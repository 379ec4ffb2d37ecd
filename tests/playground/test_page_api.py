import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.harness import Person, Slack
from bot.playground.words import Json
from tests.playground.kit import actions, button, modal, plain, typed
from tests.playground.listening import Bot


@pytest.fixture
async def browser(slack: Slack) -> AsyncIterator[aiohttp.ClientSession]:
    """Give what a browser would be, with the page's token."""
    headers = {"X-Page-Token": slack.secrets.page_token, "Origin": slack.url.rstrip("/")}
    async with aiohttp.ClientSession(slack.url, headers=headers) as session:
        yield session


async def deed(browser: aiohttp.ClientSession, verb: str, user: str = "U0RITA", **body: object) -> Json:
    """Do something at the page."""
    async with browser.post(f"/api-page/{verb}", json={"as": user} | body) as response:
        answer: Json = await response.json()
        return answer


class Watching:
    """One open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, snapshot: Json) -> None:
        self.snapshot = snapshot
        self._socket = socket

    async def next(self, kind: str) -> Json:
        """Give the next frame of this kind."""
        while True:
            frame: Json = json.loads(await self._socket.receive_str(timeout=5))
            if frame["type"] == kind:
                return frame


@asynccontextmanager
async def watching(browser: aiohttp.ClientSession, slack: Slack, user: str) -> AsyncIterator[Watching]:
    """Open a page as somebody."""
    async with browser.ws_connect("/ws", params={"as": user, "token": slack.secrets.page_token}) as socket:
        first: Json = json.loads(await socket.receive_str(timeout=5))
        yield Watching(socket, first)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1:1"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 200),
    ],
)
@pytest.mark.parametrize("path", ["", "api/auth.test"])
async def test_a_foreign_host_or_origin_is_refused(
    slack: Slack, headers: dict[str, str], status: int, *, path: str
) -> None:
    """A web page elsewhere that guesses the port can do nothing, nor can a name that was rebound to us."""
    async with aiohttp.ClientSession() as session, session.get(slack.url + path, headers=headers) as response:
        assert response.status == status


async def test_without_the_page_token_nothing_is_done_or_told(slack: Slack, browser: aiohttp.ClientSession) -> None:
    """It stands only in the page itself."""
    async with browser.post("/api-page/dm", json={"as": "U0RITA"}, headers={"X-Page-Token": "x"}) as response:
        assert response.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await browser.ws_connect("/ws", params={"as": "U0RITA", "token": "x"})
    async with browser.get("/") as response:
        text = await response.text()
    assert slack.secrets.page_token in text
    assert 'content="{{' not in text


async def test_the_page_gets_its_modules_and_nothing_else(browser: aiohttp.ClientSession) -> None:
    """No path leads out of its folder."""
    async with browser.get("/static/main.js") as response:
        assert (response.status, response.content_type) == (200, "text/javascript")
    for path in ("/static/none.js", "/static/..%2fsetup.py", "/static/index.html"):
        async with browser.get(path) as response:
            assert response.status == 404


async def test_a_permalink_leads_into_the_page(browser: aiohttp.ClientSession) -> None:
    """To the thread, if it names one."""
    async with browser.get("/archives/C0OPS/p1700000000000100", allow_redirects=False) as response:
        assert response.headers["Location"] == "/#C0OPS/1700000000.000100"


async def test_a_snapshot_shows_what_this_person_may_see(
    slack: Slack, browser: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    """A guest sees no channel they were not invited to, and nobody else's ephemerals."""
    await client.chat_postMessage(channel="C0OPS", text="x")
    await client.chat_postEphemeral(channel="C0OPS", user="U0RITA", text="only Rita")
    async with watching(browser, slack, "U0RITA") as rita, watching(browser, slack, "U0GUEST") as guest:
        assert [channel["id"] for channel in rita.snapshot["channels"]] == ["C0OPS", "C0DEV", "G0PRIV"]
        assert [channel["id"] for channel in guest.snapshot["channels"]] == ["C0OPS"]
        assert (len(rita.snapshot["ephemerals"]), guest.snapshot["ephemerals"]) == (1, [])
        assert rita.snapshot["messages"]["C0OPS"][0]["author"] == {"name": "Countersign", "kind": "bot"}
        assert rita.snapshot["bot"] == {"user_id": "U0BOT", "online": True}
        kinds = {person["id"]: (person["kind"], person["can_act"]) for person in rita.snapshot["people"]}
        assert kinds["U0GONE"] == ("deactivated", False)
        assert rita.snapshot["commands"][0]["command"] == "/agent"
        assert rita.snapshot["usergroups"] == [{"id": "S0ONCALL", "handle": "on-call"}]


async def test_a_message_reaches_every_page_that_sees_the_channel(
    slack: Slack, browser: aiohttp.ClientSession, bot: Bot
) -> None:
    """And the bot; a slash at the top level is a command, in a thread it is refused."""
    async with watching(browser, slack, "U0APPROVER") as ada:
        posted = await deed(browser, "post", channel="C0OPS", text="hello @ada")
        frame = await ada.next("message")
        assert (frame["message"]["ts"], frame["message"]["author"]["name"]) == (posted["ts"], "Rita Requester")
        assert "<@U0APPROVER>" in frame["message"]["text"]
    assert (await deed(browser, "post", channel="C0OPS", text="/agent do it"))["ok"]
    assert bot.payloads[-1]["command"] == "/agent"
    refused = await deed(browser, "post", channel="C0OPS", text="/agent do it", thread_ts=posted["ts"])
    assert (refused["ok"], "threads" in refused["error"]) == (False, True)


async def test_a_person_clicks_types_and_sends_at_the_page(
    slack: Slack, browser: aiohttp.ClientSession, bot: Bot, *, client: AsyncWebClient, rita: Person
) -> None:
    """Card, modal, errors at the field, success; each step told to this page only."""
    posted = await client.chat_postMessage(
        channel="C0OPS", text="x", blocks=[actions(button("approve"), block_id="row")]
    )
    where = {"type": "message", "channel": "C0OPS", "ts": posted["ts"]}
    async with watching(browser, slack, "U0RITA") as page:
        answer = await deed(browser, "click", container=where, block_id="row", action_id="approve", value="v")
        assert (answer["ok"], (await page.next("delivery"))["kind"]) == (True, "block_actions")
        view = modal(typed("note"))
        await client.views_open(trigger_id=bot.payloads[-1]["trigger_id"], view=view)
        (shown,) = (await page.next("views"))["views"]
        await deed(browser, "view_input", view_id=shown["id"], values={"note": {"value": "typed"}})
        assert rita.views[-1].state["note"]["value"]["value"] == "typed"
        bot.answers_json({"response_action": "errors", "errors": {"note": "No."}})
        answer = await deed(browser, "submit", view_id=shown["id"], values={"note": "bad"})
        assert (answer["ok"], answer["errors"]) == (False, {"note": "No."})
        assert (await page.next("view_errors"))["errors"] == {"note": "No."}
        bot.says()
        assert (await deed(browser, "submit", view_id=shown["id"], values={"note": "good"}))["ok"]
        assert (await page.next("views"))["views"] == []


async def test_a_bot_that_does_not_answer_is_a_toast_for_who_asked(
    slack: Slack, browser: aiohttp.ClientSession, bot: Bot
) -> None:
    """In Slack's own words, and in the verb's answer."""
    bot.says(status=500)
    async with watching(browser, slack, "U0RITA") as page:
        answer = await deed(browser, "command", channel="C0OPS", command="/agent", text="x")
        toast = await page.next("toast")
    assert answer["error"] == toast["text"] == "/agent failed with the error “dispatch_failed”."


@pytest.mark.parametrize(
    ("verb", "body", "words"),
    [
        ("post", {"channel": "G0PRIV", "text": "x"}, "not in this conversation"),
        ("click", {"container": {"type": "view", "view_id": "V0"}, "block_id": "b", "action_id": "a"}, "closed"),
        ("shortcut", {"callback_id": "no_such"}, "no global shortcut"),
        ("no_such_verb", {}, "cannot do that"),
        ("post", {"channel": 5}, "validation"),
    ],
)
async def test_what_a_person_cannot_do_is_said_in_words(
    browser: aiohttp.ClientSession, verb: str, body: Json, words: str
) -> None:
    """The page shows them as they are."""
    answer = await deed(browser, verb, "U0GUEST", **body)
    assert (answer["ok"], words in answer["error"]) == (False, True)


async def test_a_person_edits_deletes_and_visits(slack: Slack, browser: aiohttp.ClientSession, bot: Bot) -> None:
    """The remaining verbs."""
    ts = (await deed(browser, "post", channel="C0OPS", text="one"))["ts"]
    assert (await deed(browser, "edit_message", channel="C0OPS", ts=ts, text="two"))["ok"]
    assert slack.channel("C0OPS")[0].text == "two"
    assert (await deed(browser, "shortcut", callback_id="make_task", channel="C0OPS", ts=ts))["ok"]
    assert (await deed(browser, "shortcut", callback_id="start_task"))["ok"]
    assert (await deed(browser, "delete_message", channel="C0OPS", ts=ts))["ok"]
    assert slack.channel("C0OPS") == []
    async with watching(browser, slack, "U0RITA") as page:
        assert (await deed(browser, "dm"))["channel"] == "D0RITA"
        assert (await page.next("channels"))["channels"][-1]["with"] == "U0BOT"
    assert (await deed(browser, "switch"))["ok"]
    await deed(browser, "open_home")
    await slack.until(lambda: any(event["type"] == "app_home_opened" for event in bot.events))


async def test_ephemerals_and_menus_are_pressed_at_the_page_too(
    browser: aiohttp.ClientSession, bot: Bot, client: AsyncWebClient, rita: Person
) -> None:
    """The server finds the element where it stands."""
    menu = {"type": "overflow", "action_id": "more", "options": [{"text": plain("Teach"), "value": "teach"}]}
    await client.chat_postEphemeral(channel="C0OPS", user="U0RITA", text="x", blocks=[actions(menu, block_id="row")])
    where = {"type": "ephemeral", "channel": "C0OPS", "ts": rita.ephemerals[-1].ts}
    press: Json = {"container": where, "block_id": "row", "action_id": "more"}
    assert (await deed(browser, "click", **press, option="teach", selected="teach"))["ok"]
    assert bot.payloads[-1]["actions"][0]["selected_option"]["value"] == "teach"
    assert not (await deed(browser, "click", **press, option="nothing"))["ok"]
    gone: Json = {"container": where | {"ts": "1700000000.000100"}, "block_id": "row", "action_id": "more"}
    assert "gone" in (await deed(browser, "click", **gone, option="teach"))["error"]


async def test_home_and_modals_at_the_page(
    browser: aiohttp.ClientSession, bot: Bot, client: AsyncWebClient, rita: Person
) -> None:
    """A choice on Home, options of an external select, closing."""
    await client.views_publish(
        user_id="U0RITA", view={"type": "home", "blocks": [actions(button("go"), block_id="row")]}
    )
    assert rita.home is not None
    where = {"type": "home", "view_id": rita.home.id}
    assert (await deed(browser, "click", container=where, block_id="row", action_id="go", value="v"))["ok"]
    trigger = bot.payloads[-1]["trigger_id"]
    await client.views_open(trigger_id=trigger, view=modal(typed("who", type="external_select")))
    bot.answers_json({"options": [{"text": plain("x"), "value": "x"}]})
    shown = rita.views[-1].id
    answer = await deed(browser, "options", view_id=shown, block_id="who", action_id="value", text="x")
    assert answer["options"][0]["value"] == "x"
    assert (await deed(browser, "close_view", view_id=shown))["ok"]
    assert rita.views == []


async def test_a_bot_that_is_away_is_shown_as_offline(slack: Slack, browser: aiohttp.ClientSession) -> None:
    """And the page hears when it is back."""
    url, slack.events_url = slack.events_url, "http://127.0.0.1:9/slack/events"
    async with watching(browser, slack, "U0RITA") as page:
        assert page.snapshot["bot"]["online"] is False
        slack.events_url = url
        slack.clock.advance(5)
        assert (await page.next("bot"))["online"] is True
