"""A lease is kept for as long as its drain runs, and a drain is ended when its lease can't be kept."""

import asyncio
from contextlib import suppress

import pytest

from agent_core.fakes import FakeClock, turns
from agent_core.keeping import LEASE_S, LOST_AFTER, RENEWED_AFTER, TICKS, Keeper
from agent_core.ports import Lease, LeaseLost, StoreDown
from agent_core.words import ThreadId
from tests.examples import NOON, THREAD

TICK_S = LEASE_S / TICKS
LEASE = Lease(thread_id=THREAD, holder="w1")


class Renewals:
    """What the keeper asks of a store: it says ``answer``, or raises it, once ``open`` is set."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: bool | Exception = True
        self.open = asyncio.Event()
        self.open.set()
        self.listed: list[ThreadId] = []
        self.listing_fails = False

    async def renew(self, lease: Lease, lease_s: float) -> bool:
        """Answer as it was told to."""
        assert (lease, lease_s) == (LEASE, LEASE_S)
        self.asked += 1
        await self.open.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def renewed(self, thread_id: ThreadId) -> None:
        """Note which drain was listed, unless told to fail."""
        if self.listing_fails:
            raise RuntimeError("a defect")
        self.listed.append(thread_id)


class Bench:
    """A keeper, its store and a clock."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOON)
        self.store = Renewals()
        self.keeper = Keeper(self.store, self.clock, self.store.renewed, lease_s=LEASE_S)  # type: ignore[arg-type]  # it asks for no more
        self.ended = asyncio.Event()

    async def drain(self) -> None:
        """Drain until told to end."""
        with self.keeper.keeping(LEASE):
            await self.ended.wait()

    async def tick(self, times: int = 1) -> None:
        """Let so many ticks pass."""
        for _ in range(times):
            await turns(3)
            self.clock.move(TICK_S)
        await turns(5)


@pytest.fixture
def bench() -> Bench:
    """Give a bench."""
    return Bench()


async def test_a_short_drain_renews_nothing(bench: Bench) -> None:
    """It has ended before the first tick."""
    bench.ended.set()
    await bench.drain()
    await bench.tick(2)
    assert bench.store.asked == 0


async def test_a_drain_is_renewed_and_listed_after_a_tick_and_then_every_few(bench: Bench) -> None:
    """Its first renewal comes early, so that lists show it."""
    task = asyncio.create_task(bench.drain())
    await bench.tick(1 + 2 * RENEWED_AFTER)
    assert (bench.store.asked, bench.store.listed) == (3, [THREAD] * 3)
    bench.ended.set()
    await task


@pytest.mark.parametrize("answer", [False, RuntimeError("a defect")])
async def test_a_lease_that_is_no_longer_ours_ends_its_drain(bench: Bench, *, answer: bool | Exception) -> None:
    """Whatever it does then would be done twice."""
    bench.store.answer = answer
    task = asyncio.create_task(bench.drain())
    await bench.tick()
    with pytest.raises(LeaseLost):
        await task


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_store_that_does_not_answer_ends_a_drain_before_its_lease_ends(bench: Bench, *, hangs: bool) -> None:
    """Not before: it may answer again."""
    bench.store.answer = StoreDown("away", sent=True)
    if hangs:
        bench.store.open.clear()
    task = asyncio.create_task(bench.drain())
    await bench.tick(LOST_AFTER - 1)
    assert not task.done()
    await bench.tick()
    with pytest.raises(LeaseLost):
        await task


async def test_a_renewal_counts_from_when_it_was_asked_for(bench: Bench) -> None:
    """The reply says nothing of how long it was under way."""
    bench.store.open.clear()
    task = asyncio.create_task(bench.drain())
    await bench.tick(1 + RENEWED_AFTER)
    bench.store.open.set()
    await turns(5)
    await bench.tick()
    assert bench.store.asked == 2
    bench.ended.set()
    await task


async def test_a_drain_that_lost_its_lease_is_stopped_once(bench: Bench) -> None:
    """However long it takes to end a call that runs; cut off, it would leave one running that somebody makes again."""
    bench.store.answer = False
    killed = asyncio.Event()

    async def drain() -> None:
        with bench.keeper.keeping(LEASE):
            try:
                await bench.ended.wait()
            finally:
                await killed.wait()

    task = asyncio.create_task(drain())
    await bench.tick(1 + 2 * LOST_AFTER)
    assert not task.done()
    killed.set()
    with pytest.raises(LeaseLost):
        await task


async def test_a_list_that_cannot_be_written_ends_no_drain(bench: Bench) -> None:
    """The lease is renewed all the same."""
    bench.store.listing_fails = True
    task = asyncio.create_task(bench.drain())
    await bench.tick(1 + 2 * RENEWED_AFTER)
    assert (bench.store.asked, task.done()) == (3, False)
    bench.ended.set()
    await task


async def test_the_time_for_which_the_process_stood_still_counts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was frozen for a lease has lost it, and does nothing more under it once it wakes up."""
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(bench.drain())
    await turns(3)
    before_s = loop.time()
    with monkeypatch.context() as frozen:
        frozen.setattr(loop, "time", lambda: before_s + LEASE_S)
        await bench.tick()
    bench.ended.set()
    with pytest.raises(LeaseLost):
        await task
    assert bench.store.asked == 0


async def test_whoever_stops_a_drain_is_told_that_it_was_stopped(bench: Bench) -> None:
    """A cancel from outside is no lost lease."""
    task = asyncio.create_task(bench.drain())
    await turns(3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_drain_that_is_stopped_as_its_lease_is_lost_stays_stopped(bench: Bench) -> None:
    """Both are told; the stop weighs more."""
    bench.store.answer = False
    task = asyncio.create_task(bench.drain())
    await turns(3)
    bench.clock.move(TICK_S)
    while not task.cancelling():
        await turns(1)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_the_ticker_ends_with_the_last_drain_and_begins_with_the_next(bench: Bench) -> None:
    """What waits for people costs nothing."""
    for _ in range(2):
        bench.ended.clear()
        task = asyncio.create_task(bench.drain())
        await turns(3)
        bench.ended.set()
        await task
        await bench.tick(2)
        assert len(asyncio.all_tasks()) == 1
