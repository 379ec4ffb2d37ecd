"""What is said of a task and of its steps to whoever asks."""

from dataclasses import replace

from agent_core.records import Decided, Late, Line, Proposed, ScoreStands, StepEnded
from agent_core.words import LessonId
from bot.status import described, step_described
from tests.examples import APPROVER, FINISHED, LEAD, NOTE, PROPOSAL, RUN, SCORE, START, WAITING, entry

STEP = PROPOSAL.step


def test_a_task_is_described_without_lines_of_its_own_words_making() -> None:
    """Its purpose is data, and may have line breaks."""
    told = described(replace(WAITING, purpose="restart\nID: forged", phase=FINISHED, phi=None)).split("\n")
    assert told[0] == "Task: restart ID: forged"
    assert "finished (succeeded" in told[1]
    assert told[2].startswith("not scored yet, step ")
    assert len(told) == 4


def test_a_step_is_told_from_its_rule_to_its_score() -> None:
    """Who was asked, who decided, what came of it; a refusal in between tells nothing."""
    run, score = replace(RUN, step=STEP), replace(SCORE, step=STEP, overridden_by=LEAD.id, because=("a lesson",))
    lines: list[Line] = [
        entry(1, START, Proposed(proposal=replace(PROPOSAL, taught=(LessonId("heuristic:1"),)))),
        NOTE,
        entry(2, START, Decided(digest=PROPOSAL.digest, how="approved", by=(APPROVER.id,)), Late(what="scored")),
        entry(3, START, StepEnded(run=run), ScoreStands(score=score)),
    ]
    told = step_described(lines, STEP)
    for words in (
        f"Step {STEP}: restart_service, high risk",
        f"Policy asked 1 of <@{APPROVER.id}>",
        "Taught rules that changed it or spoke of it: heuristic:1",
        f"It was approved by <@{APPROVER.id}>",
        "It succeeded",
        f"set by <@{LEAD.id}>",
        "Because a lesson",
    ):
        assert words in told


def test_an_allowed_step_names_the_rule_and_another_step_tells_nothing() -> None:
    """A number that no step has is no step."""
    allowed = replace(PROPOSAL, allowed=True, requirements=(), because=("looking is free",))
    expired = Decided(digest=PROPOSAL.digest, how="expired")
    lines = [entry(1, START, Proposed(proposal=allowed)), entry(2, START, expired)]
    assert step_described(lines, STEP).split("\n")[1:] == ["Policy allowed it: looking is free", "It expired"]
    assert step_described(lines, STEP + 1) == ""
