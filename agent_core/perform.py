"""One effect becomes one call of a port and one input with its result. May await; decides nothing.

Every method may be run again for the same effect after a crash: posting looks for the effect's mark first, a lesson of
the same ID is not added twice, and a claim without a result is settled by its tool's class, never simply made again.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog

from agent_core import effects, inputs
from agent_core.asking import Asking
from agent_core.checkpoint import Card, Checkpoint
from agent_core.errors import Broken, Refused
from agent_core.giving import Giver, Task
from agent_core.holds import STOPPED_AGAIN_S, Gates, Holds
from agent_core.kept_steps import kept_card
from agent_core.ledger import Hands, Ledger
from agent_core.phases import Opening, Scoring
from agent_core.ports import (
    CardGone,
    Critic,
    Directory,
    Held,
    Lease,
    LeaseLost,
    Lessons,
    Model,
    Stopped,
    Surface,
    Tools,
)
from agent_core.ports.spool import Spool
from agent_core.results import printed, summed_up
from agent_core.rules.approvals import whom
from agent_core.rules.endings import PARENT
from agent_core.rules.summary import Summary
from agent_core.runtime import Runtime
from agent_core.words import EffectId, thread_id_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The ports through which effects reach the world."""

    model: Model
    critic: Critic
    tools: Tools
    surface: Surface
    directory: Directory
    lessons: Lessons
    gates: Gates = field(default_factory=Gates)
    spool: Spool | None = None


class Performer:
    """Performs effects of one task at a time; holds no state of its own."""

    def __init__(self, runtime: Runtime, world: World) -> None:
        """Hold the runtime and the ports."""
        self._runtime = runtime
        self._world = world
        self._asking = Asking(world.model, world.critic)
        self.giver = Giver(runtime, self._asking.at_once)
        self._holds = Holds(runtime, self.giver, world.gates)
        hands = Hands(tools=world.tools, directory=world.directory, spool=world.spool)
        self._ledger = Ledger(runtime, self.giver, self._holds, hands=hands)

    async def work(self, task: Task, checkpoint: Checkpoint, effect: effects.Effect, effect_id: EffectId) -> None:
        """Perform one piece of long work."""
        match effect:
            case effects.PostParent():
                await self.open(task, checkpoint, effect_id)
            case effects.AskModel():
                await self.ask_model(task, effect, effect_id)
            case effects.RunTool():
                await self._ledger.run(task, checkpoint, effect, effect_id)
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
        await self.check_is_ours(task)  # whoever was frozen meanwhile must not begin a second task
        start = beginning_of(checkpoint, phase)
        try:
            await self._runtime.give(real, start, dedupe=f"open:{effect_id}")
        except Stopped as no:
            await self._holds.check_is_not_stopped(task)
            raise Held(no.words, STOPPED_AGAIN_S) from no
        except Refused as no:
            log.info("task was begun already", thread_id=real, why=no.words)
        await self.giver.give(task, inputs.Opened(effect_id=effect_id, thread_id=real))

    async def check_is_ours(self, task: Task) -> None:
        """Raise LeaseLost if another worker goes on with this thread."""
        lease = Lease(thread_id=task.thread_id, holder=task.worker)
        if await self._runtime.store.look(lease, task.loaded) is None:
            raise LeaseLost(task.thread_id)

    async def ask_model(self, task: Task, effect: effects.AskModel, effect_id: EffectId) -> None:
        """Ask the actor and give its reply back."""
        rules, stands = await self._runtime.rules_with_lessons(task.thread_id), task.loaded
        await self.giver.give(task, await self._asking.model(effect, effect_id, stands, rules))

    async def score(self, task: Task, checkpoint: Checkpoint, effect_id: EffectId) -> None:
        """Have the newest step judged on all that it printed."""
        phase = checkpoint.phase
        if not isinstance(phase, Scoring):
            return
        version = phase.run.output_at if phase.run else None
        output = (
            None
            if version is None
            else task.outputs.get(version) or await printed(self._runtime.store, task.thread_id, version)
        )
        rules = await self._runtime.rules_with_lessons(task.thread_id)
        stands = replace(task.loaded, checkpoint=checkpoint)
        await self.giver.give(task, await self._asking.critic(output, effect_id, stands, rules))

    async def post_card(
        self, task: Task, checkpoint: Checkpoint, effect: effects.PostCard, effect_id: EffectId
    ) -> None:
        """Post a card, if it is still there; a step that nobody may approve is denied instead."""
        card = checkpoint.card(effect.card)
        if card is None:
            return
        nobody = await self.nobody_for(checkpoint, card)
        if nobody:
            await self.giver.give(task, inputs.NoApprover(effect_id=effect_id, card=card.key, whom=nobody))
            return
        fresh = self._runtime.is_fresh(effect_id)
        summary = await self.summary_for(checkpoint, card)
        ts = await self._world.surface.post_card(checkpoint, card, effect_id, fresh=fresh, summary=summary)
        posted = inputs.CardPosted(effect_id=effect_id, card=card.key, ts=ts, shown=checkpoint.version)
        await self.giver.give(task, posted)
        kept = task.checkpoint.card(card.key) if task.checkpoint else None
        if task.checkpoint is not None and kept is not None and kept.ts not in (None, ts):
            copy = replace(kept, ts=ts, state="closed", words="This is a copy; another message shows this step.")
            with suppress(CardGone):
                await self._world.surface.update_card(task.checkpoint, copy)

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
        if checkpoint is None:
            return 0
        if effect.card == PARENT:
            await self._world.surface.update_parent(checkpoint)
            return checkpoint.version
        card = checkpoint.card(effect.card) or await kept_card(self._runtime.store, task.thread_id, effect.card)
        if card is None or card.ts is None:
            return checkpoint.version
        summary = await self.summary_for(checkpoint, card)
        try:
            await self._world.surface.update_card(checkpoint, card, summary=summary)
        except CardGone:
            await self.giver.give(task, inputs.CardLost(card=card.key, ts=card.ts))
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


def beginning_of(checkpoint: Checkpoint, opening: Opening) -> inputs.Start | inputs.Fork:
    """Give the input that begins the task of an opening in its own thread."""
    if checkpoint.origin is not None:
        return inputs.Fork(by=opening.by, seed=checkpoint)
    return inputs.Start(by=opening.by, purpose=checkpoint.purpose, context=checkpoint.context, parent_is_ours=True)
