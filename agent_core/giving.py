"""Gives the results of effects back to their task, and keeps what this worker knows of it. Decides nothing."""

import asyncio
from dataclasses import dataclass, field

import structlog

from agent_core import inputs
from agent_core.checkpoint import Checkpoint
from agent_core.errors import Refused
from agent_core.ports import Clock, Loaded, Output, StoreDown
from agent_core.runtime import Runtime
from agent_core.words import EffectId, ThreadId

log = structlog.get_logger(__name__)

GIVE_AGAIN_S = 0.5


@dataclass(slots=True, kw_only=True)
class Task:
    """One thread under its drain lease: the newest that this worker knows of it, and what it may have to stop.

    ``moved`` is set when a commit of ours moved it; ``settled`` are effects that our commits have taken out of the
    outbox; ``outputs`` is what calls of ours printed, by the version that recorded it.
    """

    thread_id: ThreadId
    loaded: Loaded
    worker: str
    clock: Clock
    stop: dict[EffectId, asyncio.Event] = field(default_factory=dict)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    settled: set[EffectId] = field(default_factory=set)
    outputs: dict[int, Output] = field(default_factory=dict)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The newest known checkpoint."""
        return self.loaded.checkpoint


class Giver:
    """Gives inputs to the task that a worker drains."""

    def __init__(self, runtime: Runtime) -> None:
        """Hold the runtime."""
        self._runtime = runtime

    async def give(self, task: Task, given: inputs.Input) -> None:
        """Give a result back; one that is refused has become pointless, and its effect goes with the next look."""
        try:
            taken = await self._runtime.give(task.thread_id, given, known=task.loaded)
            task.loaded = taken.loaded
            task.settled |= taken.transition.settled if taken.transition else frozenset()
            task.moved.set()
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
            except StoreDown as down:
                log.warning("result not recorded yet", thread_id=task.thread_id, given=given.kind, why=str(down))
            await task.clock.sleep(GIVE_AGAIN_S)
