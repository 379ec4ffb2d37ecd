"""How a task begins: by whom, with which words, and with what before it."""

import pytest

from agent_core.checkpoint import Quote
from agent_core.effects import AskModel, PostParent
from agent_core.inputs import Open, Start
from agent_core.people import Person
from tests.core.decide.desk import Desk
from tests.examples import BOT, EXTERNAL, GONE, GUEST, NOBODY_KNOWN, OPENING_THREAD, REQUESTER, STRANGER


def test_a_start_asks_the_actor() -> None:
    """Version 1, thinking, nothing done."""
    desk = Desk()
    done = desk.give(Start(by=REQUESTER, purpose="  Restart it.  "))
    assert (desk.task.version, desk.task.purpose, desk.task.requester) == (1, "Restart it.", REQUESTER.id)
    assert done.effects == (AskModel(),)


def test_an_opening_posts_the_parent_message() -> None:
    """The task begins when it stands."""
    desk = Desk(thread_id=OPENING_THREAD)
    assert desk.give(Open(by=REQUESTER, purpose="Restart it.")).effects == (PostParent(),)


def test_there_is_one_task_in_a_thread() -> None:
    """A second start is told to correct the first."""
    desk = Desk().start()
    assert "There is a task in this thread already." in desk.refuses(Start(by=REQUESTER, purpose="Again.")).words


@pytest.mark.parametrize("by", [GUEST, EXTERNAL, BOT, GONE, NOBODY_KNOWN, STRANGER], ids=lambda by: by.id)
def test_only_starters_start(by: Person) -> None:
    """Guests, outside members and bots never, unless named."""
    Desk().refuses(Start(by=by, purpose="Restart it."))


@pytest.mark.parametrize("purpose", ["", "   ", "x" * 2001])
def test_a_task_has_words_and_not_too_many(purpose: str) -> None:
    """The form says so at its field."""
    assert Desk().refuses(Start(by=REQUESTER, purpose=purpose)).field == "purpose"


def test_earlier_messages_are_kept_as_data_and_cut() -> None:
    """The newest twenty, with their authors."""
    quotes = tuple(Quote(author=f"U{nth}", text="x" * 5000) for nth in range(30))
    desk = Desk()
    desk.give(Start(by=REQUESTER, purpose="Restart it.", context=quotes))
    assert [quote.author for quote in desk.task.context] == [f"U{nth}" for nth in range(10, 30)]
    assert {len(quote.text) for quote in desk.task.context} == {2000}
