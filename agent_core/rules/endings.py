"""How a task ends: once, with a last message that says how, and nothing left running. Pure."""

from datetime import datetime

from agent_core.checkpoint import Card, Checkpoint
from agent_core.phases import (
    Acting,
    AwaitingApproval,
    Ending,
    Finished,
    Opening,
    Paused,
    Phase,
    Scoring,
    Thinking,
)
from agent_core.proposal import Proposal
from agent_core.records import Decided, Ended
from agent_core.rules.book import Rules
from agent_core.rules.draft import OPEN_STATES, cut, enter, keep, settle, show
from agent_core.transition import Transition, work_id
from agent_core.values import replace
from agent_core.words import CardKey, EffectId

FINAL = CardKey("final")
PARENT = CardKey("parent")  # our own message above the thread: it is no card, but shown anew as one


def pending_work(checkpoint: Checkpoint) -> tuple[EffectId, ...]:
    """Name the work that the task's phase waits for."""
    return _pending(checkpoint, checkpoint.phase)


def _pending(checkpoint: Checkpoint, phase: Phase) -> tuple[EffectId, ...]:
    if isinstance(phase, Opening) and phase.opened_as is not None:
        return ()
    if isinstance(phase, (Opening, Thinking, Scoring, Acting)) and phase.asked:
        return (work_id(checkpoint.thread_id, phase.asked),)
    if isinstance(phase, Paused):
        return _pending(checkpoint, phase.was)
    return ()


def undecided(phase: Phase) -> Proposal | None:
    """Give the proposal that a phase still holds for people to decide on."""
    match phase:
        case AwaitingApproval(proposal=proposal):
            return proposal
        case Thinking(held=held):
            return held
        case Paused(was=was):
            return undecided(was)
        case _:
            return None


def finish(draft: Transition, how: Ending, why: str, now: datetime) -> Transition:
    """End the task: what was pending is dropped, cards that waited are closed, the last message is posted."""
    draft = settle(draft, *pending_work(draft.checkpoint))
    open_still = undecided(draft.checkpoint.phase)
    if open_still is not None and not any(isinstance(record, Decided) for record in draft.records):
        ended = Decided(digest=open_still.digest, how="expired" if how == "expired" else "withdrawn", words=why)
        draft = keep(draft, ended)
    draft = close_waiting(draft, why, now)
    draft = enter(draft, Finished(how=how, why=cut(why), at=now), now)
    draft = keep(draft, Ended(how=how, phi=draft.checkpoint.phi, why=why))
    return show(draft, Card(key=FINAL, about="final", state="closed", changed=0, at=now, words=why))


def expire(draft: Transition, proposal: Proposal, now: datetime) -> Transition:
    """Deny a step about which nobody decided in time, or that could not start in time, and end the task."""
    words = (
        "Nobody decided in time, so the step was not run."
        if proposal.missing()
        else "It was approved, but could not start before its time was over, so the step was not run."
    )
    card = draft.checkpoint.card(proposal.card)
    if card is not None:
        draft = show(draft, replace(card, state="expired", words=words, at=now))
    return finish(draft, "expired", words, now)


def close_waiting(draft: Transition, why: str, now: datetime) -> Transition:
    """Close every card that still seems to wait."""
    for card in draft.checkpoint.cards:
        if card.state in OPEN_STATES:
            draft = show(draft, replace(card, state="closed", at=now, words=why))
    return draft


def out_of_budget(draft: Transition, rules: Rules, now: datetime) -> Transition:
    """End a task whose budget nobody extended in time."""
    how = ending_by_phi(draft.checkpoint, rules, otherwise="out_of_budget")
    return finish(draft, how, "The budget is used up and nobody extended it.", now)


def ending_by_phi(checkpoint: Checkpoint, rules: Rules, *, otherwise: Ending) -> Ending:
    """Say succeeded where Φ is over the threshold, else the given ending."""
    return "succeeded" if (checkpoint.phi or 0.0) > rules.limits.success_phi else otherwise
