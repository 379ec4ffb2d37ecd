"""Wake-ups over docket, against a real Redis: each trap that it has is one test."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from agent_core.adapters.docket_engine import QUEUE, Called, Caller
from agent_core.adapters.system_clock import SystemClock
from agent_core.words import ThreadId
from tests.stories.process import ROOT
from tests.stories.server import own_server

PATIENCE_S = 20.0
CLOCK = SystemClock()


def thread(number: int) -> ThreadId:
    """Name a thread."""
    return ThreadId(f"T0:C0:{number}.0")


class Drains:
    """A worker's drains: which threads came, and how long each takes."""

    def __init__(self) -> None:
        self.came: list[ThreadId] = []
        self.held: set[ThreadId] = set()
        self.changed = asyncio.Condition()
        self.go = asyncio.Event()

    async def drained(self, thread_id: ThreadId) -> None:
        """Drain one thread."""
        async with self.changed:
            self.came.append(thread_id)
            self.changed.notify_all()
        if thread_id in self.held:
            await self.go.wait()

    async def until(self, how_many: int) -> None:
        """Wait until so many have come."""
        async with asyncio.timeout(PATIENCE_S), self.changed:
            await self.changed.wait_for(lambda: len(self.came) >= how_many)


@pytest.fixture
def drains() -> Drains:
    """Give a worker that drains at once."""
    return Drains()


@pytest.fixture
async def called(redis: Redis, redis_url: str, drains: Drains) -> AsyncIterator[Called]:
    """Give a worker's ear."""
    del redis  # it was emptied
    listening = Called(redis_url, CLOCK, "worker", drains.drained)
    listening.start()
    yield listening
    drains.go.set()
    await listening.leave()
    await listening.join()


@pytest.fixture
async def caller(redis: Redis, redis_url: str) -> AsyncIterator[Caller]:
    """Give a process that takes requests."""
    del redis
    calling = Caller(redis_url, CLOCK, "ingress")
    calling.start()
    yield calling
    await calling.stop()


@pytest.mark.usefixtures("called")
async def test_a_call_wakes_a_worker(caller: Caller, drains: Drains) -> None:
    """Every thread that was called for comes."""
    for number in range(50):
        await caller.wake(thread(number))
    await drains.until(50)
    assert set(drains.came) == {thread(number) for number in range(50)}


@pytest.mark.usefixtures("called")
async def test_a_thread_that_is_being_drained_is_called_again(caller: Caller, drains: Drains) -> None:
    """A key that runs would swallow the call for what was committed meanwhile."""
    drains.held.add(thread(1))
    await caller.wake(thread(1))
    await drains.until(1)
    await caller.wake(thread(1))
    await drains.until(2)
    assert drains.came == [thread(1), thread(1)]


@pytest.mark.usefixtures("called")
async def test_a_burst_of_calls_for_one_thread_is_one_call(caller: Caller, drains: Drains) -> None:
    """Ten clicks in one moment need one drain."""
    for _ in range(10):
        await caller.wake(thread(1))
    await caller.wake(thread(2))
    await drains.until(2)
    assert drains.came == [thread(1), thread(2)]


async def test_what_was_called_for_before_a_worker_is_there_is_kept(
    redis_url: str, caller: Caller, drains: Drains
) -> None:
    """A deployment may start its workers last."""
    await caller.wake(thread(1))
    await caller.stop()
    listening = Called(redis_url, CLOCK, "worker", drains.drained)
    listening.start()
    await drains.until(1)
    await listening.leave()
    await listening.join()


async def test_who_leaves_takes_no_more_and_ends_what_it_took(called: Called, caller: Caller, drains: Drains) -> None:
    """On the way down the drains end first, and the jobs with them."""
    drains.held.add(thread(1))
    await caller.wake(thread(1))
    await drains.until(1)
    await called.leave()
    await caller.wake(thread(2))
    await caller.stop()
    drains.go.set()
    await called.join()
    assert drains.came == [thread(1)]


async def test_what_one_worker_left_is_another_s(
    redis_url: str, called: Called, caller: Caller, drains: Drains
) -> None:
    """The call that nobody took waits in the queue."""
    await caller.wake(thread(1))
    await drains.until(1)
    await called.leave()
    await called.join()
    await caller.wake(thread(2))
    second = Drains()
    listening = Called(redis_url, CLOCK, "another", second.drained)
    listening.start()
    await second.until(1)
    assert second.came == [thread(2)]
    await listening.leave()
    await listening.join()


@pytest.mark.usefixtures("called")
async def test_a_drain_that_fails_does_not_end_the_worker(caller: Caller, drains: Drains) -> None:
    """It should not; but if it did, everything else would stop with it."""
    failing = drains.held = _Failing({thread(1)})
    await caller.wake(thread(1))
    await drains.until(1)
    await caller.wake(thread(2))
    await drains.until(2)
    assert failing.asked == 2


class _Failing(set[ThreadId]):
    """Fails for whoever is in it."""

    asked = 0

    def __contains__(self, one: object) -> bool:
        """Say whether it is in, or fail if it is."""
        self.asked += 1
        if super().__contains__(one):
            raise ValueError("a defect")
        return False


@pytest.mark.usefixtures("called")
async def test_jobs_that_are_done_leave_nothing_behind(redis: Redis, caller: Caller, drains: Drains) -> None:
    """A wake-up for each click must not fill the store."""
    for number in range(200):
        await caller.wake(thread(number))
    await drains.until(200)
    async with asyncio.timeout(PATIENCE_S):
        while await redis.xlen(f"{QUEUE}:stream") or [key async for key in redis.scan_iter(f"{QUEUE}:runs:*")]:
            await CLOCK.sleep(0.01)


async def test_a_call_in_an_outage_is_sent_when_it_is_over() -> None:
    """The click was committed before; the call waits, under its key."""
    with own_server() as server:
        drains = Drains()
        called, caller = Called(server.url, CLOCK, "worker", drains.drained), Caller(server.url, CLOCK, "ingress")
        called.start()
        caller.start()
        await caller.wake(thread(1))
        await drains.until(1)
        server.kill()
        await caller.wake(thread(2))
        server.start()
        await drains.until(2)
        await caller.stop()
        await called.leave()
        await called.join()


def test_a_process_that_does_not_need_docket_does_not_load_it() -> None:
    """It costs a quarter of a second at each start of the bot."""
    words = "import sys, bot.app; sys.exit('docket' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], cwd=ROOT, check=False).returncode == 0
