"""A small app made with Bolt, by HTTP or by Socket Mode: the stand-in must be good enough for the real client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.harness import Slack
from bot.playground.words import Json
from tests.playground.kit import actions, button, modal

META = {"event_type": "effect", "event_payload": {"id": "e1"}}


def make_bolt(slack: Slack, seen: list[Json]) -> AsyncApp:
    """Give an app that does a little of everything, and keeps the events it sees."""
    client = AsyncWebClient(token=slack.secrets.bot_token, base_url=slack.api_url)
    app = AsyncApp(client=client, signing_secret=slack.secrets.signing_secret, process_before_response=True)

    @app.command("/agent")
    async def command(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack(f"On it: {body['text']}")
        await client.chat_postMessage(
            channel=body["channel_id"], text="Task", blocks=[actions(button("approve"))], metadata=META
        )

    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json, client: AsyncWebClient, respond: AsyncRespond) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        await ack()
        await respond(text="Tell me why.")

    @app.view("ask")
    async def asked(ack: AsyncAck, body: Json) -> None:
        said = body["view"]["state"]["values"]["note"]["value"]["value"]
        await (ack() if said != "bad" else ack(response_action="errors", errors={"note": "Not this."}))

    @app.event("message")
    @app.event("app_mention")
    async def heard(body: Json) -> None:
        seen.append(body)

    @app.event("app_home_opened")
    async def home(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [{"type": "divider"}]})

    return app


@asynccontextmanager
async def over_http(slack: Slack, app: AsyncApp) -> AsyncIterator[None]:
    """Let the app listen, and tell the stand-in where."""

    async def endpoint(request: web.Request) -> web.StreamResponse:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    server = web.Application()
    server.router.add_post("/slack/events", endpoint)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.events_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield
    await runner.cleanup()


@asynccontextmanager
async def over_socket(slack: Slack, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """Let the app connect to the stand-in."""
    handler = AsyncSocketModeHandler(app, slack.secrets.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # untyped in Bolt
    yield handler
    await handler.close_async()  # type: ignore[no-untyped-call]  # untyped in Bolt
