"""One effect becomes one call of a port and one input with its result. May await; decides nothing.

Every method may be run again for the same effect after a crash: posting looks for the effect's mark first, a lesson of
the same ID is not added twice, and a claim without a result is settled by its tool's class, never simply made again.
"""

import asyncio
from dataclasses import dataclass, field

import structlog

from agent_core import effects, inputs
from agent_core.checkpoint import Card, Checkpoint
from agent_core.errors import Broken, Refused
from agent_core.learning.taught import Place, heuristics, told
from agent_core.people import Person
from agent_core.phases import Acting, Opening, Paused, Scoring
from agent_core.ports import (
    CardGone,
    Clock,
    Critic,
    Directory,
    Lessons,
    Loaded,
    Model,
    ModelDown,
    Output,
    Situation,
    StoreDown,
    Surface,
    Tools,
)
from agent_core.proposal import Proposal
from agent_core.results import printed, result_of, scored_of, summed_up, unanswered
from agent_core.rules.approvals import whom
from agent_core.rules.propose import place_of
from agent_core.rules.summary import Summary
from agent_core.runtime import Runtime
from agent_core.words import EffectId, ThreadId, thread_id_of

log = structlog.get_logger(__name__)

PAGE = 50
GIVE_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The ports through which effects reach the world."""

    model: Model
    critic: Critic
    tools: Tools
    surface: Surface
    directory: Directory
    lessons: Lessons


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


class Performer:
    """Performs effects of one task at a time; holds no state of its own."""

    def __init__(self, runtime: Runtime, world: World) -> None:
        """Hold the runtime and the ports."""
        self._runtime = runtime
        self._world = world

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

    async def work(self, task: Task, checkpoint: Checkpoint, effect: effects.Effect, effect_id: EffectId) -> None:
        """Perform one piece of long work."""
        match effect:
            case effects.PostParent():
                await self.open(task, checkpoint, effect_id)
            case effects.AskModel():
                await self.ask_model(task, checkpoint, effect, effect_id)
            case effects.RunTool():
                await self.run_tool(task, checkpoint, effect, effect_id)
            case effects.Score():
                await self.score(task, checkpoint, effect_id)
            case _:
                raise Broken("work is one of the long effects", kind=effect.kind)

    async def open(self, task: Task, checkpoint: Checkpoint, effect_id: EffectId) -> None:
        """Post the parent message, begin the task under it, and close the opening."""
        phase = checkpoint.phase
        if not isinstance(phase, Opening):
            return
        fresh = self._runtime.is_fresh(effect_id)
        ts = await self._world.surface.post_parent(checkpoint, effect_id, fresh=fresh)
        real = thread_id_of(checkpoint.team, checkpoint.channel, ts)
        start = inputs.Start(by=phase.by, purpose=checkpoint.purpose, context=checkpoint.context)
        try:
            await self._runtime.give(real, start, dedupe=f"open:{effect_id}")
        except Refused as no:
            log.info("task was begun already", thread_id=real, why=no.words)
        await self.give(task, inputs.Opened(effect_id=effect_id, thread_id=real))

    async def situation(self, task: Task, checkpoint: Checkpoint, inquiry: str | None = None) -> Situation:
        """Gather what the actor and the critic are told."""
        rules = await self._runtime.rules_with_lessons(checkpoint.thread_id)
        place: Place = place_of(checkpoint)
        advice = tuple(told(lesson) for lesson in heuristics(rules.lessons, place, task.loaded.now))
        return Situation(checkpoint=checkpoint, tools=tuple(rules.tools.values()), advice=advice, inquiry=inquiry)

    async def ask_model(
        self, task: Task, checkpoint: Checkpoint, effect: effects.AskModel, effect_id: EffectId
    ) -> None:
        """Ask the actor and give its reply back."""
        situation = await self.situation(task, checkpoint, effect.inquiry)
        try:
            replied = await self._world.model.next(situation)
        except ModelDown as down:
            return await self.give(task, unanswered(effect, effect_id, str(down)))
        reply = inputs.ModelReplied(
            effect_id=effect_id,
            reply=replied.reply,
            memory=replied.memory,
            cost_usd=replied.cost_usd,
            tokens=replied.tokens,
        )
        return await self.give(task, reply)

    async def score(self, task: Task, checkpoint: Checkpoint, effect_id: EffectId) -> None:
        """Have the newest step judged on all that it printed."""
        phase = checkpoint.phase
        if not isinstance(phase, Scoring):
            return None
        version = phase.run.output_at if phase.run else None
        output = (
            None
            if version is None
            else task.outputs.get(version) or await printed(self._runtime.store, task.thread_id, version)
        )
        situation = await self.situation(task, checkpoint)
        try:
            figures = await self._world.critic.score(situation, phase.run, output)
        except ModelDown as down:
            failed = inputs.ModelFailed(effect_id=effect_id, words=str(down))
            return await self.give(task, failed)
        return await self.give(task, scored_of(figures, effect_id, self._world.critic.name))

    async def run_tool(self, task: Task, checkpoint: Checkpoint, effect: effects.RunTool, effect_id: EffectId) -> None:
        """Claim the call and make it; a claim that somebody left behind is settled by the tool's class."""
        phase = checkpoint.phase.was if isinstance(checkpoint.phase, Paused) else checkpoint.phase
        if not isinstance(phase, Acting) or phase.proposal.digest != effect.digest:
            return
        if phase.claim is not None and phase.proposal.call.effect != "idempotent":
            words = f"It was started at {phase.claim.started_at:%H:%M:%S} UTC and its worker is gone."
            lost = inputs.OutcomeUnknown(effect_id=effect_id, fence=phase.claim.fence, words=words)
            await self.give(task, lost)
            return
        people = await self.approvers(checkpoint, phase.proposal)
        await self.give(
            task,
            inputs.ToolStarted(effect_id=effect_id, digest=phase.proposal.digest, worker=task.worker, approvers=people),
        )
        claimed = task.checkpoint.phase if task.checkpoint else None
        if isinstance(claimed, Acting) and claimed.claim is not None and claimed.claim.worker == task.worker:
            await self.execute(task, claimed, claimed.claim.fence, effect_id)

    async def approvers(self, checkpoint: Checkpoint, proposal: Proposal) -> tuple[Person, ...]:
        """Look everybody up afresh who approved."""
        look_up = self._world.directory.look_up
        return tuple(
            [
                await look_up(checkpoint.team, checkpoint.channel, approval.by.id, fresh=True)
                for approval in proposal.approvals
            ]
        )

    async def execute(self, task: Task, phase: Acting, fence: int, effect_id: EffectId) -> None:
        """Make the call and give its end back under the claim's fence."""
        stop = task.stop.setdefault(effect_id, asyncio.Event())
        proposal = phase.proposal
        key = f"{proposal.digest}-{proposal.version}"
        try:
            ran = await self._world.tools.run(proposal.call, key=key, stop=stop)
        finally:
            task.stop.pop(effect_id, None)
        await self.give_surely(task, result_of(ran, effect_id, fence))
        after = task.checkpoint.phase if task.checkpoint else None
        run = after.run if isinstance(after, Scoring) else None
        if run is not None and run.digest == proposal.digest and run.output_at is not None:
            task.outputs = {run.output_at: ran.output}

    async def post_card(
        self, task: Task, checkpoint: Checkpoint, effect: effects.PostCard, effect_id: EffectId
    ) -> None:
        """Post a card, if it is still there; a step that nobody may approve is denied instead."""
        card = checkpoint.card(effect.card)
        if card is None:
            return
        nobody = await self.nobody_for(checkpoint, card)
        if nobody:
            await self.give(task, inputs.NoApprover(effect_id=effect_id, card=card.key, whom=nobody))
            return
        fresh = self._runtime.is_fresh(effect_id)
        summary = await self.summary_for(checkpoint, card)
        ts = await self._world.surface.post_card(checkpoint, card, effect_id, fresh=fresh, summary=summary)
        posted = inputs.CardPosted(effect_id=effect_id, card=card.key, ts=ts, shown=checkpoint.version)
        await self.give(task, posted)

    async def nobody_for(self, checkpoint: Checkpoint, card: Card) -> str:
        """Say which set of a waiting proposal has nobody in it who may decide, or nothing."""
        proposal = card.proposal
        if proposal is None or card.state != "waiting":
            return ""
        barred = frozenset({checkpoint.requester}) if proposal.not_requester else frozenset()
        for requirement in proposal.missing():
            people = await self._world.directory.members(
                checkpoint.team,
                checkpoint.channel,
                requirement.approvers,
                enough=requirement.quorum + len(barred),
            )
            if len(people - barred) < requirement.quorum:
                return whom(requirement.approvers)
        return ""

    async def summary_for(self, checkpoint: Checkpoint, card: Card) -> Summary | None:
        """Read a finished task's deeds from its journal, for its last message."""
        if card.about != "final":
            return None
        return await summed_up(self._runtime.store, checkpoint)

    async def update_card(self, task: Task, effect: effects.UpdateCard) -> int:
        """Show the newest state of a card, and give the version shown."""
        checkpoint = task.checkpoint
        card = checkpoint.card(effect.card) if checkpoint else None
        if checkpoint is None or card is None or card.ts is None:
            return checkpoint.version if checkpoint else 0
        summary = await self.summary_for(checkpoint, card)
        try:
            await self._world.surface.update_card(checkpoint, card, summary=summary)
        except CardGone:
            await self.give(task, inputs.CardLost(card=card.key, ts=card.ts))
        return checkpoint.version

    async def show(self, checkpoint: Checkpoint, effect: effects.Effect, effect_id: EffectId) -> None:
        """Perform what is settled by its removal alone."""
        surface = self._world.surface
        fresh = self._runtime.is_fresh(effect_id)
        match effect:
            case effects.Say(words=words, named=named):
                known = None if named is None else frozenset(named)
                await surface.say(checkpoint.thread_id, words, effect_id, fresh=fresh, known=known)
            case effects.Learn(lesson=lesson):
                await self._world.lessons.append(lesson)
            case effects.Notify(card=key, why=why):
                card = checkpoint.card(key)
                if card is not None and card.ts is not None:
                    await surface.notify(checkpoint, card, why, effect_id, fresh=fresh)
            case effects.TellRequester(words=words):
                await surface.tell(checkpoint.team, checkpoint.requester, words)
            case _:
                raise Broken("what is shown is one of the quick effects", kind=effect.kind)
