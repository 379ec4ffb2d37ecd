"""One drain of one thread: rounds of what is pending, until nothing is pending and nothing runs. Decides nothing.

In each round what is quick is performed in order, then the long work (ask, run, score) is started beside it, then the
cards are brought up to date, each once, from the newest checkpoint. While work runs, the drain looks for what people
did meanwhile: when it is nudged, and every two seconds for what another process committed.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress

from agent_core import effects, inputs
from agent_core.checkpoint import Checkpoint
from agent_core.errors import Broken, Refused
from agent_core.perform import Performer, Task
from agent_core.phases import Acting, Paused
from agent_core.ports import Clock, Lease, Loaded, Store, SurfaceGone
from agent_core.rules.due import due
from agent_core.rules.endings import pending_work
from agent_core.transition import WORK_KINDS, work_id
from agent_core.words import CardKey, EffectId, version_of

POLL_S = 2.0
Pending = Mapping[EffectId, effects.Effect]


class LeaseLost(Exception):
    """The drain's lease is no longer this worker's; nothing more may be written under it."""


class Draining:
    """The state of one drain: the lease, the newest known task, and the work under way."""

    def __init__(self, store: Store, performer: Performer, clock: Clock, *, lease: Lease, task: Task) -> None:
        """Begin a drain under a lease that was just taken."""
        self._store = store
        self._performer = performer
        self._clock = clock
        self._lease = lease
        self._task = task
        self._running: dict[EffectId, asyncio.Task[None]] = {}

    async def run(self, woken: asyncio.Event) -> Loaded:
        """Go round until all is done, and give the task as it then is."""
        try:
            await self._fire_timer()
            while True:
                woken.clear()
                pending = await self._store.outbox(self._task.thread_id)
                if not pending and not self._running:
                    return await self._newest()
                await self._show(pending)
                self._start(pending)
                await self._update(pending)
                await self._wait(woken)
        finally:
            for work in self._running.values():
                work.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _newest(self) -> Loaded:
        self._task.loaded = await self._store.load(self._task.thread_id)
        return self._task.loaded

    async def _checkpoint(self) -> Checkpoint:
        checkpoint = (await self._newest()).checkpoint
        if checkpoint is None:
            raise Broken("a thread with effects has a checkpoint", thread_id=self._task.thread_id)
        return checkpoint

    async def _fire_timer(self) -> None:
        """Let what is due happen; a timer that finds nothing due has come too early or too late, which is harmless."""
        loaded = self._task.loaded
        at = due(loaded.checkpoint) if loaded.checkpoint else None
        if at is not None and at <= loaded.now:
            with suppress(Refused):
                await self._performer.give(self._task, inputs.TimerFired())

    async def _settle(self, effect_ids: Sequence[EffectId]) -> None:
        if effect_ids and not await self._store.settle(self._lease, effect_ids):
            raise LeaseLost(self._lease.thread_id)

    async def _show(self, pending: Pending) -> None:
        """Perform in order what is quick and is no card update."""
        for effect_id, effect in pending.items():
            if effect.kind in WORK_KINDS or effect.kind == "update_card":
                continue
            checkpoint = await self._checkpoint()
            if isinstance(effect, effects.PostCard):
                await self._in_channel(self._performer.post_card(self._task, checkpoint, effect, effect_id))
            else:
                await self._in_channel(self._performer.show(checkpoint, effect, effect_id))
            await self._settle([effect_id])

    async def _in_channel(self, shown: Awaitable[None]) -> None:
        """Await what needs the channel; when the channel is gone, the task ends in words."""
        try:
            await shown
        except SurfaceGone as gone:
            await self._performer.give(self._task, inputs.SurfaceLost(words=str(gone)))

    def _start(self, pending: Pending) -> None:
        """Start the work that is pending and not under way."""
        for effect_id, effect in pending.items():
            if effect.kind in WORK_KINDS and effect_id not in self._running:
                self._running[effect_id] = asyncio.create_task(self._work(effect, effect_id))

    async def _work(self, effect: effects.Effect, effect_id: EffectId) -> None:
        """Perform one piece of work, and see that its result was taken."""
        checkpoint = await self._checkpoint()
        await self._in_channel(self._performer.work(self._task, checkpoint, effect, effect_id))
        if effect_id in pending_work(await self._checkpoint()):
            raise Broken("work that was done is no longer waited for", effect_id=effect_id, kind=effect.kind)
        await self._settle([effect_id])

    async def _update(self, pending: Pending) -> None:
        """Bring each card that changed up to date, once, whatever number of changes it had."""
        cards: dict[CardKey, list[EffectId]] = {}
        for effect_id, effect in pending.items():
            if isinstance(effect, effects.UpdateCard):
                cards.setdefault(effect.card, []).append(effect_id)
        for card, effect_ids in cards.items():
            self._task.loaded = await self._store.load(self._task.thread_id)
            shown: list[int] = []
            await self._in_channel(self._updated(card, shown))
            newest = shown[0] if shown else version_of(effect_ids[-1])[0]
            await self._settle([effect_id for effect_id in effect_ids if version_of(effect_id)[0] <= newest])

    async def _updated(self, card: CardKey, shown: list[int]) -> None:
        shown.append(await self._performer.update_card(self._task, effects.UpdateCard(card=card)))

    async def _wait(self, woken: asyncio.Event) -> None:
        """Wait for work to end or for people to do something; stop what is no longer wanted."""
        if not self._running:
            return
        nudged = asyncio.create_task(woken.wait())
        polled = asyncio.create_task(self._clock.sleep(POLL_S))
        try:
            await asyncio.wait({*self._running.values(), nudged, polled}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            nudged.cancel()
            polled.cancel()
        for effect_id, work in tuple(self._running.items()):
            if work.done():
                del self._running[effect_id]
                work.result()
        if self._task.stop:
            self._stop_unwanted(await self._checkpoint())

    def _stop_unwanted(self, checkpoint: Checkpoint) -> None:
        """Stop calls that somebody asked to stop, or that the task no longer waits for."""
        phase = checkpoint.phase.was if isinstance(checkpoint.phase, Paused) else checkpoint.phase
        wanted = (
            work_id(checkpoint.thread_id, phase.asked) if isinstance(phase, Acting) and phase.stopping is None else None
        )
        for effect_id, stop in self._task.stop.items():
            if effect_id != wanted:
                stop.set()
