import asyncio
from collections.abc import AsyncIterator

import pytest

from agent_core.adapters.local_engine import AT_ONCE, BREATH_S, MOST_WAITING, SHARE, SWEEP_S, SWEPT, LocalEngine
from agent_core.fakes import FakeClock, turns
from agent_core.ports import NO_VERSION, Lease, Taking
from agent_core.words import ThreadId
from tests.examples import NOON

TAKING = Taking("this process", 15.0)


def thread(number: int, channel: str = "C0BUSY") -> ThreadId:
    """Name a thread."""
    return ThreadId(f"T0:{channel}:{number}.0")


class Due:
    """A due index: a thread is due until it was drained."""

    def __init__(self) -> None:
        self.threads: list[ThreadId] = []
        self.looks = 0
        self.released: list[Lease] = []

    async def overdue(self, limit: int) -> list[ThreadId]:
        """Give what is due."""
        self.looks += 1
        return self.threads[:limit]

    async def release(self, lease: Lease, *, version: int, due: None) -> bool:
        """Note which lease was given back, for whoever looks next to go on at once."""
        assert (version, due) == (NO_VERSION, None)
        self.released.append(lease)
        return True


class Worker:
    """Drains that end when they are let go."""

    def __init__(self, due: Due) -> None:
        self.due = due
        self.under_way: dict[ThreadId, asyncio.Event] = {}
        self.drained: list[ThreadId] = []
        self.leases: list[Lease | None] = []
        self.holds = True
        self.is_answered = True

    async def drain(self, thread_id: ThreadId, lease: Lease | None = None) -> bool:
        """Drain one thread."""
        self.leases.append(lease)
        self.under_way[thread_id] = asyncio.Event()
        if self.holds:
            await self.under_way[thread_id].wait()
        del self.under_way[thread_id]
        self.drained.append(thread_id)
        if thread_id in self.due.threads:
            self.due.threads.remove(thread_id)
        return self.is_answered

    def nudge(self, thread_id: ThreadId) -> bool:
        """Tell whether it is being drained."""
        return thread_id in self.under_way


@pytest.fixture
def due() -> Due:
    """Give an index in which nothing is due."""
    return Due()


@pytest.fixture
def worker(due: Due) -> Worker:
    """Give a worker that holds what it drains."""
    return Worker(due)


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that stands still."""
    return FakeClock(NOON)


@pytest.fixture
async def engine(due: Due, worker: Worker, clock: FakeClock) -> AsyncIterator[LocalEngine]:
    """Give an engine that runs."""
    engine = LocalEngine(due, clock)  # type: ignore[arg-type]  # the engine asks for no more
    engine.start(worker.drain, worker.nudge, TAKING)
    await turns(5)
    yield engine
    worker.holds = False
    for event in list(worker.under_way.values()):
        event.set()
    await engine.stop()


async def test_a_flood_in_one_channel_leaves_places_for_others(engine: LocalEngine, worker: Worker) -> None:
    """Another channel's thread is drained at once beside a thousand."""
    for number in range(1000):
        await engine.wake(thread(number))
    await turns(5)
    assert len(worker.under_way) == SHARE
    await engine.wake(thread(1, "C0QUIET"))
    await turns(5)
    assert thread(1, "C0QUIET") in worker.under_way


async def test_no_more_are_drained_at_once_than_there_are_places(engine: LocalEngine, worker: Worker) -> None:
    """However many channels ask."""
    for number in range(5 * AT_ONCE):
        await engine.wake(thread(number, f"C{number}"))
    await turns(5)
    assert len(worker.under_way) == AT_ONCE


async def test_what_cannot_wait_here_stays_in_the_index(engine: LocalEngine, worker: Worker, due: Due) -> None:
    """A flood takes no more memory than a bound, and nothing of it is lost."""
    worker.holds = False
    due.threads = [thread(number) for number in range(MOST_WAITING + SWEPT)]
    for one in list(due.threads):
        await engine.wake(one)
    while due.threads:
        await turns(5)
        await _next_look(engine, due)
    assert len(worker.drained) == MOST_WAITING + SWEPT


async def _next_look(engine: LocalEngine, due: Due) -> None:
    """Do what the sweeper does next."""
    for one in await due.overdue(SWEPT):
        await engine.wake(one)


async def test_whoever_asks_for_a_drain_hears_when_it_has_ended(engine: LocalEngine, worker: Worker) -> None:
    """So a job is held for as long as it takes, and who is idle gets the next."""
    asked = asyncio.create_task(engine.drained(thread(1)))
    await turns(5)
    assert not asked.done()
    worker.under_way[thread(1)].set()
    await turns(5)
    assert asked.done()


async def test_whoever_stops_waiting_for_a_drain_does_not_end_it(engine: LocalEngine, worker: Worker) -> None:
    """A job that is given up is one thing, the work under way another."""
    asked = asyncio.create_task(engine.drained(thread(1)))
    await turns(5)
    asked.cancel()
    await turns(5)
    assert thread(1) in worker.under_way


async def test_a_job_of_a_channel_that_has_its_share_is_let_go_at_once(engine: LocalEngine, worker: Worker) -> None:
    """It would keep others' jobs out; its thread waits in the index as well."""
    for number in range(SHARE):
        await engine.wake(thread(number))
    await turns(5)
    asked = asyncio.create_task(engine.drained(thread(SHARE)))
    await turns(5)
    assert asked.done()
    assert len(worker.under_way) == SHARE


@pytest.mark.usefixtures("engine")
async def test_while_more_is_due_than_is_asked_for_the_next_look_is_soon(
    worker: Worker, due: Due, clock: FakeClock
) -> None:
    """Ten thousand due threads are not drained at five hundred a second by rule."""
    worker.holds = False
    due.threads = [thread(number) for number in range(2 * SWEPT)]
    looks = due.looks
    await clock.advance(SWEEP_S)
    assert due.looks == looks + 1
    await turns(20 * SWEPT)
    await clock.advance(2 * BREATH_S)
    assert due.looks >= looks + 2


async def test_a_commit_may_take_the_lease_of_a_thread_that_would_be_drained_here_at_once(
    engine: LocalEngine, worker: Worker
) -> None:
    """And it is drained under that lease."""
    lease = Lease(thread_id=thread(1), holder=TAKING.holder)
    assert engine.takes(thread(1)) == TAKING
    await engine.wake(thread(1), lease)
    await turns(5)
    assert worker.leases == [lease]


async def test_no_lease_is_taken_of_a_thread_that_is_being_drained(engine: LocalEngine) -> None:
    """Its drain has one."""
    await engine.wake(thread(1))
    await turns(5)
    assert engine.takes(thread(1)) is None


async def test_no_lease_is_taken_where_a_drain_would_have_to_wait(engine: LocalEngine) -> None:
    """It would run out meanwhile."""
    for number in range(SHARE):
        await engine.wake(thread(number))
    await turns(5)
    assert engine.takes(thread(SHARE)) is None


async def test_a_lease_that_came_as_the_last_place_was_taken_is_not_waited_with(
    engine: LocalEngine, worker: Worker
) -> None:
    """The drain takes it again when its turn has come."""
    for number in range(SHARE + 1):
        await engine.wake(thread(number), Lease(thread_id=thread(number), holder=TAKING.holder))
    await turns(5)
    worker.under_way[thread(0)].set()
    await turns(5)
    assert worker.leases[SHARE] is None


async def test_no_lease_is_taken_where_nothing_more_can_wait(engine: LocalEngine) -> None:
    """Another channel has places, but what is woken now would not be kept in mind."""
    for number in range(MOST_WAITING):
        await engine.wake(thread(number))
    await turns(5)
    assert engine.takes(thread(1, "C0QUIET")) is None


@pytest.mark.parametrize("is_stopped", [False, True])
async def test_a_lease_that_came_too_late_is_given_back(
    engine: LocalEngine, worker: Worker, due: Due, *, is_stopped: bool
) -> None:
    """It was taken with a commit that was under way as the engine stopped, or as the last place to wait was taken."""
    lease = Lease(thread_id=thread(1, "C0QUIET"), holder=TAKING.holder)
    worker.holds = not is_stopped
    for number in range(MOST_WAITING):
        await engine.wake(thread(number))
    if is_stopped:
        await engine.stop()
    await engine.wake(lease.thread_id, lease)
    assert due.released == [lease]


async def test_a_lease_of_a_thread_that_is_being_drained_is_its_drain_s(
    engine: LocalEngine, worker: Worker, due: Due
) -> None:
    """Given back, it would be taken from under the drain."""
    await engine.wake(thread(1))
    await turns(5)
    stopping = asyncio.create_task(engine.stop())
    await turns(5)
    await engine.wake(thread(1), Lease(thread_id=thread(1), holder=TAKING.holder))
    assert due.released == []
    worker.under_way[thread(1)].set()
    await stopping


async def test_a_drain_without_an_answer_is_begun_again_when_the_store_answers(
    engine: LocalEngine, worker: Worker, clock: FakeClock
) -> None:
    """It may hold the lease, and then the index names its thread only when that has ended."""
    worker.holds, worker.is_answered = False, False
    await engine.wake(thread(1))
    await turns(5)
    worker.is_answered = True
    for _ in range(3):
        await clock.advance(SWEEP_S)
    assert worker.drained == [thread(1)] * 2


async def test_no_lease_is_taken_by_an_engine_that_has_stopped(engine: LocalEngine, worker: Worker) -> None:
    """Nobody would drain."""
    worker.holds = False
    await engine.stop()
    assert engine.takes(thread(1)) is None
