"""One drain of one thread: rounds of what is pending, until nothing is pending and nothing runs. Decides nothing.

In each round what is quick is performed in order, then the long work (ask, run, score) is started beside it, then the
cards are brought up to date, each once, from the newest checkpoint. Work that ends within a moment is waited for first,
so that a card that would change three times in a tenth of a second is drawn once. While work runs, the drain looks for
what people did meanwhile: when it is nudged, and every two seconds for what another process committed.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import suppress

import structlog

from agent_core import effects, inputs
from agent_core.checkpoint import Checkpoint
from agent_core.errors import Broken, Refused
from agent_core.giving import Task
from agent_core.perform import Performer
from agent_core.phases import Acting, Scoring
from agent_core.ports import Clock, Lease, LeaseLost, Store, SurfaceGone, SurfaceRefused
from agent_core.rules.draft import OPEN_STATES
from agent_core.rules.due import due
from agent_core.rules.endings import pending_work
from agent_core.transition import WORK_KINDS, work_id
from agent_core.words import CardKey, EffectId, version_of

log = structlog.get_logger(__name__)

POLL_S = 2.0
MOMENT_S = 0.1  # as long as nobody notices that a card has not changed yet
Pending = Mapping[EffectId, effects.Effect]


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
        self._failed: dict[EffectId, BaseException] = {}
        self._shown: dict[CardKey, int] = {}
        self._held_since_s: float | None = None
        self._asked_s = clock.now().timestamp()
        self._is_behind = False

    async def run(self, woken: asyncio.Event, leaving: asyncio.Event) -> bool:
        """Go round until all is done, or until what runs has ended where this worker is leaving; say if all is done."""
        try:
            if self._lease.found is not None:
                self._task.see(self._lease.found)
            pending = await self._look(woken)
            if await self._fire_timer():
                pending = await self._look(woken)
            while pending or self._running:
                pending = await self._round(pending, woken, leaving)
                if self._failed and not self._running:
                    raise next(iter(self._failed.values()))
                if leaving.is_set() and not self._running:
                    break
            return not pending and not self._is_behind
        finally:
            for work in self._running.values():
                work.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _round(self, pending: Pending, woken: asyncio.Event, leaving: asyncio.Event) -> Pending:
        """Do what is pending, and give what then is.

        Nothing that goes wrong here ends a call that runs: Slack or the store may be back before it has ended, and of a
        call that is killed nobody knows whether it happened. What could not be shown is shown before more work is
        started, for the task forgets a spent card's face after a few steps.
        """
        try:
            changed = await self._show(pending)
            if self._is_behind and changed:
                await self._update(changed)
            if not leaving.is_set():
                self._start(pending)
            if not (changed and self._will_change_again(changed) and await self._ends_in_a_moment(woken)):
                await self._update(changed)
                await self._wait(self._patience_s(), woken, self._task.moved)
            return await self._look(woken)
        except LeaseLost:
            raise
        except Exception as error:
            if not self._running:
                raise
            log.warning("put off while work runs", thread_id=self._task.thread_id, why=repr(error))
            self._is_behind = True
            return {}

    async def _look(self, woken: asyncio.Event) -> Pending:
        """See what is pending and how the task now stands; stop what is no longer wanted.

        What this worker's own commits have made of the task is known. The store is asked where somebody else may have
        moved it: after a nudge, and every so often while work runs.
        """
        task = self._task
        is_asked_for = task.pending is None or woken.is_set() or (self._running and not self._patience_s())
        woken.clear()
        task.moved.clear()
        if is_asked_for:
            self._asked_s = self._clock.now().timestamp()
            looked = await self._store.look(self._lease, task.loaded)
            if looked is None:
                raise LeaseLost(self._lease.thread_id)
            task.see(looked)
            if task.moved.is_set():  # By a commit of ours, which the look may have missed.
                pending, task.pending = task.pending, None
                return pending or {}
        if task.stop:
            self._stop_unwanted(self._checkpoint())
        return dict(task.pending or {})

    def _patience_s(self) -> float:
        """Say how long it can wait to ask the store what somebody else did; its own clock may be put back."""
        now_s = self._clock.now().timestamp()
        self._asked_s = min(self._asked_s, now_s)
        return max(0.0, self._asked_s + POLL_S - now_s)

    def _checkpoint(self) -> Checkpoint:
        checkpoint = self._task.checkpoint
        if checkpoint is None:
            raise Broken("a thread with effects has a checkpoint", thread_id=self._task.thread_id)
        return checkpoint

    async def _fire_timer(self) -> bool:
        """Let what is due happen, if something is; a timer that comes too early or too late is harmless."""
        loaded = self._task.loaded
        at = due(loaded.checkpoint) if loaded.checkpoint else None
        if at is None or at > loaded.now:
            return False
        with suppress(Refused):
            await self._performer.giver.give(self._task, inputs.TimerFired())
        return True

    async def _settle(self, effect_id: EffectId) -> None:
        """Take a performed effect out of the outbox, unless the commit of its result has taken it out."""
        if effect_id in self._task.settled:
            return
        if not await self._store.settle(self._lease, [effect_id]):
            raise LeaseLost(self._lease.thread_id)
        self._task.settle({effect_id})

    async def _show(self, pending: Pending) -> Pending:
        """Perform in order what is quick; give the changes of cards after which nothing was said."""
        changed: dict[EffectId, effects.Effect] = {}
        for effect_id, effect in pending.items():
            if isinstance(effect, effects.UpdateCard):
                changed[effect_id] = effect
            elif effect.kind not in WORK_KINDS:
                await self._update(changed)
                changed.clear()
                await self._say(effect, effect_id)
        return changed

    async def _say(self, effect: effects.Effect, effect_id: EffectId) -> None:
        if isinstance(effect, effects.PostCard):
            await self._in_channel(self._performer.post_card(self._task, self._checkpoint(), effect, effect_id))
        else:
            await self._in_channel(self._performer.show(self._checkpoint(), effect, effect_id))
        await self._settle(effect_id)

    async def _in_channel(self, shown: Awaitable[None]) -> None:
        """Await what needs the channel; when the channel is gone, the task ends in words."""
        try:
            await shown
        except SurfaceGone as gone:
            await self._performer.giver.give(self._task, inputs.SurfaceLost(words=str(gone)))
        except SurfaceRefused as no:
            log.warning("the surface refuses", thread_id=self._task.thread_id, why=str(no))
            await self._performer.giver.give(self._task, inputs.SurfaceLost(words=no.words))

    def _start(self, pending: Pending) -> None:
        """Start the work that is pending and not under way."""
        for effect_id, effect in pending.items():
            if effect.kind in WORK_KINDS and effect_id not in self._running and effect_id not in self._failed:
                self._running[effect_id] = asyncio.create_task(self._work(effect, effect_id))

    async def _work(self, effect: effects.Effect, effect_id: EffectId) -> None:
        """Perform one piece of work, and see that its result was taken."""
        await self._in_channel(self._performer.work(self._task, self._checkpoint(), effect, effect_id))
        if effect_id in pending_work(self._checkpoint()):
            raise Broken("work that was done is no longer waited for", effect_id=effect_id, kind=effect.kind)
        await self._settle(effect_id)

    async def _update(self, changed: Pending) -> None:
        """Bring each card that changed up to date, once, whatever number of changes it had."""
        self._held_since_s = None
        cards: dict[CardKey, list[EffectId]] = {}
        for effect_id, effect in changed.items():
            if isinstance(effect, effects.UpdateCard):
                cards.setdefault(effect.card, []).append(effect_id)
        for card, effect_ids in cards.items():
            if version_of(effect_ids[-1])[0] > self._shown.get(card, 0):
                await self._in_channel(self._updated(card))
            newest = self._shown.get(card) or version_of(effect_ids[-1])[0]
            # Drawn twice, a card does not change; so this can wait for the next commit, or the end of the drain.
            self._task.perform({effect_id for effect_id in effect_ids if version_of(effect_id)[0] <= newest})
            self._is_behind = False

    async def _updated(self, card: CardKey) -> None:
        self._shown[card] = await self._performer.update_card(self._task, effects.UpdateCard(card=card))

    def _will_change_again(self, changed: Pending) -> bool:
        """Tell whether every card that changed changes again with what runs now.

        Any other is shown at once: the task forgets the face of a spent card a few steps later, and what was not shown
        by then would seem to wait for ever.
        """
        checkpoint = self._checkpoint()
        phase = checkpoint.phase
        scored = phase.run.digest if isinstance(phase, Scoring) and phase.run else None
        for effect in changed.values():
            card = checkpoint.card(effect.card) if isinstance(effect, effects.UpdateCard) else None
            is_moving = card is None or card.state in OPEN_STATES or (card.run and card.run.digest == scored)
            if not is_moving:
                return False
        return True

    async def _ends_in_a_moment(self, woken: asyncio.Event) -> bool:
        """Wait a moment for running work; say whether something happened, so that it is drawn with what comes of it."""
        now_s = self._clock.now().timestamp()
        self._held_since_s = now_s if self._held_since_s is None else min(self._held_since_s, now_s)
        if not self._running or now_s - self._held_since_s >= MOMENT_S:
            return False
        await self._wait(MOMENT_S, woken)
        return self._task.moved.is_set() or woken.is_set()

    async def _wait(self, seconds: float, *events: asyncio.Event) -> None:
        """Wait for one of these, for work to end, or so long; keep what ended work in vain."""
        if not self._running:
            return
        others: list[asyncio.Task[bool] | asyncio.Task[None]] = [asyncio.create_task(event.wait()) for event in events]
        others.append(asyncio.create_task(self._clock.sleep(seconds)))
        try:
            await asyncio.wait({*self._running.values(), *others}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for other in others:
                other.cancel()
        for effect_id in [effect_id for effect_id, work in self._running.items() if work.done()]:
            failure = self._running.pop(effect_id).exception()
            if failure is not None:
                self._failed[effect_id] = failure

    def _stop_unwanted(self, checkpoint: Checkpoint) -> None:
        """Stop calls that somebody asked to stop, or that the task no longer waits for."""
        phase = checkpoint.underlying
        wanted = (
            work_id(checkpoint.thread_id, phase.asked) if isinstance(phase, Acting) and phase.stopping is None else None
        )
        for effect_id, stop in self._task.stop.items():
            if effect_id != wanted:
                stop.set()
