"""The floor: the least that a Bolt app can do for a click and still have it recorded, done as well as Bolt allows.

One compare-and-set script in the same Redis, the acknowledgement, then the effect and the card's update. It is tuned:
it answers without Bolt's polling, asks nobody who it is, and has one long-lived HTTP session. Its cards are the bot's
own, drawn beforehand, so that both sides send and get the same bytes. What it leaves out is the product: it survives no
crash between acknowledgement and effect, knows no policy, no expiry, no second look at who approved, no journal.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeAlias

from aiohttp import web
from redis.asyncio import Redis
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from agent_core.adapters.redis_client import Commands, connect
from benchmarks.effect import NOTED, note
from benchmarks.wire import Json, orders, tell
from bot.app import listen
from bot.slack.client import session, web_client

AT_ONCE = 64  # as the bot's own drains
DECIDE = """
local stands = redis.call('HMGET', KEYS[1], 'version', 'state')
if stands[1] ~= ARGV[1] or stands[2] ~= 'waiting' then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'state', 'approved', 'by', ARGV[2])
return 1
"""


class Floor:
    """What the listener works with; ``faces`` are the two cards, with the placeholder that ``drawn`` fills in."""

    def __init__(self, redis: Redis, client: AsyncWebClient) -> None:
        """Hold both connections."""
        self.client = client
        self.faces: Json = {}
        self._redis = redis
        self._decide = redis.register_script(DECIDE)
        self._running: set[asyncio.Task[None]] = set()

    def drawn(self, face: str, thread: str) -> Json:
        """Give the text and blocks of a face for a thread."""
        found: Json = json.loads(self.faces[face].replace("THREAD", thread))
        return found

    async def prepare(self, threads: list[str]) -> None:
        """Let a proposal wait in each thread, and post its card."""
        await Commands(self._redis).send(
            ("HSET", f"floor:{thread}", "version", 1, "state", "waiting") for thread in threads
        )
        for thread in threads:
            _, channel, ts = thread.split(":")
            await self.client.chat_postMessage(channel=channel, thread_ts=ts, **self.drawn("waiting", thread))

    async def approve(self, ack: AsyncAck, body: Json) -> None:
        """Record the decision, acknowledge it, and have the rest done."""
        thread, version, _ = body["actions"][0]["value"].split("|")
        won = await self._decide(keys=[f"floor:{thread}"], args=[version, body["user"]["id"]])
        await ack()
        if won:
            task = asyncio.create_task(self.perform(thread, body["container"]["message_ts"]))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def recover(self, due: list[tuple[str, str]]) -> None:
        """Decide and perform threads that were left, so many at once."""
        waiting = iter(due)

        async def one_after_another() -> None:
            for thread, ts in waiting:
                await self._decide(keys=[f"floor:{thread}"], args=["1", "U0BOT"])
                await self.perform(thread, ts)

        await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))

    async def perform(self, thread: str, ts: str) -> None:
        """Have the effect, and show it."""
        await note(f"line-{thread.rpartition(':')[2].replace('.', '-')}")
        await self.client.chat_update(channel=thread.split(":")[1], ts=ts, **self.drawn("done", thread))


def bolt(floor: Floor, given: Json) -> web.Application:
    """Make the app and its one route."""
    ours = AuthorizeResult(
        enterprise_id=None, team_id=given["team"], bot_id="B0BOT", bot_user_id="U0BOT", bot_token=given["token"]
    )

    async def authorize(**_: object) -> AuthorizeResult:
        return ours

    app = AsyncApp(
        signing_secret=given["secret"],
        authorize=authorize,
        process_before_response=True,
        ignoring_self_events_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
    )
    app.action("approve")(floor.approve)

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    door = web.Application()
    door.router.add_post("/slack/events", events)
    return door


Makes: TypeAlias = Callable[[Redis, AsyncWebClient], Awaitable[Floor]]


async def plain(redis: Redis, client: AsyncWebClient) -> Floor:
    """Make the floor itself."""
    return Floor(redis, client)


async def main(makes: Makes = plain) -> None:
    """Start the app and follow orders."""
    asked = orders()
    given = await anext(asked)
    async with AsyncExitStack() as closing:
        redis = connect(given["redis_url"])
        closing.push_async_callback(redis.aclose)
        http = session()
        closing.push_async_callback(http.close)
        floor = await makes(redis, web_client(given["token"], given["api_url"], http, direct=True))
        port = await listen(bolt(floor, given), "127.0.0.1", 0, closing)
        tell({"url": f"http://127.0.0.1:{port}/slack/events"})
        async for order in asked:
            floor.faces = order.get("faces", floor.faces)
            await floor.prepare(order.get("prepare", []))
            await floor.recover(order.get("due", []))
            tell({"noted": len(NOTED), "different": len(set(NOTED))})


if __name__ == "__main__":
    asyncio.run(main())
