"""The parts of a process put together, each role with its own way to wake workers.

``run`` takes requests and drains what they committed at once, in its own process. ``serve`` takes requests and calls
workers; ``work`` drains, and is called. All three are made of the same parts; what a role does not begin stands still.
"""

import os
import re
import secrets
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Literal, TypeAlias

from redis.asyncio import Redis
from slack_sdk.web.async_client import AsyncWebClient

from agent_core.adapters.docket_engine import Called, Caller
from agent_core.adapters.local_engine import GRACE_S, LocalEngine
from agent_core.adapters.redis_due import RedisDue
from agent_core.adapters.redis_holds import RedisLocks, RedisSwitch
from agent_core.adapters.redis_spool import RedisSpool
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.redis_views import RedisIndex, RedisLessons
from agent_core.adapters.system_clock import SystemClock
from agent_core.codec import Codec
from agent_core.holds import Gates
from agent_core.perform import Performer, World
from agent_core.runtime import Runtime
from agent_core.words import PersonId, TeamId
from agent_core.worker import Worker
from bot.assembly import Parts
from bot.config import Config
from bot.desk import Desk
from bot.guard import Installation
from bot.health import Metrics
from bot.slack.client import Slack
from bot.slack.directory import SlackDirectory
from bot.slack.ephemerals import Ephemerals
from bot.slack.surface import SlackSurface

Role: TypeAlias = Literal["run", "serve", "work"]
OVERDUE_MOST = 1000
RECORDED_S = 5.0  # for a result to be recorded and shown
GROUP = re.compile(r'"(S[A-Z0-9]{2,23})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """What reaches out: the store, Slack, the clock. ``url`` is the store's where processes share it."""

    redis: Redis
    url: str
    slack: Slack
    client: AsyncWebClient
    clock: SystemClock
    installation: Installation
    bot_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """The parts put together: what listens, what wakes, what works."""

    desk: Desk
    worker: Worker
    engine: LocalEngine | Caller
    called: Called | None
    due: RedisDue

    @classmethod
    def of(cls, role: Role, parts: Parts, config: Config, *, reach: Connections, key: bytes) -> "Staff":
        """Put everything together; nothing is begun."""
        codec, clock, name = Codec(key), reach.clock, name_of_process()
        store, lessons = RedisStore(reach.redis, codec), RedisLessons(reach.redis, codec)
        index, switch = RedisIndex(reach.redis, codec), RedisSwitch(reach.redis, codec)
        team = TeamId(reach.installation.team_id or "")
        local = LocalEngine(store, clock, grace_s=grace_s_of(role, config))
        engine = Caller(reach.url, clock, name) if role == "serve" else local
        runtime = Runtime(store, lessons, engine, lambda: parts.rules)
        directory = SlackDirectory(reach.slack, clock, team=team, usergroups=usergroups_of(config))
        surface = SlackSurface(reach.slack, directory, runtime.rules)
        desk = Desk(
            runtime=runtime,
            model=parts.model,
            index=index,
            lessons=lessons,
            switch=switch,
            slack=reach.slack,
            directory=directory,
            surface=surface,
            ephemerals=Ephemerals(reach.slack, surface, reach.client),
            clock=clock,
            team=team,
            bot_user=PersonId(reach.installation.bot_user_id or ""),
            waiting_per_requester=config.document.limits.waiting_per_requester,
        )
        world = world_of(parts, desk, reach, codec)
        return cls(
            desk=desk,
            worker=Worker(runtime, Performer(runtime, world), index=index, surface=surface, clock=clock, name=name),
            engine=engine,
            called=Called(reach.url, clock, name, local.drained) if role == "work" else None,
            due=RedisDue(reach.redis),
        )

    async def begin(self, closing: AsyncExitStack) -> None:
        """Begin to work, also on what was left by a process that is gone.

        On the way down no work begins and no job is taken, then the drains end, and the jobs with them; what is still
        pending is due at once, for whichever worker is left.
        """
        closing.push_async_callback(self.desk.settled)
        if isinstance(self.engine, LocalEngine):
            self.engine.start(self.worker.drain, self.worker.nudge, self.worker.taking)
        else:
            self.engine.start()
        if self.called is not None:
            self.called.start()
            closing.push_async_callback(self.called.join)
        closing.push_async_callback(self.engine.stop)
        if self.called is not None:
            closing.push_async_callback(self.called.leave)
        closing.callback(self.worker.leave)

    async def look(self, metrics: Metrics) -> None:
        """Bring the gauges up to date; raise StoreDown."""
        metrics.revoked.set(1 if self.desk.slack.revoked else 0)
        metrics.overdue.set(len(await self.desk.runtime.store.overdue(OVERDUE_MOST)))
        metrics.due_lag.set(await self.due.lag_s())


def world_of(parts: Parts, desk: Desk, reach: Connections, codec: Codec) -> World:
    """Name the ports through which a worker reaches the world."""
    spool = RedisSpool(reach.redis, codec)
    return World(
        model=parts.model,
        critic=parts.critic,
        tools=parts.tools.spooling(spool, reach.clock),
        surface=desk.surface,
        directory=desk.directory,
        lessons=desk.lessons,
        spool=spool,
        gates=Gates(locks=RedisLocks(reach.redis), switch=desk.switch, links=desk),
    )


def grace_s_of(role: Role, config: Config) -> float:
    """Say how long calls may take to end at a stop: a worker's as long as they may take, for nobody waits for it.

    Who stops a bot in a terminal is not kept so long; what is cut off then is settled by its tool's class.
    """
    longest_s = max((tool.timeout_s for tool in config.document.tools), default=0.0)
    return GRACE_S if role == "run" else longest_s + RECORDED_S


def name_of_process() -> str:
    """Tell this process from all others that share the store, also from one that had its number before."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def usergroups_of(config: Config) -> frozenset[str]:
    """Name every user group that the configuration asks about."""
    return frozenset(GROUP.findall(config.document.model_dump_json()))
