"""One leg of a schedule: from a moment of the world, what somebody does then, and all that follows until it rests.

The real runtime, worker and ledger run here. A leg that is walked without faults also tells where else it could have
ended: at each of its points a process may die, and what is kept of the world then is a state of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from agent_core.errors import Refused
from agent_core.inputs import Input
from agent_core.ports import StoreDown
from agent_core.words import ThreadId
from tests.enumerator.acts import Act, Doing, scene_of, thread_of
from tests.enumerator.laws import Laws
from tests.enumerator.loop import Loop
from tests.enumerator.wire import FROZEN, HARMLESS, Kind, Wire
from tests.enumerator.world import Build, Process, State, World

STALLED_S = 16.0  # longer than a lease
STEP_S = 15.0
MOST_STEPS = 20
MOST_DRAINS = 60


class Moment(NamedTuple):
    """What is kept of the world at a moment, and how many acts of the story were done in the leg by then."""

    state: State
    done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One call of a leg, and what a death before it and after it leaves."""

    label: str
    before: Moment
    after: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """How a leg went: its points, the state in which it came to rest, and how many acts of the story were done."""

    points: tuple[Point, ...]
    end: State
    done: int
    refused: tuple[str, ...]
    broken: tuple[str, ...]
    calls: int


@dataclass(slots=True)
class Track:
    """Hears of the points of a leg as they come."""

    world: World
    laws: Laws
    keep: bool
    done: int = 0
    now: State | None = None
    labels: list[str] = field(default_factory=list)
    befores: dict[int, Moment] = field(default_factory=dict)
    afters: dict[int, Moment] = field(default_factory=dict)

    def state(self) -> State:
        """Give the state as it is now."""
        if self.now is None:
            self.now = self.world.state()
        return self.now

    def before(self, label: str) -> None:
        """Keep the moment before a call."""
        self.labels.append(label)
        if self.keep:
            self.befores[len(self.labels) - 1] = Moment(self.state(), self.done)

    def after(self, label: str, *, wrote: bool) -> None:
        """Keep the moment after a call took effect, and judge what it did."""
        if wrote:
            self.now = None
            self.laws.look()
        if self.keep:
            nth = next(nth for nth, one in enumerate(self.labels) if one == label and nth not in self.afters)
            self.afters[nth] = Moment(self.state(), self.done)

    def points(self) -> tuple[Point, ...]:
        """Give all points of which both moments are known."""
        return tuple(
            Point(label=label, before=self.befores[nth], after=self.afters.get(nth, self.befores[nth]))
            for nth, label in enumerate(self.labels)
            if nth in self.befores
        )


class Walker:
    """Walks legs of one build of the bot."""

    def __init__(self, build: Build | None = None) -> None:
        self.laws = Laws()
        self.world = World(build or Build(), self.laws)
        self.laws.world = self.world
        self.loop = Loop(self.world.time)
        self.walked = 0
        self.beginning = self.world.state()
        self._track = Track(self.world, self.laws, keep=False)
        self._refused: list[str] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give back what the loop holds."""
        self.loop.close()

    def walk(
        self,
        start: State,
        doing: Doing,
        faults: Mapping[int, Kind] | None = None,
        *,
        rival: Act | None = None,
        keep: bool = False,
    ) -> Leg:
        """Walk one leg; ``faults`` by the number of the call in it, ``keep`` to be told its states."""
        self.walked += 1
        self.world.restore(start)
        self.laws.begin()
        self.world.surface.frozen = False
        self.laws.faulted = any(kind not in HARMLESS for kind in (faults or {}).values())
        self._track = Track(self.world, self.laws, keep)
        self._refused = []
        wire = Wire(faults or {}, self._track)
        wire.meanwhile = (lambda: self._rival(rival)) if rival is not None else self._second
        ended = self.loop.run(self._leg(wire, doing))
        self.laws.hold(ended, "a leg comes to its rest")
        self.laws.look()
        end = self.world.state(alive=True)
        if ended:
            self.laws.rest()
        return Leg(
            points=self._track.points() if keep else (),
            end=end,
            done=self._track.done,
            refused=tuple(self._refused),
            broken=tuple(self.laws.broken),
            calls=wire.made,
        )

    async def _leg(self, wire: Wire, doing: Doing) -> bool:
        process = Process(self.world, wire)
        life = asyncio.create_task(self._live(process, doing))
        fault = asyncio.create_task(wire.fault.wait())
        await asyncio.wait({life, fault}, return_when=asyncio.FIRST_COMPLETED)
        fault.cancel()
        if wire.struck == "term" and not life.done():
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
            await self._take_over()
        elif wire.struck in FROZEN and not life.done():
            await self._thaw(wire, life)
        else:
            await life
        return True

    async def _thaw(self, wire: Wire, life: "asyncio.Task[None]") -> None:
        """Have another process go on in a frozen one's place, and let that one go on some time later."""
        self.world.time.move(STALLED_S)
        self.world.lives += 1
        self._track.now = None
        process = Process(self.world, Wire({}, Unheard(self.laws)))
        other = asyncio.create_task(self._settle(process))
        began = asyncio.create_task(process.began.wait())
        if wire.struck != "overlap":
            await asyncio.wait(
                {other} if wire.struck == "stall" else {other, began}, return_when=asyncio.FIRST_COMPLETED
            )
        began.cancel()
        self.world.surface.frozen = True
        wire.thawed.set()
        await asyncio.gather(life, other)
        self.world.surface.frozen = False
        await self._take_over()

    async def _second(self) -> None:
        """Have another worker try to do the same work at this very moment."""
        self.world.lives += 1
        self._track.now = None
        process = Process(self.world, Wire({}, Unheard(self.laws)))
        self.world.lives -= 1
        for thread_id in tuple(self.world.tasks()):
            await process.worker.drain(thread_id)

    async def _take_over(self) -> None:
        """Have another process go on."""
        self.world.lives += 1
        self._track.now = None
        await self._settle(Process(self.world, Wire({}, Unheard(self.laws))))

    async def _live(self, process: Process, doing: Doing) -> None:
        """Live one process's life in this leg."""
        if doing.act is not None:
            await self._do(process, doing.act, counts=doing.counts)
        elif self.world.at_rest():
            await self.world.time.sleep(STEP_S)  # until what has to wait is looked at again
            self._track.now = None
        if doing.during is None:
            await self._settle(process)
            return
        beside = asyncio.create_task(self._beside(process, doing.during))
        await self._settle(process)
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
        await self._settle(process)

    async def _beside(self, process: Process, act: Act) -> None:
        """Do something as soon as a tool has begun."""
        await process.began.wait()
        await self._do(process, act, counts=True)
        await process.worker.drain(thread_of(act, scene_of(self.world)))

    async def _do(self, process: Process, act: Act, *, counts: bool) -> None:
        """Have somebody act, and remember whether they were answered."""
        scene = scene_of(self.world)
        before = self.world.far.book, len(self.world.far.gone), self.world.time.now(), len(self.world.far.messages)
        given = act.make(scene)
        if before != (
            self.world.far.book,
            len(self.world.far.gone),
            self.world.time.now(),
            len(self.world.far.messages),
        ):
            self._track.now = None
        thread_id = thread_of(act, scene)
        if act.does is not None:
            await self._surely(process, act.does)
        if given is not None and not await self._is_over(thread_id, act, given):
            try:
                await process.give(thread_id, given, act.mark)
                self.laws.acknowledged(thread_id, given)
            except Refused as no:
                self._refused.append(f"{act.name}: {no.words}")
            except StoreDown:
                return
        self._track.done += counts

    async def _surely(self, process: Process, does: Callable[[Process], Awaitable[object]]) -> None:
        """Do what does no harm when it is done again, until it is known to be done."""
        for _ in range(MOST_STEPS):
            try:
                await does(process)
            except StoreDown:
                continue
            except Refused as no:
                self._refused.append(no.words)
            break
        self._track.now = None

    async def _is_over(self, thread_id: ThreadId, act: Act, given: Input) -> bool:
        """Tell whether what somebody did before is in force, and what they see now is another thing."""
        seen = (await self.world.store.load(thread_id, dedupe=act.mark)).seen
        return seen is not None and not self.laws.is_recorded(thread_id, given)

    async def _rival(self, act: Act) -> None:
        """Have another process do something at this very moment."""
        process = Process(self.world, Wire({}, Unheard(self.laws)))
        scene = scene_of(self.world)
        if scene.kind not in act.when:
            return
        given = act.make(scene)
        self._track.now = None
        if given is not None:
            try:
                taken = await process.give(thread_of(act, scene), given, f"{act.mark}-as-a-rival")
                if not taken.repeated:  # they do it once, and what is repeated may be about something else by now
                    self.laws.acknowledged(thread_of(act, scene), given)
            except Refused as no:
                self._refused.append(f"{act.name}: {no.words}")

    async def _settle(self, process: Process) -> None:
        """Do what a sweeper does, until nothing is pending; time passes where it must."""
        drains = steps = 0
        while True:
            due = await self.world.store.overdue(10)
            if due:
                drains += len(due)
                self.laws.hold(drains <= MOST_DRAINS, "what is due is done")
                for thread_id in due:
                    await process.worker.drain(thread_id)
            elif not self.world.at_rest():
                steps += 1
                await self.world.time.sleep(STEP_S)
                self._track.now = None
                self.laws.hold(steps <= MOST_STEPS, "what is pending is due")
            else:
                return
            if drains > MOST_DRAINS or steps > MOST_STEPS:
                return


class Unheard:
    """Judges what a process does whose points are not those of the schedule."""

    def __init__(self, laws: Laws) -> None:
        self._laws = laws

    def before(self, label: str) -> None:
        """Do nothing."""

    def after(self, label: str, *, wrote: bool) -> None:
        """Judge what was done."""
        del label
        if wrote:
            self._laws.look()
