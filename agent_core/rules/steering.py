"""Pause, resume and abort: what they make of each phase. Pure.

Paused means that nothing starts. Work that had not begun is dropped and asked for again on resuming; a call that was
already claimed runs on, and its result is kept without being scored until then.
"""

from datetime import datetime
from typing import assert_never

from agent_core.checkpoint import CardState
from agent_core.effects import AskModel, RunTool, Say, Score
from agent_core.phases import (
    Acting,
    AwaitingAnswer,
    AwaitingApproval,
    AwaitingScoreReview,
    OutcomeUnknown,
    Pausable,
    Paused,
    Scoring,
    Thinking,
)
from agent_core.rules.draft import do, enter, settle, show
from agent_core.rules.endings import finish, pending_work
from agent_core.rules.thinking import NOT_ASKED, paused_card
from agent_core.transition import Transition
from agent_core.values import replace
from agent_core.words import PersonId

LIVE = frozenset({"waiting", "reconsidered", "asked", "review"})


def is_running(phase: Pausable) -> bool:
    """Tell whether a call has been claimed."""
    return isinstance(phase, Acting) and phase.claim is not None


def suspended(phase: Pausable) -> Pausable:
    """Give the phase as it rests inside a pause."""
    if isinstance(phase, Thinking):
        return replace(phase, asked=NOT_ASKED)
    if isinstance(phase, Scoring) or (isinstance(phase, Acting) and not is_running(phase)):
        return replace(phase, asked=NOT_ASKED)
    return phase


def pause(draft: Transition, phase: Pausable, by: PersonId, now: datetime) -> Transition:
    """Interrupt a phase until somebody resumes."""
    if not is_running(phase):
        draft = settle(draft, *pending_work(draft.checkpoint))
    words = f"Paused by <@{by}>."
    if is_running(phase):
        words += " The step that is running goes on to its end; nothing new starts."
    for card in draft.checkpoint.cards:
        if card.state in LIVE:
            draft = show(draft, replace(card, state="paused", words=words))
    draft = enter(draft, Paused(was=suspended(phase), by=by, at=now, why="person"), now)
    return show(draft, paused_card(draft.checkpoint, now, words))


def resume(draft: Transition, paused: Paused, by: PersonId, now: datetime) -> Transition:
    """Take the interrupted phase up again, asking anew for the work that was dropped."""
    for card in draft.checkpoint.cards:
        if card.about == "paused" and card.state == "paused":
            draft = show(draft, replace(card, state="closed", at=now, words=f"Resumed by <@{by}>."))
        elif card.state == "paused":
            draft = show(draft, replace(card, state=live_state(paused.was), words=""))
    version = draft.checkpoint.version
    match paused.was:
        case Thinking() as was:
            return enter(draft, replace(was, asked=version), now, AskModel())
        case Scoring() as was:
            return enter(draft, replace(was, asked=version), now, Score())
        case Acting(claim=None) as was:
            return enter(draft, replace(was, asked=version), now, RunTool(digest=was.proposal.digest))
        case Acting() | AwaitingApproval() | AwaitingScoreReview() | AwaitingAnswer() | OutcomeUnknown() as was:
            return enter(draft, was, now)
        case never:
            assert_never(never)


def live_state(was: Pausable) -> CardState:
    """Say how the card that waited is called again."""
    states: dict[str, CardState] = {
        "awaiting_score_review": "review",
        "awaiting_answer": "asked",
        "thinking": "reconsidered",
    }
    return states.get(was.kind, "waiting")


def abort(draft: Transition, phase: Pausable, by: PersonId, now: datetime) -> Transition:
    """End the task; a call that runs is stopped first, and the task ends when it has ended."""
    if isinstance(phase, Acting) and phase.claim is not None:
        return stop(draft, replace(phase, aborting=True), by, now)
    return finish(draft, "aborted", f"Aborted by <@{by}>.", now)


def stop(draft: Transition, phase: Acting, by: PersonId, now: datetime) -> Transition:
    """Have the running call stopped."""
    card = draft.checkpoint.card(phase.proposal.card)
    words = f"Being stopped by <@{by}>."
    draft = enter(draft, replace(phase, stopping=by), now)
    draft = show(draft, replace(card, state="stopping", words=words)) if card else draft
    return do(draft, Say(words=f"<@{by}> asked to stop step {phase.proposal.step}; it is being stopped."))
