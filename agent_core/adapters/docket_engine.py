"""The engine of many processes: those that take requests call, those that work are called, over docket's own stream.

The due index is the truth and a job is a wake-up, no more: it names a thread, may be lost, and may come twice. So a
call costs its caller nothing (it is sent after the click was answered, many in one round trip), and what docket can't
be told is found by a sweeper within a second. A worker holds a job for as long as its drain takes, so that whoever is
idle gets the next one; a job whose channel has its share there is let go at once, for its thread waits in the index.

What docket asks of those who use it, and how it is kept here:
- the key of a job that runs swallows another of that key: each call has a key of its own;
- whoever may write to Redis runs code in the workers (arguments are pickled): arguments are IDs, and a store that
  takes commands from anybody is refused where it is set up;
- an exception ends a job for good, and so does a cancel from outside: a drain never raises, and the index is there;
- to stop has no end of its own: the drains are ended first, then the jobs that wait for them end by themselves;
- after a restart of Redis the first call fails: calls are kept until they were sent, under the same keys;
- closed while Redis is away, it may wait for a minute for a read of its own: it stays open, and its end is bounded.

Docket takes a quarter of a second to import, so it is imported when it is used, and beside the loop.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, cast

import structlog
from redis.exceptions import RedisError

from agent_core.ports import Clock, Lease, Taking
from agent_core.words import ThreadId

if TYPE_CHECKING:
    from types import ModuleType

    import docket

log = structlog.get_logger(__name__)

QUEUE = "cs:wake"
JOB = "drain"
CONCURRENCY = 64
CONNECTIONS = 256
REDELIVERED_AFTER_S = 15.0
LOOK_S = 0.1  # how long docket waits for a job at a time, and how long it pauses when all its places are taken
RESOLUTION_S = 5.0  # of jobs for later, of which there are none
AGAIN_S = 0.5
MOST_CALLS = 10_000  # kept while docket does not answer; the index knows the rest
BATCH = 500
LAST_S = 2.0
CANCELS = 4


async def library() -> "ModuleType":
    """Import docket without holding up the loop."""
    return await asyncio.to_thread(import_module, "docket")


def roomy(url: str) -> str:
    """Let docket open as many connections as it has jobs; the client's own limit is lower, and it raises there."""
    return f"{url}{'&' if '?' in url else '?'}max_connections={CONNECTIONS}"


async def queue(url: str, drained: Callable[[ThreadId], Awaitable[None]]) -> "docket.Docket":
    """Make the queue of wake-ups; ``drained`` is what a job does where jobs are done."""
    module = await library()
    made = cast("docket.Docket", module.Docket(name=QUEUE, url=roomy(url), execution_ttl=timedelta(0)))

    async def drain(thread_id: str) -> None:
        await drained(ThreadId(thread_id))

    made.register(drain, names=[JOB])
    return made


class Caller:
    """The Engine port of a process that takes requests: wakes whichever worker is free."""

    def __init__(self, url: str, clock: Clock, name: str) -> None:
        """Hold what is needed; ``name`` tells this process from all others."""
        self._url = url
        self._clock = clock
        self._name = name
        self._calls = 0
        self._wanted: dict[ThreadId, str] = {}
        self._called, self._all_sent = asyncio.Event(), asyncio.Event()
        self._sender: asyncio.Task[None] | None = None

    def takes(self, thread_id: ThreadId) -> Taking | None:
        """Take no lease: another process drains."""
        del thread_id
        return None

    async def wake(self, thread_id: ThreadId, lease: Lease | None = None) -> None:
        """Have this thread drained soon, by whoever is free; leases are not taken here."""
        del lease
        if thread_id in self._wanted or len(self._wanted) >= MOST_CALLS:
            return
        self._calls += 1
        self._wanted[thread_id] = f"{thread_id}:{self._name}:{self._calls}"
        self._all_sent.clear()
        self._called.set()

    def start(self) -> None:
        """Begin to send calls, also those that came before."""
        self._sender = asyncio.create_task(self._send())

    async def stop(self) -> None:
        """Send what is still to be sent, if that takes no time; the index knows it as well."""
        if self._sender is None:
            return
        if self._wanted:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_sent.wait(), LAST_S)
        await end(self._sender)

    async def _send(self) -> None:
        while True:
            try:
                async with await queue(self._url, nobody) as opened:
                    await self._send_all(opened)
            except (RedisError, OSError) as error:
                log.warning("workers not woken; what is due is found without", why=type(error).__name__)
            await self._clock.sleep(AGAIN_S)

    async def _send_all(self, opened: "docket.Docket") -> None:
        """Send calls as they come."""
        while True:
            await self._called.wait()
            try:
                await self._send_batch(opened)
            except (RedisError, OSError) as error:
                log.warning("workers not woken yet; what is due is found without", why=type(error).__name__)
                await self._clock.sleep(AGAIN_S)

    async def _send_batch(self, opened: "docket.Docket") -> None:
        """Send the calls that wait; those that were not taken stay, under their keys."""
        batch = list(self._wanted.items())[:BATCH]
        sent = await opened.add_many([opened.call(JOB, key=key)(thread_id) for thread_id, key in batch])
        for (thread_id, _), one in zip(batch, sent, strict=True):
            if one.schedule_exception is not None:
                raise one.schedule_exception
            del self._wanted[thread_id]
        if not self._wanted:
            self._called.clear()
            self._all_sent.set()


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended; Python 3.11 may lose a cancel that comes as a wait_for ends."""
    for _ in range(CANCELS):
        task.cancel()
        ended, _ = await asyncio.wait({task}, timeout=LAST_S / CANCELS)
        if ended:
            return
    log.warning("docket does not end; it ends with the process")


async def nobody(thread_id: ThreadId) -> None:
    """Drain nothing: a process that only takes requests calls others."""
    raise NotImplementedError(f"{thread_id} came to a process that drains nothing")


class Called:
    """A worker's ear: has those threads drained that other processes call for."""

    def __init__(self, url: str, clock: Clock, name: str, drained: Callable[[ThreadId], Awaitable[None]]) -> None:
        """Hold what is needed; ``drained`` returns when a thread needs no more of this process."""
        self._url = url
        self._clock = clock
        self._name = name
        self._drained = drained
        self._listener: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take jobs."""
        self._listener = asyncio.create_task(self._listen())

    async def leave(self) -> None:
        """Take no more jobs; those that were taken go on."""
        if self._listener is not None:
            self._listener.cancel()

    async def join(self) -> None:
        """Wait until the jobs that were taken have ended, once their drains have."""
        if self._listener is not None:
            await asyncio.wait({self._listener}, timeout=LAST_S)
            await end(self._listener)

    async def _listen(self) -> None:
        module = await library()
        while True:
            try:
                async with (
                    await queue(self._url, self._drained) as opened,
                    module.Worker(
                        opened,
                        name=self._name,
                        concurrency=CONCURRENCY,
                        redelivery_timeout=timedelta(seconds=REDELIVERED_AFTER_S),
                        reconnection_delay=timedelta(seconds=AGAIN_S),
                        minimum_check_interval=timedelta(seconds=LOOK_S),
                        scheduling_resolution=timedelta(seconds=RESOLUTION_S),
                        schedule_automatic_tasks=False,
                    ) as worker,
                ):
                    await worker.run_forever()
                    return  # it was told to leave
            except (RedisError, OSError) as error:
                log.warning("not called for now; what is due is found without", why=type(error).__name__)
            await self._clock.sleep(AGAIN_S)
