"""What a task came to, from its tally and its journal."""

from dataclasses import replace
from typing import Literal

import pytest

from agent_core.checkpoint import Tally
from agent_core.records import Decided, Denied, Late, Learned, Proposed, StepEnded
from agent_core.rules.summary import DEEDS, Deeds, picture
from agent_core.words import LessonId
from tests.examples import LEAD, NOTE, PROPOSAL, RUN, START, WAITING, entry


def test_a_summary_counts_and_names_who_let_what_happen() -> None:
    """Figures from the tally, deeds and lessons from the journal."""
    deeds = Deeds()
    learned = Learned(lesson=LessonId("heuristic:1"), words="Never payments.", by=LEAD.id)
    deeds.add([entry(1, START, StepEnded(run=RUN), learned, Late(what="scored")), NOTE])
    task = replace(WAITING, phi=7.5, tally=Tally(steps=4, succeeded=3, reward=5.0, phi_start=2.5, course=(2.5, 7.5)))
    made = deeds.summary(task)
    assert (made.steps, made.success_rate, made.reward, made.net) == (4, 0.75, 5.0, 5.0)
    assert made.course == "▃▇"
    (deed,) = made.deeds
    assert (deed.tool, deed.outcome, deed.approved_by) == ("restart_service", "ok", RUN.approved_by)
    assert made.learned == ("Never payments.",)


def test_a_step_that_a_person_or_a_rule_was_against_is_told_with_the_others() -> None:
    """Whoever reads the end only must not take a step that was refused for one that never was."""
    no = Decided(digest=PROPOSAL.digest, how="rejected", by=(LEAD.id,), words="too risky")
    forbidden = Denied(tool="rm", args_json="{}", because=("rule 1",))
    deeds = Deeds()
    deeds.add([entry(1, START, Proposed(proposal=PROPOSAL)), entry(2, START, no), entry(3, START, forbidden)])
    told = [(deed.step, deed.tool, deed.outcome, deed.against) for deed in deeds.summary(WAITING).deeds]
    step = PROPOSAL.step
    assert told == [(step, "restart_service", "rejected", (LEAD.id,)), (step + 1, "rm", "denied", ())]


def test_a_first_step_that_is_forbidden_is_step_one() -> None:
    """Nothing was proposed before it."""
    deeds = Deeds()
    deeds.add([entry(1, START, Denied(tool="rm", args_json="{}", because=("rule 1",)))])
    assert [deed.step for deed in deeds.summary(WAITING).deeds] == [1]


@pytest.mark.parametrize("how", ["edited", "corrected", "approved"])
def test_a_step_that_comes_again_changed_or_is_to_run_is_told_once(how: Literal["edited", "corrected"]) -> None:
    """Its successor is what was done, or was not."""
    deeds = Deeds()
    spent = Decided(digest=PROPOSAL.digest, how=how, by=(LEAD.id,))
    deeds.add([entry(1, START, Proposed(proposal=PROPOSAL), spent), entry(2, START, StepEnded(run=RUN))])
    assert [deed.outcome for deed in deeds.summary(WAITING).deeds] == ["ok"]


def test_a_step_that_is_withdrawn_to_be_proposed_anew_or_forbidden_is_told_by_its_end() -> None:
    """Policy that changed takes a proposal back; what it then says of the step is what counts."""
    again = replace(PROPOSAL, version=PROPOSAL.version + 1)
    withdrawn = Decided(digest=PROPOSAL.digest, how="withdrawn", words="Policy asks for more now.")
    deeds = Deeds()
    deeds.add([entry(1, START, Proposed(proposal=PROPOSAL)), entry(2, START, withdrawn, Proposed(proposal=again))])
    assert deeds.summary(WAITING).deeds == ()
    forbidden = Denied(tool="restart_service", args_json="{}", because=("rule 1",))
    deeds.add([entry(3, START, replace(withdrawn, digest=again.digest), forbidden)])
    assert [(deed.step, deed.outcome) for deed in deeds.summary(WAITING).deeds] == [(PROPOSAL.step, "denied")]


def test_a_decision_whose_proposal_is_not_in_the_journal_is_passed_over() -> None:
    """A journal that was cut off at its beginning can still be summed up."""
    deeds = Deeds()
    deeds.add([entry(2, START, Decided(digest=PROPOSAL.digest, how="rejected", by=(LEAD.id,)))])
    assert deeds.summary(WAITING).deeds == ()


def test_a_task_that_did_nothing_has_a_summary_too() -> None:
    """Nothing is divided by nothing."""
    made = Deeds().summary(replace(WAITING, phi=None, tally=Tally()))
    assert (made.success_rate, made.net, made.course, made.deeds) == (0.0, 0.0, "", ())


def test_a_long_task_lists_its_newest_deeds_and_counts_the_rest() -> None:
    """Page by page, with bounded memory."""
    deeds = Deeds()
    for step in range(30):
        deeds.add([entry(step, START, StepEnded(run=replace(RUN, step=step)))])
    made = deeds.summary(WAITING)
    assert [deed.step for deed in made.deeds] == list(range(30 - DEEDS, 30))
    assert made.more_deeds == 30 - DEEDS


def test_the_course_is_drawn_from_the_lowest_to_the_highest_bar() -> None:
    """0 and 10 are both on the scale."""
    assert picture((0.0, 5.0, 10.0)) == "▁▅█"
