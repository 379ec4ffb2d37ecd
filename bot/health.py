"""Whether this process lives and is ready, and what it counts: no names of people, channels or hosts."""

from collections.abc import Awaitable, Callable
from typing import get_args

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from agent_core.ports import StoreDown
from bot.audit import Audit
from bot.guard import Refusal
from bot.payloads import Kind

ACK_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0)


class Metrics:
    """The figures of one process, with labels from fixed sets only."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.registry = CollectorRegistry()
        self.acks = Histogram(
            "countersign_ack_seconds",
            "Time from a request to its answer",
            ["kind"],
            registry=self.registry,
            buckets=ACK_BUCKETS_S,
        )
        self._acks_of = {kind: self.acks.labels(kind) for kind in get_args(Kind)}
        self.answers = Counter("countersign_answers_total", "Answers by status", ["status"], registry=self.registry)
        self.refusals = Counter(
            "countersign_refused_requests_total", "Requests that the guard refused", ["reason"], registry=self.registry
        )
        self.overdue = Gauge("countersign_overdue_threads", "Threads waiting to be looked at", registry=self.registry)
        self.due_lag = Gauge(
            "countersign_due_lag_seconds",
            "How long the thread that is overdue the longest has waited for a worker",
            registry=self.registry,
        )
        self.store = Gauge("countersign_store_answers", "1 while the store answers", registry=self.registry)
        self.unsafe = Gauge(
            "countersign_store_unsafe_settings",
            "Settings and states of the store for which the bot would not start",
            registry=self.registry,
        )
        self.revoked = Gauge(
            "countersign_slack_token_refused", "1 while Slack refuses the token", registry=self.registry
        )

    def refused(self, refusal: Refusal) -> None:
        """Count what the guard refused."""
        self.refusals.labels(reason=refusal.reason).inc()
        self.answers.labels(status=str(refusal.status)).inc()

    def answered(self, kind: Kind, status: int, seconds: float) -> None:
        """Count an answer."""
        self._acks_of[kind].observe(seconds)
        self.answers.labels(str(status)).inc()


class Health:
    """Says whether the process is ready: it has started, and its store answers and can be trusted."""

    def __init__(self) -> None:
        """Begin as not ready."""
        self.ping: Callable[[], Awaitable[object]] | None = None
        self.distrusted = ""

    async def livez(self, _: web.Request) -> web.Response:
        """Answer as long as the process can."""
        return web.Response(text="alive\n")

    async def readyz(self, _: web.Request) -> web.Response:
        """Answer 200 when requests can be taken, else 503."""
        if self.ping is None:
            return web.Response(status=503, text="starting\n")
        try:
            await self.ping()
        except StoreDown:
            return web.Response(status=503, text="the store does not answer\n")
        if self.distrusted:
            return web.Response(status=503, text=f"the store can't be trusted: {self.distrusted}\n")
        return web.Response(text="ready\n")


def admin_app(metrics: Metrics, health: Health, audit: Audit, look: Callable[[], Awaitable[None]]) -> web.Application:
    """Make the admin port's pages; ``look`` brings the gauges up to date."""

    async def page(_: web.Request) -> web.Response:
        await look()
        return web.Response(body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/metrics", page)
    app.router.add_get("/livez", health.livez)
    app.router.add_get("/readyz", health.readyz)
    app.router.add_get("/threads/{id:.+}", audit.thread)
    return app
