"""What keeps a released step from starting for now: the lock that its call needs, and the emergency stop. Pure.

A lock is named by its tool's declaration and the call's arguments. Whoever took it needs it from the moment before the
claim until the outcome is known: that is read from the holder's task, so that nothing has to be given back by a worker
that is gone.
"""

from datetime import datetime

from agent_core.checkpoint import Card, Checkpoint
from agent_core.effects import RunTool
from agent_core.inputs import ToolHeld
from agent_core.phases import Acting, OutcomeUnknown, Paused
from agent_core.proposal import Proposal
from agent_core.records import Late
from agent_core.rules.book import Rules
from agent_core.rules.draft import do, enter, keep, settle, show, turn
from agent_core.rules.stopping import Switched
from agent_core.rules.templates import in_text
from agent_core.transition import Transition, work_id
from agent_core.values import replace
from agent_core.words import EffectId, ThreadId, version_of

NAME_CHARS = 80


def lock_of(proposal: Proposal, rules: Rules) -> str:
    """Name the lock that a call needs, or give nothing."""
    spec = rules.tools.get(proposal.call.tool)
    return in_text(spec.lock, proposal.call.args) if spec and spec.lock else ""


def thread_of(holder: EffectId) -> ThreadId:
    """Name the thread of a lock's holder."""
    return ThreadId(holder.rsplit("/", 2)[0])


def is_needed(checkpoint: Checkpoint | None, holder: EffectId) -> bool:
    """Tell whether a lock's holder may still begin its call, makes it, or can't tell what became of it."""
    if checkpoint is None:
        return False
    is_paused = isinstance(checkpoint.phase, Paused)
    phase = checkpoint.underlying
    match phase:
        case Acting(claim=None):
            return not is_paused and holder == work_id(checkpoint.thread_id, phase.asked)
        case Acting(proposal=proposal) | OutcomeUnknown(proposal=proposal):
            return version_of(holder)[0] >= proposal.version  # an earlier step's lock was only not given back
        case _:
            return False


def waits(given: ToolHeld) -> str:
    """Say what a step waits for."""
    if given.lock:
        name = given.lock if len(given.lock) <= NAME_CHARS else f"{given.lock[: NAME_CHARS - 1]}…"
        return f"Waits for {given.link or 'another task'}: {name} is in use."
    return f"Waits. {Switched(is_stopped=True, by=given.by, at=given.since).words}" if given.since else "Waits."


def held(draft: Transition, phase: Acting, given: ToolHeld, now: datetime) -> Transition:
    """Say on the step's card what it waits for; it goes on asking, and the waiting costs no working time."""
    if phase.claim is not None:
        return keep(draft, Late(what=given.kind))
    draft = do(settle(draft, given.effect_id), RunTool(digest=phase.proposal.digest))
    draft = enter(draft, replace(phase, asked=draft.checkpoint.version), now)
    draft = turn(draft, replace(draft.checkpoint, active_since=None))
    proposal = phase.proposal
    fresh = Card(key=proposal.card, about="proposal", state="approved", changed=0, proposal=proposal)
    card = draft.checkpoint.card(proposal.card) or fresh
    return show(draft, replace(card, state="approved", words=waits(given), at=now))
