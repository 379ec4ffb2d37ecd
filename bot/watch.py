"""Looks after what no request would find: the store's settings, and an emergency stop that was left half done.

The store is looked at once a minute as at the start: what was safe then may have been changed since, or failed over.
What is new is said in the log, once. While something is found for which the bot would not start, it is not ready:
requests then go elsewhere, and what comes all the same is refused by the store itself.

A stop whose process died before it had marked every shard is finished by every process that is up, within seconds.
"""

import asyncio
from abc import ABC, abstractmethod

import structlog
from redis.asyncio import Redis

from agent_core.adapters.redis_settings import Finding, check_settings
from agent_core.ports import Clock, StoreDown, Switch
from agent_core.words import TeamId
from bot.health import Health, Metrics

log = structlog.get_logger(__name__)

EVERY_S = 60.0
MEND_S = 2.0


class Watch(ABC):
    """Looks at something again and again; whoever watches must not be the first to fall."""

    def __init__(self, clock: Clock, every_s: float) -> None:
        """Hold how long it rests between two looks."""
        self._clock = clock
        self._every_s = every_s
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Look no more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            try:
                await self.look()
            except StoreDown as down:
                log.warning("store does not answer", watch=type(self).__name__, why=str(down))
            except Exception:
                log.exception("not looked at", watch=type(self).__name__)
            await self._clock.sleep(self._every_s)

    @abstractmethod
    async def look(self) -> None:
        """Look once; may raise."""


class StoreWatch(Watch):
    """Watches over one server's settings and health."""

    def __init__(self, redis: Redis, clock: Clock, metrics: Metrics, health: Health, *, is_shared: bool) -> None:
        """Hold what is watched, and what is told of it."""
        super().__init__(clock, EVERY_S)
        self._redis = redis
        self._metrics = metrics
        self._health = health
        self._is_shared = is_shared
        self._known: frozenset[Finding] | None = None

    async def look(self) -> None:
        """Check the settings as at the start."""
        self.tell(await check_settings(self._redis, is_shared=self._is_shared))

    def tell(self, findings: list[Finding]) -> None:
        """Say what is new, and whether requests may still come; what the start has said is known."""
        known, self._known = self._known, frozenset(findings)
        for finding in findings:
            if known is not None and finding not in known:
                log.warning("redis setting", level=finding.level, setting=finding.setting, words=finding.words)
        refused = [finding for finding in findings if finding.level == "refuse"]
        self._health.distrusted = "; ".join(f"{finding.setting}: {finding.words}" for finding in refused)
        self._metrics.unsafe.set(len(refused))


class StopWatch(Watch):
    """Looks after one workspace's emergency stop."""

    def __init__(self, switch: Switch, team: TeamId, clock: Clock) -> None:
        """Hold what is looked after."""
        super().__init__(clock, MEND_S)
        self._switch = switch
        self._team = team

    async def look(self) -> None:
        """Finish what was left half done."""
        if await self._switch.mend(self._team):
            log.warning("emergency stop found half done, and finished", team=self._team)
