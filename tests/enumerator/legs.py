"""One leg of a schedule: from a moment of the world, what somebody does then, and all that follows until it rests.

The real runtime, worker and ledger run here. A leg that is walked without faults also tells where else it could have
ended: at each of its points a process may die, and what is kept of the world then is a state of its own. Where a
process is told to stop, the leg ends with it: who goes on in its place finds what a death leaves as well.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Self

from agent_core.errors import Refused
from agent_core.inputs import Input
from agent_core.ports import StoreDown
from agent_core.words import ThreadId
from tests.enumerator.acts import Act, Doing, scene_of, thread_of
from tests.enumerator.deciding import Memory
from tests.enumerator.laws import Laws
from tests.enumerator.loop import Loop
from tests.enumerator.track import Delivered, Leg, Point, Track, Unheard
from tests.enumerator.wire import FROZEN, HARMLESS, Kind, Wire
from tests.enumerator.world import Build, Process, State, World

STALLED_S = 16.0  # longer than a lease
STEP_S = 15.0
MOST_STEPS = 20
MOST_DRAINS = 60


class Walker:
    """Walks legs of one build of the bot."""

    def __init__(self, build: Build | None = None) -> None:
        self.laws = Laws()
        self.world = World(build or Build(), self.laws)
        self.laws.world = self.world
        self.loop = Loop(self.world.time)
        self.walked = 0
        self.beginning = self.world.state()
        self._memory = Memory()
        self._track = Track(self.world, self.laws, keep=False)

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
        self._begin(start, keep=keep)
        self.laws.faulted = any(kind not in HARMLESS for kind in (faults or {}).values())
        wire = Wire(faults or {}, self._track, self.world.time)
        wire.meanwhile = next((self._deed(kind, rival) for kind in (faults or {}).values()), None)
        with self._memory.asked():
            is_alive = self.loop.run(self._leg(wire, doing))
        self.laws.hold(is_alive is not None, "a leg comes to its rest")
        self.laws.look()
        end = self.world.state(alive=bool(is_alive))
        if is_alive or self.world.at_rest():
            self.laws.rest()
        return Leg(
            points=self._track.points(),
            end=end,
            done=self._track.done,
            refused=tuple(self._track.refused),
            broken=tuple(self.laws.broken),
            calls=wire.made,
            is_helped=self._track.is_helped,
        )

    def matters(self, point: Point, kind: Kind, rival: Act | None) -> bool:
        """Tell whether what others do at this moment changes anything, or is against a law."""
        before = point.before
        self._begin(before.state, keep=False)
        self._track.delivered = before.delivered
        was = self.world.state()
        with self._memory.asked():
            is_done = self.loop.run(self._deed(kind, rival)())
        self.laws.look()
        is_alike = self.world.state().likeness == was.likeness
        return is_done is None or bool(self.laws.broken) or not is_alike

    def _begin(self, start: State, *, keep: bool) -> None:
        """Take the world as it was at a moment."""
        self.world.restore(start)
        self.laws.begin()
        self.world.surface.frozen = False
        self._track = Track(self.world, self.laws, keep)

    async def _leg(self, wire: Wire, doing: Doing) -> bool:
        """Say at the end whether the process lives on."""
        process = Process(self.world, wire)
        life = asyncio.create_task(self._live(process, doing))
        fault = asyncio.create_task(wire.fault.wait())
        await asyncio.wait({life, fault}, return_when=asyncio.FIRST_COMPLETED)
        fault.cancel()
        if life.done() or not wire.fault.is_set():
            await life
            return True
        if wire.struck in FROZEN:
            await self._thaw(wire, life)
        else:
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
            await process.end()
        return False

    async def _thaw(self, wire: Wire, life: "asyncio.Task[None]") -> None:
        """Have another process go on in a frozen one's place, and let that one go on some time later."""
        self.world.time.move(STALLED_S)
        process = self._another()
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
        self._track.is_helped = process.began.is_set()

    def _another(self) -> Process:
        """Give another process, whose calls are no points."""
        self.world.lives += 1
        self._track.now = None
        return Process(self.world, Wire({}, Unheard(self.laws), self.world.time))

    # --- what others do at a moment -------------------------------------------

    def _deed(self, kind: Kind, rival: Act | None) -> Callable[[], Coroutine[None, None, bool]]:
        """Say what others do at the moment of such a fault; each says True when it is done."""

        async def second() -> bool:
            """Try to do the same work."""
            process = self._another()
            self.world.lives -= 1
            for thread_id in tuple(self.world.tasks()):
                await process.worker.drain(thread_id)
            return True

        async def unleased() -> bool:
            """Do the same work, because the store has lost the lease."""
            vars(self.world.store)["_leases"].clear()
            self._track.now = None
            await second()
            self.world.surface.frozen = True  # what was about to be posted is posted all the same
            return True

        async def again() -> bool:
            """Deliver again what was delivered."""
            if self._track.delivered is not None:
                await self._deliver(self._track.delivered, "again")
            return True

        async def compete() -> bool:
            """Do something else with the same task."""
            if rival is not None:
                await self._compete(rival)
            return True

        return {"second": second, "unleased": unleased, "again": again}.get(kind, compete)

    async def _compete(self, act: Act) -> None:
        scene = scene_of(self.world)
        given = act.make(scene) if scene.kind in act.when else None
        if given is not None:
            await self._deliver(Delivered(thread_of(act, scene), given, f"{act.mark}-as-a-rival"), act.name)

    async def _deliver(self, sent: Delivered, name: str) -> None:
        """Have another process take what somebody sent."""
        process = self._another()
        self.world.lives -= 1  # it works on nothing
        try:
            taken = await process.give(sent.thread_id, sent.given, sent.mark)
            if not taken.repeated:  # they do it once, and what is repeated may be about something else by now
                self.laws.acknowledged(sent.thread_id, sent.given)
        except Refused as no:
            self._track.refused.append(f"{name}: {no.words}")

    # --- what the process does that is struck ---------------------------------

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
        before = self._seen()
        given = act.make(scene)
        if before != self._seen():
            self._track.now = None
        thread_id = thread_of(act, scene)
        if act.does is not None:
            await self._surely(process, act.does)
        if given is not None and not await self._is_over(thread_id, act, given):
            self._track.delivered = Delivered(thread_id, given, act.mark)
            try:
                await process.give(thread_id, given, act.mark)
                self.laws.acknowledged(thread_id, given)
            except Refused as no:
                self._track.refused.append(f"{act.name}: {no.words}")
            except StoreDown:
                return
        self._track.done += counts

    def _seen(self) -> tuple[object, ...]:
        """Give what an act may change of the world without telling the bot."""
        far = self.world.far
        return far.book, len(far.gone), self.world.time.now(), len(far.messages)

    async def _surely(self, process: Process, does: Callable[[Process], Awaitable[object]]) -> None:
        """Do what does no harm when it is done again, until it is known to be done."""
        for _ in range(MOST_STEPS):
            try:
                await does(process)
            except StoreDown:
                await process.wire.up()
                continue
            except Refused as no:
                self._track.refused.append(no.words)
            break
        self._track.now = None

    async def _is_over(self, thread_id: ThreadId, act: Act, given: Input) -> bool:
        """Tell whether what somebody did before is in force, and what they see now is another thing."""
        seen = (await self.world.store.load(thread_id, dedupe=act.mark)).seen
        return seen is not None and not self.laws.is_recorded(thread_id, given)

    async def _settle(self, process: Process) -> None:
        """Do what a sweeper does, until nothing is pending; time passes where it must."""
        drains = steps = 0
        while True:
            await process.wire.up()
            await process.drained()
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
