"""When a task must be looked at though nothing happens to it. Pure; the commit writes the earliest to the due index."""

from datetime import datetime, timedelta

from agent_core.checkpoint import Checkpoint
from agent_core.phases import Acting, AwaitingAnswer, AwaitingApproval, Paused, Phase, Thinking
from agent_core.proposal import Proposal


def due(checkpoint: Checkpoint) -> datetime | None:
    """Give the earliest time at which a TimerFired would change something, or None."""
    times = times_of(checkpoint.phase)
    return min(times) if times else None


def times_of(phase: Phase) -> tuple[datetime, ...]:
    """Give all the times at which something of this phase is due."""
    if isinstance(phase, AwaitingApproval):
        return (phase.proposal.expires_at, *attention_times(phase.proposal))
    if isinstance(phase, Thinking) and phase.held is not None:
        return (phase.held.expires_at,)
    if isinstance(phase, AwaitingAnswer) and phase.question.expires_at is not None:
        return (phase.question.expires_at,)
    if isinstance(phase, Acting) and phase.claim is None and not phase.proposal.allowed:
        return (phase.proposal.expires_at,)
    if isinstance(phase, Paused):
        return expiries_of(phase.was)
    return ()


def expiries_of(was: Phase) -> tuple[datetime, ...]:
    """Give what goes on expiring while a task is paused."""
    if isinstance(was, AwaitingApproval):
        return (was.proposal.expires_at,)
    return times_of(was)


def escalate_at(proposal: Proposal) -> datetime | None:
    """Say when more people are asked, if they still are to be."""
    if proposal.escalate is None or proposal.escalated:
        return None
    return proposal.made_at + timedelta(seconds=proposal.escalate.after_s)


def attention_times(proposal: Proposal) -> tuple[datetime, ...]:
    """Give the times of the next reminder and of the escalation."""
    return tuple(at for at in (proposal.remind_at, escalate_at(proposal)) if at is not None)
