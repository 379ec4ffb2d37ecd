from dataclasses import replace

import pytest

from agent_core.adapters.models.runbook_values import Check, Step, When
from tests.adapters.models.desk import RESTARTING, desk, of


@pytest.mark.parametrize(
    ("inquiry", "words"),
    [
        ("Which step is this?", "This is step 2 of 3 of restart-service (restart_service)."),
        ("how far are we?", "This is step 2 of 3 of restart-service (restart_service)."),
        (
            "Why?",
            "The reason for this step: It does not answer. Expected: is active again. The runbook is for: Up.",
        ),
        ("What comes next?", "Next comes step 3 of 3 of restart-service (read_status)."),
        ("what was the output?", "Step 1 (read_status) ended: ok, exit code 0. It printed: inactive"),
        ("What is Φ?", "Φ is 0.0 of 10. Its checks: step 3: stdout contains “active”: not judged yet."),
        ("Which checks hold?", "Φ is 0.0 of 10. Its checks: step 3: stdout contains “active”: not judged yet."),
    ],
)
async def test_a_question_is_answered_from_the_runbook_and_what_it_knows(inquiry: str, words: str) -> None:
    """The card stays live meanwhile."""
    task = desk(replace(RESTARTING, purpose="Up."))
    await task.ran(await task.proposed(), "inactive")
    await task.proposed()
    assert await task.told(inquiry) == words


async def test_several_questions_in_one_are_all_answered() -> None:
    """People ask as they think."""
    task = desk(RESTARTING)
    await task.proposed()
    told = await task.told("Why this step, and what is the score?")
    assert "See whether it is down." in told
    assert "Φ has not been scored yet." in told


async def test_a_question_that_it_cannot_answer_is_told_so() -> None:
    """And that nobody was asked in the person's place."""
    task = desk(RESTARTING)
    await task.proposed()
    told = await task.told("Is it raining?")
    assert told.startswith("I follow a runbook and cannot answer that. I can tell which step this is")
    assert told.endswith("Nobody else was asked.")


async def test_before_and_after_its_steps_it_says_so() -> None:
    """The ends are where people ask."""
    task = desk(of(Step(tool="read_status", args={"service": "cart"})), purpose="go")
    assert await task.told("why?") == "No runbook has been chosen for this task yet, so there is nothing to tell."
    step = await task.proposed()
    assert await task.told("why?") == "The runbook gives no reason for this step."
    assert await task.told("what is next?") == "Nothing comes after this step."
    assert await task.told("what was printed?") == "Nothing has run yet."
    assert "This runbook has no checks" in await task.told("score?")
    await task.ran(step)
    await task.ask()
    assert await task.told("which step?") == "All 1 steps of book are done."
    assert await task.told("why?") == "All steps are done."
    assert await task.told("what is next?") == "Nothing comes next: all steps are done."


async def test_a_call_that_printed_nothing_or_did_not_end_is_told_as_it_is() -> None:
    """No exit code is not exit code 0."""
    task = desk(RESTARTING)
    await task.ran(await task.proposed(), outcome="timed_out")
    assert await task.told("result?") == "Step 1 (read_status) ended: timed out. It printed: nothing"


async def test_a_next_step_with_a_condition_is_told_with_it() -> None:
    """It may be passed over."""
    look = Step(id="look", tool="read_status", args={"service": "cart"})
    mend = Step(tool="restart_service", args={"service": "cart"}, when=When(step="look", check=Check(exit_code=3)))
    task = desk(of(look, mend), purpose="go")
    await task.proposed()
    assert await task.told("and then?") == (
        "Next comes step 2 of 2 of book (restart_service), if of step look: exit code is 3."
    )
