"""How the actor is asked for the next step, and what is looked at first: success, steps, budget, pauses. Pure."""

from datetime import datetime, timedelta

from agent_core.checkpoint import Card, Checkpoint
from agent_core.effects import AskModel
from agent_core.phases import AwaitingAnswer, Paused, Thinking
from agent_core.proposal import Proposal, Question
from agent_core.rules.book import Rules
from agent_core.rules.digests import keyed
from agent_core.rules.draft import cut, enter, show, turn
from agent_core.rules.endings import ending_by_phi, finish
from agent_core.transition import Transition
from agent_core.values import replace
from agent_core.words import CardKey

NOT_ASKED = 0  # a Thinking phase inside a pause: the actor is asked when the task is resumed


def think(draft: Transition, now: datetime, *, held: Proposal | None = None, tries: int = 0) -> Transition:
    """Ask the actor for the next step."""
    asked = draft.checkpoint.version
    return enter(draft, Thinking(asked=asked, held=held, tries=tries), now, AskModel())


def go_on(draft: Transition, rules: Rules, now: datetime, *, unheard: bool = False) -> Transition:
    """Take the next turn of the loop, unless the task is far enough, too long, too dear, or people are to be asked.

    Words that the actor has not heard (``unheard``) keep a task from ending because it is far enough.
    """
    checkpoint, limits = draft.checkpoint, rules.limits
    if (checkpoint.phi or 0.0) >= limits.stop_phi and not unheard:
        return finish(draft, "succeeded", f"Φ reached {limits.stop_phi:g}.", now)
    if checkpoint.step >= limits.max_steps:
        how = ending_by_phi(checkpoint, rules, otherwise="out_of_budget")
        return finish(draft, how, f"The limit of {limits.max_steps} steps is reached.", now)
    over = over_budget(checkpoint, rules)
    if over:
        return ask_for_budget(draft, over, rules, now)
    every = limits.ask_every_steps
    if every and checkpoint.step and checkpoint.step % every == 0 and checkpoint.asked_at_step != checkpoint.step:
        draft = turn(draft, replace(checkpoint, asked_at_step=checkpoint.step))
        return pause_for_steps(draft, now)
    return think(draft, now)


def after_score(draft: Transition, done: str | None, rules: Rules, now: datetime) -> Transition:
    """Go on after a score that stands; where the actor had said done, the task ends by it."""
    if done is None:
        said = draft.checkpoint.messages
        unheard = any(one.about == "correction" and one.step == draft.checkpoint.step for one in said)
        return go_on(draft, rules, now, unheard=unheard)
    how = ending_by_phi(draft.checkpoint, rules, otherwise="failed")
    return finish(draft, how, done, now)


def pause_for_steps(draft: Transition, now: datetime) -> Transition:
    """Pause after so many steps until somebody resumes."""
    phase = Paused(was=Thinking(asked=NOT_ASKED), by=None, at=now, why="steps")
    words = f"{draft.checkpoint.step} steps are done. Go on?"
    return show(enter(draft, phase, now), paused_card(draft.checkpoint, now, words))


def paused_card(checkpoint: Checkpoint, now: datetime, words: str) -> Card:
    """Make the card of one pause."""
    return Card(
        key=CardKey(f"paused:{checkpoint.version}"), about="paused", state="paused", changed=0, at=now, words=words
    )


def over_budget(checkpoint: Checkpoint, rules: Rules) -> str:
    """Say which budget is used up, or nothing. Every extension adds the configured amounts once more."""
    spent, limits = checkpoint.spent, rules.limits
    times = 1 + spent.extended
    if spent.wall_s >= limits.wall_s * times:
        return f"{round(spent.wall_s, 1):g} of {limits.wall_s * times:g} s of working time"
    if spent.cost_usd >= limits.cost_usd * times:
        return f"{spent.cost_usd:g} of {limits.cost_usd * times:g} USD"
    if spent.tokens >= limits.tokens * times:
        return f"{spent.tokens} of {limits.tokens * times} tokens"
    return ""


def ask_for_budget(draft: Transition, over: str, rules: Rules, now: datetime) -> Transition:
    """Offer people to extend the budget; silence ends the task."""
    text = f"The budget is used up: {over}. Add the same amount once more, or end the task?"
    question = question_of(draft.checkpoint, text, now, rules)
    silence = timedelta(seconds=rules.limits.budget_silence_s)
    return ask(draft, replace(question, about="budget", expires_at=now + silence), now)


def question_of(checkpoint: Checkpoint, text: str, now: datetime, rules: Rules) -> Question:
    """Name a question, so that an answer can name it."""
    digest = keyed(rules.key, checkpoint.thread_id, checkpoint.version, text)
    return Question(digest=digest, version=checkpoint.version, text=cut(text), asked_at=now)


def ask(draft: Transition, question: Question, now: datetime) -> Transition:
    """Put a question to people."""
    card = Card(key=CardKey(question.digest), about="question", state="asked", changed=0, question=question, at=now)
    return show(enter(draft, AwaitingAnswer(question=question), now), card)
