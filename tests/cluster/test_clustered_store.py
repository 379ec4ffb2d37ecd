"""The laws of the store on a real cluster of three masters, and what only a cluster does."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from agent_core.adapters.docket_engine import Called, Caller
from agent_core.adapters.redis_client import connect
from agent_core.adapters.redis_cluster import ClusterClient, slot_of
from agent_core.adapters.redis_due import RedisDue
from agent_core.adapters.redis_holds import RedisSwitch, log_keys
from agent_core.adapters.redis_keys import keys_of
from agent_core.adapters.redis_settings import check_settings
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.system_clock import SystemClock
from agent_core.codec import Codec
from agent_core.effects import Say
from agent_core.ports import StoreDown
from agent_core.words import ThreadId
from tests.adapters.polling import until
from tests.adapters.test_docket_engine import Drains
from tests.cluster.servers import Clustered, clustered
from tests.examples import KEY, THREAD
from tests.laws.holds_laws import TEAM, Damage, SwitchLaws, flipped
from tests.laws.stage import Stage
from tests.laws.store_laws import StoreLaws

pytestmark = pytest.mark.asyncio(loop_scope="module")
CLOCK = SystemClock()
SAY = Say(words="Hello.")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster() -> AsyncIterator[Clustered]:
    """Run the cluster for the whole file."""
    async with clustered() as cluster:
        yield cluster


@pytest_asyncio.fixture(loop_scope="module")
async def client(cluster: Clustered) -> AsyncIterator[ClusterClient]:
    """Give a client of the cluster, emptied."""
    for node in cluster.nodes:
        await node.ask("FLUSHALL")
    client = connect(cluster.url)
    assert isinstance(client, ClusterClient)
    yield client
    await client.aclose()


@pytest_asyncio.fixture(loop_scope="module")
async def stage(client: ClusterClient) -> Stage:
    """Give the laws their hands on it."""

    async def raw(thread_id: ThreadId) -> bytes:
        key = keys_of(thread_id).thread
        found = await (await client.masters.of(("HGET", key))).client.hget(key, "checkpoint")
        assert isinstance(found, bytes)
        return found

    async def overwrite(thread_id: ThreadId, content: bytes) -> None:
        key = keys_of(thread_id).thread
        await (await client.masters.of(("HSET", key))).client.hset(key, "checkpoint", content)

    return Stage(store=RedisStore(client, Codec(KEY)), later=CLOCK.sleep, raw=raw, overwrite=overwrite)


class TestClusteredStore(StoreLaws):
    """A thread's keys share a slot, so that every script of ours runs on a cluster as it does on one server."""


class TestClusteredSwitch(SwitchLaws):
    """Marks lie on every master, and no script can look from one to another."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def store(self, client: ClusterClient) -> RedisStore:
        """Begin with an empty store."""
        return RedisStore(client, Codec(KEY))

    @pytest_asyncio.fixture(loop_scope="module")
    async def switch(self, client: ClusterClient) -> RedisSwitch:
        """Begin with the stop never pulled."""
        return RedisSwitch(client, Codec(KEY))

    @pytest_asyncio.fixture(loop_scope="module")
    async def damage(self, client: ClusterClient) -> Damage:
        """Change the last byte."""

        async def change() -> None:
            _, lines = log_keys(TEAM)
            master = (await client.masters.of(("LRANGE", lines))).client
            (last,) = await master.lrange(lines, -1, -1)
            assert isinstance(last, bytes)
            await master.lset(lines, -1, flipped(last))  # type: ignore[arg-type]  # any bytes are a value

        return change


def thread(number: int) -> ThreadId:
    """Name a thread; they lie all over the cluster."""
    return ThreadId(f"T0:C0:{number}.0")


async def test_threads_lie_on_every_master_and_are_all_found(
    stage: Stage, client: ClusterClient, cluster: Clustered
) -> None:
    """What is due is asked for everywhere; each node has its part."""
    threads = {thread(number) for number in range(60)}
    for thread_id in threads:
        await stage.begin(SAY, thread_id=thread_id)
    assert set(await stage.store.overdue(100)) == threads
    assert await RedisDue(client).lag_s() > 0
    keys = {key async for key in client.scan_iter(match="cs:*:thread:*")}
    assert len(keys) == len(threads)
    for node in cluster.nodes:
        assert int(str(await node.ask("DBSIZE"))) > 0


async def test_each_master_is_held_to_the_settings_that_we_need(client: ClusterClient, cluster: Clustered) -> None:
    """One that throws tasks away is one too many."""
    found = {(finding.level, finding.setting) for finding in await check_settings(client, is_shared=True)}
    assert found == {("note", "aof-load-truncated")}
    await cluster.nodes[2].ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    refused = [finding.setting for finding in await check_settings(client) if finding.level == "refuse"]
    await cluster.nodes[2].ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    assert refused == ["maxmemory-policy"]


async def test_a_slot_that_moved_is_followed(stage: Stage, client: ClusterClient, cluster: Clustered) -> None:
    """The server that had it says where it is now, and has done nothing."""
    await stage.store.load(THREAD)
    slot = slot_of(("GET", keys_of(THREAD).thread))
    ids = await cluster.ids()
    before = (await client.masters.of(("GET", keys_of(THREAD).thread))).client.connection_pool.connection_kwargs["port"]
    owner = next(nth for nth, node in enumerate(cluster.nodes) if node.port == before)
    other = (owner + 1) % len(ids)
    for node in (cluster.nodes[other], cluster.nodes[owner], cluster.nodes[3 - owner - other]):
        await node.ask("CLUSTER", "SETSLOT", slot, "NODE", ids[other])
    await stage.begin(SAY)
    assert len(await stage.store.outbox(THREAD)) == 1
    assert int(str(await cluster.nodes[other].ask("DBSIZE"))) > 0
    assert int(str(await cluster.nodes[owner].ask("DBSIZE"))) == 0


async def test_a_slot_that_is_moving_is_asked_for_where_it_goes(
    stage: Stage, client: ClusterClient, cluster: Clustered
) -> None:
    """For one key that is not there any more; a script wants all its keys in one place, and did not run."""
    slot = slot_of(("GET", keys_of(THREAD).thread))
    ids = await cluster.ids()
    owner_port = (await client.masters.of(("GET", keys_of(THREAD).thread))).client.connection_pool.connection_kwargs[
        "port"
    ]
    owner = next(nth for nth, node in enumerate(cluster.nodes) if node.port == owner_port)
    other = (owner + 1) % len(ids)
    await cluster.nodes[other].ask("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[owner])
    await cluster.nodes[owner].ask("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[other])
    try:
        assert await stage.store.outbox(THREAD) == {}
        with pytest.raises(StoreDown, match="moving these keys") as refused:
            await stage.store.load(THREAD)
        assert not refused.value.sent
    finally:
        for node in cluster.nodes:
            await node.ask("CLUSTER", "SETSLOT", slot, "STABLE")


async def test_workers_are_woken_through_the_cluster(cluster: Clustered) -> None:
    """The queue lies in one slot, under its own name."""
    drains = Drains()
    called, caller = Called(cluster.url, CLOCK, "worker", drains.drained), Caller(cluster.url, CLOCK, "ingress")
    called.start()
    caller.start()
    for number in range(20):
        await caller.wake(thread(number))
    await drains.until(20)
    await caller.stop()
    await called.leave()
    await called.join()
    assert set(drains.came) == {thread(number) for number in range(20)}


@pytest.mark.slow
async def test_when_a_master_dies_only_its_threads_cannot_be_asked_for(
    stage: Stage, client: ClusterClient, cluster: Clustered
) -> None:
    """The last test: it takes the first node away, which is the one that the URL names, and gives it back."""
    await cluster.nodes[0].ask("CONFIG", "SET", "cluster-require-full-coverage", "no")
    for node in cluster.nodes[1:]:
        await node.ask("CONFIG", "SET", "cluster-require-full-coverage", "no")
    threads = [thread(number) for number in range(60)]
    for thread_id in threads:
        await stage.begin(SAY, thread_id=thread_id)
    await cluster.nodes[0].kill()
    down = [thread_id for thread_id in threads if not await answers(stage, thread_id)]
    assert 0 < len(down) < len(threads)
    await cluster.nodes[0].start()

    async def is_back() -> bool:
        return await answers(stage, down[0])

    await until(is_back, "the master that came back", limit_s=20)
    for thread_id in threads:
        assert len(await stage.store.outbox(thread_id)) == 1
    del client


async def answers(stage: Stage, thread_id: ThreadId) -> bool:
    """Tell whether a thread can be asked for."""
    try:
        await stage.store.load(thread_id)
    except StoreDown:
        return False
    return True
