"""The same schedules against a real Redis: what the model says must be what happens there.

The far side is the same, the store and its views are Redis's own. Time can't be moved there, so the leases of a process
that died are taken from it by hand, and what is due is made due now; scenarios in which time matters stay in the model.
A fault strikes the call of the same name as in the model, at the same count.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from redis.asyncio import Redis

from agent_core.adapters.redis_holds import RedisLocks, RedisSwitch
from agent_core.adapters.redis_keys import keys_of, seen_key
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.redis_views import RedisIndex, RedisLessons
from agent_core.adapters.system_clock import SystemClock
from agent_core.checkpoint import Checkpoint
from agent_core.codec import Codec
from agent_core.errors import Refused
from agent_core.ports import Clock, StoreDown
from agent_core.proposal import Call
from agent_core.records import Entry, Line
from agent_core.words import ThreadId, thread_id_of
from tests.enumerator.acts import Act, Doing, scene_of, thread_of
from tests.enumerator.far import Message, Start
from tests.enumerator.laws import Laws
from tests.enumerator.loop import Time
from tests.enumerator.replay import Strike
from tests.enumerator.scenarios import Scenario
from tests.enumerator.wire import FAILS, Listener, Wire, failure_of
from tests.enumerator.world import Build, Process, World
from tests.examples import CHANNEL, KEY, OPENING_THREAD, TEAM, THREAD

MOST_LEGS = 40
MOST_ROUNDS = 60


class Outcome(NamedTuple):
    """What came of a schedule, as far as it is the same whatever the order of what happens at the same time."""

    end: str
    inputs: tuple[tuple[str, int], ...]
    starts: tuple[str, ...]
    effects: int
    messages: tuple[tuple[str, str], ...]


def outcome(world: World) -> Outcome:
    """Say what came of a schedule in a world."""
    kinds = Counter(line.input.kind for name in world.tasks() for line in world.lines(name) if isinstance(line, Entry))
    return Outcome(
        world.endings(),
        tuple(sorted(kinds.items())),
        tuple(sorted(start.tool for start in world.far.starts)),
        len(world.far.effects),
        tuple(sorted((message.what, message.state) for message in world.far.messages.values())),
    )


class Quiet(Laws):
    """Names starts by their key, and holds nothing to the laws: they read the model's store."""

    def start(self, call: Call, key: str) -> Start:
        """Name the proposal of a start."""
        digest, _, version = key.partition("-")
        return Start("", int(version), digest, key, call.tool, call.args_json)

    def message(self, checkpoint: Checkpoint | None, message: Message) -> None:
        """Hear of a message."""


class RealWorld(World):
    """A world whose store is a Redis. What is asked of it at once is what was read at the last ``refresh``."""

    store: Any
    lessons: Any
    index: Any
    locks: Any
    switch: Any

    def __init__(self, redis: Redis) -> None:
        laws = Quiet()
        super().__init__(Build(), laws)
        laws.world = self
        codec = Codec(KEY)
        self.redis = redis
        self.store = RedisStore(redis, codec)
        self.lessons = RedisLessons(redis, codec)
        self.index = RedisIndex(redis, codec)
        self.locks, self.switch = RedisLocks(redis), RedisSwitch(redis, codec)
        self._clock = SystemClock()
        self._tasks: dict[ThreadId, Checkpoint] = {}
        self._lines: dict[ThreadId, list[Line]] = {}
        self._is_at_rest = True
        self._took: set[tuple[ThreadId, str]] = set()

    def clock(self) -> Clock:
        """Give the clock of a process."""
        return self._clock

    def tasks(self) -> dict[ThreadId, Checkpoint]:
        """Give every task as it was read."""
        return self._tasks

    def lines(self, thread_id: ThreadId) -> list[Line]:
        """Give a task's journal as it was read."""
        return self._lines.get(thread_id, [])

    def at_rest(self) -> bool:
        """Tell whether nothing was to be done."""
        return self._is_at_rest

    def pending(self) -> bool:
        """Tell whether anything was still to be done."""
        return not self._is_at_rest

    def took(self, thread_id: ThreadId, dedupe: str) -> bool:
        """Tell whether something that was given under this mark took effect."""
        return (thread_id, dedupe) in self._took

    def threads(self) -> list[ThreadId]:
        """Name every thread that there may be."""
        posted = [thread_id_of(TEAM, CHANNEL, ts) for ts, one in self.far.messages.items() if one.what == "parent"]
        return [OPENING_THREAD, THREAD, *posted]

    async def refresh(self, scenario: Scenario) -> None:
        """Read everything anew."""
        self._is_at_rest = True
        for thread_id in self.threads():
            loaded = await self.store.load(thread_id)
            if loaded.checkpoint is None:
                continue
            self._tasks[thread_id] = loaded.checkpoint
            self._lines[thread_id] = await self.store.journal(thread_id, 0, 1000)
            keys = keys_of(thread_id)
            if await self.redis.exists(keys.lease, keys.outbox):
                self._is_at_rest = False
        for thread_id in self.threads():
            for act in scenario.acts:
                if await self.redis.exists(seen_key(thread_id, act.mark)):
                    self._took.add((thread_id, act.mark))

    async def let_time_pass(self) -> None:
        """End every lease, and have every thread looked at that has something pending."""
        now = (await self.store.load(THREAD)).now
        for thread_id in self.threads():
            keys = keys_of(thread_id)
            await self.redis.delete(keys.lease)
            if await self.redis.exists(keys.outbox):
                await self.redis.zadd(keys.due, {thread_id: int(now.timestamp() * 1_000_000)})


class Cut(Wire):
    """A wire on which a fault strikes a call by its name, and which is silent once its process is dead."""

    def __init__(self, strike: Strike | None, time: Time) -> None:
        super().__init__({}, Deaf(), time)
        self._strike_at = strike
        self._called: Counter[str] = Counter()
        self.is_dead = False

    async def call(self, label: str, method: Callable[..., Awaitable[Any]], args: Any, named: Any) -> Any:  # noqa: ANN401 - any port's any method
        """Make a call, or die at it."""
        if self.is_dead:
            await self._silence(label)
        strike, count = self._strike_at, self._called[label]
        self._called[label] += 1
        if strike is None or (strike.label, strike.before) != (label, count):
            return await method(*args, **named)
        self._strike_at, self.struck = None, strike.kind
        if strike.kind == "lost":
            raise failure_of(label)
        if strike.kind in ("after", "reply"):
            await method(*args, **named)
        if strike.kind == "reply":
            raise failure_of(label)
        self.is_dead = strike.kind != "term"
        self.fault.set()
        await self._silence(label)
        return await asyncio.get_running_loop().create_future()  # until it is told to stop

    async def _silence(self, label: str) -> None:
        """Let a dead process do nothing more, until it is cleared away."""
        if self.is_dead and label.partition(".")[0] in FAILS:
            raise failure_of(label)
        if self.is_dead:
            await asyncio.get_running_loop().create_future()


class Deaf(Listener):
    """Hears nothing."""

    def before(self, nth: int, label: str) -> None:
        """Do nothing."""

    def after(self, nth: int, *, wrote: bool) -> None:
        """Do nothing."""


class Run:
    """One schedule on a real Redis."""

    def __init__(self, world: RealWorld, scenario: Scenario, strikes: list[Strike]) -> None:
        self._world = world
        self._scenario = scenario
        self._strikes = strikes
        self._done = 0
        self.process = self._born()

    def _born(self) -> Process:
        """Begin a process; the next fault is for it."""
        self._world.lives += 1
        return Process(self._world, Cut(self._strikes.pop(0) if self._strikes else None, self._world.time))

    async def to_the_end(self) -> Outcome:
        """Go on until the story is over."""
        for _ in range(MOST_LEGS):
            await self._world.refresh(self._scenario)
            scene = scene_of(self._world)
            self._done = self._scenario.caught_up(scene, self._done)
            doing = self._scenario.doing(scene, self._done)
            if doing is None:
                break
            await self._leg(doing)
        return outcome(self._world)

    async def _leg(self, doing: Doing) -> None:
        """Live through one leg, or until the process dies."""
        life = asyncio.create_task(self._live(doing))
        fault = asyncio.create_task(self.process.wire.fault.wait())
        await asyncio.wait({life, fault}, return_when=asyncio.FIRST_COMPLETED)
        fault.cancel()
        if not life.done():
            life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        await self.process.end()
        if self.process.wire.fault.is_set():
            self.process = self._born()

    async def _live(self, doing: Doing) -> None:
        if doing.act is not None:
            answered = await self._do(doing.act)
            self._done += answered * doing.counts
        await self._settle()

    async def _do(self, act: Act) -> int:
        """Have somebody act; say how many acts were answered."""
        scene = scene_of(self._world)
        given, thread_id = act.make(scene), thread_of(act, scene)
        if given is None or await self._is_over(thread_id, act, given):
            return 1
        try:
            await self.process.give(thread_id, given, act.mark)
        except Refused:
            return 1
        except StoreDown:
            return 0
        return 1

    async def _is_over(self, thread_id: ThreadId, act: Act, given: Any) -> bool:  # noqa: ANN401 - an input
        seen = (await self._world.store.load(thread_id, dedupe=act.mark)).seen
        lines = await self._world.store.journal(thread_id, 0, 1000)
        return seen is not None and not any(isinstance(line, Entry) and line.input == given for line in lines)

    async def _settle(self) -> None:
        """Do what a sweeper does, until nothing is pending."""
        for _ in range(MOST_ROUNDS):
            await self.process.drained()
            for thread_id in await self._world.store.overdue(10):
                await self.process.worker.drain(thread_id)
            await self._world.refresh(self._scenario)
            if self._world.at_rest():
                return
            await self._world.let_time_pass()
        raise AssertionError("it came to no rest")
