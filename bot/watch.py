"""Looks after what no request would find: the store's settings, and an emergency stop that was left half done.

The store is looked at once a minute as at the start: what was safe then may have been changed since, or failed over.
What is new is said in the log, once. While something is found for which the bot would not start, it is not ready:
requests then go elsewhere, and what comes all the same is refused by the store itself.

A stop whose process died before it had marked every shard is finished by every process that is up, within seconds.
"""

import asyncio

import structlog
from redis.asyncio import Redis

from agent_core.adapters.redis_settings import Finding, check_settings
from agent_core.ports import Clock, StoreDown, Switch
from agent_core.words import TeamId
from bot.health import Health, Metrics

log = structlog.get_logger(__name__)

EVERY_S = 60.0
MEND_S = 2.0


class StoreWatch:
    """Watches over one server's settings and health."""

    def __init__(self, redis: Redis, clock: Clock, metrics: Metrics, health: Health, *, is_shared: bool) -> None:
        """Hold what is watched, and what is told of it."""
        self._redis = redis
        self._clock = clock
        self._metrics = metrics
        self._health = health
        self._is_shared = is_shared
        self._known: frozenset[Finding] | None = None
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
                self.tell(await check_settings(self._redis, is_shared=self._is_shared))
            except StoreDown as down:
                log.warning("store does not answer", why=str(down))
            except Exception:  # whoever watches must not be the first to fall
                log.exception("store not looked at")
            await self._clock.sleep(EVERY_S)

    def tell(self, findings: list[Finding]) -> None:
        """Say what is new, and whether requests may still come; what the start has said is known."""
        known, self._known = self._known, frozenset(findings)
        for finding in findings:
            if known is not None and finding not in known:
                log.warning("redis setting", level=finding.level, setting=finding.setting, words=finding.words)
        refused = [finding for finding in findings if finding.level == "refuse"]
        self._health.distrusted = "; ".join(f"{finding.setting}: {finding.words}" for finding in refused)
        self._metrics.unsafe.set(len(refused))


class StopWatch:
    """Looks after one workspace's emergency stop."""

    def __init__(self, switch: Switch, team: TeamId, clock: Clock) -> None:
        """Hold what is looked after."""
        self._switch = switch
        self._team = team
        self._clock = clock
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
                if await self._switch.mend(self._team):
                    log.warning("emergency stop found half done, and finished", team=self._team)
            except StoreDown as down:
                log.warning("emergency stop not looked after", why=str(down))
            except Exception:  # the next look is soon, and without it nobody would finish what was left
                log.exception("emergency stop not looked after")
            await self._clock.sleep(MEND_S)
