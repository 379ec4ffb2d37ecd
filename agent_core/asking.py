"""What a task asks of its actor and its critic becomes an input with their answer. May await; decides nothing.

Some answer at once, from what they are told (a runbook, its postconditions): their answers are decided and committed
together with what they follow from. Whoever takes time is asked as a piece of work of its own.
"""

from functools import partial

from agent_core import effects, inputs
from agent_core.errors import Broken
from agent_core.learning.taught import heuristics, told
from agent_core.phases import Scoring
from agent_core.ports import Critic, Loaded, Model, ModelDown, Output, Situation, Step
from agent_core.results import output_of, scored_of, unanswered
from agent_core.rules.book import Rules
from agent_core.rules.propose import place_of
from agent_core.runtime import Answer
from agent_core.transition import WORK_KINDS
from agent_core.words import EffectId


class Asking:
    """Asks the actor and the critic."""

    def __init__(self, model: Model, critic: Critic) -> None:
        """Hold the ports."""
        self._model = model
        self._critic = critic

    async def model(self, effect: effects.AskModel, effect_id: EffectId, loaded: Loaded, rules: Rules) -> inputs.Input:
        """Ask the actor for the next step, or for an answer to somebody's question."""
        try:
            replied = await self._model.next(situation(loaded, rules, effect.inquiry))
        except ModelDown as down:
            return unanswered(effect, effect_id, str(down))
        return inputs.ModelReplied(
            effect_id=effect_id,
            reply=replied.reply,
            memory=replied.memory,
            cost_usd=replied.cost_usd,
            tokens=replied.tokens,
        )

    async def critic(self, output: Output | None, effect_id: EffectId, loaded: Loaded, rules: Rules) -> inputs.Input:
        """Have the newest step judged on all that it printed."""
        about = situation(loaded, rules)
        phase = about.checkpoint.phase
        run = phase.run if isinstance(phase, Scoring) else None
        try:
            figures = await self._critic.score(about, run, output)
        except ModelDown as down:
            return inputs.ModelFailed(effect_id=effect_id, words=str(down))
        return scored_of(figures, effect_id, self._critic.name)

    def at_once(self, step: Step) -> Answer | None:
        """Give what answers a step's request, or None where it makes none or the answer takes its time.

        People see first: where something new is to be posted or said, the answer waits until that is done.
        """
        if any(effect.kind not in WORK_KINDS and effect.kind != "update_card" for effect in step.transition.effects):
            return None
        for effect_id, effect in step.transition.outbox().items():
            if isinstance(effect, effects.AskModel) and self._model.immediate:
                return partial(self.model, effect, effect_id)
            if isinstance(effect, effects.Score) and self._critic.immediate and printed_by(step):
                return partial(self.critic, output_of(step.entry.input), effect_id)
        return None


def printed_by(step: Step) -> bool:
    """Tell whether all that the step to be judged has printed stands in this very step's input."""
    phase = step.transition.checkpoint.phase
    run = phase.run if isinstance(phase, Scoring) else None
    return run is None or run.output_at in (None, step.entry.version)


def situation(loaded: Loaded, rules: Rules, inquiry: str | None = None) -> Situation:
    """Gather what the actor and the critic are told."""
    checkpoint = loaded.checkpoint
    if checkpoint is None:
        raise Broken("nobody is asked about a task that is not there")
    advice = tuple(told(lesson) for lesson in heuristics(rules.lessons, place_of(checkpoint), loaded.now))
    return Situation(checkpoint=checkpoint, tools=tuple(rules.tools.values()), advice=advice, inquiry=inquiry)
