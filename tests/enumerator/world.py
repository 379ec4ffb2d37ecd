"""A virtual world: what outlives a process, kept whole as bytes at any moment; and a process, which is lost whole.

The store, the lessons and the list are the in-memory ports that ship with the core; they keep tokens (see interning).
Parts of the world and of a process can be replaced: that is how bugs are planted.
"""

import asyncio
import io
import pickle
from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from agent_core.checkpoint import Checkpoint
from agent_core.effects import RunTool, UpdateCard
from agent_core.fakes import MemoryIndex, MemoryLessons, MemoryLocks, MemoryStore, MemorySwitch, turns
from agent_core.fakes.store import mark
from agent_core.holds import Gates
from agent_core.inputs import Input
from agent_core.perform import Performer, World as Ports
from agent_core.phases import Acting, Finished
from agent_core.ports import Clock, Directory, Lease, Lessons, Store, Surface, Taking, Tools
from agent_core.records import Line
from agent_core.rules.book import Rules
from agent_core.runtime import Given, Runtime
from agent_core.words import EffectId, ThreadId
from agent_core.worker import Worker
from tests.enumerator.far import Actor, Far, Judge, Message, Register, Start, Thread, Toolbox, Works
from tests.enumerator.interning import WORKER, Interned, Likeness
from tests.enumerator.loop import Time, WrongClock
from tests.enumerator.office import BOOKS
from tests.enumerator.wire import Wire, wired
from tests.examples import NOON

A_LEASE_S = 16.0
WIRING = frozenset({"_clock", "_codec", "_store"})
Part: TypeAlias = tuple[str, dict[str, Any]]
KEEPERS = ("store", "lessons", "index", "locks", "switch")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that outlives a process, at one moment. States of one ``likeness`` have the same future."""

    at: datetime
    lives: int
    kept: tuple[bytes, ...] = field(repr=False)
    likeness: int


def frozen(part: Part) -> bytes:
    """Write a part of the world as bytes; equal parts are equal bytes, whatever they are made of."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, pickle.HIGHEST_PROTOCOL)
    pickler.fast = True  # each value is written out, also one that was written before: there are no circles here
    pickler.dump(part)
    return buffer.getvalue()


def same(port: Any, world: "World") -> Any:  # noqa: ANN401 - any port
    """Leave a port as it is."""
    del world
    return port


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How a world and its processes are put together; each part may be replaced by one with a bug.

    ``immediate``: actor and critic answer at once, as a runbook's do, and what follows at once is committed together.
    ``takes``: a commit takes the thread's lease where it is free, and the process that committed drains the thread.
    """

    immediate: bool = False
    takes: bool = True
    store: Callable[[Time, Interned], MemoryStore] = MemoryStore
    book: Callable[[Rules], Rules] = lambda rules: rules
    seen_store: Callable[[Store, "World"], Store] = same
    seen_surface: Callable[[Surface, "World"], Surface] = same
    seen_tools: Callable[[Tools, "World"], Tools] = same
    seen_directory: Callable[[Directory, "World"], Directory] = same
    runtime: type[Runtime] = Runtime
    seen_lessons: Callable[[Lessons, "World"], Lessons] = same


class Watch:
    """Hears of what the far side is asked to do; the laws listen in this way."""

    def start(self, call: Any, key: str) -> Start:  # noqa: ANN401 - a call
        """Name the proposal of a start."""
        raise NotImplementedError

    def message(self, checkpoint: Checkpoint | None, message: Message) -> None:
        """Hear of a message that was posted or changed."""
        raise NotImplementedError


class World:
    """What outlives a process."""

    def __init__(self, build: Build, watch: Watch) -> None:
        self.build = build
        self.time = Time(NOON)
        self.codec = Interned()
        self.store = build.store(self.time, self.codec)
        self.lessons = MemoryLessons(self.codec)
        self.index = MemoryIndex(self.codec)
        self.locks = MemoryLocks(self.time)
        self.switch = MemorySwitch(self.store, self.time, self.codec)
        self.far = Far()
        self.surface = Thread(self.far, watch.message)
        self.works = Works(self.far, watch.start)
        self.directory = Register(self.far, self.time)
        self.lives = 0
        self._likeness = Likeness(self.codec)
        self._alike: dict[Hashable, int] = {}

    @property
    def me(self) -> str:
        """The name of the newest process."""
        return f"{WORKER}{self.lives}"

    def clock(self) -> Clock:
        """Give the clock of a process."""
        return WrongClock(self.time)

    def rules(self) -> Rules:
        """Give the rules in force."""
        return self.build.book(BOOKS[self.far.book])

    def _parts(self) -> Iterator[Part]:
        """Give what each keeper keeps."""
        for name in KEEPERS:
            yield name, {key: value for key, value in vars(getattr(self, name)).items() if key not in WIRING}
        yield "far", {name: getattr(self.far, name) for name in Far.__slots__}

    def state(self, *, alive: bool = False) -> State:
        """Keep this moment; ``alive`` where the newest process lives on, with nothing under way."""
        lives = self.lives if alive else self.lives + 1
        now = self.time.now()
        kept = {frozen(part): part for part in self._parts()}
        form = self._likeness.of(kept, now, self.me if alive else "")
        likeness = self._alike.setdefault(form, len(self._alike))
        return State(at=now, lives=lives, kept=tuple(kept), likeness=likeness)

    def restore(self, state: State) -> None:
        """Go back to a moment."""
        self.lives = state.lives
        self.time.begin(state.at)
        for kept in state.kept:
            name, part = pickle.loads(kept)  # noqa: S301 - our own, a moment ago
            keeper = getattr(self, name)
            for attribute, value in part.items():
                setattr(keeper, attribute, value)

    def tasks(self) -> dict[ThreadId, Checkpoint]:
        """Give every task as it is stored."""
        return {thread_id: self.codec.decode(kept.checkpoint, thread_id) for thread_id, kept in self.store.kept.items()}

    def lines(self, thread_id: ThreadId) -> list[Line]:
        """Give a task's journal."""
        kept = self.store.kept.get(thread_id)
        return [self.codec.decode_line(raw[64:]) for raw in kept.journal] if kept else []

    def at_rest(self) -> bool:
        """Tell whether nothing is to be done now, nor when the lease of a process ends that is no more.

        A step that has to wait, for a lock or for the emergency stop, is looked at again and again, and that is rest.
        """
        soon = self.time.now() + timedelta(seconds=A_LEASE_S)
        due = vars(self.store)["_due"]
        return not any(
            not self.is_held(name) and (kept.outbox or (name in due and due[name] <= soon))
            for name, kept in self.store.kept.items()
        )

    def is_held(self, thread_id: ThreadId) -> bool:
        """Tell whether nothing is left to do but a call that has to wait, and nobody is at work on it."""
        kept, task, now = self.store.kept[thread_id], self.tasks()[thread_id], self.time.now()
        left = [name for name, raw in kept.outbox.items() if not self._can_wait(task, name, raw)]
        until = vars(self.store)["_leases"].get(thread_id, ("", now))[1]
        if left or not kept.outbox or until > now or not isinstance(task.phase, Acting):
            return False
        card = task.card(task.phase.proposal.card)
        says_so = card is not None and card.state == "approved" and bool(card.words)
        return vars(self.store)["_due"][thread_id] > now if self.is_stopped() else says_so

    def _can_wait(self, task: Checkpoint, effect_id: EffectId, raw: bytes) -> bool:
        """Tell whether an effect is a call, or the change of a card that shows it already."""
        effect = self.codec.decode_effect(raw, effect_id)
        card = task.card(effect.card) if isinstance(effect, UpdateCard) else None
        shown = self.far.messages.get(card.ts or "") if card is not None else None
        return isinstance(effect, RunTool) or (shown is not None and card is not None and shown.state == card.state)

    def is_stopped(self) -> bool:
        """Tell whether the emergency stop is pulled."""
        return any(self.store.stops.values())

    def took(self, thread_id: ThreadId, dedupe: str) -> bool:
        """Tell whether something that was given under this mark took effect."""
        return mark(thread_id, dedupe) in vars(self.store)["_seen"]

    def endings(self) -> str:
        """Say how every task ended, or where it stands."""
        found = [task.phase for task in self.tasks().values() if task.phase.kind != "opening"]
        return " ".join(phase.how if isinstance(phase, Finished) else phase.kind for phase in found)

    def pending(self) -> bool:
        """Tell whether anything is still to be done."""
        return any(kept.outbox for kept in self.store.kept.values())


class Door:
    """The Engine port: drains at once what this process took the lease of; every other wake-up is lost."""

    def __init__(self, *, takes: bool) -> None:
        self._takes = takes
        self.drains: set[asyncio.Task[Any]] = set()
        self.worker: Worker

    def takes(self, thread_id: ThreadId) -> Taking | None:
        """Say for whom a commit may take the lease."""
        del thread_id
        return self.worker.taking if self._takes else None

    async def wake(self, thread_id: ThreadId, lease: Lease | None = None) -> None:
        """Drain under this lease, or tell the drain that is under way."""
        await turns()
        if lease is not None:
            drain = asyncio.create_task(self.worker.drain(thread_id, lease))
            self.drains.add(drain)
            drain.add_done_callback(self.drains.discard)
        else:
            self.worker.nudge(thread_id)


class Process:
    """One process of ours: all of it is lost when it dies."""

    def __init__(self, world: World, wire: Wire) -> None:
        build = world.build
        self.began = asyncio.Event()
        clock = world.clock()
        store = wired(build.seen_store(world.store, world), "store", wire)
        lessons = wired(build.seen_lessons(world.lessons, world), "lessons", wire)
        surface = wired(build.seen_surface(world.surface, world), "surface", wire)
        self.switch = wired(world.switch, "switch", wire)
        toolbox = Toolbox(wired(world.works, "works", wire), clock, self.began.set)
        self._door = Door(takes=build.takes)
        self.runtime = build.runtime(store, lessons, wired(self._door, "engine", wire), world.rules)
        ports = Ports(
            model=wired(Actor(immediate=build.immediate), "model", wire),
            critic=wired(Judge(immediate=build.immediate), "critic", wire),
            tools=build.seen_tools(toolbox, world),
            surface=surface,
            directory=wired(build.seen_directory(world.directory, world), "directory", wire),
            lessons=lessons,
            gates=Gates(locks=wired(world.locks, "locks", wire), switch=self.switch),
        )
        self.worker = Worker(
            self.runtime,
            Performer(self.runtime, ports),
            index=wired(world.index, "index", wire),
            surface=surface,
            clock=clock,
            name=world.me,
        )
        self._door.worker = self.worker
        self.wire = wire

    async def drained(self) -> None:
        """Wait until nothing is drained that was taken with a commit."""
        while self._door.drains:
            await asyncio.gather(*self._door.drains)

    async def end(self) -> None:
        """Stop what is drained, as a process does that is told to stop."""
        drains = tuple(self._door.drains)
        for drain in drains:
            drain.cancel()
        await asyncio.gather(*drains, return_exceptions=True)

    async def give(self, thread_id: ThreadId, given: Input, dedupe: str) -> Given:
        """Give a person's input, as a listener would."""
        return await self.runtime.give(thread_id, given, dedupe=dedupe)


Rival = Callable[[], Awaitable[None]]
