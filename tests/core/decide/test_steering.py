"""Pause, resume, abort: in every phase, by those who may, and with everything as it was afterwards."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from agent_core.inputs import (
    Abort,
    Correct,
    ModelReplied,
    OverridePhi,
    Pause,
    Resume,
    Stop,
    Tell,
    TimerFired,
    ToolFailed,
)
from agent_core.people import Person
from agent_core.phases import Acting, Finished, OutcomeUnknown, Paused
from agent_core.records import Decided
from agent_core.rules.due import due
from tests.core.decide.desk import Desk, limits
from tests.core.decide.office import OPERATOR
from tests.core.decide.places import (
    UNPAUSED,
    aborting,
    held,
    over_budget,
    paused,
    released,
    running,
    stopping,
    thinking,
    unknown,
    waiting,
)
from tests.core.decide.test_claims import unknown_of
from tests.examples import APPROVER, GUEST, LEAD, REQUESTER

Place = Callable[[], Desk]


@pytest.mark.parametrize("place", UNPAUSED, ids=lambda one: one.__name__)
def test_a_pause_is_over_when_it_is_over(place: Place) -> None:
    """The same phase goes on, with its work asked for anew; the cards are as they were."""
    desk = place()
    kind, states = desk.kind, [(card.key, card.state) for card in desk.task.cards]
    desk.give(Pause(by=REQUESTER))
    assert desk.kind == "paused"
    assert desk.card.about == "paused"
    desk.give(Resume(by=REQUESTER))
    assert desk.kind == kind
    left = {card.key: card.state for card in desk.task.cards}
    assert all(left[key] == state for key, state in states if key in left)
    assert desk.card.state == "closed" or desk.card.about != "paused"


@pytest.mark.parametrize("place", UNPAUSED, ids=lambda one: one.__name__)
def test_no_pause_makes_a_card_be_forgotten(place: Place) -> None:
    """However often a task is paused, the card that waits is there."""
    desk = place()
    waiting_on = {card.key for card in desk.task.cards if card.state in ("waiting", "asked", "review", "unknown")}
    for _ in range(5):
        desk.give(Pause(by=REQUESTER))
        desk.give(Resume(by=REQUESTER))
    assert waiting_on <= {card.key for card in desk.task.cards}


@pytest.mark.parametrize("place", UNPAUSED, ids=lambda one: one.__name__)
def test_abort_ends_a_task_in_every_phase(place: Place) -> None:
    """At once, or when the call that runs has been stopped; no card stays open."""
    for desk in (place(), paused(place)()):
        desk.give(Abort(by=REQUESTER))
        if desk.kind != "finished":
            desk.give(ToolFailed(effect_id=desk.work, fence=desk.fence, how="stopped", words="Stopped."))
        assert isinstance(desk.phase, Finished)
        assert desk.phase.how == "aborted"
        assert desk.card.about == "final"
        assert all(card.state not in ("waiting", "asked", "review", "running", "paused") for card in desk.task.cards)


@pytest.mark.parametrize("by", [REQUESTER, APPROVER, OPERATOR], ids=lambda by: by.id)
def test_the_requester_approvers_and_operators_steer(by: Person) -> None:
    """Threat P16: whoever has to do with the task."""
    desk = waiting()
    desk.give(Pause(by=by))
    desk.give(Resume(by=by))
    desk.give(Abort(by=by))
    assert desk.kind == "finished"


@pytest.mark.parametrize("place", UNPAUSED, ids=lambda one: one.__name__)
def test_others_do_not_steer(place: Place) -> None:
    """They are told whom to ask."""
    desk = place()
    for given in (Pause(by=LEAD), Abort(by=GUEST)):
        assert desk.refuses(given).instead == f"Ask <@{REQUESTER.id}>."
    desk.give(Pause(by=REQUESTER))
    desk.refuses(Resume(by=LEAD))
    desk.refuses(Abort(by=LEAD))


def test_decisions_are_refused_while_paused() -> None:
    """Resume first."""
    desk = waiting()
    presses = (desk.approval(), desk.rejection(), desk.edit(service="checkout"), desk.withdrawal())
    desk.give(Pause(by=REQUESTER))
    for press in presses:
        assert desk.refuses(press).instead == "Resume it first."
    desk.refuses(Pause(by=REQUESTER))
    desk.refuses(Correct(by=REQUESTER, text="Use checkout."))
    desk.refuses(Stop(by=REQUESTER))


def test_expiry_goes_on_while_paused() -> None:
    """A pause is no way to keep a proposal alive; a step that runs cannot expire."""
    for place in (waiting, held, released):
        desk = paused(place)()
        assert desk.refuses(TimerFired()).words == "Nothing is due."
        assert due(desk.task) is not None
        desk.later(1800).give(TimerFired())
        assert isinstance(desk.phase, Finished)
        assert desk.phase.how == "expired"
        assert desk.newest("proposal").state == "expired"
    assert due(paused(running)().task) is None


def test_reminders_wait_for_the_end_of_a_pause() -> None:
    """Nobody is asked to decide what cannot be decided."""
    desk = paused(waiting)()
    desk.later(601)
    desk.refuses(TimerFired())
    desk.give(Resume(by=REQUESTER))
    desk.give(TimerFired())
    assert desk.notified()[-1] == "reminder"


def test_silence_about_the_budget_ends_a_paused_task_too() -> None:
    """Its question goes on waiting for its answer."""
    desk = paused(over_budget)()
    desk.later(1800).give(TimerFired())
    assert isinstance(desk.phase, Finished)
    assert desk.phase.how == "out_of_budget"


def test_no_claim_starts_while_paused() -> None:
    """Threat D18: approved, paused before the worker came."""
    desk = released()
    claim = desk.starting()
    desk.give(Pause(by=REQUESTER))
    desk.give(claim)
    assert (desk.kind, desk.ledger.claims, len(desk.kept("late"))) == ("paused", 0, 1)
    desk.give(Resume(by=REQUESTER))
    desk.claim()
    assert desk.ledger.claims == 1


def test_a_call_that_runs_ends_inside_the_pause_and_is_scored_after_it() -> None:
    """The pause's card says that it goes on."""
    desk = paused(running)()
    assert "goes on to its end" in desk.card.words
    desk.ended()
    assert desk.kind == "paused"
    assert desk.task.recent[-1].ok
    desk.give(Resume(by=REQUESTER))
    assert desk.kind == "scoring"


def test_a_stale_result_inside_a_pause_is_only_recorded() -> None:
    """The fence holds there too."""
    desk = paused(running)()
    desk.give(ToolFailed(effect_id=desk.work, fence=desk.fence + 1, how="failed", words="No."))
    desk.give(replace(unknown_of(desk), fence=desk.fence + 1))
    assert (desk.kind, len(desk.kept("late"))) == ("paused", 2)


def test_a_lost_call_inside_a_pause_is_asked_about_after_it() -> None:
    """The card shows it at once."""
    desk = paused(running)()
    desk.give(unknown_of(desk))
    assert isinstance(desk.phase, Paused)
    assert isinstance(desk.phase.was, OutcomeUnknown)
    assert desk.newest("unknown").state == "unknown"
    desk.give(Resume(by=REQUESTER))
    assert desk.kind == "outcome_unknown"


def test_a_call_is_stopped_inside_a_pause() -> None:
    """Stop does not wait for the end of the pause."""
    desk = paused(running)()
    desk.give(Stop(by=REQUESTER))
    assert isinstance(desk.phase, Paused)
    assert isinstance(desk.phase.was, Acting)
    assert desk.phase.was.stopping == REQUESTER.id


def test_a_paused_task_that_was_to_end_ends_with_its_call() -> None:
    """Aborted before or during the pause."""
    for desk in (paused(aborting)(), paused(stopping)()):
        desk.give(Abort(by=REQUESTER))
        desk.ended()
        assert isinstance(desk.phase, Finished)
        assert desk.phase.how == "aborted"


def test_an_answer_of_the_model_that_comes_into_a_pause_is_late() -> None:
    """It is asked again on resuming."""
    desk = thinking()
    old = desk.work
    desk.give(Pause(by=REQUESTER))
    desk.give(ModelReplied(effect_id=old, reply=Tell(words="Let me see.")))
    desk.give(Resume(by=REQUESTER))
    assert desk.work != old


def test_a_task_is_paused_every_so_many_steps() -> None:
    """Where the configuration wants people to look."""
    desk = Desk(rules=limits(ask_every_steps=2)).start().step()
    assert desk.kind == "thinking"
    desk.step()
    assert isinstance(desk.phase, Paused)
    assert (desk.phase.why, desk.phase.by) == ("steps", None)
    assert desk.card.words == "2 steps are done. Go on?"
    desk.give(Resume(by=REQUESTER))
    assert desk.kind == "thinking"
    desk.step()
    assert desk.kind == "thinking"
    desk.step()
    assert desk.kind == "paused"


def test_working_time_does_not_pass_while_people_are_waited_for() -> None:
    """Waiting costs nothing; nor does a pause."""
    desk = Desk().start().later(10)
    desk.propose()
    assert desk.task.spent.wall_s == 10.0
    desk.later(1000).approve()
    assert desk.task.spent.wall_s == 10.0
    desk.later(5).give(Pause(by=REQUESTER))
    desk.later(500).give(Resume(by=REQUESTER))
    assert desk.task.spent.wall_s == 15.0


def test_a_clock_that_went_back_charges_nothing() -> None:
    """A fail-over may bring another clock."""
    desk = Desk().start().later(-100)
    desk.give(OverridePhi(by=LEAD, phi=1.0))
    assert desk.task.spent.wall_s == 0.0


def test_a_proposal_that_ends_with_its_task_is_withdrawn_on_the_record() -> None:
    """Every proposal came to some end."""
    for desk in (waiting(), held(), paused(waiting)()):
        desk.give(Abort(by=REQUESTER))
        assert [record.how for record in desk.records if isinstance(record, Decided)] == ["withdrawn"]


def test_an_unknown_outcome_survives_a_pause_with_its_buttons() -> None:
    """They are refused until it is over."""
    desk = paused(unknown)()
    assert desk.newest("unknown").state == "unknown"
