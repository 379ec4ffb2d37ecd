"""A call was claimed and nobody can say whether it happened: people look, and say. Nothing else proceeds."""

from datetime import datetime

from agent_core.checkpoint import Checkpoint, Message
from agent_core.effects import Say
from agent_core.errors import Refused, not_now
from agent_core.inputs import Correct, Input, ResolveUnknown
from agent_core.phases import OutcomeUnknown
from agent_core.rules.approvals import check_may_steer
from agent_core.rules.book import Rules
from agent_core.rules.claims import ended, replace_proposal, run_as
from agent_core.rules.draft import begin, do, hear, heed, show
from agent_core.transition import Transition
from agent_core.values import replace

LEADS_TO = {
    "resolve_unknown": frozenset({"scoring", "awaiting_approval", "acting", "thinking", "finished"}),
    "correct": frozenset({"outcome_unknown"}),
}
SAID = {"happened": "It happened", "not_happened": "It did not happen", "try_again": "Try again"}


def outcome_unknown(
    checkpoint: Checkpoint, phase: OutcomeUnknown, given: Input, now: datetime, rules: Rules
) -> Transition:
    """Let somebody who may steer the task say what happened."""
    draft = begin(checkpoint, now)
    match given:
        case ResolveUnknown():
            check_may_steer(checkpoint, given.by, rules)
            return resolved(draft, phase, given, now, rules)
        case Correct():
            return do(
                heed(draft, given, now), Say(words="Noted. First say on the card whether the last step happened.")
            )
        case _:
            raise not_now(phase.kind, given.kind)


def resolved(
    draft: Transition, phase: OutcomeUnknown, given: ResolveUnknown, now: datetime, rules: Rules
) -> Transition:
    """Count the step as done or failed, or propose it anew."""
    proposal = phase.proposal
    if given.digest != proposal.digest or given.version != proposal.version:
        raise Refused("This card is out of date.", "Answer on the newest card.")
    words = f"{SAID[given.verdict]}, says <@{given.by.id}>."
    said = Message(by=given.by.id, text=words, about="unknown_resolved", step=proposal.step, at=now)
    draft = hear(draft, said)
    card = draft.checkpoint.card(proposal.card)
    if card is not None:
        draft = show(draft, replace(card, about="proposal", by=(given.by.id,), words=words, at=now))
    if given.verdict == "try_again":
        return replace_proposal(draft, proposal, f"{words} The step is proposed anew.", rules, now)
    found = f"{words} {phase.excerpt}".strip()
    run = run_as(proposal, "ok" if given.verdict == "happened" else "failed", found, now)
    return ended(draft, proposal, run, now)
