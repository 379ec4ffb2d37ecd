import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from agent_core.adapters.models.postconditions import UNVERIFIED_CAP, Standing, standing
from agent_core.adapters.models.runbook_memory import Memory
from agent_core.adapters.models.runbook_values import Check, Step, When
from agent_core.inputs import Done, Propose
from agent_core.ports import Output
from tests.adapters.models.desk import RESTARTING, desk, of

UP = Check(stdout_contains="up")
READ = Step(tool="read_status", args={"service": "cart"}, check=UP)
PLAIN = replace(READ, check=None)


async def test_phi_of_the_shipped_example_comes_from_its_one_check() -> None:
    """Two steps that succeed are no postcondition; the third is."""
    task = desk(RESTARTING)
    look = await task.ran(await task.proposed(), "inactive")
    assert (look.before, look.after, look.confidence, look.cap) == (0.0, 0.0, 0.5, UNVERIFIED_CAP)
    assert look.evidence == "0 of 1 checks hold. Step 3: stdout contains “active”: not judged yet."
    await task.ran(await task.proposed())
    end = await task.ran(await task.proposed(), "active (running)")
    assert (end.before, end.after, end.confidence, end.cap) == (0.0, 10.0, 1.0, 10.0)
    assert end.evidence == "1 of 1 checks hold. Step 3: stdout contains “active”: holds."
    assert json.loads(end.features_json) == {"ok": True, "raw": 10.0, "runbook": "restart-service", "step_id": "3"}


async def test_each_check_is_judged_on_the_newest_result_of_its_step() -> None:
    """What held once and holds no more does not count."""
    task = desk(of(replace(READ, id="try"), replace(READ, on_failure="try"), READ), purpose="go")
    assert (await task.ran(await task.proposed(), "up")).after == 3.33
    assert (await task.ran(await task.proposed(), "up", outcome="failed")).after == 6.67
    figures = await task.ran(await task.proposed(), "down")
    assert (figures.before, figures.after) == (6.67, 3.33)
    assert figures.evidence.startswith("1 of 3 checks hold. Step try: stdout contains “up”: does not hold; step 2:")


async def test_all_checks_holding_lifts_the_cap_before_the_last_step() -> None:
    """That is how a runbook ends early."""
    task = desk(of(READ, PLAIN, PLAIN), purpose="go")
    figures = await task.ran(await task.proposed(), "up")
    assert (figures.after, figures.cap) == (10.0, 10.0)


async def test_nearly_all_is_capped_until_the_last_step_is_done() -> None:
    """Ten checks of which nine hold are 9.0, and that would end the task."""
    task = desk(of(*[READ] * 9, replace(READ, id="odd"), PLAIN), purpose="go")
    for _ in range(8):
        await task.ran(await task.proposed(), "up")
    figures = await task.ran(await task.proposed(), "up")
    assert (figures.after, figures.cap) == (8.9, 8.9)
    await task.ran(await task.proposed(), "down")
    figures = await task.ran(await task.proposed(), "down")
    assert (figures.after, figures.cap, figures.confidence) == (9.0, 10.0, 0.5)


async def test_without_checks_phi_counts_the_steps_that_succeeded() -> None:
    """Capped until the last is done, with half the confidence."""
    task = desk(of(PLAIN, replace(PLAIN, on_failure="continue"), PLAIN, PLAIN), purpose="go")
    figures = [await task.ran(await task.proposed(), outcome=outcome) for outcome in ("ok", "failed", "ok", "ok")]
    assert [one.after for one in figures] == [2.5, 2.5, 5.0, 7.5]
    assert [one.cap for one in figures] == [8.9, 8.9, 8.9, 10.0]
    assert {one.confidence for one in figures} == {0.5}
    assert figures[-1].evidence == "3 of 4 steps succeeded; book has no checks."


async def test_done_is_scored_without_a_cap() -> None:
    """The last step failed and the runbook went on to its end: what holds is what counts."""
    task = desk(of(READ, replace(READ, on_failure="continue")), purpose="go")
    await task.ran(await task.proposed(), "up")
    failed = await task.ran(await task.proposed(), outcome="failed")
    assert failed.cap == 8.9
    assert isinstance(await task.ask(), Done)
    figures = await task.scored(None)
    assert (figures.after, figures.cap, figures.confidence) == (5.0, 10.0, 0.5)
    assert json.loads(figures.features_json)["step_id"] == "done"


@pytest.mark.parametrize("checked", [True, False])
async def test_a_step_that_was_not_needed_counts_for_nothing(*, checked: bool) -> None:
    """A restart that its ``when`` passed over cannot hold a healthy service's Φ down."""
    step = READ if checked else PLAIN
    needless = replace(step, when=When(step="look", check=Check(stdout_contains="down")))
    task = desk(of(replace(step, id="look"), needless), purpose="go")
    await task.ran(await task.proposed(), "up")
    assert isinstance(await task.ask(), Done)
    figures = await task.scored(None)
    assert figures.after == 10.0
    if checked:
        assert "step 2: stdout contains “up”: not needed" in figures.evidence


async def test_a_step_that_a_person_skipped_counts_as_not_done() -> None:
    """It was wanted and did not happen."""
    task = desk(of(PLAIN, replace(PLAIN, tool="restart_service")), purpose="go")
    await task.ran(await task.proposed())
    task.rejects(await task.proposed())
    await task.ask()
    task.says("skip")
    await task.ask()
    assert (await task.scored(None)).after == 5.0


async def test_a_step_that_the_core_skipped_leaves_its_check_as_it_was() -> None:
    """There is no newer result."""
    task = desk(of(READ), purpose="go")
    figures = await task.ran(await task.proposed(), "up", outcome="skipped")
    assert (figures.after, figures.confidence) == (0.0, 0.5)


async def test_a_call_that_did_not_end_by_itself_proves_nothing() -> None:
    """What it printed before it was killed is no result."""
    task = desk(of(READ), purpose="go")
    figures = await task.ran(await task.proposed(), "up", outcome="timed_out")
    assert (figures.after, figures.confidence) == (0.0, 0.5)


async def test_a_step_without_its_output_is_not_judged() -> None:
    """A person said that it happened; nobody knows what it printed."""
    task = desk(of(READ, PLAIN), purpose="go")
    step = await task.proposed()
    await task.ran(step, "up")
    run = task.checkpoint.recent[-1]
    figures = await task.scored(run)
    assert (figures.after, figures.confidence) == (0.0, 0.5)
    assert figures.evidence.endswith("There is no output of this step to judge.")


async def test_a_cut_output_is_told() -> None:
    """What was looked for may stand in what was cut."""
    task = desk(of(READ), purpose="go")
    await task.ran(await task.proposed(), "down")
    figures = await task.scored(task.checkpoint.recent[-1], Output(stdout="down", cut_bytes=12))
    assert figures.evidence.endswith(" 12 bytes of the output were cut off and not judged.")


async def test_an_overridden_phi_is_where_the_next_score_begins() -> None:
    """The card's “before” is what people saw last."""
    task = desk(RESTARTING)
    await task.ran(await task.proposed())
    task.checkpoint = replace(task.checkpoint, phi=4.2)
    assert (await task.ran(await task.proposed())).before == 4.2


async def test_many_checks_are_told_with_the_newest_first() -> None:
    """A card has room for some."""
    task = desk(of(*[READ] * 12), purpose="go")
    await task.ran(await task.proposed(), "up")
    figures = await task.ran(await task.proposed(), "up")
    assert figures.evidence.startswith("2 of 12 checks hold. Step 2: stdout contains “up”: holds; step 1: ")
    assert figures.evidence.endswith("; and 4 more.")


async def test_a_task_without_a_runbook_gets_what_its_steps_say() -> None:
    """It can never end early, and at its end it has the share that succeeded."""
    task = desk()
    step = Propose(tool="read_status", args_json='{"service":"cart"}')
    figures = [await task.ran(step, outcome=outcome) for outcome in ["ok"] * 9 + ["failed"]]  # type: ignore[arg-type]  # outcomes
    assert [one.after for one in figures[:2]] == [5.0, 6.67]
    assert max(one.after for one in figures) == 8.9
    assert figures[-1].before == 8.9
    assert figures[-1].memory is None
    end = await task.scored(None)
    assert (end.after, end.cap, end.confidence) == (9.0, 10.0, 0.5)
    assert end.evidence == "9 of 10 steps succeeded at the end; nothing else was checked."


async def test_a_task_in_which_nothing_ran_has_reached_nothing() -> None:
    """Done without a step is no evidence of anything."""
    task = desk()
    task.checkpoint = replace(task.checkpoint, memory='{"line": 1}')
    assert (await task.scored(None)).after == 0.0


def test_a_runbook_whose_checks_were_all_passed_over_has_shown_nothing() -> None:
    """No division by nothing, and no Φ out of nothing."""
    memory = Memory(outcomes={"1": "passed"})
    assert standing(of(READ), memory, last_done=True) == Standing(met=0, all=0, verified=True)
    assert standing(of(READ), memory, last_done=True).raw == 0.0


OUTCOMES = st.sampled_from(["ok", "failed", "timed_out", "skipped", "unknown"])
STEPS = st.builds(
    Step,
    tool=st.just("read_status"),
    args=st.just({"service": "cart"}),
    check=st.none() | st.just(UP),
    on_failure=st.sampled_from(["continue", "1"]),
    when=st.none() | st.just(When(step="1", check=UP)),
)


@given(steps=st.lists(STEPS, min_size=1, max_size=6), course=st.lists(st.tuples(OUTCOMES, st.booleans()), max_size=12))
async def test_phi_stays_in_its_bounds_and_below_the_stop_until_verified(
    steps: list[Step], course: list[tuple[str, bool]]
) -> None:
    """Whatever the steps do: 0..10, at most its cap, and 9 or more only verified or at the end."""
    task = desk(of(*steps), purpose="go")
    figures = None
    for outcome, up in course:
        reply = await task.ask()
        if not isinstance(reply, Propose):
            figures = await task.scored(None)
            break
        figures = await task.ran(reply, "up" if up else "down", outcome=outcome)  # type: ignore[arg-type]  # outcomes
        assert 0 <= figures.after <= figures.cap <= 10
        assert 0 <= figures.before <= 10
        assert figures.confidence in (0.5, 1.0)
    assert figures is None or 0 <= figures.after <= figures.cap
