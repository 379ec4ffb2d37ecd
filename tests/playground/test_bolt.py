import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.harness import Fault, Setup, Slack, running
from bot.playground.words import Json
from tests.playground.bolt import META, make_bolt, over_http, over_socket

SOCKET = "socket"


@pytest.fixture(params=["http", SOCKET])
async def bolted(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Slack, list[Json]]]:
    """Run the same app behind either transport, with what it has seen."""
    seen: list[Json] = []
    async with running(Setup(socket_mode=request.param == SOCKET)) as slack:
        app = make_bolt(slack, seen)
        async with over_socket(slack, app) if request.param == SOCKET else over_http(slack, app):
            yield slack, seen


async def test_bolt_does_not_know_that_it_is_not_slack(bolted: tuple[Slack, list[Json]]) -> None:
    """Command, click, modal with an error, respond, Home: the whole way, by either transport."""
    slack, _ = bolted
    rita = slack.as_person("U0RITA")
    assert (await rita.command("C0OPS", "/agent", "restart it")).ok
    assert rita.ephemerals[-1].text == "On it: restart it"
    (card,) = slack.messages_with_button("approve")
    assert card.metadata == META
    assert (await rita.click(card, "approve")).ok
    assert rita.ephemerals[-1].text == "Tell me why."
    refused = await rita.submit(rita.views[-1], {"note": "bad"})
    assert (refused.ok, refused.errors, len(rita.views)) == (True, {"note": "Not this."}, 1)
    assert (await rita.submit(rita.views[-1], {"note": "good"})).ok
    assert rita.views == []
    await rita.open_home()
    await slack.until(lambda: rita.home)
    assert slack.violations == []


async def test_bolt_hears_a_mention_twice_and_never_itself(bolted: tuple[Slack, list[Json]]) -> None:
    """Its own message is swallowed by Bolt, which needs the right bot_id for it."""
    slack, seen = bolted
    await slack.as_person("U0RITA").command("C0OPS", "/agent", "x")
    await slack.as_person("U0RITA").post("C0OPS", "<@U0BOT> hello")
    await slack.until(lambda: len(slack.deliveries) == 4)
    assert {body["event"]["type"] for body in seen} == {"message", "app_mention"}
    assert all(body["event"]["user"] == "U0RITA" for body in seen)


async def test_a_retried_event_says_so_on_either_transport(bolted: tuple[Slack, list[Json]]) -> None:
    """The same event_id again."""
    slack, seen = bolted
    slack.faults.add(Fault(on="delivery:event", kind="lost"))
    await slack.as_person("U0RITA").post("C0OPS", "hello")
    await slack.until(lambda: len(seen) == 1)
    assert [delivery.attempt for delivery in slack.deliveries] == [0, 1]


async def test_a_bolt_listener_that_fails_is_a_failed_delivery(bolted: tuple[Slack, list[Json]]) -> None:
    """By HTTP a 500; by socket no ack at all, which takes the 3 s."""
    slack, _ = bolted
    slack.standin.courier._setup = Setup(  # noqa: SLF001 - only how long we wait
        socket_mode=slack.standin.setup.socket_mode, answer_within_s=0.3
    )
    slack.faults.add(Fault(on="chat.postMessage", kind="error", error="internal_error"))
    delivery = await slack.as_person("U0RITA").command("C0OPS", "/agent", "x")
    assert (delivery.ok, delivery.error) in {(False, "http_error"), (False, "http_timeout")}


async def test_a_socket_that_is_told_to_go_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    """By a new apps.connections.open, and hears again."""
    caplog.set_level("CRITICAL", logger="slack_bolt")
    seen: list[Json] = []
    async with running(Setup(socket_mode=True)) as slack, over_socket(slack, make_bolt(slack, seen)):
        sockets = slack.standin.courier.sockets
        assert sockets.connected == 1
        await sockets.disconnect("refresh_requested")
        while not sockets.connected:
            await sockets.noticed.wait()
        assert len(slack.calls_of("apps.connections.open")) == 2
        assert (await slack.as_person("U0RITA").command("C0OPS", "/agent", "x")).ok


async def test_with_socket_mode_and_nobody_there_a_command_fails() -> None:
    """And nothing goes over HTTP any more."""
    async with running(Setup(socket_mode=True, events_url="http://127.0.0.1:9/slack/events")) as slack:
        delivery = await slack.as_person("U0RITA").command("C0OPS", "/agent", "x")
        assert (delivery.ok, delivery.error) == (False, "connection_failed")


async def test_a_socket_ticket_is_good_once() -> None:
    """Two connections need two calls."""
    async with running(Setup(socket_mode=True)) as slack:
        client = AsyncWebClient(base_url=slack.api_url)
        url = (await client.apps_connections_open(app_token=slack.secrets.app_token))["url"]
        ticket = url.rpartition("=")[2]
        assert slack.standin.tickets.connect(ticket)
        assert not slack.standin.tickets.connect(ticket)


async def test_the_eleventh_socket_is_sent_away() -> None:
    """Ten connections per app; a payload goes to any one of them."""
    async with running(Setup(socket_mode=True)) as slack, aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(11):
            address = slack.url + f"socket?ticket={slack.standin.tickets.socket()}"
            sockets.append(await session.ws_connect(address))
        said = [await socket.receive_json(timeout=5) for socket in sockets]
        assert [one["type"] for one in said] == ["hello"] * 10 + ["disconnect"]
        assert said[-1]["reason"] == "too_many_websockets"
        for socket in sockets:
            await socket.close()


async def test_a_spent_socket_ticket_opens_nothing() -> None:
    """As a plain refusal before the websocket begins."""
    async with running(Setup(socket_mode=True)) as slack, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(slack.url + "socket?ticket=spent")


async def test_a_socket_that_breaks_before_the_ack_fails_its_delivery() -> None:
    """What is no ack, or nobody's, changes nothing."""
    async with running(Setup(socket_mode=True)) as slack, aiohttp.ClientSession() as session:
        address = slack.url + f"socket?ticket={slack.standin.tickets.socket()}"
        async with session.ws_connect(address) as socket:
            assert (await socket.receive_json(timeout=5))["type"] == "hello"
            asked = asyncio.create_task(slack.as_person("U0RITA").command("C0OPS", "/agent", "x"))
            envelope = await socket.receive_json(timeout=5)
            assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
            await socket.send_str("not json")
            await socket.send_json({"envelope_id": "somebody else's"})
        delivery = await asked
        assert (delivery.ok, delivery.error) == (False, "connection_failed")
