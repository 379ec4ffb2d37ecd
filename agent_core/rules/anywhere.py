"""What is the same in every phase of a task under way: teaching, cards that come and go, late results. Pure."""

from datetime import datetime
from typing import TypeAlias

from agent_core.checkpoint import Checkpoint
from agent_core.effects import PostCard, Say, UpdateCard
from agent_core.errors import Refused
from agent_core.inputs import (
    CardLost,
    CardPosted,
    ConfirmRule,
    Forget,
    Input,
    ModelFailed,
    ModelReplied,
    NoApprover,
    Opened,
    OutcomeUnknown as OutcomeUnknownInput,
    ReadBack,
    Scored,
    Teach,
    Tell,
    ToolFailed,
    ToolFinished,
    ToolHeld,
    ToolStarted,
)
from agent_core.phases import AwaitingApproval
from agent_core.records import Late
from agent_core.rules.book import Rules
from agent_core.rules.draft import OPEN_STATES, begin, charge, do, keep, settle, show, turn
from agent_core.rules.endings import pending_work
from agent_core.rules.lessons import forget, teach
from agent_core.transition import Transition
from agent_core.values import replace

Result: TypeAlias = (
    Opened | ModelReplied | ModelFailed | NoApprover | ToolStarted | ToolHeld | ToolFinished | ToolFailed
    | OutcomeUnknownInput | ReadBack | Scored
)  # fmt: skip
RESULTS = (
    Opened, ModelReplied, ModelFailed, NoApprover, ToolStarted, ToolHeld, ToolFinished, ToolFailed,
    OutcomeUnknownInput, ReadBack, Scored,
)  # fmt: skip


def anywhere(checkpoint: Checkpoint, given: Input, now: datetime, rules: Rules) -> Transition | None:
    """Answer what does not depend on the phase, or give None."""
    match given:
        case Teach():
            return teach(begin(checkpoint, now), given, rules, now)
        case Forget():
            return forget(begin(checkpoint, now), given, rules, now)
        case ConfirmRule():
            raise Refused("There is no suggested rule of this name.", "/agent rules lists those that there are.")
        case CardPosted():
            return card_posted(begin(checkpoint, now), given)
        case CardLost():
            return card_lost(begin(checkpoint, now), given)
        case _ if isinstance(given, RESULTS) and not is_waited_for(checkpoint, given):
            return late(settle(begin(checkpoint, now), given.effect_id), given)
        case _:
            return None


def late(draft: Transition, given: Result) -> Transition:
    """Take what no phase waits for: the answer to somebody's question is said, everything else is only recorded."""
    if isinstance(given, (ModelReplied, Scored)):
        draft = charge(draft, given)
    if isinstance(given, ModelReplied) and isinstance(given.reply, Tell):
        return do(draft, Say(words=given.reply.words, named=()))
    draft = keep(draft, Late(what=given.kind))
    card = draft.checkpoint.card(given.card) if isinstance(given, NoApprover) else None
    if card is not None and card.ts is None:  # It was not posted for want of approvers; now it says something else.
        draft = do(draft, PostCard(card=card.key))
    return draft


def is_waited_for(checkpoint: Checkpoint, given: Result) -> bool:
    """Tell whether a result is the one that the phase waits for, and not one that came after the task moved on."""
    phase = checkpoint.phase
    if isinstance(given, NoApprover):
        return isinstance(phase, AwaitingApproval) and phase.proposal.card == given.card
    return given.effect_id in pending_work(checkpoint)


def card_posted(draft: Transition, given: CardPosted) -> Transition:
    """Keep where a card stands, and have it updated if it changed while it was being posted."""
    draft = settle(draft, given.effect_id)
    card = draft.checkpoint.card(given.card)
    if card is None or (card.ts is not None and card.ts != given.ts):
        return keep(draft, Late(what="card_posted"))
    cards = tuple(replace(kept, ts=given.ts) if kept.key == given.card else kept for kept in draft.checkpoint.cards)
    draft = turn(draft, replace(draft.checkpoint, cards=cards))
    return do(draft, UpdateCard(card=given.card)) if card.changed > given.shown else draft


def card_lost(draft: Transition, given: CardLost) -> Transition:
    """Post a card anew whose message was deleted, if it still matters."""
    card = draft.checkpoint.card(given.card)
    if card is None or card.ts != given.ts:
        raise Refused("That message is not a card of this task any more.", "Look at the newest card.")
    cards = tuple(kept for kept in draft.checkpoint.cards if kept.key != given.card)
    draft = turn(draft, replace(draft.checkpoint, cards=cards))
    if card.state not in OPEN_STATES:
        return draft
    return show(draft, replace(card, ts=None))
