"""The ledger: claim, execute, commit the result. At most once on its own, and when it cannot tell, it asks.

The committed ``ToolStarted`` is the claim, and its version the fence under which the result counts. Whoever finds a
claim without a result never simply makes the call again: the tool's class says what becomes of it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from agent_core import effects, inputs
from agent_core.checkpoint import Checkpoint
from agent_core.errors import Broken, Refused
from agent_core.giving import Giver, Task
from agent_core.holds import Holds
from agent_core.people import Person
from agent_core.phases import Acting, Paused, Scoring
from agent_core.ports import Directory, Held, Ran, Stopped, Tools
from agent_core.ports.spool import Spool
from agent_core.proposal import Claim, Proposal
from agent_core.results import result_of
from agent_core.rules.draft import excerpt
from agent_core.rules.readbacks import Found, found_out, reading
from agent_core.runtime import Runtime
from agent_core.words import ChannelId, EffectId

PAUSED_AGAIN_S = 60.0
SAYS: Mapping[Found, str] = {
    "happened": "says that it happened",
    "not_happened": "says that it did not happen",
    "unclear": "can't tell whether it happened",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What calls are made with: the tools, who people are now, and what lost calls had printed, if it is kept."""

    tools: Tools
    directory: Directory
    spool: Spool | None = None


class Ledger:
    """Makes the calls that were approved."""

    def __init__(self, runtime: Runtime, giver: Giver, holds: Holds, *, hands: Hands) -> None:
        """Hold the ports, and what stands before the claim."""
        self._runtime = runtime
        self._giver = giver
        self._holds = holds
        self._hands = hands

    async def run(self, task: Task, checkpoint: Checkpoint, effect: effects.RunTool, effect_id: EffectId) -> None:
        """Claim the call and make it; a claim that somebody left behind is settled by the tool's class."""
        phase = checkpoint.underlying
        if not isinstance(phase, Acting) or phase.proposal.digest != effect.digest:
            return
        if phase.claim is not None and not self._may_repeat(checkpoint, phase):
            await self._settle(task, phase, phase.claim, effect_id)
        elif not await self._holds.pass_in(task, phase, effect_id):
            return
        else:
            await self._claim(task, checkpoint, phase, effect_id)
        await self._holds.pass_out(task, phase.proposal, effect_id)

    def _may_repeat(self, checkpoint: Checkpoint, phase: Acting) -> bool:
        """Tell whether a claimed call may simply be made again; raise Held in a pause, in which nothing starts."""
        if phase.proposal.call.effect != "idempotent":
            return False
        if isinstance(checkpoint.phase, Paused) and phase.stopping is None:
            raise Held("The task is paused; the call is made again when it is resumed.", PAUSED_AGAIN_S)
        return not isinstance(checkpoint.phase, Paused)

    async def _claim(self, task: Task, checkpoint: Checkpoint, phase: Acting, effect_id: EffectId) -> None:
        """Commit that the call starts, and only then make it."""
        proposal = phase.proposal
        people = await self._approvers(checkpoint, proposal)
        begins = inputs.ToolStarted(effect_id=effect_id, digest=proposal.digest, worker=task.worker, approvers=people)
        try:
            await self._giver.give(task, begins)
        except Stopped as no:
            await self._holds.stopped(task, phase, effect_id, no.switched)
            return
        claimed = task.checkpoint.phase if task.checkpoint else None
        if isinstance(claimed, Acting) and claimed.claim is not None and claimed.claim.worker == task.worker:
            await self._execute(task, claimed, claimed.claim.fence, effect_id)

    async def _settle(self, task: Task, phase: Acting, claim: Claim, effect_id: EffectId) -> None:
        """Find out what became of a call whose worker is gone, or have people asked."""
        words = f"It was started at {claim.started_at:%H:%M:%S} UTC and its worker is gone."
        printed = await self._hands.spool.newest(key_of(phase.proposal)) if self._hands.spool else ""
        words = f"{words}\n{excerpt(printed, '')}".strip()
        if phase.proposal.call.effect == "readback":
            await self._holds.check_is_not_stopped(task)
            await self._give_read_back(task, phase, lost_of(claim, effect_id, words))
        else:
            await self._giver.give(task, inputs.OutcomeUnknown(effect_id=effect_id, fence=claim.fence, words=words))

    async def _give_read_back(self, task: Task, phase: Acting, known: inputs.ReadBack) -> None:
        """Ask the tool's readback whether the call happened, and give what it says."""
        rules = await self._runtime.rules_with_lessons(task.thread_id)
        checkpoint, proposal = task.checkpoint, phase.proposal
        if checkpoint is None:
            raise Broken("a call belongs to a task", thread_id=task.thread_id)
        try:
            call = reading(checkpoint, proposal, rules, task.loaded.now)
        except Refused as no:
            await self._giver.give(task, replace(known, words=with_more(known.words, no.words)))
            return
        ran = await self._hands.tools.run(call, key=f"{key_of(proposal)}-readback", stop=asyncio.Event())
        verdict = found_out(proposal, rules, ran.output) if ran.how == "finished" else "unclear"
        said = f"{call.tool} {SAYS[verdict]}." if ran.how == "finished" else f"{call.tool} gave no answer: {ran.words}"
        asked = replace(known, verdict=verdict, tool=call.tool, args_json=call.args_json)
        asked = replace(asked, exit_code=ran.output.exit_code, stdout=ran.output.stdout, stderr=ran.output.stderr)
        await self._giver.give(task, replace(asked, words=with_more(known.words, said)))

    async def _approvers(self, checkpoint: Checkpoint, proposal: Proposal) -> tuple[Person, ...]:
        """Look everybody up afresh who approved, as far as it matters to what was asked."""
        look_up = self._hands.directory.look_up
        channel = checkpoint.channel if proposal.asks_who_is_here else ChannelId("")
        return tuple(
            [await look_up(checkpoint.team, channel, approval.by.id, fresh=True) for approval in proposal.approvals]
        )

    async def _execute(self, task: Task, phase: Acting, fence: int, effect_id: EffectId) -> None:
        """Make the call and give its end back under the claim's fence."""
        stop = task.stop.setdefault(effect_id, asyncio.Event())
        proposal = phase.proposal
        try:
            ran = await self._hands.tools.run(proposal.call, key=key_of(proposal), stop=stop)
        finally:
            task.stop.pop(effect_id, None)
        if ran.how in ("timed_out", "stopped") and proposal.call.effect == "readback":
            await self._give_read_back(task, phase, cut_short_of(ran, effect_id, fence))
            return
        await self._giver.give_surely(task, result_of(ran, effect_id, fence))
        after = task.checkpoint.phase if task.checkpoint else None
        run = after.run if isinstance(after, Scoring) else None
        if run is not None and run.digest == proposal.digest and run.output_at is not None:
            task.outputs = {run.output_at: ran.output}


def key_of(proposal: Proposal) -> str:
    """Name one call for its far side, whoever makes it and however often: its idempotency key."""
    return f"{proposal.digest}-{proposal.version}"


def lost_of(claim: Claim, effect_id: EffectId, words: str) -> inputs.ReadBack:
    """Begin what is to be found out about a call whose worker is gone."""
    return inputs.ReadBack(effect_id=effect_id, fence=claim.fence, verdict="unclear", words=words)


def cut_short_of(ran: Ran, effect_id: EffectId, fence: int) -> inputs.ReadBack:
    """Begin what is to be found out about a call that ran out of time or was stopped."""
    how: Literal["timed_out", "stopped"] = "timed_out" if ran.how == "timed_out" else "stopped"
    printed = excerpt(ran.output.stdout, ran.output.stderr)
    words = f"{ran.words or 'It did not end by itself.'}\n{printed}".strip()
    return inputs.ReadBack(effect_id=effect_id, fence=fence, verdict="unclear", ended=how, words=words)


def with_more(words: str, more: str) -> str:
    """Put one more sentence behind the first line; what the call printed stays below it."""
    line, newline, printed = words.partition("\n")
    return f"{line} {more}{newline}{printed}"
