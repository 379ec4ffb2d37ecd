"""What stands before the claim: the lock that a call needs, and the emergency stop. Decides nothing.

A lock is taken right before the claim and given back right after the result. Where that is not reached (a worker is
gone, a reply was lost), whoever waits sees from the holder's task that the lock is no longer needed, and takes it over.
A step that has to wait says once on its card for what, and gives its lease back: no coroutine waits with it. Whoever
gives a lock back, or lifts the stop, has the next one looked at at once; that it is also looked at again every so often
repairs what was not reached. It needs one lock at most, so tasks can't wait for each other in a circle.
"""

from dataclasses import dataclass

from agent_core.errors import Broken
from agent_core.giving import Giver, Task
from agent_core.inputs import ToolHeld
from agent_core.phases import Acting
from agent_core.ports import Held, Links, Locks, Quarantined, Switch, Switched
from agent_core.proposal import Proposal
from agent_core.rules.holding import is_needed, lock_of, thread_of, waits
from agent_core.rules.stopping import named
from agent_core.runtime import Runtime
from agent_core.words import EffectId, ThreadId, channel_of, team_of, ts_of

STOPPED_AGAIN_S = 5.0
LONGEST_S = 15.0
LINKS_KEPT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """The ports of what may keep a call from starting. Without ``locks`` no tool may ask for one."""

    locks: Locks | None = None
    switch: Switch | None = None
    links: Links | None = None


class Holds:
    """Lets calls pass to their claim, or has them wait."""

    def __init__(self, runtime: Runtime, giver: Giver, gates: Gates) -> None:
        """Hold the ports."""
        self._runtime = runtime
        self._giver = giver
        self._gates = gates
        self._links: dict[ThreadId, str] = {}

    async def check_is_not_stopped(self, task: Task) -> None:
        """Raise Held while everything is stopped; the task is looked at once that is over."""
        stands = await self._gates.switch.waits(task.thread_id) if self._gates.switch else None
        if stands is not None:
            raise Held(stands.words, STOPPED_AGAIN_S)

    async def pass_in(self, task: Task, phase: Acting, effect_id: EffectId) -> bool:
        """Take the lock that the call needs, or have the step wait: say False where that was just said on its card."""
        name = lock_of(phase.proposal, self._runtime.rules())
        if phase.claim is None and waits_already(task, phase):  # its approvers need not be looked up in vain
            await self.check_is_not_stopped(task)
        if not name:
            return True
        holder = await self._in_the_way(task, name, effect_id)
        if holder is None:
            return True
        link = await self._link(thread_of(holder.by)) if holder.by else ""
        return await self._wait(task, phase, ToolHeld(effect_id=effect_id, lock=name, link=link), holder.again_in_s)

    async def stopped(self, task: Task, phase: Acting, effect_id: EffectId, stop: Switched) -> None:
        """Have a step wait whose claim was refused because everything is stopped."""
        given = ToolHeld(effect_id=effect_id, by=named(stop.by), since=stop.at)
        await self._wait(task, phase, given, STOPPED_AGAIN_S)

    async def pass_out(self, task: Task, proposal: Proposal, effect_id: EffectId) -> None:
        """Give the lock back, unless the call still runs or nobody knows whether it happened; the next one goes on."""
        name = lock_of(proposal, self._runtime.rules())
        if name and self._gates.locks and not is_needed(task.checkpoint, effect_id):
            first = await self._gates.locks.give_back(team_of(task.thread_id), name, effect_id)
            if first is not None:
                await self._runtime.hurry(first)

    async def _in_the_way(self, task: Task, name: str, effect_id: EffectId) -> "InTheWay | None":
        """Take the lock, over a holder that no longer needs it; give who is in the way, or None."""
        locks, team = self._gates.locks, team_of(task.thread_id)
        if locks is None:
            raise Broken("a tool with a lock has somebody who keeps locks", thread_id=task.thread_id)
        taken = await locks.take(team, name, effect_id)
        if taken.place and taken.holder is not None and not await self._is_needed(taken.holder):
            taken = await locks.take(team, name, effect_id, over=taken.holder)
        return InTheWay(by=taken.holder, again_in_s=min(taken.place, LONGEST_S)) if taken.place else None

    async def _is_needed(self, holder: EffectId) -> bool:
        """Ask a holder's task; of one that can't be read nobody can tell, so its lock stays."""
        try:
            loaded = await self._runtime.store.load(thread_of(holder))
        except Quarantined:
            return True
        return is_needed(loaded.checkpoint, holder)

    async def _wait(self, task: Task, phase: Acting, given: ToolHeld, again_in_s: float) -> bool:
        """Say once on the card what a step waits for; raise Held if it says so already, or shows a call that began."""
        if phase.claim is not None or waits_already(task, phase) == waits(given):
            raise Held(waits(given), again_in_s)
        await self._giver.give(task, given)
        return False

    async def _link(self, thread_id: ThreadId) -> str:
        """Give the address of a holder's thread, as far as somebody knows it."""
        if self._gates.links is None:
            return ""
        known = self._links.get(thread_id) or await self._gates.links.link(channel_of(thread_id), ts_of(thread_id))
        if known:
            self._links[thread_id] = known
            while len(self._links) > LINKS_KEPT:
                del self._links[next(iter(self._links))]
        return known or ""


def waits_already(task: Task, phase: Acting) -> str:
    """Give what the step's card says that it waits for, or nothing."""
    card = task.checkpoint.card(phase.proposal.card) if task.checkpoint else None
    return card.words if card is not None and card.state == "approved" and phase.claim is None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InTheWay:
    """Who holds a lock now (None: somebody else is first in its line), and when to ask again."""

    by: EffectId | None
    again_in_s: float
