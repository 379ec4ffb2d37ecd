"""The locks and the emergency stop on a real Redis."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

import pytest
from redis.asyncio import Redis

from agent_core.adapters.redis_batches import Command, Reply
from agent_core.adapters.redis_client import Commands
from agent_core.adapters.redis_holds import ASKS_AGAIN_US, RedisLocks, RedisSwitch, lock_key, log_keys
from agent_core.adapters.redis_keys import stop_key
from agent_core.adapters.redis_stop import Mark, StopMarks, record_key
from agent_core.adapters.redis_store import RedisStore
from agent_core.codec import Codec
from agent_core.ports import Committed, NotCommitted, Quarantined
from agent_core.words import SHARDS, shard_of
from tests.examples import KEY, THREAD
from tests.laws.holds_laws import (
    LINE_S,
    NAME,
    TEAM,
    THREADS,
    Damage,
    Later,
    LocksLaws,
    SwitchLaws,
    begun,
    flipped,
    holder,
)


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

    @pytest.fixture
    def damage(self, redis: Redis) -> Damage:
        """Change the last byte."""

        async def change() -> None:
            _, lines = log_keys(TEAM)
            (last,) = await redis.lrange(lines, -1, -1)
            await redis.lset(lines, -1, flipped(stored(last)))  # type: ignore[arg-type]  # any bytes are a value

        return change

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
        await switch.marks.put_everywhere(TEAM, Mark(lifted.version, ""))
        assert await redis.get(stop_key(shard_of(THREAD), TEAM)) == before
        assert isinstance(await begun(store), NotCommitted)

    async def test_a_log_that_was_changed_or_cut_is_told(self, switch: RedisSwitch, redis: Redis) -> None:
        """Who stopped everything is a matter of record, and so is that somebody did."""
        _, lines = log_keys(TEAM)
        for is_stopped in (True, False, True):
            await switch.switch(TEAM, is_stopped=is_stopped, by="U0ONE")
        (last,) = await redis.lrange(lines, -1, -1)
        await redis.ltrim(lines, 0, -2)
        stands = await switch.stands(TEAM)
        assert stands is not None
        assert "does not end as it was written" in stands.doubt
        await redis.rpush(lines, stored(last) + b"x")
        with pytest.raises(Quarantined):
            await switch.log(TEAM)


class Dying(Commands):
    """Commands of a process that dies before, or right after, a given one of them takes effect."""

    def __init__(self, redis: Redis, living: int) -> None:
        super().__init__(redis)
        self.left = living

    async def run(self, name: str, keys: Sequence[str], args: Sequence[str | bytes | int] = ()) -> Reply:
        """Run a script, if the process still lives."""
        self.count()
        return await super().run(name, keys, args)

    async def send(self, commands: Iterable[Command]) -> list[Reply]:
        """Send commands, if the process still lives."""
        self.count()
        return await super().send(commands)

    def count(self) -> None:
        """Count down to the death."""
        self.left -= 1
        if self.left < 0:
            raise Dead


class Dead(Exception):
    """The process is gone."""


def dying(redis: Redis, living: int) -> RedisSwitch:
    """Make the stop of a process that dies after so many commands."""
    switch = RedisSwitch(redis, Codec(KEY))
    commands = Dying(redis, living)
    vars(switch).update(_commands=commands, marks=StopMarks(commands))
    return switch


async def marks_of(redis: Redis) -> set[bytes]:
    """Give the marks that the shards have, each once."""
    keys = [stop_key(shard, TEAM) for shard in range(SHARDS)]
    return {stored(one or b"") for one in await redis.mget(keys)}


WHOLE = SHARDS + 10  # more commands than a switching takes
DEATHS = (0, 1, 2, 3, SHARDS // 2, SHARDS + 1, SHARDS + 2, SHARDS + 3, SHARDS + 4)


@pytest.mark.parametrize("is_stopped", [True, False])
@pytest.mark.parametrize("living", DEATHS)
async def test_wherever_a_switching_is_cut_off_what_is_on_record_holds_everywhere(
    redis: Redis,
    living: int,
    is_stopped: bool,  # noqa: FBT001 - a column
) -> None:
    """Nobody has to press again: beginnings are held to the record, and the rest is marked afterwards."""
    store, switch = RedisStore(redis, Codec(KEY)), RedisSwitch(redis, Codec(KEY))
    await switch.switch(TEAM, is_stopped=not is_stopped, by="U0ONE")
    with suppress(Dead):
        await dying(redis, living).switch(TEAM, is_stopped=is_stopped, by="U0TWO")
    stands = await switch.stands(TEAM)
    assert stands is not None
    for thread_id in THREADS:
        assert isinstance(await begun(store, thread_id), NotCommitted) == stands.is_stopped
    await switch.mend(TEAM)
    assert await marks_of(redis) == {f"{len(await switch.log(TEAM))}:{stands.mark}".encode()}
    assert not await switch.mend(TEAM)


async def test_a_switching_takes_as_many_commands_as_deaths_are_tried_in_it(redis: Redis) -> None:
    """Else a place would be left out in which it may be cut off."""
    for is_stopped in (True, False):
        switch = dying(redis, WHOLE)
        await switch.switch(TEAM, is_stopped=is_stopped, by="U0ONE")
        assert WHOLE - vars(switch)["_commands"].left in DEATHS


async def test_who_waits_is_due_after_a_lifting_that_was_cut_off_is_mended(redis: Redis) -> None:
    """It was lifted on record, and the process died before it told who waited."""
    store, switch = RedisStore(redis, Codec(KEY)), RedisSwitch(redis, Codec(KEY))
    assert isinstance(await begun(store), Committed)
    await switch.switch(TEAM, is_stopped=True, by="U0ONE")
    assert await switch.waits(THREAD) is not None
    with suppress(Dead):
        await dying(redis, 2).switch(TEAM, is_stopped=False, by="U0TWO")
    assert await store.overdue(10) == []
    assert await switch.mend(TEAM)
    assert await store.overdue(10) == [THREAD]


async def test_a_line_of_a_version_that_writes_no_mark_of_the_team_is_heeded(redis: Redis) -> None:
    """In a rolling upgrade somebody presses the button of the older process; all shards are marked, the team is not."""
    store, switch = RedisStore(redis, Codec(KEY)), RedisSwitch(redis, Codec(KEY))
    for is_stopped in (True, False):
        await switch.switch(TEAM, is_stopped=is_stopped, by="U0ONE")
    await switch.switch(TEAM, is_stopped=True, by="U0OLD")
    await redis.hset(record_key(TEAM), mapping={"stands": "2:", "marked": "older"})
    assert isinstance(await begun(store), NotCommitted)
    assert await switch.mend(TEAM)
    assert stored(await redis.hget(record_key(TEAM), "stands")).startswith(b"3:")
