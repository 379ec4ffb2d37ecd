"""The store and the wake-ups behind real Sentinels, through a real fail-over."""

import pytest

from agent_core.adapters.docket_engine import Called, Caller
from agent_core.adapters.redis_client import connect
from agent_core.adapters.redis_pools import watched_by
from agent_core.adapters.redis_settings import check_settings
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.system_clock import SystemClock
from agent_core.codec import Codec
from agent_core.effects import Say
from agent_core.ports import Quarantined, StoreDown
from agent_core.words import ThreadId
from tests.adapters.polling import until
from tests.adapters.test_docket_engine import Drains
from tests.cluster.servers import Watched, watched
from tests.examples import KEY, THREAD
from tests.laws.stage import Stage

CLOCK = SystemClock()
SAY = Say(words="Hello.")
FAILOVER_S = 30.0


async def none(*_: object) -> bytes:
    """Stand for what this test does not damage."""
    raise AssertionError


@pytest.mark.slow
async def test_a_fail_over_is_followed_and_what_was_copied_is_there() -> None:
    """The master dies, a Sentinel promotes its replica, and the same client goes on by itself."""
    async with watched() as servers:
        client = connect(servers.url)
        stage = Stage(store=RedisStore(client, Codec(KEY)), later=CLOCK.sleep, raw=none, overwrite=none)  # type: ignore[arg-type]  # it is never called
        found = {finding.setting for finding in await check_settings(client)}
        assert found == {"aof-load-truncated", "min-replicas-to-write"}
        begun = await stage.begin(SAY)
        await failed_over(servers)
        with pytest.raises(StoreDown):
            await stage.store.load(THREAD)

        async def is_back() -> bool:
            try:
                return (await stage.store.load(THREAD)).head == begun.head
            except StoreDown:
                return False

        await until(is_back, "the promoted replica", limit_s=FAILOVER_S)
        after = await stage.go_on(await stage.store.load(THREAD), SAY)
        assert after.length == begun.length + 1
        await client.aclose()


@pytest.mark.slow
async def test_a_fail_over_that_lost_what_was_acknowledged_is_found_out() -> None:
    """The replica was cut off; what the master alone had is gone, and nothing may be run from what is left."""
    async with watched() as servers:
        client, another = connect(servers.url), connect(servers.url)
        stage = Stage(store=RedisStore(client, Codec(KEY)), later=CLOCK.sleep, raw=none, overwrite=none)  # type: ignore[arg-type]  # it is never called
        begun = await stage.begin(SAY)
        await servers.master.ask("WAIT", 1, 1000)
        await servers.replica.ask("CONFIG", "SET", "masterauth", "wrong")
        await servers.replica.ask("CLIENT", "KILL", "TYPE", "master")
        await stage.go_on(begun, SAY)
        await servers.master.kill()

        async def is_found_out() -> bool:
            try:
                await stage.store.load(THREAD)
            except StoreDown:
                return False
            except Quarantined as no:
                return "decisions were lost" in no.sentence
            return False

        await until(is_found_out, "what the promoted replica lacks", limit_s=FAILOVER_S)
        assert (await RedisStore(another, Codec(KEY)).load(THREAD)).head == begun.head
        for one in (client, another):
            await one.aclose()


@pytest.mark.slow
async def test_workers_are_woken_again_after_a_fail_over() -> None:
    """The queue follows the master as the store does."""
    async with watched() as servers:
        drains = Drains()
        called, caller = Called(servers.url, CLOCK, "worker", drains.drained), Caller(servers.url, CLOCK, "ingress")
        called.start()
        caller.start()
        await caller.wake(THREAD)
        await drains.until(1)
        await failed_over(servers)
        await caller.wake(ThreadId("T0:C0:2.0"))
        await until(servers.is_promoted, "the fail-over", limit_s=FAILOVER_S)
        await drains.until(2)
        await caller.stop()
        await called.leave()
        await called.join()


async def failed_over(servers: Watched) -> None:
    """Kill the master once its replica has what it has."""
    await servers.master.ask("WAIT", 1, 1000)
    await servers.master.kill()


@pytest.mark.parametrize(
    ("url", "sentinels", "options"),
    [
        ("redis+sentinel://a:1,b/tasks", (("a", 1), ("b", 26379)), {"db": 0}),
        ("redis+sentinel://:pa%2Fss@a/tasks/3", (("a", 26379),), {"db": 3, "password": "pa/ss"}),
        (
            "rediss+sentinel://me:word@a:9/tasks",
            (("a", 9),),
            {"db": 0, "username": "me", "password": "word", "ssl": True},
        ),
        ("redis+sentinel://a/tasks?max_connections=7", (("a", 26379),), {"db": 0, "max_connections": 7}),
    ],
)
def test_a_url_of_sentinels_says_who_they_are_and_whom_they_watch(
    url: str, sentinels: tuple[tuple[str, int], ...], options: dict[str, object]
) -> None:
    """In the form that docket takes as well, so that one REDIS_URL serves both."""
    found = watched_by(url)
    assert (found.service, found.sentinels, dict(found.options)) == ("tasks", sentinels, options)


def test_what_the_sentinels_themselves_ask_for_is_kept_apart() -> None:
    """Their password is seldom the master's."""
    found = watched_by("redis+sentinel://:ours@a/tasks?sentinel_username=us&sentinel_password=theirs")
    assert dict(found.sentinel_options) == {"username": "us", "password": "theirs"}
    assert "sentinel_password" not in found.options


@pytest.mark.parametrize("url", ["redis+sentinel://a", "redis+sentinel:///tasks", "redis+sentinel://a,:9/tasks"])
def test_a_url_of_sentinels_that_lacks_something_is_refused(url: str) -> None:
    """Rather than tried."""
    with pytest.raises(ValueError, match="host"):
        watched_by(url)
