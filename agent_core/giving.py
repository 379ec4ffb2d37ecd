"""Gives the results of effects back to their task, and keeps what this worker knows of it. Decides nothing."""

import asyncio
from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass, field

import structlog

from agent_core import inputs
from agent_core.checkpoint import Checkpoint
from agent_core.effects import Effect, PostCard, UpdateCard
from agent_core.errors import Refused
from agent_core.ports import Clock, Loaded, Look, Output, Stopped, StoreDown
from agent_core.rules.draft import OPEN_STATES
from agent_core.runtime import Crowded, Follow, Given, Holding, Runtime, nothing_follows
from agent_core.transition import left_to_do
from agent_core.words import EffectId, ThreadId

log = structlog.get_logger(__name__)

GIVE_AGAIN_S = 0.5


@dataclass(slots=True, kw_only=True)
class Task:
    """One thread under its drain lease: the newest that this worker knows of it, and what it may have to stop.

    ``moved`` is set when a commit of ours moved it. ``pending`` is its outbox as far as this worker knows, or None when
    somebody else may have changed it; ``settled`` are effects that our commits have taken out of it, and ``performed``
    those that go with the next. ``outputs`` is what calls of ours printed, by the version that recorded it.
    """

    thread_id: ThreadId
    loaded: Loaded
    worker: str
    clock: Clock
    stop: dict[EffectId, asyncio.Event] = field(default_factory=dict)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    pending: dict[EffectId, Effect] | None = None
    settled: set[EffectId] = field(default_factory=set)
    performed: set[EffectId] = field(default_factory=set)
    outputs: dict[int, Output] = field(default_factory=dict)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The newest known checkpoint."""
        return self.loaded.checkpoint

    def is_shown(self) -> bool:
        """Tell whether nothing waits to be shown of a card that can't change any more, which the task may soon forget.

        Such a card comes first: what is decided beyond it might leave it standing as if it still waited.
        """
        if self.pending is None or self.checkpoint is None:
            return False
        shown = [effect.card for effect in self.pending.values() if isinstance(effect, UpdateCard | PostCard)]
        cards = [self.checkpoint.card(key) for key in shown]
        return all(card is not None and card.state in OPEN_STATES for card in cards)

    def see(self, look: Look) -> None:
        """Know what a look at the store has shown."""
        self.loaded = look.loaded
        self.pending = self._left(look.pending)

    def take(self, given: Given, known: Look | None) -> None:
        """Know what a commit of ours has made of the task; ``known`` is what it stood on, where that was all of it."""
        made, gone = left_to_do(given.transitions)
        self.settled |= gone
        self.performed -= gone
        is_whole = known is not None and known.loaded is self.loaded and given.was_known
        self.pending = self._left(known.pending | made) if known and is_whole and given.holder == self.worker else None
        self.loaded = given.loaded
        self.moved.set()

    def settle(self, effect_ids: AbstractSet[EffectId]) -> None:
        """Know that these are out of the outbox."""
        self.settled |= effect_ids
        self.performed -= effect_ids
        self._forget()

    def perform(self, effect_ids: AbstractSet[EffectId]) -> None:
        """Know that these were performed; they go out of the outbox with the next commit."""
        self.performed |= effect_ids - self.settled
        self._forget()

    def _forget(self) -> None:
        if self.pending is not None:
            self.pending = self._left(self.pending)

    def _left(self, pending: Mapping[EffectId, Effect]) -> dict[EffectId, Effect]:
        """Leave out what is done; the IDs of effects are never used again."""
        done = self.settled | self.performed
        return {effect_id: effect for effect_id, effect in pending.items() if effect_id not in done}


class Giver:
    """Gives inputs to the task that a worker drains."""

    def __init__(self, runtime: Runtime, follow: Follow = nothing_follows) -> None:
        """Hold the runtime; ``follow`` is what may be answered at once."""
        self._runtime = runtime
        self._follow = follow

    async def give(self, task: Task, given: inputs.Input) -> None:
        """Give a result back; one that is refused has become pointless, and its effect goes with the next look."""
        follow = self._follow if task.is_shown() else nothing_follows
        holding = Holding(loaded=task.loaded, performed=frozenset(task.performed), follow=follow)
        known = None if task.pending is None else Look(task.loaded, task.pending)
        task.pending = None  # Whatever becomes of the commit; its reply may be lost.
        try:
            task.take(await self._runtime.give(task.thread_id, given, holding=holding), known)
        except (Crowded, Stopped):  # Neither says anything of the result.
            raise
        except Refused as no:
            log.info("result not taken", thread_id=task.thread_id, given=given.kind, why=no.words)
            task.loaded = await self._runtime.store.load(task.thread_id)

    async def give_surely(self, task: Task, given: inputs.ToolFinished | inputs.ToolFailed) -> None:
        """Give back how a call ended, again and again until the store has it; only the lease's end ends this.

        The call can't be made again to hear it once more; and its fence lets it count once, however often it is given.
        """
        while True:
            try:
                return await self.give(task, given)
            except (Crowded, StoreDown) as no:
                log.warning("result not recorded yet", thread_id=task.thread_id, given=given.kind, why=str(no))
            await task.clock.sleep(GIVE_AGAIN_S)
