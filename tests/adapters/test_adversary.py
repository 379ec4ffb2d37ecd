"""What an attacker of the Redis adapter tried: leftovers of processes that died, and two processes in turn."""

import pytest
from redis.asyncio import Redis

from agent_core.adapters.redis_keys import keys_of
from agent_core.adapters.redis_store import RedisStore
from agent_core.codec import Codec
from agent_core.fakes import FakeClock, MemoryStore
from agent_core.ports import Store
from agent_core.transition import Transition
from tests.examples import KEY, NOON, THREAD, entry, new_task
from tests.laws.stage import LONG_S


@pytest.fixture(params=["redis", "memory"])
def store(request: pytest.FixtureRequest, redis: Redis) -> Store:
    """Give each store: both tell a worker the same."""
    return RedisStore(redis, Codec(KEY)) if request.param == "redis" else MemoryStore(FakeClock(NOON))


async def test_a_thread_that_is_gone_does_not_stay_in_the_due_index(redis: Redis) -> None:
    """An opening goes after an hour; what a killed worker left of it must not be woken once a second for ever."""
    store = RedisStore(redis, Codec(KEY))
    await redis.zadd(keys_of(THREAD).due, {THREAD: 1})
    assert await store.overdue(10) == [THREAD]
    assert await store.take(THREAD, "one", LONG_S) is None
    assert await store.overdue(10) == []


async def test_a_holder_is_told_when_another_has_held_the_lease_meanwhile(store: Store) -> None:
    """Who was alone need not look whether somebody has posted what is pending."""
    before = await store.load(THREAD)
    await store.commit(before, Transition(checkpoint=new_task(THREAD)), entry(1))
    for holder, is_alone in (("one", True), ("one", True), ("two", False), ("two", True), ("one", False)):
        lease = await store.take(THREAD, holder, LONG_S)
        assert lease is not None
        assert (holder, lease.alone) == (holder, is_alone)
        await store.release(lease, version=1, due=None)
