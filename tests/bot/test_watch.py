from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from agent_core.adapters.redis_holds import RedisSwitch
from agent_core.adapters.redis_keys import stop_key
from agent_core.adapters.redis_settings import Finding
from agent_core.adapters.redis_stop import record_key
from agent_core.codec import Codec
from agent_core.fakes import FakeClock, MemoryStore, MemorySwitch
from agent_core.ports import StoreDown
from agent_core.words import TeamId
from bot.health import Health, Metrics
from bot.watch import EVERY_S, MEND_S, StopWatch, StoreWatch
from tests.adapters.polling import until
from tests.examples import KEY, NOON, TEAM

WARNED = Finding(level="warn", setting="appendfsync", words="Set it to always.")
REFUSED = Finding(level="refuse", setting="aof_last_write_status", words="The last write to the disk failed.")


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that stands still."""
    return FakeClock(NOON)


@pytest.fixture
def health() -> Health:
    """Give the health of a process that is up."""
    return Health()


@pytest.fixture
async def watch(redis: Redis, clock: FakeClock, health: Health) -> AsyncIterator[StoreWatch]:
    """Give one who watches over the server for tests, which writes no append-only file."""
    watch = StoreWatch(redis, clock, Metrics(), health, is_shared=False)
    yield watch
    await watch.stop()


def test_what_is_new_is_said_once(watch: StoreWatch) -> None:
    """What the start said is known; the same line each minute would be read by nobody."""
    with capture_logs() as said:
        watch.tell([WARNED])
        watch.tell([WARNED, REFUSED])
        watch.tell([WARNED, REFUSED])
        watch.tell([WARNED])
        watch.tell([WARNED, REFUSED])
    assert [one["setting"] for one in said] == ["aof_last_write_status", "aof_last_write_status"]


def test_while_something_is_found_for_which_it_would_not_start_it_is_not_ready(
    watch: StoreWatch, health: Health
) -> None:
    """A disk that is full, a server that became a replica: requests go elsewhere until it is mended."""
    watch.tell([WARNED, REFUSED])
    assert health.distrusted == "aof_last_write_status: The last write to the disk failed."
    watch.tell([WARNED])
    assert not health.distrusted


async def test_a_setting_that_is_changed_while_it_runs_is_found_within_a_minute(
    watch: StoreWatch, redis: Redis, clock: FakeClock, health: Health
) -> None:
    """Somebody types CONFIG SET, and the next power cut would lose decisions."""
    found = (await redis.config_get("maxmemory-policy"))["maxmemory-policy"]
    watch.start()

    async def is_watched() -> bool:
        return "appendonly" in health.distrusted

    async def is_found() -> bool:
        await clock.advance(EVERY_S)
        return "maxmemory-policy" in health.distrusted

    await until(is_watched, "the first look")
    assert "maxmemory-policy" not in health.distrusted
    await redis.config_set("maxmemory-policy", "allkeys-lru")
    await until(is_found, "the next look")
    await redis.config_set("maxmemory-policy", str(found))


async def test_a_stop_that_was_left_half_done_is_finished_within_seconds(redis: Redis, clock: FakeClock) -> None:
    """Whoever pulled it is gone; every process that is up looks after it, whether or not the store answers now."""
    switch = RedisSwitch(redis, Codec(KEY))
    await switch.switch(TEAM, is_stopped=True, by="U0ONE")
    watch = StopWatch(switch, TEAM, clock)
    with capture_logs() as said:
        watch.start()

        async def is_said() -> bool:
            await clock.advance(MEND_S)
            return bool(said)

        assert not await is_said()
        await redis.hset(record_key(TEAM), "marked", "")
        await redis.delete(stop_key(7, TEAM))
        await until(is_said, "the end of the switching")
        await watch.stop()
    assert [one["event"] for one in said] == ["emergency stop found half done, and finished"]
    assert await redis.exists(stop_key(7, TEAM))


async def test_a_store_that_does_not_answer_does_not_end_the_watch_over_the_stop(clock: FakeClock) -> None:
    """It comes back, and what is half done then is finished."""
    store = MemoryStore(clock)
    switch = Failing(store, clock)
    watch = StopWatch(switch, TEAM, clock)
    with capture_logs() as said:
        watch.start()
        while switch.looks < len(switch.failures) + 1:
            await clock.advance(MEND_S)
        await watch.stop()
    assert [one["log_level"] for one in said] == ["warning", "error"]


class Failing(MemorySwitch):
    """A stop of which the store gives no answer, then a wrong one, then the true one."""

    looks = 0
    failures = (StoreDown("silence", sent=False), ValueError("nonsense"))

    async def mend(self, team: TeamId) -> bool:
        """Fail as told."""
        self.looks += 1
        if self.looks <= len(self.failures):
            raise self.failures[self.looks - 1]
        return await super().mend(team)
