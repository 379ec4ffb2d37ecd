"""A released step that can't start yet: what its card says, what it costs, and how long it waits."""

from dataclasses import replace

import pytest

from agent_core.inputs import Abort, Pause, Resume, TimerFired, ToolHeld, Withdraw
from agent_core.phases import Acting, AwaitingApproval, Finished
from agent_core.rules.due import due
from agent_core.rules.holding import is_needed, lock_of, thread_of, waits
from agent_core.rules.stopping import Switched
from agent_core.words import EffectId, effect_id_of
from tests.core.decide.desk import Desk
from tests.core.decide.places import finished, opening, running, unknown
from tests.examples import APPROVER, NOON, REQUESTER, THREAD

LINK = "https://example.slack.com/archives/C0STAGING/p1772452800000200"


def released(tool: str = "reboot") -> Desk:
    """Have a call released that needs a lock."""
    desk = Desk().start()
    desk.propose(tool)
    desk.approve()
    return desk


def in_use(desk: Desk) -> ToolHeld:
    """Say that another task holds the lock."""
    return ToolHeld(effect_id=desk.work, lock="service:cart", link=LINK)


def test_a_lock_is_named_by_the_calls_arguments() -> None:
    """And a tool without one needs none, nor one that is gone."""
    desk = released()
    assert lock_of(desk.proposal, desk.rules) == "service:cart"
    assert lock_of(released("order").proposal, desk.rules) == ""
    assert lock_of(desk.proposal, replace(desk.rules, tools={})) == ""


def test_the_card_says_what_a_step_waits_for_and_the_call_is_asked_for_again() -> None:
    """Under a new name, so that the old one is done with."""
    desk = released()
    asked = desk.work
    desk.give(in_use(desk))
    assert desk.kind == "acting"
    assert (desk.card.state, desk.card.words) == ("approved", f"Waits for {LINK}: service:cart is in use.")
    assert desk.work != asked
    desk.claim()
    assert isinstance(desk.phase, Acting)
    assert desk.card.state == "running"


def test_a_step_without_a_card_gets_one_to_say_what_it_waits_for() -> None:
    """Policy allowed it, and so nobody was asked."""
    desk = Desk().start()
    desk.propose("read_status")
    desk.give(in_use(desk))
    assert (desk.card.about, desk.card.state) == ("proposal", "approved")
    desk.claim()
    desk.ended()
    assert desk.card.state == "done"


def test_waiting_costs_no_working_time() -> None:
    """The budget is for the agent's work."""
    desk = released()
    desk.give(in_use(desk))
    spent = desk.task.spent.wall_s
    desk.later(900)
    desk.claim()
    assert desk.task.spent.wall_s == spent


def test_a_step_that_waits_too_long_expires_and_says_so_truly() -> None:
    """It was approved: that nobody decided would be a lie."""
    desk = released()
    desk.give(in_use(desk))
    assert due(desk.task) == desk.proposal.expires_at
    desk.later(1801)
    desk.give(TimerFired())
    assert isinstance(desk.phase, Finished)
    assert desk.phase.how == "expired"
    assert "It was approved" in desk.phase.why


def test_what_policy_allowed_waits_as_long_as_it_takes() -> None:
    """Nobody's approval runs out."""
    desk = Desk().start()
    desk.propose("read_status")
    assert due(desk.task) is None
    desk.refuses(TimerFired())


def test_a_call_that_runs_is_not_held() -> None:
    """What comes late is recorded and no more."""
    desk = running()
    before = desk.phase
    desk.give(ToolHeld(effect_id=desk.work, lock="service:cart"))
    assert desk.phase == before


@pytest.mark.parametrize("make", [Pause, Abort])
def test_a_step_that_waits_can_be_steered(make: type[Pause] | type[Abort]) -> None:
    """Nothing runs that would have to be stopped."""
    desk = released()
    desk.give(in_use(desk))
    desk.give(make(by=REQUESTER))
    assert desk.kind in ("paused", "finished")
    assert all(effect.kind != "run_tool" for effect in desk.outbox.values())


def test_an_approval_can_be_taken_back_while_the_step_waits() -> None:
    """Until the claim."""
    desk = released()
    desk.give(in_use(desk))
    desk.give(Withdraw(by=APPROVER, digest=desk.proposal.digest, version=desk.proposal.version))
    assert isinstance(desk.phase, AwaitingApproval)


def test_a_step_says_who_stopped_everything() -> None:
    """And since when; where nobody knows whose lock it is, that too is said."""
    stopped = ToolHeld(effect_id=EffectId("t/1/99"), by="<@U0OP>", since=NOON)
    assert waits(stopped) == "Waits. Everything was stopped by <@U0OP> at 12:00 UTC on 2026-03-02."
    assert waits(replace(stopped, since=None)) == "Waits."
    assert waits(ToolHeld(effect_id=EffectId("t/1/99"), lock="x" * 99)).startswith("Waits for another task: xxx")
    assert len(waits(ToolHeld(effect_id=EffectId("t/1/99"), lock="x" * 999))) < 130


def test_a_lock_is_needed_from_its_taking_to_the_known_outcome() -> None:
    """By the very call that took it; and by nobody before or after."""
    desk = released()
    asked = desk.work
    assert is_needed(desk.task, asked)
    assert not is_needed(desk.task, effect_id_of(THREAD, 1, 99)), "an earlier step's"
    desk.claim()
    assert is_needed(desk.task, asked)
    desk.ended()
    assert not is_needed(desk.task, asked)
    assert not is_needed(None, asked)
    assert not is_needed(finished().task, asked)
    assert not is_needed(opening().task, asked)
    assert thread_of(asked) == THREAD


def test_a_call_of_which_nobody_knows_keeps_its_lock() -> None:
    """Somebody else's call might meet it half done; also inside a pause."""
    desk = unknown()
    asked = effect_id_of(THREAD, desk.proposal.version + 1, 99)
    assert is_needed(desk.task, asked)
    desk.paused()
    assert is_needed(desk.task, asked)


def test_a_paused_step_that_did_not_begin_needs_no_lock() -> None:
    """It takes it anew when it is resumed, under another name."""
    desk = released()
    asked = desk.work
    desk.paused()
    assert not is_needed(desk.task, asked)
    desk.give(Resume(by=REQUESTER))
    assert not is_needed(desk.task, asked)
    assert is_needed(desk.task, desk.work)


def test_the_stop_says_in_words_how_it_stands() -> None:
    """A person by a mention, the command line in words; and a mark comes back as it was."""
    stop = Switched(is_stopped=True, by="U0OP", at=NOON)
    assert stop.words == "Everything was stopped by <@U0OP> at 12:00 UTC on 2026-03-02."
    assert Switched.of_mark(stop.mark) == stop
    lifted = Switched(is_stopped=False, by="the command line (root)", at=NOON)
    assert lifted.words == "The stop was lifted by the command line (root) at 12:00 UTC on 2026-03-02."
    assert lifted.mark == ""
