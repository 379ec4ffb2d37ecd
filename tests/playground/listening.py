"""A bot without a framework: it keeps what it is sent and answers what the test says. For the stand-in's own laws."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs

from aiohttp import web

from bot.playground.words import Json

Answer = Callable[["Heard"], web.Response | Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Heard:
    """One request of the stand-in."""

    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> Json:
        """Give what is inside, whatever the form."""
        if self.headers["content-type"] == "application/json":
            found: Json = json.loads(self.body)
            return found
        fields = {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}
        return json.loads(fields["payload"]) if "payload" in fields else fields


def ok(_: Heard) -> web.Response:
    """Acknowledge."""
    return web.Response()


class Bot:
    """Hears everything, answers as told."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answer: Answer = ok
        self.noticed = asyncio.Event()

    def says(self, body: str = "", *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Answer this from now on."""
        self.answer = lambda _: web.Response(text=body, status=status, headers=headers)

    def answers_json(self, body: Json) -> None:
        """Answer this JSON from now on."""
        self.answer = lambda _: web.json_response(body)

    @property
    def payloads(self) -> list[Json]:
        """Give what was heard."""
        return [heard.payload for heard in self.heard]

    @property
    def events(self) -> list[Json]:
        """Give the inner events that were heard."""
        return [payload["event"] for payload in self.payloads if payload.get("type") == "event_callback"]

    async def serve(self, request: web.Request) -> web.Response:
        """Keep a request and answer it."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        heard = Heard(headers, await request.read())
        self.heard.append(heard)
        self.noticed.set()
        answer = self.answer(heard)
        return answer if isinstance(answer, web.Response) else await answer


@asynccontextmanager
async def listening(bot: Bot) -> AsyncIterator[str]:
    """Give the address this bot listens on."""
    app = web.Application()
    app.router.add_route("*", "/slack/events", bot.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    await runner.cleanup()
