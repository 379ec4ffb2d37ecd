import asyncio

from redis.asyncio import Redis

from agent_core.adapters.redis_settings import check_settings
from agent_core.adapters.redis_store import RedisStore
from agent_core.codec import Codec
from agent_core.fakes import turns
from tests.examples import THREAD

MOMENTS = 200


async def test_a_cancel_is_never_lost_whenever_it_comes(redis: Redis) -> None:
    """A worker that stops its tasks would wait for ever for one that goes on as if nothing had been said."""
    store = RedisStore(redis, Codec(b"k" * 32))
    await store.load(THREAD)
    lost = 0
    for moment in range(MOMENTS):
        for asked in (store.load(THREAD), check_settings(redis), store.overdue(1)):
            task: asyncio.Task[object] = asyncio.create_task(asked)
            await turns(moment % 20)
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
                lost += not task.cancelled()
    assert lost == 0
    while under_way := asyncio.all_tasks() - {asyncio.current_task()}:  # batches whose askers have gone
        await asyncio.wait(under_way)


async def test_a_command_in_a_task_that_was_cancelled_before_is_sent(redis: Redis) -> None:
    """Whoever cleans up after a cancel still gives back what he holds."""
    store = RedisStore(redis, Codec(b"k" * 32))
    cleaned = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await store.load(THREAD)
            cleaned.set()

    task = asyncio.create_task(work())
    await turns()
    task.cancel()
    await asyncio.wait({task})
    assert cleaned.is_set()
