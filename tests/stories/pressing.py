"""Two processes of ours on one Redis, at whose buttons two people press at the same moment; and a third that works.

What is pressed is given to a runtime as a listener gives it. Each process has its own loop, its own connections and its
own half of every pair, and both are told to begin by one word.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import NamedTuple

from redis.asyncio import Redis

from agent_core.adapters.redis_client import connect
from agent_core.adapters.redis_holds import RedisLocks, RedisSwitch
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.redis_views import RedisIndex, RedisLessons
from agent_core.adapters.system_clock import SystemClock
from agent_core.codec import Codec
from agent_core.errors import Refused
from agent_core.fakes import FakeCritic, FakeDirectory, FakeEngine, FakeSurface, FakeTools
from agent_core.holds import Gates
from agent_core.inputs import Done, Input, Propose, Start, Tell
from agent_core.people import Person
from agent_core.perform import Performer, World
from agent_core.phases import AwaitingApproval
from agent_core.ports import Replied, Situation, StoreDown
from agent_core.proposal import Proposal, canonical
from agent_core.records import Entry
from agent_core.runtime import Runtime
from agent_core.words import ThreadId
from agent_core.worker import Worker
from tests.core.decide.office import RULES, SECOND
from tests.examples import KEY, PERSONS, REQUESTER

MOST_LINES = 1000


class Press(NamedTuple):
    """What one person does to one task."""

    thread_id: ThreadId
    given: Input


class OneStep:
    """The Model port: one step, named after the thread, and then nothing more."""

    immediate = False

    def accepts(self, purpose: str) -> None:
        """Take any words."""

    async def next(self, situation: Situation) -> Replied:
        """Propose the step, unless it has run or people spoke against it."""
        task = situation.checkpoint
        if situation.inquiry is not None:
            return Replied(reply=Tell(words="It is the next thing to do."))
        if task.tally.steps or task.rejected or task.messages:
            return Replied(reply=Done(words="Nothing is left to do."))
        service = task.thread_id.rpartition(".")[2]
        return Replied(
            reply=Propose(tool="restart_service", args_json=canonical({"service": service}), thought="Down.")
        )


def runtime_on(redis: Redis) -> Runtime:
    """Give the runtime of a process."""
    codec = Codec(KEY)
    return Runtime(RedisStore(redis, codec), RedisLessons(redis, codec), FakeEngine(), lambda: RULES)


class Shop:
    """The process that works: it begins tasks, does what is pending, and knows which calls were made."""

    def __init__(self, url: str) -> None:
        redis = connect(url)
        codec, clock = Codec(KEY), SystemClock()
        self.redis = redis
        self.runtime = runtime_on(redis)
        self.tools = FakeTools()
        world = World(
            model=OneStep(),
            critic=FakeCritic(9.5),
            tools=self.tools,
            surface=FakeSurface(),
            directory=FakeDirectory(clock, *PERSONS, SECOND),
            lessons=RedisLessons(redis, codec),
            gates=Gates(locks=RedisLocks(redis), switch=RedisSwitch(redis, codec)),
        )
        performer = Performer(self.runtime, world)
        index = RedisIndex(redis, codec)
        self.worker = Worker(self.runtime, performer, index=index, surface=world.surface, clock=clock, name="worker-1")

    async def until_waiting(self, thread_id: ThreadId) -> Proposal:
        """Begin a task, and go on until its proposal waits."""
        await self.runtime.give(thread_id, Start(by=REQUESTER, purpose="Restart it."))
        await self.worker.drain(thread_id)
        task = (await self.runtime.store.load(thread_id)).checkpoint
        assert task is not None
        assert isinstance(task.phase, AwaitingApproval)
        return task.phase.proposal

    async def taken(self, thread_id: ThreadId) -> list[str]:
        """Do what is pending, and say which inputs the task has taken from people."""
        await self.worker.drain(thread_id)
        lines = await self.runtime.store.journal(thread_id, 0, MOST_LINES)
        return [line.input.kind for line in lines if isinstance(line, Entry) and hasattr(line.input, "by")]

    def starts(self, thread_id: ThreadId) -> int:
        """Count how often a task's call was made."""
        service = thread_id.rpartition(".")[2]
        return sum(call.args["service"] == service for call in self.tools.calls)


async def answered(runtime: Runtime, press: Press) -> str:
    """Give what is pressed; say why it was refused, or nothing. Who is not answered presses again."""
    while True:
        try:
            await runtime.give(press.thread_id, press.given, dedupe=f"{press.given.kind}-{press.thread_id}")
        except Refused as no:
            return no.words
        except StoreDown:
            continue
        return ""


async def pressing(ear: Connection, url: str) -> None:
    """Press what one is told to, all of it at once, until told nothing more."""
    redis = connect(url)
    runtime = runtime_on(redis)
    while presses := await asyncio.to_thread(ear.recv):
        ear.send(await asyncio.gather(*(answered(runtime, press) for press in presses)))
    await redis.aclose()


def press_for_ever(ear: Connection, url: str) -> None:
    """Be one process at whose buttons people press."""
    asyncio.run(pressing(ear, url))


class Pressers:
    """Both processes."""

    def __init__(self, mouths: Sequence[Connection]) -> None:
        self._mouths = mouths

    def at_once(self, *halves: Sequence[Press]) -> list[list[str]]:
        """Have each process press its half of every pair at the same moment; give what was answered."""
        for mouth, half in zip(self._mouths, halves, strict=True):
            mouth.send(half)
        return [mouth.recv() for mouth in self._mouths]


@contextmanager
def pressers(url: str) -> Iterator[Pressers]:
    """Begin two processes, and end them."""
    context = get_context("spawn")
    pipes = [context.Pipe() for _ in range(2)]
    processes = [context.Process(target=press_for_ever, args=(ear, url), daemon=True) for _, ear in pipes]
    for process in processes:
        process.start()
    try:
        yield Pressers([mouth for mouth, _ in pipes])
    finally:
        for (mouth, _), process in zip(pipes, processes, strict=True):
            mouth.send([])
            process.join()


def here(person: Person) -> Person:
    """Have looked somebody up just now."""
    return replace(person, looked_up_at=SystemClock().now())
