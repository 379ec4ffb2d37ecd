"""Who may decide, correct, steer and teach. Pure, failing closed: what is not known to be allowed is refused.

The same counting serves the click and the claim: at the claim it is done again with people looked up afresh.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from agent_core.checkpoint import Checkpoint
from agent_core.errors import Refused
from agent_core.inputs import Approve, Edit, Reject, Withdraw
from agent_core.people import People, Person
from agent_core.proposal import Approval, Proposal
from agent_core.rules.book import Rules
from agent_core.rules.draft import cut
from agent_core.values import replace
from agent_core.words import PersonId

WHO = {
    "deactivated": "Your account is deactivated.",
    "unknown": "Slack could not say who you are just now.",
    "bot": "Bots do not decide.",
}
NOBODY = "nobody"
MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


def whom(people: People) -> str:
    """Say who is in a set, in words and mentions."""
    parts = [f"<@{user}>" for user in sorted(people.users)]
    parts += [f"<!subteam^{group}>" for group in sorted(people.usergroups)]
    if people.channel_members:
        parts.append("any member of this channel")
    return " or ".join(parts) if parts else NOBODY


def ask_one_of(people: People) -> str:
    """Say whom to ask, or that there is nobody."""
    names = whom(people)
    return f"Ask {names}." if names != NOBODY else "The configuration names nobody who may."


def whom_still(proposal: Proposal) -> str:
    """Say who is still to approve."""
    names = sorted({whom(requirement.approvers) for requirement in proposal.missing()})
    return " and ".join(names) if names else "nobody"


def stands_for(proposal: Proposal, index: int) -> tuple[People, ...]:
    """Give the sets that count for one requirement: its own, and after escalation the one its rule escalates to."""
    requirement, wider = proposal.requirements[index], proposal.escalate
    if proposal.escalated and wider is not None and wider.rule == requirement.rule:
        return (requirement.approvers, wider.to)
    return (requirement.approvers,)


def is_approver(proposal: Proposal, person: Person) -> bool:
    """Tell whether the person is in any set that the proposal asks."""
    return any(
        person in people for index in range(len(proposal.requirements)) for people in stands_for(proposal, index)
    )


def open_now(proposal: Proposal) -> tuple[int, ...]:
    """Give the requirements that a yes may count for now: of a rule's stages the first that is not met."""
    found: list[int] = []
    open_stage: set[str] = set()
    for index, requirement in enumerate(proposal.requirements):
        got = sum(index in approval.counts_for for approval in proposal.approvals)
        if requirement.rule in open_stage or got >= requirement.quorum:
            continue
        staged = any(other.rule == requirement.rule and other.stage for other in proposal.requirements)
        if staged:
            open_stage.add(requirement.rule)
        found.append(index)
    return tuple(found)


def counts_for(proposal: Proposal, person: Person) -> tuple[int, ...]:
    """Give the requirements that this person's yes would count for now: nobody counts in two stages."""
    return tuple(
        index for index in open_now(proposal) if any(person in people for people in stands_for(proposal, index))
    )


def whom_now(proposal: Proposal) -> str:
    """Say whose yes counts now."""
    return " and ".join(sorted({whom(proposal.requirements[index].approvers) for index in open_now(proposal)}))


def with_approval(proposal: Proposal, person: Person, at: datetime, note: str) -> Proposal:
    """Add a yes, or raise Refused if it would not count."""
    given = next((approval for approval in proposal.approvals if approval.by.id == person.id), None)
    if (
        given is not None
    ):  # Once more counts only if a later stage is open now: then for that and for all it did before.
        proposal = replace(proposal, approvals=tuple(other for other in proposal.approvals if other is not given))
    counts = counts_for(proposal, person)
    if given is not None and not set(counts) > set(given.counts_for):
        still = whom_still(replace(proposal, approvals=(*proposal.approvals, given)))
        raise Refused("You have approved this step already.", f"It still needs {still}.")
    if not counts and is_approver(proposal, person):
        raise Refused("It is not your turn yet: the stage before yours is not done.", f"Ask {whom_now(proposal)}.")
    if not counts:
        raise Refused(WHO.get(person.kind, "You are not an approver of this step."), f"Ask {whom_now(proposal)}.")
    approval = Approval(by=person, at=at, counts_for=counts, note=cut(note))
    return replace(proposal, approvals=(*proposal.approvals, approval))


def recount(proposal: Proposal, fresh: Sequence[Person], requester: PersonId) -> Proposal:
    """Count the approvals again with people as they are now; those that no longer count are left out."""
    known: Mapping[PersonId, Person] = {person.id: person for person in fresh}
    counted = replace(proposal, approvals=())
    for approval in proposal.approvals:
        person = known.get(approval.by.id)
        if person is None or (proposal.not_requester and person.id == requester):
            continue
        counts = counts_for(counted, person)
        if counts:
            kept = replace(approval, by=person, counts_for=counts)
            counted = replace(counted, approvals=(*counted.approvals, kept))
    return counted


def check_names(checkpoint: Checkpoint, proposal: Proposal, decision: Approve | Reject | Edit | Withdraw) -> None:
    """Raise Refused unless the decision names this very proposal, on its own card."""
    if decision.digest != proposal.digest or decision.version != proposal.version:
        raise Refused("This card is out of date: it shows an older proposal.", "Decide on the newest card.")
    card = checkpoint.card(proposal.card)
    pressed = None if isinstance(decision, Withdraw) else decision.card
    if card is not None and card.ts is not None and pressed is not None and pressed != card.ts:
        raise Refused("This is a copy of the card.", "Decide on the card in the task's thread.")


def check_may_approve(checkpoint: Checkpoint, proposal: Proposal, by: Person) -> None:
    """Raise Refused if policy keeps this person from approving, whatever sets they are in."""
    if proposal.not_requester and by.id == checkpoint.requester:
        raise Refused("You asked for this task, so somebody else must approve it.", f"Ask {whom_still(proposal)}.")
    if proposal.not_editor and by.id == proposal.editor:
        raise Refused("You edited this step, so somebody else must approve it.", f"Ask {whom_still(proposal)}.")


def check_may_reject(proposal: Proposal, by: Person) -> None:
    """Raise Refused unless the person is one of the step's approvers."""
    if not is_approver(proposal, by):
        raise Refused(WHO.get(by.kind, "You are not an approver of this step."), f"Ask {whom_still(proposal)}.")


def check_may_edit(checkpoint: Checkpoint, proposal: Proposal, by: Person) -> None:
    """Raise Refused unless the person is an approver of the step or the requester."""
    if not (is_approver(proposal, by) or is_requester(checkpoint, by)):
        raise Refused(
            WHO.get(by.kind, "Only approvers and the requester may edit this step."), f"Ask {whom_still(proposal)}."
        )


def is_requester(checkpoint: Checkpoint, by: Person) -> bool:
    """Tell whether this is the requester, as an account that still counts."""
    return by.id == checkpoint.requester and by.kind not in ("deactivated", "unknown", "bot")


def is_task_approver(checkpoint: Checkpoint, by: Person) -> bool:
    """Tell whether the person is in a set that any step of this task asked."""
    return any(by in people for people in checkpoint.approvers)


def check_may_steer(checkpoint: Checkpoint, by: Person, rules: Rules) -> None:
    """Raise Refused unless the person may pause, resume, stop or abort: the requester, approvers and operators."""
    if not (is_requester(checkpoint, by) or is_task_approver(checkpoint, by) or by in rules.operators):
        raise Refused("Only the requester and this task's approvers may do that.", f"Ask <@{checkpoint.requester}>.")


def may_correct(checkpoint: Checkpoint, by: Person, rules: Rules) -> bool:
    """Tell whether the person's replies redirect the task, by ``corrections.by``."""
    if is_requester(checkpoint, by):
        return True
    if rules.corrections_by == "channel_members":
        return by in People(channel_members=True)
    if rules.corrections_by == "participants":
        named = PersonId(by.id) in MENTION.findall(checkpoint.purpose)
        return is_task_approver(checkpoint, by) or (named and by in People(users=frozenset({by.id})))
    return False


def check_is_in(people: People, by: Person, what: str) -> None:
    """Raise Refused unless the person is in a configured set."""
    if by not in people:
        raise Refused(WHO.get(by.kind, f"You may not {what} here."), ask_one_of(people))
