"""The ports of a process: health and figures from the beginning, Slack's requests once Bolt is there.

A process that only works has no door for Slack; what asks for its health asks at the admin port.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeAlias

import structlog
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from agent_core.adapters.system_clock import SystemClock
from agent_core.ports import StoreDown
from bot.audit import Audit, Draw
from bot.config import Settings
from bot.guard import Guard, Hooks, Installation, runner
from bot.health import Health, Metrics, admin_app
from bot.ingress import Opening, dispatcher, http_app
from bot.reach import NotStarted, socket_url

log = structlog.get_logger(__name__)

Look: TypeAlias = Callable[[Metrics], Awaitable[None]]


class Door:
    """The ports of this process."""

    def __init__(self, settings: Settings, clock: SystemClock) -> None:
        """Bind nothing yet."""
        self._settings = settings
        self.metrics, self.health, self.audit = Metrics(), Health(), Audit()
        self.look: Look | None = None
        self._opening = Opening()
        self._socket_url: str | None = None
        secret = settings.slack_signing_secret
        hooks = Hooks(refused=self.metrics.refused)
        self._guard = Guard(secret, clock=lambda: clock.now().timestamp(), hooks=hooks) if secret else None

    async def open(self, closing: AsyncExitStack) -> int:
        """Listen, and give the port."""
        app = http_app(self._guard, self._opening)
        app.router.add_get("/livez", self.health.livez)
        app.router.add_get("/readyz", self.health.readyz)
        return await listen(app, self._settings.countersign_host, self._settings.countersign_port, closing)

    async def open_admin(self, closing: AsyncExitStack) -> int | None:
        """Open the admin port, if one was configured, and give it."""
        port = self._settings.countersign_admin_port
        if port is None:
            return None
        app = admin_app(self.metrics, self.health, self.audit, self._looked)
        return await listen(app, self._settings.countersign_host, port, closing)

    async def _looked(self) -> None:
        """Bring the gauges up to date, as far as the store answers."""
        if self.look is None:
            return
        try:
            await self.look(self.metrics)
        except StoreDown as down:
            self.metrics.store.set(0)
            log.warning("store does not answer", why=str(down))
        else:
            self.metrics.store.set(1)

    async def knock(self, client: AsyncWebClient) -> None:
        """See that Slack takes the app token, before any work begins."""
        token = self._settings.slack_app_token
        if token is not None:
            self._socket_url = await socket_url(client, token.get_secret_value())

    async def admit(self, app: AsyncApp, installation: Installation, closing: AsyncExitStack) -> None:
        """Let Slack's requests in: over the port, or over a WebSocket that we open."""
        if self._guard is not None:
            self._guard.installation = installation
            self._opening.open(dispatcher(app, self.metrics))
        if self._settings.slack_app_token is not None:
            handler = AsyncSocketModeHandler(app, self._settings.slack_app_token.get_secret_value())
            handler.client.wss_uri = self._socket_url
            if not self._settings.real_workspace:
                handler.client.proxy = None
            await handler.connect_async()  # type: ignore[no-untyped-call]  # not typed there
            closing.push_async_callback(handler.close_async)

    def up(self, ping: Callable[[], Awaitable[object]], look: Look, draw: Draw | None) -> None:
        """Answer for this process from now on: how it is, what it counts, and what threads it shows."""
        self.health.ping, self.look, self.audit.draw = ping, look, draw

    def close(self) -> None:
        """Take nothing new, and say so to whoever asks."""
        self._opening.close()
        self.health.ping, self.audit.draw = None, None


async def listen(app: web.Application, host: str, port: int, closing: AsyncExitStack) -> int:
    """Serve an application, and give the port it got."""
    served = runner(app)
    await served.setup()
    closing.push_async_callback(served.cleanup)
    try:
        await web.TCPSite(served, host, port).start()
    except OSError as taken:
        raise NotStarted(
            f"Port {port} on {host} can't be used ({taken.strerror}). Nothing was changed. Is another bot running?"
        ) from taken
    return int(served.addresses[0][1])
