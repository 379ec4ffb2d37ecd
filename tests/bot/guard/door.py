"""The guard in front of a real server on the loopback address, and hands to knock at it.

``Door`` serves one route, POST /slack/events, and what is admitted meets ``Behind``, which answers what it is told to
and remembers what it saw. Requests go through aiohttp's client where they are ordinary, and as raw bytes where not.
"""

import asyncio
import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from bot.guard import Admitted, Guard, Hooks, Limits, Refusal, runner

SECRET = b"8f742231b10e8888abcd99yyyzzz85a5"
NOON = 1_790_000_000
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PATH = "/slack/events"
DATA = Path(__file__).parents[2] / "data"


class FixedClock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = float(NOON)

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def sign(body: bytes, at: int | str = NOON, secret: bytes = SECRET) -> dict[str, str]:
    """Sign a body as Slack does."""
    digest = hmac.new(secret, f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={digest}"}


def event(**changes: object) -> dict[str, object]:
    """Give a message event, with other fields of the wrapper where asked."""
    said = {"type": "message", "user": "U1", "text": "hi", "ts": "1700000000.000100", "channel": "C1", "team": "T1"}
    wrapper: dict[str, object] = {"type": "event_callback", "team_id": "T1", "api_app_id": "A1"}
    return {**wrapper, "event_id": "Ev1", "event_time": 1, "event": said, **changes}


def click(**changes: object) -> dict[str, object]:
    """Give the press of an Approve button."""
    value = "T1:C1:1700000000.000100|3|" + "ab" * 16
    action = {"type": "button", "action_id": "approve", "block_id": "b", "value": value, "action_ts": "1700000001.0001"}
    container = {"type": "message", "message_ts": "1700000000.000200", "channel_id": "C1"}
    person = {"id": "U1", "team_id": "T1"}
    wrapper: dict[str, object] = {"type": "block_actions", "user": person, "team": {"id": "T1"}, "api_app_id": "A1"}
    return {**wrapper, "trigger_id": "1.2.abc", "container": container, "actions": [action], **changes}


def form_of(payload: Mapping[str, object]) -> bytes:
    """Put an interaction into its form."""
    return urlencode({"payload": json.dumps(payload)}).encode()


@dataclass
class Behind:
    """What stands behind the guard: it answers as told, and waits at its gate."""

    seen: list[Admitted] = field(default_factory=list)
    status: int = 200
    body: str = "done"
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def __call__(self, admitted: Admitted) -> web.Response:
        """Take a request in, and answer when the gate is open."""
        self.seen.append(admitted)
        self.entered.set()
        await self.gate.wait()
        return web.Response(status=self.status, text=self.body)


@dataclass
class Door:
    """A guarded server, and what it turned away."""

    guard: Guard
    behind: Behind
    clock: FixedClock
    refused: list[Refusal]
    limited: list[Admitted]
    port: int
    client: aiohttp.ClientSession
    turned_away: asyncio.Event

    async def knock(
        self, body: bytes, headers: Mapping[str, str] | None = None, *, sent_as: str = JSON
    ) -> tuple[int, str]:
        """Send a body with these headers, or signed as Slack does where none are given."""
        signed = sign(body) if headers is None else headers
        url = f"http://127.0.0.1:{self.port}{PATH}"
        async with self.client.post(url, data=io.BytesIO(body), headers={"Content-Type": sent_as, **signed}) as answer:
            return answer.status, await answer.text()

    async def tell(self, payload: Mapping[str, object]) -> tuple[int, str]:
        """Send a signed event."""
        return await self.knock(json.dumps(payload).encode())

    async def press(self, payload: Mapping[str, object]) -> tuple[int, str]:
        """Send a signed interaction."""
        return await self.knock(form_of(payload), sent_as=FORM)

    async def raw(self, sent: bytes) -> int:
        """Send bytes as they are and read to the end; the status, or 0 where the connection was just closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(sent)
            line = await reader.readline()
            return int(line.split()[1]) if line else 0
        except ConnectionError:
            return 0
        finally:
            writer.close()

    async def raw_post(self, body: bytes, headers: list[tuple[str, bytes]]) -> int:
        """Send a POST with headers that no client would let through."""
        lines = [f"POST {PATH} HTTP/1.1".encode(), b"Host: x", b"Connection: close"]
        lines += [name.encode() + b": " + value for name, value in headers]
        lines.append(f"Content-Length: {len(body)}".encode())
        return await self.raw(b"\r\n".join(lines) + b"\r\n\r\n" + body)


@asynccontextmanager
async def open_door(limits: Limits | None = None) -> AsyncIterator[Door]:
    """Start a guarded server on a free port, and stop it."""
    clock, behind = FixedClock(), Behind()
    refused: list[Refusal] = []
    limited: list[Admitted] = []

    async def tell_limited(admitted: Admitted) -> None:
        limited.append(admitted)

    turned_away = asyncio.Event()

    def tell_refused(refusal: Refusal) -> None:
        refused.append(refusal)
        turned_away.set()

    guard = Guard(SECRET, clock=clock, limits=limits, hooks=Hooks(refused=tell_refused, limited=tell_limited))

    async def serve(request: web.Request) -> web.Response:
        return await guard.serve(request, behind)

    app = web.Application()
    app.router.add_post(PATH, serve)
    server = runner(app)
    await server.setup()
    await web.TCPSite(server, "127.0.0.1", 0).start()
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as client:
            yield Door(guard, behind, clock, refused, limited, server.addresses[0][1], client, turned_away)
    finally:
        await server.cleanup()
