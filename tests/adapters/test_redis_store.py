import asyncio
from dataclasses import replace

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot

from agent_core.adapters.redis_client import connect
from agent_core.adapters.redis_keys import keys_of, seen_key
from agent_core.adapters.redis_store import RedisStore
from agent_core.codec import Codec
from agent_core.effects import Say
from agent_core.errors import Broken
from agent_core.phases import Opening
from agent_core.ports import Quarantined
from agent_core.words import ThreadId
from tests.examples import KEY, NOTE, OPENING_THREAD, REQUESTER, THREAD, entry
from tests.laws.stage import Stage, step
from tests.laws.store_laws import StoreLaws

HOUR_S = 3600


@pytest.fixture
def stage(redis: Redis) -> Stage:
    """Give the laws their hands on it; time is the server's own, waited for on the server."""

    async def later(seconds: float) -> None:
        if seconds:
            await redis.blpop(["nothing"], timeout=seconds)

    async def raw(thread_id: ThreadId) -> bytes:
        found = await redis.hget(keys_of(thread_id).thread, "checkpoint")
        assert isinstance(found, bytes)
        return found

    async def overwrite(thread_id: ThreadId, content: bytes) -> None:
        await redis.hset(keys_of(thread_id).thread, "checkpoint", content)

    return Stage(store=RedisStore(redis, Codec(KEY)), later=later, raw=raw, overwrite=overwrite)


class TestRedisStore(StoreLaws):
    """The store on Redis keeps the laws, under the names that DESIGN.md gives."""

    async def test_a_dedupe_mark_is_kept_for_an_hour(self, stage: Stage, redis: Redis) -> None:
        """As long as Slack might ever repeat itself, and no longer."""
        before = await stage.begin()
        await stage.store.commit(before, step(before), entry(2), dedupe="T:1", outcome="approve")
        assert HOUR_S - 60 < await redis.ttl(seen_key(THREAD, "T:1")) <= HOUR_S

    async def test_a_live_thread_never_expires(self, stage: Stage, redis: Redis) -> None:
        """It may wait for a person for as long as the person likes."""
        await stage.begin()
        assert await redis.ttl(keys_of(THREAD).thread) == -1

    async def test_an_opening_that_led_to_its_thread_goes_after_an_hour(self, stage: Stage, redis: Redis) -> None:
        """Until then a repeated delivery still finds where it led."""
        before = await stage.begin(thread_id=OPENING_THREAD)
        await stage.go_on(before, phase=Opening(asked=1, by=REQUESTER, opened_as=THREAD))
        keys = keys_of(OPENING_THREAD)
        for key in (keys.thread, keys.journal):
            assert HOUR_S - 60 < await redis.ttl(key) <= HOUR_S

    async def test_a_journal_that_was_cut_sets_its_thread_aside(self, stage: Stage, redis: Redis) -> None:
        """Threat A3, as far as Redis itself can tell."""
        before = await stage.begin()
        await stage.go_on(before)
        await redis.ltrim(keys_of(THREAD).journal, 0, 0)
        with pytest.raises(Quarantined, match="The journal has 1 lines"):
            await stage.store.load(THREAD)

    async def test_a_journal_without_its_task_sets_the_thread_aside(self, stage: Stage, redis: Redis) -> None:
        """Threat A4: a deleted record is not a thread that never was."""
        await stage.begin()
        await redis.delete(keys_of(THREAD).thread)
        with pytest.raises(Quarantined):
            await stage.store.load(THREAD)

    async def test_a_line_that_was_changed_is_named(self, stage: Stage, redis: Redis) -> None:
        """Threat A1, on a page that does not begin at the beginning."""
        loaded = await stage.begin()
        for _ in range(4):
            loaded = await stage.go_on(loaded)
        key = keys_of(THREAD).journal
        (raw,) = await redis.lrange(key, 3, 3)
        assert isinstance(raw, bytes)
        await redis.lset(key, 3, raw[:-1] + bytes([raw[-1] ^ 1]))  # type: ignore[arg-type]  # any bytes are a value
        with pytest.raises(Quarantined, match="Line 3 of the journal"):
            await stage.store.journal(THREAD, 2, 3)
        assert await stage.store.journal(THREAD, 0, 3) == [entry(1), entry(2), entry(3)]

    def test_all_keys_of_a_thread_share_one_slot(self) -> None:
        """Otherwise no script could touch them together on a cluster."""
        keys = keys_of(THREAD)
        names = (keys.thread, keys.journal, keys.outbox, keys.lease, keys.due, seen_key(THREAD, "T:1"))
        assert len({key_slot(name.encode()) for name in names}) == 1

    async def test_a_server_that_forgot_the_scripts_is_told_them_again(self, stage: Stage, redis: Redis) -> None:
        """As after a restart."""
        before = await stage.begin()
        await redis.script_flush()
        assert (await stage.go_on(before)).length == 2

    async def test_a_key_of_another_kind_is_our_defect(self, stage: Stage, redis: Redis) -> None:
        """Nothing is written, and nobody is told that Redis is down."""
        await redis.set(keys_of(THREAD).thread, "not a hash")
        with pytest.raises(Broken, match="takes every command"):
            await stage.store.load(THREAD)

    async def test_notes_of_several_processes_are_all_kept(self, stage: Stage, redis_url: str) -> None:
        """Each process has its own queue; the script sorts out the rest."""
        await stage.begin()
        clients = [connect(redis_url) for _ in range(5)]
        others = [RedisStore(client, Codec(KEY)) for client in clients]
        notes = [replace(NOTE, words=f"No {nth}.") for nth in range(15)]  # more could lose more often than they try
        await asyncio.gather(*(others[nth % 5].note(THREAD, note) for nth, note in enumerate(notes)))
        await asyncio.gather(*(client.aclose() for client in clients))
        assert set(await stage.store.journal(THREAD, 1)) == set(notes)

    async def test_a_damaged_effect_sets_its_thread_aside(self, stage: Stage, redis: Redis) -> None:
        """What cannot be read is not performed, and not passed over."""
        await stage.begin(Say(words="hello"))
        await redis.hset(keys_of(THREAD).outbox, f"{THREAD}/1/0", "damaged")
        with pytest.raises(Quarantined, match="not in our format"):
            await stage.store.outbox(THREAD)

    async def test_a_quarantined_thread_is_looked_at_again_after_an_hour(self, stage: Stage, redis: Redis) -> None:
        """In a rolling upgrade the old version quarantines what the new one wrote: it must not stop for good."""
        loaded = await stage.begin(Say(words="hello"))
        await stage.store.quarantine(THREAD)
        due = await redis.zscore(keys_of(THREAD).due, THREAD)
        assert due is not None
        assert HOUR_S <= due / 1e6 - loaded.now.timestamp() < HOUR_S + 60
