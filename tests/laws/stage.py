"""What a law needs of an implementation besides the port: its time, and a way to damage what it keeps."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from agent_core.checkpoint import Checkpoint
from agent_core.effects import Effect
from agent_core.phases import Phase
from agent_core.ports import Committed, Loaded, Store
from agent_core.transition import Transition
from agent_core.words import EffectId, ThreadId
from tests.examples import THREAD, entry, new_task

LONG_S = 60.0
SHORT_S = 0.04  # a lease that a test waits out, on a real clock too
SOON_S = 0.25  # a lease in which a test still gets something done on a busy machine, before it waits it out


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A store, with the hand on its clock and on its bytes."""

    store: Store
    later: Callable[[float], Awaitable[None]]
    raw: Callable[[ThreadId], Awaitable[bytes]]
    overwrite: Callable[[ThreadId, bytes], Awaitable[None]]

    async def begin(self, *effects: Effect, thread_id: ThreadId = THREAD) -> Loaded:
        """Commit the first version of a task and give it as it then is."""
        before = await self.store.load(thread_id)
        return await self.go_on(before, *effects, checkpoint=new_task(thread_id))

    async def go_on(
        self, before: Loaded, *effects: Effect, phase: Phase | None = None, checkpoint: Checkpoint | None = None
    ) -> Loaded:
        """Commit one more version, which must succeed."""
        after = checkpoint or task_of(step(before, phase=phase))
        done = await self.store.commit(before, Transition(checkpoint=after, effects=effects), entry(after.version))
        assert isinstance(done, Committed)
        return done.loaded


def step(
    before: Loaded,
    *effects: Effect,
    phase: Phase | None = None,
    memory: str = "",
    settled: frozenset[EffectId] = frozenset(),
) -> Transition:
    """Make the transition to the next version."""
    was = before.checkpoint
    assert was is not None
    after = replace(was, version=was.version + 1, phase=phase or was.phase, memory=memory or was.memory)
    return Transition(checkpoint=after, effects=effects, settled=settled)


def task_of(transition: Transition) -> Checkpoint:
    """Give the task that a transition ends in."""
    return transition.checkpoint
