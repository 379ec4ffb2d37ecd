"""A decision that came after another one: whoever was second is told who decided what, and when. Pure."""

from agent_core.checkpoint import Card, Checkpoint
from agent_core.errors import Refused
from agent_core.inputs import Approve, Edit, Reject

RELEASED = frozenset({"approved", "running", "stopping", "scoring", "done", "failed", "unknown", "review"})
AGAINST = {"rejected": "rejected", "edited": "edited", "corrected": "corrected", "reconsidered": "corrected"}
LOOK = "The card shows how it stands."


def check_is_not_spent(checkpoint: Checkpoint, decision: Approve | Reject | Edit) -> None:
    """Raise Refused if the proposal was decided by people already, naming them."""
    for card in checkpoint.cards:
        made = card.proposal
        if made is not None and (made.digest, made.version) == (decision.digest, decision.version):
            said = who_decided(card)
            if said:
                raise Refused(said, LOOK)


def who_decided(card: Card) -> str:
    """Say who decided on a card's proposal or what closed it, and when; nothing while it waits, or where it expired."""
    approvals = card.proposal.approvals if card.proposal else ()
    if card.state in RELEASED and approvals:
        names = " and ".join(f"<@{approval.by.id}>" for approval in approvals)
        return f"{names} approved this step at {approvals[-1].at:%H:%M:%S} UTC."
    if card.state in AGAINST and card.by and card.at:
        return f"<@{card.by[-1]}> {AGAINST[card.state]} this step at {card.at:%H:%M:%S} UTC."
    if card.state == "closed" and card.words and card.at:  # with its task: what closed it names who did
        return f"{card.words} That was at {card.at:%H:%M:%S} UTC."
    return ""
