"""How long, how dear and how many steps: what ends a task, and who may let it go on."""

import pytest

from agent_core.inputs import Answer, Correct, ExtendBudget, GiveUp, NoApprover, OverridePhi, Reply, TimerFired
from agent_core.phases import AwaitingAnswer, Finished
from tests.core.decide.desk import Desk, limits
from tests.core.decide.places import over_budget, paused, waiting
from tests.examples import APPROVER, LEAD, REQUESTER


def how(desk: Desk) -> str:
    """Say how a task ended."""
    assert isinstance(desk.phase, Finished)
    return desk.phase.how


@pytest.mark.parametrize(("phi", "ending"), [(7.5, "succeeded"), (7.0, "out_of_budget")])
def test_the_last_step_ends_the_task_without_an_offer(phi: float, ending: str) -> None:
    """By its score, if that is enough."""
    desk = Desk(rules=limits(max_steps=2)).start().step().step(phi)
    assert how(desk) == ending
    assert desk.card.words == "The limit of 2 steps is reached."


def test_a_used_up_budget_is_offered_to_be_extended() -> None:
    """The question says what was used up."""
    desk = over_budget()
    assert isinstance(desk.phase, AwaitingAnswer)
    assert desk.phase.question.about == "budget"
    assert "0.01 USD" in desk.phase.question.text


def test_time_and_tokens_are_budgets_too() -> None:
    """Each is named where it is used up."""
    desk = Desk(rules=limits(wall_s=100.0)).start().later(101).step()
    assert desk.card.question is not None
    assert "101 of 100 s of working time" in desk.card.question.text
    desk = Desk(rules=limits(tokens=0)).start().step()
    assert desk.card.question is not None
    assert "0 tokens" in desk.card.question.text


def test_the_requester_extends_where_there_is_no_approver() -> None:
    """Once more by the same amount."""
    desk = over_budget()
    assert "may not extend" in desk.refuses(ExtendBudget(by=LEAD)).words
    desk.give(ExtendBudget(by=REQUESTER))
    assert (desk.kind, desk.task.spent.extended) == ("thinking", 1)
    assert desk.newest("question").words == "Budget extended."


def test_an_approver_of_the_task_extends_where_there_is_one() -> None:
    """And the requester no longer does."""
    desk = Desk(rules=limits(tokens=0)).scoring()
    desk.scored(3.0)
    assert desk.refuses(ExtendBudget(by=REQUESTER)).instead == "Ask an approver of this task."
    desk.give(ExtendBudget(by=APPROVER))
    assert desk.task.spent.extended == 1


def test_silence_about_the_budget_ends_the_task() -> None:
    """After half an hour, by its score."""
    desk = over_budget()
    desk.refuses(TimerFired())
    desk.later(1800).give(TimerFired())
    assert how(desk) == "out_of_budget"
    desk = over_budget()
    desk.give(OverridePhi(by=LEAD, phi=8.0))
    desk.later(1800).give(TimerFired())
    assert how(desk) == "succeeded"


def test_the_offer_is_answered_with_its_buttons() -> None:
    """Words neither extend nor end."""
    desk = over_budget()
    assert "with its buttons" in desk.refuses(Answer(by=REQUESTER, text="yes")).words
    desk.refuses(Reply(by=REQUESTER, text="yes"))
    desk.refuses(Reply(by=REQUESTER, text="Go on with it then."))
    desk.refuses(Correct(by=REQUESTER, text="Go on."))


def test_a_question_that_is_no_offer_is_not_extended() -> None:
    """Nor does it end by silence."""
    desk = waiting()
    desk.refuses(ExtendBudget(by=APPROVER))
    desk = paused(over_budget)()
    desk.refuses(ExtendBudget(by=REQUESTER))


def test_an_actor_that_gives_up_ends_the_task_as_it_says() -> None:
    """Failed, or rejected where people said stop."""
    desk = Desk().start()
    desk.reply(GiveUp(words="I can't."))
    assert (how(desk), desk.card.words) == ("failed", "I can't.")
    desk = waiting()
    desk.give(desk.rejection())
    desk.reply(GiveUp(words="Stopped after the rejection.", how="rejected"))
    assert how(desk) == "rejected"


def test_a_step_that_nobody_can_approve_is_denied_and_the_task_goes_on() -> None:
    """Also where its tool is gone meanwhile."""
    desk = waiting()
    desk.rules = limits(max_steps=20)
    work = next(name for name, effect in desk.outbox.items() if effect.kind == "post_card")
    desk.give(NoApprover(effect_id=work, card=desk.proposal.card, whom="nobody"))
    assert (desk.kind, desk.task.recent[-1].outcome) == ("thinking", "denied")
    assert work not in desk.outbox


def test_news_that_nobody_can_approve_comes_too_late_for_a_paused_step() -> None:
    """Its card is posted all the same: else it would wait unseen after the pause."""
    desk = waiting()
    card = desk.proposal.card
    work = next(name for name, effect in desk.outbox.items() if effect.kind == "post_card")
    desk = desk.paused()
    done = desk.give(NoApprover(effect_id=work, card=card, whom="nobody"))
    assert [effect.kind for effect in done.effects] == ["post_card"]
    desk.give(desk.posted("1772452900.000001", card))
    done = desk.give(NoApprover(effect_id=work, card=card, whom="nobody"))
    assert done.effects == ()
