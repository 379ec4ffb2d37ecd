from dataclasses import replace

import pytest
from redis.asyncio import Redis

from agent_core.adapters.anchors import Anchors
from agent_core.adapters.redis_archive import RedisArchive
from agent_core.adapters.redis_client import Commands
from agent_core.adapters.redis_keys import keys_of
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.redis_tombs import Tombs, tomb_key
from agent_core.codec import Codec
from agent_core.ports import Loaded, Quarantined
from agent_core.ports.archive import Tombstone
from agent_core.transition import Transition
from agent_core.words import ThreadId
from tests.adapters.test_redis_store import stage as stage  # noqa: PLC0414 - a fixture is found by its name here
from tests.examples import KEY, NOON, NOTE, THREAD, entry, new_task
from tests.laws.stage import Stage, step

FIRST = Transition(checkpoint=new_task())


async def test_a_thread_put_back_from_an_old_copy_is_set_aside(stage: Stage, redis: Redis) -> None:
    """As a restore or a fail-over does: whole, well chained, and old."""
    begun = await stage.begin()
    keys = keys_of(THREAD)
    copy = {key: await redis.dump(key) for key in (keys.thread, keys.journal)}
    await stage.go_on(begun)
    assert (await stage.store.load(THREAD)).length == 2
    for key, content in copy.items():
        assert content is not None
        await redis.restore(key, 0, content, replace=True)
    with pytest.raises(Quarantined, match="decisions were lost"):
        await stage.store.load(THREAD)
    lease = await stage.store.take(THREAD, "one", 10.0)
    assert lease is not None
    with pytest.raises(Quarantined, match="decisions were lost"):
        await stage.store.look(lease, replace(begun, checkpoint=None, head="", length=0))


async def test_a_process_that_knows_nothing_takes_what_it_finds(stage: Stage, redis: Redis) -> None:
    """What was known went with the process; an operator starts all of them anew after a restore."""
    begun = await stage.begin()
    assert (await RedisStore(redis, Codec(KEY)).load(THREAD)).head == begun.head


async def test_what_another_process_has_written_since_is_no_loss(stage: Stage, redis: Redis) -> None:
    """A journal that is longer than was known is the ordinary case."""
    begun = await stage.begin()
    await RedisStore(redis, Codec(KEY)).commit(begun, step(begun), entry(2))
    await stage.store.note(THREAD, NOTE)
    assert (await stage.store.load(THREAD)).length == 3


async def test_a_thread_that_is_gone_is_no_loss(stage: Stage, redis: Redis) -> None:
    """What was purged, or expired, leaves nothing to be run."""
    await stage.begin()
    keys = keys_of(THREAD)
    await redis.delete(keys.thread, keys.journal)
    assert (await stage.store.load(THREAD)).checkpoint is None


async def test_a_thread_that_was_purged_and_begun_anew_is_another_task(stage: Stage, redis: Redis) -> None:
    """The process that wrote the old one goes on with the new one at once, whichever began it."""
    await purged(redis, await stage.go_on(await stage.begin()))
    other = RedisStore(redis, Codec(KEY))
    await other.commit(await other.load(THREAD), FIRST, entry(1))
    lease = await stage.store.take(THREAD, "one", 10.0)
    assert lease is not None
    assert lease.found is not None
    assert (await stage.store.load(THREAD)).length == 1


async def test_a_tombstone_of_an_earlier_life_excuses_no_loss(stage: Stage, redis: Redis) -> None:
    """The thread was purged and begun anew, and then the store lost lines of the new task."""
    await purged(redis, await stage.go_on(await stage.begin()))
    begun = await stage.begin()
    keys = keys_of(THREAD)
    copy = {key: await redis.dump(key) for key in (keys.thread, keys.journal)}
    await stage.go_on(begun)
    for key, content in copy.items():
        assert content is not None
        await redis.restore(key, 0, content, replace=True)
    with pytest.raises(Quarantined, match="decisions were lost"):
        await stage.store.load(THREAD)


async def test_a_tombstone_that_can_not_be_read_excuses_no_loss(stage: Stage, redis: Redis) -> None:
    """Whoever can take lines back could also lay a stone."""
    await purged(redis, await stage.go_on(await stage.begin()))
    await redis.lset(tomb_key(THREAD), 0, "0" * 64 + "not what we write")
    other = RedisStore(redis, Codec(KEY))
    await other.commit(await other.load(THREAD), FIRST, entry(1))
    with pytest.raises(Quarantined, match="decisions were lost"):
        await stage.store.load(THREAD)


async def purged(redis: Redis, loaded: Loaded) -> None:
    """Put a tombstone in the thread's place."""
    assert loaded.checkpoint is not None
    stone = Tombstone(
        thread_id=THREAD,
        version=loaded.checkpoint.version,
        head=loaded.head,
        length=loaded.length,
        how="succeeded",
        finished_at=loaded.now,
        purged_at=loaded.now,
    )
    assert await RedisArchive(redis, Codec(KEY)).bury(stone)


async def test_only_the_newest_are_kept(redis: Redis) -> None:
    """A process that has worked for a year knows no more than it needs."""
    anchors = Anchors(Tombs(Commands(redis), Codec(KEY)), most=2)
    for number in range(3):
        anchors.acknowledged(ThreadId(f"T0:C0:{number}.0"), 5, NOON)
    await anchors.check(ThreadId("T0:C0:0.0"), 1)
    with pytest.raises(Quarantined):
        await anchors.check(ThreadId("T0:C0:2.0"), 4)
