from dataclasses import replace

import pytest

from agent_core.codec import Codec
from agent_core.effects import Say
from agent_core.fakes import FakeClock, MemoryStore
from agent_core.phases import Opening
from agent_core.ports import Committed, Quarantined, StoreDown
from agent_core.words import ThreadId, effect_id_of
from tests.examples import KEY, NOON, OPENING_THREAD, REQUESTER, THREAD, entry
from tests.laws.stage import Stage, step
from tests.laws.store_laws import StoreLaws


@pytest.fixture
def clock() -> FakeClock:
    """Stand at noon."""
    return FakeClock(NOON)


@pytest.fixture
def store(clock: FakeClock) -> MemoryStore:
    """Begin with nothing kept."""
    return MemoryStore(clock, Codec(KEY))


@pytest.fixture
def stage(store: MemoryStore, clock: FakeClock) -> Stage:
    """Give the laws their hands on it."""

    async def later(seconds: float) -> None:
        clock.move(seconds)

    async def raw(thread_id: ThreadId) -> bytes:
        return store.kept[thread_id].checkpoint

    async def overwrite(thread_id: ThreadId, content: bytes) -> None:
        store.kept[thread_id].checkpoint = content

    return Stage(store=store, later=later, raw=raw, overwrite=overwrite)


class TestMemoryStore(StoreLaws):
    """The store in memory keeps the laws, and can fail as a real one does."""

    async def test_a_dedupe_mark_is_kept_for_an_hour(self, stage: Stage, clock: FakeClock) -> None:
        """As long as Slack might ever repeat itself, and no longer."""
        before = await stage.begin()
        await stage.store.commit(before, step(before), entry(2), dedupe="T:1", outcome="approve")
        clock.move(3599)
        assert (await stage.store.load(THREAD, dedupe="T:1")).seen == "approve"
        clock.move(2)
        assert (await stage.store.load(THREAD, dedupe="T:1")).seen is None

    async def test_a_store_that_is_down_says_so_everywhere(self, stage: Stage, store: MemoryStore) -> None:
        """Tests of what we tell people when nothing can be recorded start here."""
        store.down = StoreDown("unplugged", sent=False)
        with pytest.raises(StoreDown, match="unplugged"):
            await store.load(THREAD)
        store.down = None
        assert (await stage.begin()).length == 1

    async def test_a_lost_reply_is_found_by_its_dedupe_id(self, stage: Stage, store: MemoryStore) -> None:
        """The commit took effect, and only the repeat learns of it."""
        before = await stage.begin()
        store.lose_replies = 1
        with pytest.raises(StoreDown) as caught:
            await store.commit(before, step(before, Say(words="hello")), entry(2), dedupe="T:1", outcome="approve")
        assert caught.value.sent
        assert (await store.load(THREAD, dedupe="T:1")).seen == "approve"

    async def test_a_commit_at_the_very_time_of_expiry_is_in_time(self, stage: Stage) -> None:
        """Late is after, not at."""
        before = await stage.begin()
        at_the_end = replace(step(before), not_after=before.now)
        assert isinstance(await stage.store.commit(before, at_the_end, entry(2)), Committed)

    async def test_a_damaged_effect_sets_its_thread_aside(self, stage: Stage, store: MemoryStore) -> None:
        """What cannot be read is not performed, and not passed over."""
        await stage.begin(Say(words="hello"))
        store.kept[THREAD].outbox[effect_id_of(THREAD, 1, 0)] = b"damaged"
        with pytest.raises(Quarantined, match="not in our format"):
            await store.outbox(THREAD)

    async def test_a_damaged_line_is_named(self, stage: Stage, store: MemoryStore) -> None:
        """Threat A1, as on Redis."""
        await stage.go_on(await stage.begin())
        store.kept[THREAD].journal[1] += b"x"
        with pytest.raises(Quarantined, match="Line 1 of the journal"):
            await store.journal(THREAD)

    async def test_an_opening_that_led_to_its_thread_goes_after_an_hour(self, stage: Stage, clock: FakeClock) -> None:
        """Until then a repeated delivery still finds where it led."""
        before = await stage.begin(thread_id=OPENING_THREAD)
        await stage.go_on(before, phase=Opening(asked=1, by=REQUESTER, opened_as=THREAD))
        clock.move(3599)
        assert (await stage.store.load(OPENING_THREAD)).length == 2
        clock.move(2)
        assert (await stage.store.load(OPENING_THREAD)).checkpoint is None

    async def test_a_quarantined_thread_is_looked_at_again_after_an_hour(self, stage: Stage, clock: FakeClock) -> None:
        """In a rolling upgrade the old version quarantines what the new one wrote: it must not stop for good."""
        await stage.begin(Say(words="hello"))
        await stage.store.quarantine(THREAD)
        clock.move(3599)
        assert await stage.store.overdue(10) == []
        clock.move(1)
        assert await stage.store.overdue(10) == [THREAD]
