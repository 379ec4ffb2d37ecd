"""The floor of a start: what any such bot has to import and ask before it can take a request, and no more."""

import asyncio
import signal

from aiohttp import web
from pydantic import BaseModel, ConfigDict
from pydantic_settings import BaseSettings
from redis.asyncio import Redis
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient


class Environment(BaseSettings):
    """What it is told."""

    slack_bot_token: str
    slack_signing_secret: str
    slack_api_url: str
    redis_url: str
    countersign_port: int


class Click(BaseModel):
    """A payload's model, since one is needed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str
    trigger_id: str


async def main() -> None:
    """Be ready, until it is told to end."""
    told = Environment()
    client = AsyncWebClient(token=told.slack_bot_token, base_url=told.slack_api_url)
    app = AsyncApp(client=client, signing_secret=told.slack_signing_secret, process_before_response=True)

    @app.action("approve")
    async def approve(ack: object, body: dict[str, object]) -> None:
        del ack
        Click.model_validate(body)

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    async def ready(_: web.Request) -> web.Response:
        return web.Response(text="ready\n")

    async with Redis.from_url(told.redis_url) as redis:
        await redis.ping()
        await client.auth_test()
        door = web.Application()
        door.router.add_post("/slack/events", events)
        door.router.add_get("/readyz", ready)
        runner = web.AppRunner(door)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", told.countersign_port).start()
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
        await ended.wait()
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
