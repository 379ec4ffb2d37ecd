"""A call without a result whose tool can be read back: what is asked, what it means, and what follows."""

from dataclasses import replace
from typing import Literal

import pytest

from agent_core.errors import Refused
from agent_core.inputs import Abort, ReadBack, Resume, Stop, Teach
from agent_core.phases import Finished, OutcomeUnknown, Paused, Scoring
from agent_core.ports import Output
from agent_core.rules.readbacks import found_out, reading
from tests.core.decide.desk import Desk
from tests.core.decide.office import FORBIDDING, STRICTER
from tests.examples import APPROVER, LEAD, REQUESTER

Verdict = Literal["happened", "not_happened", "unclear"]
Cause = Literal["lost", "timed_out", "stopped"]


def ordering() -> Desk:
    """Have an order run: it can be read back."""
    desk = Desk().start()
    desk.propose("order")
    desk.approve()
    desk.claim()
    return desk


def found(desk: Desk, verdict: Verdict, ended: Cause = "lost") -> ReadBack:
    """Say what reading back found."""
    words = "Its worker is gone. read_status was asked."
    return ReadBack(effect_id=desk.work, fence=desk.fence, verdict=verdict, ended=ended, words=words, stdout="ordered")


def test_the_declared_call_is_made_with_the_calls_own_arguments() -> None:
    """And with nothing else."""
    desk = ordering()
    call = reading(desk.task, desk.proposal, desk.rules, desk.now)
    assert (call.tool, call.args) == ("read_status", {"service": "cart"})


def test_what_policy_asks_about_is_not_read_unasked() -> None:
    """Nothing runs without policy's yes or a person's."""
    desk = ordering()
    for policy in (STRICTER, FORBIDDING):
        with pytest.raises(Refused, match="does not allow read_status"):
            reading(desk.task, desk.proposal, replace(desk.rules, policy=policy), desk.now)


def test_a_taught_rule_keeps_the_reading_from_being_made() -> None:
    """With other arguments it would speak of something else."""
    desk = ordering()
    desk.give(Teach(by=LEAD, when="tool = read_status", do="Look at the queue."))
    assert reading(desk.task, desk.proposal, desk.rules, desk.now).args == {"service": "cart"}, "words change nothing"
    desk.give(Teach(by=LEAD, when="tool = read_status", do="set service = checkout"))
    with pytest.raises(Refused, match="taught rule"):
        reading(desk.task, desk.proposal, desk.rules, desk.now)


def test_a_tool_that_can_no_longer_be_read_back_is_for_people() -> None:
    """The configuration changed while it ran."""
    desk = ordering()
    order = replace(desk.rules.tools["order"], readback=None)
    for tools in ({**desk.rules.tools, "order": order}, {}):
        rules = replace(desk.rules, tools=tools)
        with pytest.raises(Refused, match="no way to read it back"):
            reading(desk.task, desk.proposal, rules, desk.now)
        assert found_out(desk.proposal, rules, Output(stdout="ordered")) == "unclear"


@pytest.mark.parametrize(
    ("stdout", "verdict"),
    [("ordered", "happened"), ("nothing", "not_happened"), ("ordered twice", "unclear"), ("who knows", "unclear")],
)
def test_one_check_alone_must_hold(stdout: str, verdict: str) -> None:
    """Neither or both: nobody can tell."""
    desk = ordering()
    assert found_out(desk.proposal, desk.rules, Output(stdout=stdout)) == verdict


def test_what_happened_counts_as_done() -> None:
    """What it printed itself is lost, and no check is judged on what the reading printed."""
    desk = ordering()
    desk.give(found(desk, "happened"))
    assert (desk.kind, desk.card.state) == ("scoring", "done")
    run = desk.task.recent[-1]
    assert (run.outcome, run.output_at) == ("ok", None)
    assert "read_status was asked." in run.excerpt


def test_what_did_not_happen_is_proposed_anew() -> None:
    """People decide again; the first approval is spent."""
    desk = ordering()
    old = desk.proposal
    desk.give(found(desk, "not_happened"))
    assert desk.kind == "awaiting_approval"
    assert desk.proposal.version > old.version
    assert desk.proposal.approvals == ()
    assert "The step is proposed anew." in desk.said()[-1]
    desk.refuses(replace(desk.approval(), version=old.version))


@pytest.mark.parametrize("ended", ["timed_out", "stopped"])
def test_what_was_cut_short_and_did_not_happen_ended_as_just_that(ended: Cause) -> None:
    """It would run out of time again."""
    desk = ordering()
    desk.give(found(desk, "not_happened", ended))
    assert (desk.kind, desk.task.recent[-1].outcome) == ("scoring", ended)


def test_what_somebody_stopped_is_not_proposed_anew() -> None:
    """Its worker was lost before it could be stopped."""
    desk = ordering()
    desk.give(Stop(by=APPROVER))
    desk.give(found(desk, "not_happened"))
    assert (desk.kind, desk.task.recent[-1].outcome) == ("scoring", "stopped")
    assert desk.card.words == f"Stopped by <@{APPROVER.id}>."


def test_what_nobody_can_tell_is_asked() -> None:
    """As for a tool that cannot be read back."""
    desk = ordering()
    desk.give(found(desk, "unclear"))
    assert (desk.kind, desk.card.state) == ("outcome_unknown", "unknown")
    assert "read_status was asked." in desk.card.words


def test_a_reading_under_an_old_fence_changes_nothing() -> None:
    """It is recorded, and no more."""
    desk = ordering()
    before = desk.phase
    desk.give(replace(found(desk, "happened"), fence=desk.fence - 1))
    assert desk.phase == before
    assert [record.kind for record in desk.records][-1] == "late"


def test_inside_a_pause_nothing_of_what_follows_starts() -> None:
    """It waits until somebody resumes."""
    desk = ordering().paused()
    desk.give(found(desk, "not_happened"))
    assert isinstance(desk.phase, Paused)
    assert desk.phase.was.kind == "awaiting_approval"
    assert desk.newest("proposal").state == "paused"
    desk.give(Resume(by=REQUESTER))
    assert desk.kind == "awaiting_approval"
    desk = ordering().paused()
    desk.give(found(desk, "happened"))
    assert isinstance(desk.phase, Paused)
    assert isinstance(desk.phase.was, Scoring)
    desk = ordering().paused()
    desk.give(found(desk, "unclear"))
    assert isinstance(desk.phase, Paused)
    assert isinstance(desk.phase.was, OutcomeUnknown)


def test_inside_a_pause_a_tool_that_is_gone_ends_the_task() -> None:
    """There is nothing to be proposed anew."""
    desk = ordering().paused()
    desk.rules = replace(desk.rules, tools={})
    desk.give(found(desk, "not_happened"))
    assert isinstance(desk.phase, Finished)


@pytest.mark.parametrize(
    ("verdict", "why"),
    [("happened", "ended as: ok"), ("not_happened", "ended as: stopped"), ("unclear", "not known whether step 1")],
)
def test_a_task_that_was_to_end_ends_with_what_was_found(verdict: Verdict, why: str) -> None:
    """Aborted while it ran; also inside a pause."""
    for desk in (ordering(), ordering().paused()):
        desk.give(Abort(by=REQUESTER))
        desk.give(found(desk, verdict))
        assert isinstance(desk.phase, Finished)
        assert desk.phase.how == "aborted"
        assert why in desk.phase.why
