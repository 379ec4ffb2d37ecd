"""Threads in a real Redis, worked on by the real core beside fakes of its world, and the commands' view of them."""

from dataclasses import dataclass

from redis.asyncio import Redis

from agent_core.adapters.redis_archive import RedisArchive
from agent_core.adapters.redis_holds import RedisSwitch
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.redis_views import RedisIndex, RedisLessons
from agent_core.codec import Codec
from agent_core.inputs import Approve, Propose
from agent_core.words import Digest
from bot.threads.opened import Opened
from tests.core.workshop import Workshop, step
from tests.examples import KEY, REQUESTER


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The two sides of one Redis."""

    shop: Workshop
    opened: Opened
    redis: Redis

    async def finished(self) -> None:
        """Bring a task of one read and one approved step to its end, with a refusal on the way."""
        proposal = await self.waiting()
        await self.shop.refused(Approve(by=REQUESTER, digest=proposal[0], version=proposal[1]))
        await self.shop.approve()
        await self.shop.drain()

    async def waiting(self) -> tuple[Digest, int]:
        """Bring a task to where its second step waits for people."""
        proposal = await self.shop.until_waiting()
        return proposal.digest, proposal.version


def bench_on(redis: Redis, *steps: Propose) -> Bench:
    """Set a bench up."""
    codec = Codec(KEY)
    shop = Workshop(*(steps or (step("read_status"), step())), figures=(2.5, 9.5))
    shop.store = RedisStore(redis, codec)  # type: ignore[assignment]  # the same port, on a real server
    shop.restarted()
    opened = Opened(
        store=RedisStore(redis, codec),
        archive=RedisArchive(redis, codec),
        lessons=RedisLessons(redis, codec),
        index=RedisIndex(redis, codec),
        switch=RedisSwitch(redis, codec),
        codec=codec,
        key=KEY,
    )
    return Bench(shop=shop, opened=opened, redis=redis)
