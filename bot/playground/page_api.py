"""The page's server side: the page itself, its websocket, its verbs.

Who has the page token may be anybody in the workspace: it is one person's playground. The token stands in the page
that only this origin can read, so a foreign web page has neither.
"""

import asyncio
import contextlib
import hmac
import html
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import ValidationError

from bot.playground.page_frames import frame, snapshot
from bot.playground.page_verbs import VERBS
from bot.playground.people import Person
from bot.playground.standin import Standin
from bot.playground.words import Json, NotPossible
from bot.playground.workspace import Change

PAGE = Path(__file__).parent / "page"
LOOK_EVERY_S = 2.0
CONNECT_S = 1.0
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(slots=True, eq=False)
class Viewer:
    """One open page."""

    person: Person
    socket: web.WebSocketResponse
    frames: asyncio.Queue[str] = field(default_factory=asyncio.Queue)


class Pages:
    """All open pages of a stand-in."""

    def __init__(self, slack: Standin) -> None:
        self._slack = slack
        self._viewers: list[Viewer] = []
        self._online = False
        self._watch: asyncio.Task[None] | None = None
        slack.workspace.watch(self._tell)

    def _tell(self, change: Change) -> None:
        for viewer in self._viewers:
            text = frame(self._slack, viewer.person, change)
            if text is not None:
                viewer.frames.put_nowait(text)

    async def close(self, _: web.Application) -> None:
        """Stop to look for the bot, and let the pages go."""
        if self._watch is not None:
            self._watch.cancel()
        for viewer in tuple(self._viewers):
            await viewer.socket.close()

    async def _look_for_bot(self) -> None:
        while True:
            await self._look_once()
            await self._slack.clock.wait(LOOK_EVERY_S)

    async def _look_once(self) -> None:
        online = await self._is_online()
        if online != self._online:
            self._online = online
            self._slack.workspace.announce(Change(kind="bot", facts={"online": online}))

    async def _is_online(self) -> bool:
        courier = self._slack.courier
        if self._slack.setup.socket_mode:
            return courier.sockets.connected > 0
        address = urlsplit(courier.events_url)
        if not address.hostname:
            return False
        try:
            async with asyncio.timeout(CONNECT_S):
                _, writer = await asyncio.open_connection(address.hostname, address.port or 80)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """Keep one page informed until it goes."""
        if not self._is_ours(request.query.get("token", "")):
            return web.Response(status=403, text="The page token is missing or old: load the page again.\n")
        person = self._slack.workspace.person(request.query.get("as", ""))
        if person is None:
            return web.Response(status=404, text="There is nobody with this id.\n")
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        if self._watch is None:
            await self._look_once()
            self._watch = asyncio.create_task(self._look_for_bot())
        viewer = Viewer(person, socket)
        viewer.frames.put_nowait(snapshot(self._slack, person, online=self._online))
        self._viewers.append(viewer)
        writer = asyncio.create_task(self._write(viewer))
        try:
            async for _ in socket:
                pass  # a page says nothing here; we only learn that it went
        finally:
            self._viewers.remove(viewer)
            writer.cancel()
        return socket

    @staticmethod
    async def _write(viewer: Viewer) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await viewer.socket.send_str(await viewer.frames.get())

    def _is_ours(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._slack.secrets.page_token.encode())

    async def deed(self, request: web.Request) -> web.StreamResponse:
        """Do what a person does at their page."""
        if not self._is_ours(request.headers.get("X-Page-Token", "")):
            return web.json_response({"ok": False, "error": "Load the page again."}, status=403)
        verb = VERBS.get(request.match_info["verb"])
        if verb is None:
            return web.json_response({"ok": False, "error": "This page cannot do that."}, status=404)
        try:
            deed = verb.model_validate_json(await request.read())
            more: Json = await deed.do(self._slack, self._slack.must_know(deed.by))
        except ValidationError as wrong:
            return web.json_response({"ok": False, "error": str(wrong)}, status=400)
        except NotPossible as no:
            return web.json_response({"ok": False, "error": str(no)})
        return web.json_response({"ok": True} | more)

    async def index(self, request: web.Request) -> web.StreamResponse:
        """Give the page, with the words that are ours in it."""
        del request
        words = {
            "page_token": self._slack.secrets.page_token,
            "banner": self._slack.setup.banner,
            "guide": self._slack.setup.guide,
        }
        text = (PAGE / "index.html").read_text()
        for name, value in words.items():
            text = text.replace("{{" + name + '}}"', html.escape(value) + '"')
        return web.Response(text=text, content_type="text/html", headers=HEADERS)

    async def archive(self, request: web.Request) -> web.StreamResponse:
        """Lead a permalink to its place in the page."""
        channel, named = request.match_info["channel"], request.match_info["ts"]
        ts = f"{named[:-6]}.{named[-6:]}"
        raise web.HTTPFound(f"/#{channel}/{request.query.get('thread_ts', ts)}")

    async def static(self, request: web.Request) -> web.StreamResponse:
        """Give a module or a style of the page."""
        path = PAGE / request.match_info["name"]
        if path.suffix not in TYPES or not path.is_file():
            raise web.HTTPNotFound
        return web.Response(text=path.read_text(), content_type=TYPES[path.suffix], charset="utf-8", headers=HEADERS)


def add_page(slack: Standin, app: web.Application) -> None:
    """Let this application serve the page."""
    pages = Pages(slack)
    app.on_shutdown.append(pages.close)
    app.router.add_get("/", pages.index)
    app.router.add_get("/ws", pages.socket)
    app.router.add_post("/api-page/{verb}", pages.deed)
    app.router.add_get("/static/{name:[a-z_-]+[.][a-z]+}", pages.static)
    app.router.add_get("/archives/{channel}/p{ts:[0-9]{16}}", pages.archive)
