"""The composition root: opens and closes what a process is made of, in order, for each of the three roles.

The ports are bound first, so that health can be asked from the beginning; then the store is waited for, Slack is asked
who we are, and work begins. On the way down nothing new is taken, what runs may end, and the rest is found again
through the due index.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from redis.asyncio import Redis
from slack_sdk.web.async_client import AsyncWebClient

from agent_core.adapters.redis_archive import RedisArchive
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.system_clock import SystemClock
from agent_core.codec import Codec
from agent_core.ports import StoreDown
from agent_core.retention import Retention
from agent_core.words import ThreadId
from bot.assembly import assemble
from bot.audit import Draw
from bot.config import Config, ConfigError, Problem, Settings
from bot.desk import Desk, is_open
from bot.door import Door, listen
from bot.ingress import bolt_app
from bot.listeners import register
from bot.reach import WAIT_S, key_of, redis_of, wait_for_store, who_we_are
from bot.slack.client import Slack, session, web_client
from bot.staff import Connections, Role, Staff, usergroups_of
from bot.watch import StopWatch, StoreWatch

__all__ = ["Role", "Running", "listen", "running", "slack_client", "usergroups_of"]

PROBE = ThreadId("T0PROBE:C0PROBE:0.000000")  # no task has this ID; asking for it asks the store
FOR_PEOPLE = frozenset({"awaiting_approval", "awaiting_score_review", "awaiting_answer", "outcome_unknown", "paused"})
Pages: TypeAlias = Callable[[Redis, bytes, Config], Draw]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A bot that is up. ``port`` is Slack's, 0 where this process only works."""

    port: int
    admin_port: int | None
    desk: Desk
    store_words: str

    async def waiting_words(self) -> str:
        """Say what waits, and how to go on."""
        try:
            standing = await self.desk.as_they_stand(await self.desk.unfinished())
            open_tasks = [line for line in standing if is_open(line)]
        except StoreDown:
            return "The store does not answer; what it holds is kept."
        if not open_tasks:
            return "No task is open."
        people = sum(line.phase in FOR_PEOPLE for line in open_tasks)
        return (
            f"Open tasks, all of them kept: {len(open_tasks)}. Those that wait for people: {people}. "
            "Start the bot again in the same way: they go on, and the cards in Slack work as before."
        )


@asynccontextmanager
async def running(
    settings: Settings, config: Config, *, role: Role = "run", wait_s: float = WAIT_S, pages: Pages | None = None
) -> AsyncGenerator[Running]:
    """Run one process in its role; raise ConfigError or NotStarted before it is up.

    ``wait_s`` is how long the store and Slack may take to answer at the start; ``pages`` makes who draws threads' pages
    for the admin port.
    """
    check_role(role, settings)
    key = key_of(settings)
    parts = assemble(config, key)
    clock = SystemClock()
    async with AsyncExitStack() as closing:
        door = Door(settings, clock)
        admin_port = await door.open_admin(closing)
        port = 0 if role == "work" else await door.open(closing)
        reach, store_words = await reached(role, settings, clock, closing=closing, wait_s=wait_s)
        if role != "work":
            await door.knock(reach.client)
        staff = Staff.of(role, parts, config, reach=reach, key=key)
        await staff.begin(closing)
        watches = (
            StoreWatch(reach.redis, clock, door.metrics, door.health, is_shared=role != "run"),
            StopWatch(staff.desk.switch, staff.desk.team, clock),
        )
        for watch in watches:
            watch.start()
            closing.push_async_callback(watch.stop)
        retain(role, config, reach, key=key, closing=closing)
        closing.callback(door.close)
        if role != "work":
            app = bolt_app(reach.client, reach.installation, reach.bot_id)
            register(app, staff.desk)
            await door.admit(app, reach.installation, closing)
        door.up(
            lambda: staff.desk.runtime.store.load(PROBE),
            staff.look,
            pages(reach.redis, key, config) if pages else None,
        )
        yield Running(port=port, admin_port=admin_port, desk=staff.desk, store_words=store_words)


async def reached(
    role: Role, settings: Settings, clock: SystemClock, *, closing: AsyncExitStack, wait_s: float
) -> tuple[Connections, str]:
    """Reach the store, which must be fit for its use, and Slack, which says who we are; say which store it is."""
    redis, store_words = await redis_of(settings, closing)
    await wait_for_store(redis, clock, wait_s, is_shared=role != "run")
    client = await slack_client(settings, closing)
    slack = Slack(client, clock)
    installation, bot_id = await who_we_are(slack, clock, wait_s)
    reach = Connections(
        redis=redis,
        url=settings.redis_url.get_secret_value() if settings.redis_url else "",
        slack=slack,
        client=client,
        clock=clock,
        installation=installation,
        bot_id=bot_id,
    )
    return reach, store_words


def retain(role: Role, config: Config, reach: Connections, *, key: bytes, closing: AsyncExitStack) -> None:
    """Let threads go from now on that finished ``retention_days`` ago, where this process works at all."""
    if role == "serve":
        return
    codec, older_than = Codec(key), timedelta(days=config.document.retention_days)
    store, archive = RedisStore(reach.redis, codec), RedisArchive(reach.redis, codec)
    retention = Retention(store, archive, reach.clock, older_than)
    retention.start()
    closing.push_async_callback(retention.stop)


def check_role(role: Role, settings: Settings) -> None:
    """Raise ConfigError unless there is what this role needs: processes that work together share a Redis."""
    if role != "work" or settings.slack_bot_token is None:
        settings.check_slack()
    if role != "run" and settings.redis_url is None:
        words = f"expected the Redis that every `serve` and `work` shares; only `run` has one of its own, not `{role}`"
        raise ConfigError(Problem(file="environment", line=None, key="REDIS_URL", words=words))


async def slack_client(settings: Settings, closing: AsyncExitStack) -> AsyncWebClient:
    """Make the client of the Web API over one session, closed at the end."""
    http = session()
    closing.push_async_callback(http.close)
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    return web_client(token, settings.slack_api_url, http, direct=not settings.real_workspace)
