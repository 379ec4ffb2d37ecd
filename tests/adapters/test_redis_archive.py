import pytest
from redis.asyncio import Redis

from agent_core.adapters.redis_archive import RedisArchive, staged_key
from agent_core.adapters.redis_keys import keys_of
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.redis_tombs import tomb_key
from agent_core.adapters.redis_views import RedisIndex
from agent_core.codec import Codec
from agent_core.ports import Quarantined
from agent_core.words import ThreadId
from tests.examples import KEY, TASK_LINE, TEAM, THREAD
from tests.laws.archive_laws import ArchiveLaws, Scene


@pytest.fixture
def scene(redis: Redis) -> Scene:
    """Give both sides of one Redis."""
    codec = Codec(KEY)

    async def settle(thread_id: ThreadId) -> None:
        await redis.delete(keys_of(thread_id).outbox)

    async def later() -> None:
        """Ask for the time; the server's goes on meanwhile."""
        await redis.time()

    return Scene(store=RedisStore(redis, codec), archive=RedisArchive(redis, codec), settle=settle, later=later)


class TestRedisArchive(ArchiveLaws):
    """The archive on Redis keeps the laws."""

    async def test_what_was_laid_ready_and_not_put_back_goes_by_itself(self, scene: Scene, redis: Redis) -> None:
        """An import that was interrupted leaves nothing for ever."""
        await scene.begin()
        _, links = await scene.taken()
        await scene.archive.stage(THREAD, links, first=True)
        assert 0 < await redis.ttl(staged_key(THREAD)) <= 3600

    async def test_a_thread_that_was_put_back_stays(self, scene: Scene, redis: Redis) -> None:
        """The hour was for the staging."""
        await scene.begin()
        kept, links = await scene.taken()
        await redis.flushall()
        await scene.archive.stage(THREAD, links, first=True)
        assert await scene.archive.restore(kept, was=kept.head) == "restored"
        keys = keys_of(THREAD)
        assert [await redis.ttl(key) for key in (keys.thread, keys.journal, keys.outbox)] == [-1, -1, -1]

    async def test_a_buried_thread_leaves_its_teams_list(self, scene: Scene, redis: Redis) -> None:
        """Lists must not lead to what is gone."""
        index = RedisIndex(redis, Codec(KEY))
        await scene.begin()
        await index.put(TASK_LINE)
        await scene.settle(THREAD)
        assert await scene.archive.bury(await scene.stone())
        assert await index.tasks(TEAM) == []

    async def test_a_tombstone_that_was_changed_is_not_believed(self, scene: Scene, redis: Redis) -> None:
        """It is sealed like everything else."""
        await scene.begin()
        await scene.settle(THREAD)
        assert await scene.archive.bury(await scene.stone())
        (raw,) = await redis.lrange(tomb_key(THREAD), 0, -1)
        assert isinstance(raw, bytes)
        await redis.lset(tomb_key(THREAD), 0, raw[:-1] + bytes([raw[-1] ^ 1]))  # type: ignore[arg-type]  # any bytes are a value
        with pytest.raises(Quarantined):
            await scene.archive.tombstones(THREAD)
