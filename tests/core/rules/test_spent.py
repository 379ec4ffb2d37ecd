from dataclasses import replace

import pytest

from agent_core.checkpoint import Card, CardState
from agent_core.errors import Refused
from agent_core.rules.spent import check_is_not_spent, who_decided
from tests.examples import APPROVE, APPROVED, APPROVER, CARD, NOON, PROPOSAL, WAITING

DECIDED = replace(CARD, proposal=APPROVED, state="done", at=NOON)


@pytest.mark.parametrize("state", ["approved", "running", "stopping", "done", "failed", "unknown"])
def test_whoever_comes_after_an_approval_is_told_who_approved_and_when(state: CardState) -> None:
    """Of two people at once one wins; the other is not left to guess."""
    with pytest.raises(Refused) as no:
        check_is_not_spent(replace(WAITING, cards=(replace(DECIDED, state=state),)), APPROVE)
    assert no.value.words == f"<@{APPROVER.id}> approved this step at 12:00:00 UTC."


@pytest.mark.parametrize("state", ["rejected", "edited", "corrected"])
def test_whoever_comes_after_another_decision_is_told_whose_it_was(state: CardState) -> None:
    """The words name what was done, so that nobody reads an edit as a no."""
    said = who_decided(replace(DECIDED, state=state, by=(APPROVER.id,)))
    assert said == f"<@{APPROVER.id}> {state} this step at 12:00:00 UTC."


def test_whoever_decides_while_a_correction_is_thought_about_is_told_whose_it_is() -> None:
    """The step is on its way to be another one."""
    said = who_decided(replace(DECIDED, state="reconsidered", by=(APPROVER.id,)))
    assert said == f"<@{APPROVER.id}> corrected this step at 12:00:00 UTC."


def test_whoever_decides_on_a_step_whose_task_was_aborted_is_told_by_whom() -> None:
    """That the task is finished would leave them to ask around."""
    said = who_decided(replace(DECIDED, state="closed", words=f"Aborted by <@{APPROVER.id}>."))
    assert said == f"Aborted by <@{APPROVER.id}>. That was at 12:00:00 UTC."


@pytest.mark.parametrize(
    "card",
    [
        replace(DECIDED, state="waiting"),
        replace(DECIDED, state="closed", words=""),
        replace(DECIDED, state="expired"),
        replace(DECIDED, proposal=PROPOSAL),
        replace(DECIDED, state="rejected", by=()),
        replace(DECIDED, proposal=None),
    ],
)
def test_where_no_person_decided_nobody_is_named(card: Card) -> None:
    """A step that policy allowed, one that expired, one that waits: the phase has its own words for them."""
    assert who_decided(card) == ""
    check_is_not_spent(replace(WAITING, cards=(card,)), APPROVE)


def test_another_proposal_of_the_same_step_is_not_spent_with_it() -> None:
    """A step that was edited has a new proposal, which waits for its own decision."""
    check_is_not_spent(replace(WAITING, cards=(DECIDED,)), replace(APPROVE, version=APPROVE.version + 1))
