"""The ledger: claim, execute, commit the result. At most once on its own, and when it cannot tell, it asks.

The committed ``ToolStarted`` is the claim, and its version the fence under which the result counts. Whoever finds a
claim without a result never simply makes the call again: the tool's class says what becomes of it.
"""

import asyncio

from agent_core import effects, inputs
from agent_core.checkpoint import Checkpoint
from agent_core.giving import Giver, Task
from agent_core.people import Person
from agent_core.phases import Acting, Paused, Scoring
from agent_core.ports import Directory, Tools
from agent_core.proposal import Proposal
from agent_core.results import result_of
from agent_core.words import EffectId


class Ledger:
    """Makes the calls that were approved."""

    def __init__(self, giver: Giver, tools: Tools, directory: Directory) -> None:
        """Hold the ports."""
        self._giver = giver
        self._tools = tools
        self._directory = directory

    async def run(self, task: Task, checkpoint: Checkpoint, effect: effects.RunTool, effect_id: EffectId) -> None:
        """Claim the call and make it; a claim that somebody left behind is settled by the tool's class."""
        phase = checkpoint.phase.was if isinstance(checkpoint.phase, Paused) else checkpoint.phase
        if not isinstance(phase, Acting) or phase.proposal.digest != effect.digest:
            return
        if phase.claim is not None and phase.proposal.call.effect != "idempotent":
            words = f"It was started at {phase.claim.started_at:%H:%M:%S} UTC and its worker is gone."
            lost = inputs.OutcomeUnknown(effect_id=effect_id, fence=phase.claim.fence, words=words)
            await self._giver.give(task, lost)
            return
        people = await self._approvers(checkpoint, phase.proposal)
        await self._giver.give(
            task,
            inputs.ToolStarted(effect_id=effect_id, digest=phase.proposal.digest, worker=task.worker, approvers=people),
        )
        claimed = task.checkpoint.phase if task.checkpoint else None
        if isinstance(claimed, Acting) and claimed.claim is not None and claimed.claim.worker == task.worker:
            await self._execute(task, claimed, claimed.claim.fence, effect_id)

    async def _approvers(self, checkpoint: Checkpoint, proposal: Proposal) -> tuple[Person, ...]:
        """Look everybody up afresh who approved."""
        look_up = self._directory.look_up
        return tuple(
            [
                await look_up(checkpoint.team, checkpoint.channel, approval.by.id, fresh=True)
                for approval in proposal.approvals
            ]
        )

    async def _execute(self, task: Task, phase: Acting, fence: int, effect_id: EffectId) -> None:
        """Make the call and give its end back under the claim's fence."""
        stop = task.stop.setdefault(effect_id, asyncio.Event())
        proposal = phase.proposal
        key = f"{proposal.digest}-{proposal.version}"
        try:
            ran = await self._tools.run(proposal.call, key=key, stop=stop)
        finally:
            task.stop.pop(effect_id, None)
        await self._giver.give_surely(task, result_of(ran, effect_id, fence))
        after = task.checkpoint.phase if task.checkpoint else None
        run = after.run if isinstance(after, Scoring) else None
        if run is not None and run.digest == proposal.digest and run.output_at is not None:
            task.outputs = {run.output_at: ran.output}
