"""How a transition is built up: begun from a checkpoint, then changed by small steps that each return a new one. Pure.

Beginning counts the version and charges the time that the agent (not people) has used. Showing a card keeps it in the
checkpoint and commands its message to be posted or updated, so that a card can't change without being shown.
"""

import math
from datetime import datetime

from agent_core.checkpoint import CARDS, EXCERPT_CHARS, MESSAGES, WORDS_CHARS, Card, Checkpoint, Message
from agent_core.effects import Effect, PostCard, UpdateCard
from agent_core.inputs import Correct, ModelReplied, Scored
from agent_core.phases import Phase
from agent_core.records import Record
from agent_core.rules.brief import brief_card
from agent_core.transition import Transition
from agent_core.values import replace
from agent_core.words import EffectId

MEMORY_CHARS = 20_000
ACTIVE = frozenset({"thinking", "acting", "scoring"})
OPEN_STATES = frozenset(
    {"waiting", "reconsidered", "approved", "running", "stopping", "asked", "review", "paused", "unknown"}
)


def begin(checkpoint: Checkpoint, now: datetime) -> Transition:
    """Start the next version of a task, with the working time up to now charged to its budget."""
    spent = checkpoint.spent
    if checkpoint.active_since is not None:
        worked = max(0.0, (now - checkpoint.active_since).total_seconds())
        spent = replace(spent, wall_s=round(spent.wall_s + worked, 3))
    since = now if checkpoint.phase.kind in ACTIVE else None
    return Transition(checkpoint=replace(checkpoint, version=checkpoint.version + 1, spent=spent, active_since=since))


def enter(draft: Transition, phase: Phase, now: datetime, *effects: Effect) -> Transition:
    """Put the task into a phase and command its work; the clock of its budget runs only where the agent works."""
    since = now if phase.kind in ACTIVE else None
    checkpoint = replace(draft.checkpoint, phase=phase, active_since=since)
    return replace(draft, checkpoint=checkpoint, effects=(*draft.effects, *effects))


def turn(draft: Transition, checkpoint: Checkpoint, *records: Record) -> Transition:
    """Put a changed checkpoint in the draft's place, and have the journal keep what changed."""
    return replace(draft, checkpoint=checkpoint, records=(*draft.records, *records))


def do(draft: Transition, *effects: Effect) -> Transition:
    """Command something more."""
    return replace(draft, effects=(*draft.effects, *effects))


def keep(draft: Transition, *records: Record) -> Transition:
    """Have the journal keep something more."""
    return replace(draft, records=(*draft.records, *records))


def charge(draft: Transition, given: ModelReplied | Scored) -> Transition:
    """Charge an answer to the budget, whether or not it is still of use; a figure that is none costs nothing."""
    spent, tokens = draft.checkpoint.spent, max(0, given.tokens)
    cost_usd = max(0.0, given.cost_usd) if math.isfinite(given.cost_usd) else 0.0
    if not cost_usd and not tokens:  # A runbook's answers are free.
        return draft
    cost_usd = round(spent.cost_usd + cost_usd, 6)  # sums of floats would grow digits
    spent = replace(spent, cost_usd=cost_usd, tokens=spent.tokens + tokens)
    return turn(draft, replace(draft.checkpoint, spent=spent))


def remember(draft: Transition, memory: str | None) -> Transition:
    """Keep a model's notes to itself; those that are too long are not taken, for half of them may mean anything."""
    if memory is None or len(memory) > MEMORY_CHARS:
        return draft
    return turn(draft, replace(draft.checkpoint, memory=memory))


def settle(draft: Transition, *effect_ids: EffectId) -> Transition:
    """Name effects that are done with."""
    return replace(draft, settled=draft.settled | frozenset(effect_ids))


def show(draft: Transition, card: Card) -> Transition:
    """Keep this face of a card, and have its message posted or updated."""
    checkpoint = draft.checkpoint
    known = checkpoint.card(card.key)
    face = card if card.state in OPEN_STATES else brief_card(card)
    faced = replace(face, changed=checkpoint.version, ts=known.ts if known else card.ts, words=cut(card.words))
    if known:
        cards = tuple(faced if kept.key == card.key else kept for kept in checkpoint.cards)
    else:
        cards = fewer((*checkpoint.cards, faced))
    effect: Effect = UpdateCard(card=card.key) if known else PostCard(card=card.key)
    return replace(draft, checkpoint=replace(checkpoint, cards=cards), effects=(*draft.effects, effect))


def fewer(cards: tuple[Card, ...]) -> tuple[Card, ...]:
    """Let the oldest cards go to which nothing can happen any more; the face that is shown is the one kept here."""
    newest = cards[-1].changed
    spent = [card for card in cards if card.state not in OPEN_STATES and card.changed < newest]
    gone = spent[: max(0, len(cards) - CARDS)]
    return tuple(card for card in cards if card not in gone)


def hear(draft: Transition, message: Message) -> Transition:
    """Keep a person's words for the actor; the oldest give way."""
    messages = (*draft.checkpoint.messages, replace(message, text=cut(message.text)))[-MESSAGES:]
    return turn(draft, replace(draft.checkpoint, messages=messages))


def heed(draft: Transition, given: Correct, now: datetime) -> Transition:
    """Keep a correction for the actor."""
    step = draft.checkpoint.step
    return hear(draft, Message(by=given.by.id, text=given.text, about="correction", step=step, at=now))


def cut(text: str) -> str:
    """Keep of long words what a card and the actor can use; the journal has them whole."""
    return text if len(text) <= WORDS_CHARS else f"{text[: WORDS_CHARS - 1]}…"


def excerpt(stdout: str, stderr: str, words: str = "") -> str:
    """Cut what a call printed to what a card and the actor need: its beginning and its end."""
    text = "\n".join(part for part in (words, stdout.rstrip(), stderr.rstrip()) if part)
    if len(text) <= EXCERPT_CHARS:
        return text
    half = EXCERPT_CHARS // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
