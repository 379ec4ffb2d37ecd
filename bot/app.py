"""The composition root: the only file that knows every concrete class, and in which order they open and close.

The port is bound first, so that health can be asked from the beginning; then the store is waited for, Slack is asked
who we are, and work begins. On the way down nothing new is taken, what runs may end, and the rest is found again
through the due index.
"""

import os
import re
import secrets
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from aiohttp import web
from redis.asyncio import Redis
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from agent_core.adapters.local_engine import LocalEngine
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.redis_views import RedisIndex, RedisLessons
from agent_core.adapters.system_clock import SystemClock
from agent_core.codec import Codec
from agent_core.perform import Performer, World
from agent_core.ports import StoreDown
from agent_core.runtime import Runtime
from agent_core.words import PersonId, TeamId, ThreadId
from agent_core.worker import Worker
from bot.assembly import Parts, assemble
from bot.config import Config, Settings
from bot.desk import Desk, is_open
from bot.guard import Guard, Hooks, Installation, runner
from bot.health import Health, Metrics, admin_app
from bot.ingress import Opening, bolt_app, dispatcher, http_app
from bot.listeners import register
from bot.reach import WAIT_S, NotStarted, key_of, redis_of, socket_url, wait_for_store, who_we_are
from bot.slack.client import Slack, session, web_client
from bot.slack.directory import SlackDirectory
from bot.slack.ephemerals import Ephemerals
from bot.slack.surface import SlackSurface

log = structlog.get_logger(__name__)

OVERDUE_MOST = 1000
PROBE = ThreadId("T0PROBE:C0PROBE:0.000000")  # no task has this ID; asking for it asks the store
GROUP = re.compile(r'"(S[A-Z0-9]{2,23})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A bot that is up."""

    port: int
    desk: Desk
    store_words: str

    async def waiting_words(self) -> str:
        """Say what waits, and how to go on."""
        try:
            open_tasks = [line for line in await self.desk.index.tasks(self.desk.team, limit=1000) if is_open(line)]
        except StoreDown:
            return "The store does not answer; what it holds is kept."
        if not open_tasks:
            return "No task is open."
        people = sum(line.phase in ("awaiting_approval", "awaiting_answer", "paused") for line in open_tasks)
        return (
            f"{len(open_tasks)} open tasks are kept, {people} of them wait for people. "
            "Start the bot again in the same way: they go on, and the cards in Slack work as before."
        )


class Door:
    """The ports of this process: health from the beginning, Slack's requests once Bolt is there."""

    def __init__(self, settings: Settings, clock: SystemClock) -> None:
        """Bind nothing yet."""
        self._settings = settings
        self.metrics, self.health = Metrics(), Health()
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

    async def open_admin(self, look: Callable[[Metrics], Awaitable[None]], closing: AsyncExitStack) -> None:
        """Open the admin port, if one was configured."""
        port = self._settings.countersign_admin_port
        if port is not None:
            pages = admin_app(self.metrics, self.health, lambda: look(self.metrics))
            await listen(pages, self._settings.countersign_host, port, closing)

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
            closing.callback(self.close)
        if self._settings.slack_app_token is not None:
            handler = AsyncSocketModeHandler(app, self._settings.slack_app_token.get_secret_value())
            handler.client.wss_uri = self._socket_url
            if not self._settings.real_workspace:
                handler.client.proxy = None
            await handler.connect_async()  # type: ignore[no-untyped-call]  # not typed there
            closing.push_async_callback(handler.close_async)

    def close(self) -> None:
        """Take nothing new, and say so to whoever asks."""
        self._opening.close()
        self.health.ping = None


async def listen(app: web.Application, host: str, port: int, closing: AsyncExitStack) -> int:
    """Serve an application, and give the port it got."""
    served = runner(app)
    await served.setup()
    closing.push_async_callback(served.cleanup)
    try:
        await web.TCPSite(served, host, port).start()
    except OSError as taken:
        raise NotStarted(f"Port {port} on {host} can't be used ({taken.strerror}). Is another bot running?") from taken
    return int(served.addresses[0][1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """What reaches out: the store, Slack, the clock."""

    redis: Redis
    slack: Slack
    client: AsyncWebClient
    clock: SystemClock
    installation: Installation


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """The parts put together: what listens, what wakes, what works."""

    desk: Desk
    engine: LocalEngine
    worker: Worker

    @classmethod
    def of(cls, parts: Parts, config: Config, reach: Connections, key: bytes) -> "Staff":
        """Put everything together; nothing is begun."""
        codec, clock = Codec(key), reach.clock
        store, lessons = RedisStore(reach.redis, codec), RedisLessons(reach.redis, codec)
        index = RedisIndex(reach.redis, codec)
        team = TeamId(reach.installation.team_id or "")
        engine = LocalEngine(store, clock)
        runtime = Runtime(store, lessons, engine, lambda: parts.rules)
        directory = SlackDirectory(reach.slack, clock, team=team, usergroups=usergroups_of(config))
        surface = SlackSurface(reach.slack, directory, runtime.rules)
        world = World(
            model=parts.model,
            critic=parts.critic,
            tools=parts.tools,
            surface=surface,
            directory=directory,
            lessons=lessons,
        )
        name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        worker = Worker(runtime, Performer(runtime, world), index=index, surface=surface, clock=clock, name=name)
        desk = Desk(
            runtime=runtime,
            model=parts.model,
            index=index,
            lessons=lessons,
            slack=reach.slack,
            directory=directory,
            surface=surface,
            ephemerals=Ephemerals(reach.slack, surface, reach.client),
            clock=clock,
            team=team,
            bot_user=PersonId(reach.installation.bot_user_id or ""),
            waiting_per_requester=config.document.limits.waiting_per_requester,
        )
        return cls(desk=desk, engine=engine, worker=worker)

    async def begin(self, closing: AsyncExitStack) -> None:
        """Begin to work, also on what was left by a process that is gone."""
        closing.push_async_callback(self.desk.ephemerals.settled)
        self.engine.start(self.worker.drain, self.worker.nudge)
        closing.push_async_callback(self.engine.stop)

    async def look(self, metrics: Metrics) -> None:
        """Bring the gauges up to date."""
        metrics.overdue.set(len(await self.desk.runtime.store.overdue(OVERDUE_MOST)))
        metrics.revoked.set(1 if self.desk.slack.revoked else 0)


def usergroups_of(config: Config) -> frozenset[str]:
    """Name every user group that the configuration asks about."""
    return frozenset(GROUP.findall(config.document.model_dump_json()))


@asynccontextmanager
async def running(settings: Settings, config: Config, *, wait_s: float = WAIT_S) -> AsyncGenerator[Running]:
    """Run ingress and one worker in this process; raise ConfigError or NotStarted before it is up.

    ``wait_s`` is how long the store and Slack may take to answer at the start.
    """
    settings.check_slack()
    key = key_of(settings)
    parts = assemble(config, key)
    clock = SystemClock()
    async with AsyncExitStack() as closing:
        door = Door(settings, clock)
        port = await door.open(closing)
        redis, store_words = await redis_of(settings, closing)
        await wait_for_store(redis, clock, wait_s)
        client = await slack_client(settings, closing)
        slack = Slack(client, clock)
        installation, bot_id = await who_we_are(slack, clock, wait_s)
        await door.knock(client)
        reach = Connections(redis=redis, slack=slack, client=client, clock=clock, installation=installation)
        staff = Staff.of(parts, config, reach, key)
        app = bolt_app(client, installation, bot_id)
        register(app, staff.desk)
        await staff.begin(closing)
        await door.admit(app, installation, closing)
        door.health.ping = lambda: staff.desk.runtime.store.load(PROBE)
        await door.open_admin(staff.look, closing)
        yield Running(port=port, desk=staff.desk, store_words=store_words)


async def slack_client(settings: Settings, closing: AsyncExitStack) -> AsyncWebClient:
    """Make the client of the Web API over one session, closed at the end."""
    http = session()
    closing.push_async_callback(http.close)
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    return web_client(token, settings.slack_api_url, http, direct=not settings.real_workspace)
