import asyncio
from collections.abc import AsyncIterator

import pytest

from agent_core.adapters.local_engine import AT_ONCE, BREATH_S, MOST_WAITING, SHARE, SWEEP_S, SWEPT, LocalEngine
from agent_core.fakes import FakeClock, turns
from agent_core.words import ThreadId
from tests.examples import NOON


def thread(number: int, channel: str = "C0BUSY") -> ThreadId:
    """Name a thread."""
    return ThreadId(f"T0:{channel}:{number}.0")


class Due:
    """A due index: a thread is due until it was drained."""

    def __init__(self) -> None:
        self.threads: list[ThreadId] = []
        self.looks = 0

    async def overdue(self, limit: int) -> list[ThreadId]:
        """Give what is due."""
        self.looks += 1
        return self.threads[:limit]


class Worker:
    """Drains that end when they are let go."""

    def __init__(self, due: Due) -> None:
        self.due = due
        self.under_way: dict[ThreadId, asyncio.Event] = {}
        self.drained: list[ThreadId] = []
        self.holds = True

    async def drain(self, thread_id: ThreadId) -> None:
        """Drain one thread."""
        self.under_way[thread_id] = asyncio.Event()
        if self.holds:
            await self.under_way[thread_id].wait()
        del self.under_way[thread_id]
        self.drained.append(thread_id)
        if thread_id in self.due.threads:
            self.due.threads.remove(thread_id)

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
    engine.start(worker.drain, worker.nudge)
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
