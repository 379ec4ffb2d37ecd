"""What people say: corrections, answers, questions, and words that decide nothing."""

from dataclasses import replace

import pytest

from agent_core.effects import AskModel
from agent_core.inputs import (
    Abort,
    Answer,
    Ask,
    Correct,
    GiveUp,
    Inquire,
    ModelFailed,
    ModelReplied,
    Pause,
    Reply,
    Tell,
    TimerFired,
    Unclear,
)
from agent_core.people import Person
from agent_core.phases import AwaitingAnswer, AwaitingApproval, Thinking
from agent_core.records import Decided
from agent_core.rules.replies import is_bare, who_may
from agent_core.words import Digest
from tests.core.decide.desk import Desk
from tests.core.decide.office import RULES
from tests.core.decide.places import PLACES, scoring_done
from tests.examples import APPROVER, GONE, GUEST, LEAD, NOBODY_KNOWN, REQUESTER


def test_a_correction_holds_the_proposal_and_has_the_actor_think_again() -> None:
    """Nothing is decided on it meanwhile; the card says that it is being reconsidered."""
    desk = Desk().waiting()
    proposal = desk.proposal
    press = desk.approval()
    desk.give(Reply(by=REQUESTER, text="Use checkout instead."))
    assert isinstance(desk.phase, Thinking)
    assert desk.phase.held == proposal
    assert desk.card.state == "reconsidered"
    assert desk.task.messages[-1].text == "Use checkout instead."
    desk.refuses(press)


def test_a_new_step_takes_the_place_of_the_corrected_one() -> None:
    """The old card says whose words ended it."""
    desk = Desk().waiting()
    desk.give(Correct(by=REQUESTER, text="Use checkout instead."))
    desk.propose(service="checkout")
    old, new = desk.task.cards
    assert (old.state, old.by, old.words, new.state) == (
        "corrected", (REQUESTER.id,), "Use checkout instead.", "waiting",
    )  # fmt: skip
    assert [record.how for record in desk.records if isinstance(record, Decided)] == ["corrected"]


def test_what_the_actor_does_not_understand_leaves_the_proposal_as_it_was() -> None:
    """Same digest, same version, same approvals: the first card is live again."""
    desk = Desk().start()
    desk.propose("deploy")
    desk.approve(APPROVER)
    proposal = desk.proposal
    desk.give(Reply(by=REQUESTER, text="Hm, the other thing."))
    desk.reply(Unclear(words="I understand “service: cart”."))
    assert isinstance(desk.phase, AwaitingApproval)
    assert desk.proposal == proposal
    assert desk.card.state == "waiting"
    assert desk.said() == ["I understand “service: cart”."]


def test_what_the_actor_does_not_understand_without_a_proposal_is_asked() -> None:
    """There is nothing to go back to."""
    desk = Desk().start()
    desk.give(Reply(by=REQUESTER, text="Hm."))
    desk.reply(Unclear(words="Which service?"))
    assert isinstance(desk.phase, AwaitingAnswer)
    assert desk.phase.question.text == "Which service?"


def test_a_held_proposal_expires_in_its_time() -> None:
    """A model that never answers keeps nothing alive."""
    desk = Desk().waiting()
    desk.give(Correct(by=REQUESTER, text="Wait."))
    assert desk.refuses(TimerFired()).words == "Nothing is due."
    desk.later(1800).give(TimerFired())
    assert desk.kind == "finished"
    assert [record.how for record in desk.records if isinstance(record, Decided)] == ["expired"]


@pytest.mark.parametrize("end", [Ask(text="Which?"), GiveUp(words="I can't."), None], ids=str)
def test_whatever_else_the_actor_says_ends_the_held_proposal(end: Ask | GiveUp | None) -> None:
    """It is on the record as corrected, or as withdrawn where the task ended."""
    desk = Desk().waiting()
    desk.give(Correct(by=REQUESTER, text="Wait."))
    if end is None:
        desk.give(ModelFailed(effect_id=desk.work, words="No answer."))
    else:
        desk.reply(end)
    (ended,) = [record.how for record in desk.records if isinstance(record, Decided)]
    assert ended == ("corrected" if end else "withdrawn")
    assert all(card.state in ("corrected", "closed", "asked") for card in desk.task.cards)


def test_a_second_correction_keeps_holding() -> None:
    """The first asking is dropped, and the actor hears both."""
    desk = Desk().waiting()
    desk.give(Correct(by=REQUESTER, text="Wait."))
    first = desk.work
    desk.give(Correct(by=REQUESTER, text="No, checkout."))
    desk.give(ModelReplied(effect_id=first, reply=Tell(words="Late words."), cost_usd=0.5))
    assert isinstance(desk.phase, Thinking)
    assert desk.phase.held is not None
    assert [said.text for said in desk.task.messages] == ["Wait.", "No, checkout."]
    assert desk.task.spent.cost_usd == 0.5


def test_a_correction_withdraws_an_approved_step_that_has_not_begun() -> None:
    """Approved and corrected: it is not run."""
    desk = Desk().released()
    work = desk.work
    desk.give(Correct(by=REQUESTER, text="Stop, the other one."))
    assert desk.kind == "thinking"
    assert work not in desk.outbox
    assert desk.card.state == "corrected"


def test_a_correction_while_a_step_runs_is_heard_when_it_ends() -> None:
    """The task does not end on its score before the actor has heard it."""
    desk = Desk().running()
    desk.give(Correct(by=REQUESTER, text="And payments too."))
    assert desk.kind == "acting"
    assert "the agent gets your words when it ends" in desk.said()[-1]
    desk.ended()
    desk.scored(9.8)
    assert desk.kind == "thinking"
    desk.done()
    desk.scored(9.8)
    assert desk.kind == "finished"


@pytest.mark.parametrize("reviewed", [False, True])
def test_a_correction_while_the_whole_is_scored_keeps_the_task_going(reviewed: bool) -> None:  # noqa: FBT001 - both ways
    """The agent thought that it was done; a person does not."""
    desk = scoring_done().limited(review_scores=reviewed)
    if reviewed:
        desk.scored(8.0)
    desk.give(Reply(by=REQUESTER, text="And payments too."))
    if reviewed:
        assert desk.kind == "awaiting_score_review"
        desk.give(desk.acceptance(REQUESTER))
    else:
        assert desk.kind == "scoring"
        desk.scored(8.0)
    assert desk.kind == "thinking"


PLAIN = ("ok", "Yes!", "LGTM", "approve", "no", "go ahead", "yes, please ok", "STOP.", "not ok", "nein")
WITH_EMOJI = ("👍", "👎🏽", ":thumbsup:", ":+1::skin-tone-3:", "LGTM :shipit:", "👍 ok")


@pytest.mark.parametrize("text", [*PLAIN, *WITH_EMOJI])
def test_bare_assent_or_dissent_decides_nothing(text: str) -> None:
    """Threat D15: the person is shown the way to the card."""
    desk = Desk().waiting()
    no = desk.refuses(Reply(by=APPROVER, text=text))
    assert (no.words, no.instead) == ("Words in the thread never decide a step.", "Use the buttons on the card.")
    assert desk.runs() == 0


@pytest.mark.parametrize(
    "text", ["ok use cart instead", "no, the other service", "cart", "", "   ", "service: cart", "use 👍 cart"]
)
def test_words_that_say_something_are_not_bare(text: str) -> None:
    """A correction may begin with yes or no; nothing at all is no assent."""
    assert not is_bare(text)


def test_an_empty_reply_is_no_correction() -> None:
    """A message that was only a picture."""
    desk = Desk().waiting()
    assert desk.refuses(Reply(by=REQUESTER, text="  ")).words == "There are no words in your reply."


@pytest.mark.parametrize(
    ("by", "setting", "may"),
    [
        (REQUESTER, "requester", True),
        (APPROVER, "requester", False),
        (APPROVER, "participants", True),
        (LEAD, "participants", False),
        (LEAD, "channel_members", True),
        (GUEST, "channel_members", False),
        (GUEST, "participants", False),
        (replace(REQUESTER, kind="deactivated"), "participants", False),
    ],
    ids=lambda value: str(getattr(value, "id", value)),
)
def test_corrections_come_from_those_whom_the_setting_names(by: Person, setting: str, may: bool) -> None:  # noqa: FBT001 - a column
    """Threat P15: everybody else is told who may, and changes nothing."""
    desk = Desk(rules=replace(RULES, corrections_by=setting)).waiting()  # type: ignore[arg-type]  # one of the three
    if may:
        desk.give(Reply(by=by, text="Use checkout."))
        assert desk.kind == "thinking"
    else:
        no = desk.refuses(Reply(by=by, text="Use checkout."))
        assert who_may(desk.rules) in no.instead
        desk.refuses(Correct(by=by, text="Use checkout."))


def test_people_that_the_task_mentions_may_correct_it() -> None:
    """Even a guest, for the requester named them; but no closed account."""
    desk = Desk().start(f"Do what <@{GUEST.id}|guest> and <@{GONE.id}> say.")
    desk.give(Reply(by=GUEST, text="Use checkout."))
    assert desk.task.messages[-1].by == GUEST.id
    desk.refuses(Reply(by=GONE, text="Use checkout."))


@pytest.mark.parametrize(
    "place", [place for place in PLACES if place.__name__ not in ("opening", "opened", "finished")]
)
def test_a_question_is_answered_at_any_time_and_decides_nothing(place: object) -> None:
    """The card stays live, the phase as it is."""
    assert callable(place)
    desk: Desk = place()
    before = desk.phase
    done = desk.give(Reply(by=LEAD, text="Why this one?"))
    assert desk.phase == before
    assert done.effects == (AskModel(inquiry="Why this one?", asked_by=LEAD.id),)
    (asked,) = done.outbox()
    desk.give(ModelReplied(effect_id=asked, reply=Tell(words="It is down."), cost_usd=0.25))
    assert desk.phase == before
    assert desk.said()[-1] == "It is down."
    assert desk.task.spent.cost_usd >= 0.25


def test_an_answer_goes_to_the_actor() -> None:
    """By button or by a reply in the thread, even a bare one."""
    for text in ("cart", "yes"):
        desk = Desk().start()
        desk.reply(Ask(text="Which?", options=("cart", "checkout")))
        desk.give(Reply(by=REQUESTER, text=text))
        assert (desk.kind, desk.card.state, desk.card.words) == ("thinking", "answered", text)
        assert desk.task.messages[-1].about == "answer"


def test_an_answer_is_refused_where_it_is_late_empty_or_not_theirs_to_give() -> None:
    """The question stays open."""
    desk = Desk().start()
    desk.reply(Ask(text="Which?"))
    assert "not open any more" in desk.refuses(Answer(by=REQUESTER, text="x", digest=Digest("0" * 32))).words
    assert desk.refuses(Answer(by=REQUESTER, text=" ")).field == "answer"
    assert "may not answer" in desk.refuses(Answer(by=LEAD, text="cart")).words
    assert "may not answer" in desk.refuses(Reply(by=NOBODY_KNOWN, text="cart")).words


def test_a_model_that_only_talks_is_asked_again_a_bounded_number_of_times() -> None:
    """What it says is said; the task does not hang, and does not talk for ever."""
    desk = Desk().start()
    desk.reply(Tell(words="Let me see."))
    assert desk.kind == "thinking"
    desk.reply(Tell(words="Hm."))
    desk.reply(Tell(words="Well."))
    assert desk.kind == "finished"
    assert desk.said() == ["Let me see.", "Hm.", "Well."]


def test_a_late_answer_of_the_model_is_only_recorded() -> None:
    """The task has moved on; what it cost is charged."""
    desk = Desk().start()
    old = desk.work
    desk.give(Correct(by=REQUESTER, text="Wait."))
    before = desk.phase
    desk.give(ModelReplied(effect_id=old, reply=Ask(text="Which?"), tokens=7))
    desk.give(ModelFailed(effect_id=old, words="No answer."))
    assert desk.phase == before
    assert len(desk.kept("late")) == 2
    assert desk.task.spent.tokens == 7


def test_notes_of_a_model_that_are_too_long_are_not_taken() -> None:
    """Half of them may mean anything."""
    desk = Desk().start()
    desk.reply(Ask(text="Which?"), memory="short")
    assert desk.task.memory == "short"
    desk.give(Answer(by=REQUESTER, text="cart"))
    desk.reply(Ask(text="Which?"), memory="x" * 30_000)
    assert desk.task.memory == "short"


def test_long_words_are_cut_on_cards_and_for_the_actor() -> None:
    """The journal has them whole."""
    desk = Desk().waiting()
    desk.give(Correct(by=REQUESTER, text="x" * 3000))
    assert len(desk.task.messages[-1].text) == len(desk.card.words) == 2000
    assert desk.card.words.endswith("…")


def test_a_paused_task_takes_no_corrections() -> None:
    """Resume it first."""
    desk = Desk().waiting()
    desk.give(Pause(by=REQUESTER))
    assert desk.refuses(Reply(by=REQUESTER, text="Use checkout.")).instead == "Resume it first."


def test_a_finished_task_takes_no_replies() -> None:
    """The person is told to start a new one."""
    desk = Desk().start()
    desk.give(Abort(by=REQUESTER))
    assert desk.refuses(Reply(by=REQUESTER, text="Use checkout.")).instead == "Start a new task."
    desk.refuses(Inquire(by=REQUESTER, text="Why?"))
