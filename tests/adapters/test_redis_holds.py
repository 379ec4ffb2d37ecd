"""The locks and the emergency stop on a real Redis."""

import pytest
from redis.asyncio import Redis

from agent_core.adapters.redis_holds import ASKS_AGAIN_US, RedisLocks, RedisSwitch, lock_key, log_keys
from agent_core.adapters.redis_keys import stop_key
from agent_core.adapters.redis_store import RedisStore
from agent_core.codec import Codec
from agent_core.ports import NotCommitted, Quarantined
from agent_core.words import SHARDS, shard_of
from tests.examples import KEY, THREAD
from tests.laws.holds_laws import LINE_S, NAME, TEAM, Later, LocksLaws, SwitchLaws, begun, holder


def stored(reply: object) -> bytes:
    """Take what Redis keeps as bytes."""
    assert isinstance(reply, bytes)
    return reply


class TestRedisLocks(LocksLaws):
    """The locks on Redis."""

    @pytest.fixture
    def locks(self, redis: Redis) -> RedisLocks:
        """Begin with no lock held."""
        return RedisLocks(redis)

    @pytest.fixture
    def later(self, redis: Redis) -> Later:
        """Let time go by: those in the line have asked that much earlier."""

        async def go_by(seconds: float) -> None:
            for name, kept in (await redis.hgetall(lock_key(TEAM, NAME))).items():
                if name != b"holder":
                    since, seen = (int(one) - round(seconds * 1_000_000) for one in stored(kept).split(b":"))
                    await redis.hset(lock_key(TEAM, NAME), name, f"{since}:{seen}")

        return go_by

    async def test_a_lock_that_nobody_holds_or_wants_leaves_nothing_behind(
        self, locks: RedisLocks, redis: Redis
    ) -> None:
        """There is a name for each service, ticket and account."""
        await locks.take(TEAM, NAME, holder(0))
        await locks.take(TEAM, NAME, holder(1))
        assert await redis.pttl(lock_key(TEAM, NAME)) == -1, "while it is held it is kept"
        await locks.give_back(TEAM, NAME, holder(0))
        assert 0 < await redis.pttl(lock_key(TEAM, NAME)) <= ASKS_AGAIN_US / 1000
        await locks.take(TEAM, NAME, holder(1))
        await locks.give_back(TEAM, NAME, holder(1))
        assert await redis.exists(lock_key(TEAM, NAME)) == 0
        assert LINE_S * 1_000_000 > ASKS_AGAIN_US


class TestRedisSwitch(SwitchLaws):
    """The emergency stop on Redis."""

    @pytest.fixture
    def store(self, redis: Redis) -> RedisStore:
        """Begin with an empty store."""
        return RedisStore(redis, Codec(KEY))

    @pytest.fixture
    def switch(self, redis: Redis) -> RedisSwitch:
        """Begin with the stop never pulled."""
        return RedisSwitch(redis, Codec(KEY))

    async def test_every_shard_is_marked_before_the_answer(self, switch: RedisSwitch, redis: Redis) -> None:
        """A claim is committed in its thread's shard, and can only ask there."""
        await switch.switch(TEAM, is_stopped=True, by="U0ONE")
        marks = [stored(await redis.get(stop_key(shard, TEAM))) for shard in range(SHARDS)]
        assert all(mark.startswith(b"1:") and mark.endswith(b" U0ONE") for mark in marks)

    async def test_pressed_again_what_was_left_half_done_is_done(
        self, switch: RedisSwitch, store: RedisStore, redis: Redis
    ) -> None:
        """The store failed between two shards; nobody had been told that everything is stopped."""
        await switch.switch(TEAM, is_stopped=True, by="U0ONE")
        await redis.delete(stop_key(shard_of(THREAD), TEAM))
        await switch.switch(TEAM, is_stopped=True, by="U0TWO")
        assert isinstance(await begun(store), NotCommitted)
        assert len(await switch.log(TEAM)) == 1

    async def test_an_older_switching_that_comes_late_changes_no_shard(
        self, switch: RedisSwitch, store: RedisStore, redis: Redis
    ) -> None:
        """Its marks were on their way while another operator pulled the stop again."""
        for is_stopped in (True, False, True):
            await switch.switch(TEAM, is_stopped=is_stopped, by="U0ONE")
        before = await redis.get(stop_key(shard_of(THREAD), TEAM))
        lifted = (await switch.log(TEAM))[1]
        await switch.mark(TEAM, lifted)
        assert await redis.get(stop_key(shard_of(THREAD), TEAM)) == before
        assert isinstance(await begun(store), NotCommitted)

    async def test_a_log_that_was_changed_or_cut_is_told(self, switch: RedisSwitch, redis: Redis) -> None:
        """Who stopped everything is a matter of record, and so is that somebody did."""
        _, lines = log_keys(TEAM)
        for is_stopped in (True, False, True):
            await switch.switch(TEAM, is_stopped=is_stopped, by="U0ONE")
        (last,) = await redis.lrange(lines, -1, -1)
        await redis.ltrim(lines, 0, -2)
        with pytest.raises(Quarantined):
            await switch.stands(TEAM)
        await redis.rpush(lines, stored(last) + b"x")
        with pytest.raises(Quarantined):
            await switch.log(TEAM)
