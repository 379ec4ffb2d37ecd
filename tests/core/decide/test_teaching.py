"""What people teach: obeyed from the next step, in its scope, for its time, and never against policy."""

from dataclasses import replace

import pytest

from agent_core.inputs import ConfirmRule, Forget, Teach
from agent_core.lesson import Lesson
from agent_core.people import NOBODY
from agent_core.words import LessonId, ThreadId
from tests.core.decide.desk import Desk
from tests.core.decide.office import OPERATOR, RULES, TOOLS, schema
from tests.core.decide.places import finished
from tests.examples import APPROVER, GUEST, LEAD, REQUESTER, person

DENY = Teach(by=LEAD, when="tool = restart_service, service = cart", do="deny", scope="team")
SET = Teach(by=LEAD, when="tool = restart_service", do="set service = checkout", scope="team")
ELSEWHERE = ThreadId("T0TEAM:C0OTHER:1772452800.000300")
IN_CHANNEL = ThreadId("T0TEAM:C0STAGING:1772452800.000300")


def taught(*lessons: Teach) -> Desk:
    """Begin, and teach."""
    desk = Desk().start()
    for lesson in lessons:
        desk.give(lesson)
    return desk


def after(desk: Desk, thread_id: ThreadId = IN_CHANNEL) -> Desk:
    """Begin another task that knows what was taught."""
    return Desk(rules=desk.rules, thread_id=thread_id, now=desk.now).start()


def the_lesson(desk: Desk) -> Lesson:
    """Give the one lesson that was learned."""
    (lesson,) = desk.rules.lessons
    return lesson


def test_a_taught_deny_is_obeyed_from_the_next_step() -> None:
    """It forbids what policy would ask about, and says who taught it."""
    desk = taught(DENY)
    desk.propose()
    assert (desk.kind, desk.runs()) == ("thinking", 0)
    assert f"taught by <@{LEAD.id}>" in desk.said()[-1]
    desk.propose(service="checkout")
    assert desk.kind == "awaiting_approval"


def test_a_deny_taught_while_the_step_waits_keeps_it_from_starting() -> None:
    """Whoever pressed Approve may not have seen it; the claim looks again."""
    desk = Desk().waiting()
    desk.give(DENY)
    desk.approve()
    desk.claim(APPROVER)
    assert desk.kind == "thinking"
    assert f"taught by <@{LEAD.id}>" in desk.said()[-1]


def test_a_taught_set_changes_the_argument_and_the_card_shows_it() -> None:
    """What was asked stands beside what will run."""
    desk = taught(SET)
    desk.propose()
    assert desk.proposal.call.args == {"service": "checkout"}
    assert desk.proposal.original_json == '{"service":"cart"}'
    assert desk.proposal.taught == (the_lesson(desk).id,)


def test_a_taught_set_is_read_as_the_tool_wants_it() -> None:
    """A person types 9; one tool wants a number, another text."""
    desk = taught(Teach(by=LEAD, when="tool = scale", do='set replicas = "9"'))
    desk.propose("scale", service="cart", replicas=1)
    assert desk.proposal.call.args["replicas"] == 9
    desk = taught(Teach(by=LEAD, when="tool = restart_service", do="set service = 9"))
    desk.propose()
    assert desk.proposal.call.args["service"] == "9"


def test_a_taught_set_that_the_tool_does_not_take_forbids_the_step_and_says_so() -> None:
    """Running with another value than was taught would be worse; the tool has changed since."""
    desk = taught(Teach(by=LEAD, when="tool = scale", do="set replicas = 9"))
    fewer = schema(("service", "replicas"), service={"type": "string"}, replicas={"type": "integer", "maximum": 5})
    scale = replace(TOOLS["scale"], schema_json=fewer)
    desk.rules = replace(desk.rules, tools={**desk.rules.tools, "scale": scale})
    desk.propose("scale", service="cart", replicas=1)
    assert desk.kind == "thinking"
    assert "sets what the tool does not take" in desk.said()[-1]


@pytest.mark.parametrize(
    ("when", "do", "field", "words"),
    [
        ("tool = nosuch", "deny", "when", "There is no tool “nosuch”."),
        ("nosuch = 1", "deny", "when", "No tool has an argument “nosuch”."),
        ("tool = scale, amount = 1", "deny", "when", "scale has no argument “amount”."),
        ("tool = scale", "set nosuch = 3", "do", "No such step takes this as its “nosuch”."),
        ("tool = scale", "set replicas = many", "do", "No such step takes this as its “replicas”."),
        ("tool = restart_service", "set service = Not Valid!", "do", "No such step takes this as its “service”."),
    ],
)
def test_a_rule_that_no_step_can_ever_meet_is_refused_at_its_field(when: str, do: str, field: str, words: str) -> None:
    """Misspelt, it would look like protection and be none."""
    no = Desk().start().refuses(Teach(by=LEAD, when=when, do=do))
    assert (no.field, no.words) == (field, words)


def test_words_reach_the_next_card_that_they_fit() -> None:
    """The actor is told as well; see the situation it gets."""
    desk = taught(Teach(by=LEAD, when="the queue is long", do="Look at the queue first."))
    desk.propose()
    assert desk.proposal.advice == (f"Look at the queue first. (<@{LEAD.id}>)",)


def test_a_taught_rule_never_weakens_policy() -> None:
    """Threat L4: what policy denies or asks stays so, whatever is set."""
    desk = taught(
        Teach(by=LEAD, when="tool = pay", do="set amount = 10"), Teach(by=LEAD, when="tool = wipe", do="allow")
    )
    desk.propose("wipe")
    assert desk.kind == "thinking"
    desk = taught(Teach(by=LEAD, when="tool = pay", do="set amount = 5000"))
    desk.propose("pay", amount=10)
    assert desk.kind == "awaiting_approval"


def test_deny_holds_on_the_call_as_asked_and_as_changed() -> None:
    """A set is no way around a deny, nor into one."""
    desk = taught(DENY, SET)
    desk.propose()
    assert desk.kind == "thinking"
    desk = taught(Teach(by=LEAD, when="service = checkout", do="deny"), SET)
    desk.propose()
    assert desk.kind == "thinking"


def test_an_edit_obeys_what_was_taught() -> None:
    """People's edits are held to people's rules."""
    desk = Desk().waiting()
    desk.give(Teach(by=LEAD, when="service = payments", do="deny"))
    assert "forbidden" in desk.refuses(desk.edit(service="payments")).words


@pytest.mark.parametrize(
    ("scope", "thread_id", "holds"),
    [
        ("thread", IN_CHANNEL, False),
        ("channel", IN_CHANNEL, True),
        ("channel", ELSEWHERE, False),
        ("team", ELSEWHERE, True),
        ("team", ThreadId("T0OTHER:C0STAGING:1772452800.000300"), False),
    ],
)
def test_a_rule_holds_in_its_scope(scope: str, thread_id: ThreadId, holds: bool) -> None:  # noqa: FBT001 - a column
    """Threat L7: this thread, this channel, or everywhere in the team."""
    desk = after(taught(replace(DENY, scope=scope)), thread_id)  # type: ignore[arg-type]  # one of the three
    desk.propose()
    assert (desk.kind == "thinking") is holds


def test_a_rule_of_this_thread_holds_in_this_thread() -> None:
    """And its words say so."""
    desk = taught(replace(DENY, scope="thread"))
    assert "(in this thread)" in desk.said()[-1]
    desk.propose()
    assert desk.kind == "thinking"


def test_a_rule_holds_until_it_expires() -> None:
    """Threat L7: 30 days, unless the teacher said never."""
    desk = taught(DENY)
    late = after(desk.later(31 * 86_400))
    late.propose()
    assert late.kind == "awaiting_approval"
    desk = taught(replace(DENY, days=None))
    late = after(desk.later(4000 * 86_400))
    late.propose()
    assert late.kind == "thinking"


@pytest.mark.parametrize("days", [0, -1, 4000, 10**12])
def test_a_rule_does_not_hold_for_a_time_that_is_none(days: int) -> None:
    """Whatever a client sends."""
    assert Desk().start().refuses(replace(DENY, days=days)).field == "expires"


def test_a_forgotten_rule_is_as_if_it_had_never_been() -> None:
    """By its author or an operator, and by nobody else."""
    for by in (LEAD, OPERATOR):
        desk = taught(DENY)
        name = the_lesson(desk).id
        no = desk.refuses(Forget(by=REQUESTER, lesson=name))
        assert f"<@{LEAD.id}>" in no.instead
        desk.refuses(Forget(by=replace(LEAD, kind="deactivated"), lesson=name))
        desk.give(Forget(by=by, lesson=name))
        desk.propose()
        assert desk.kind == "awaiting_approval"
        desk.refuses(Forget(by=by, lesson=name))


def test_what_nobody_taught_is_not_forgotten() -> None:
    """Nor what another team taught."""
    desk = Desk().start()
    desk.refuses(Forget(by=LEAD, lesson=LessonId("heuristic:none")))
    lesson = replace(the_lesson(taught(DENY)), team="T0OTHER")  # type: ignore[arg-type]  # any team
    desk.rules = replace(desk.rules, lessons=(lesson,))
    desk.refuses(Forget(by=LEAD, lesson=lesson.id))


def test_only_teachers_teach() -> None:
    """Threat L3: a guest's rule has no effect."""
    desk = Desk().start()
    desk.refuses(replace(DENY, by=GUEST))
    desk.rules = replace(desk.rules, teachers=NOBODY)
    desk.refuses(DENY)


def test_there_are_only_so_many_rules() -> None:
    """Threat L5: the next is refused, with the way to tidy."""
    lesson = the_lesson(taught(DENY))
    many = tuple(replace(lesson, key=f"{nth}") for nth in range(200))
    desk = Desk(rules=replace(RULES, lessons=many)).start()
    assert "There are 200 rules in force already." in desk.refuses(DENY).words


def test_a_finished_task_is_still_taught_from() -> None:
    """The last message has the button."""
    desk = finished()
    desk.give(DENY)
    assert (desk.kind, desk.task.tally.taught) == ("finished", 1)


def test_a_rule_that_was_never_suggested_is_not_confirmed() -> None:
    """Allow rules are earned first."""
    desk = Desk().start()
    desk.refuses(ConfirmRule(by=LEAD, rule="allow_rule:1"))


def test_only_so_many_words_stand_on_a_card() -> None:
    """The newest of them."""
    desk = taught(*(Teach(by=LEAD, when="", do=f"Words {nth}.") for nth in range(12)))
    desk.propose()
    assert len(desk.proposal.advice) == 8
    assert "Words 11." in desk.proposal.advice[-1]


def test_a_person_who_is_no_teacher_here_may_be_one_by_name() -> None:
    """A guest whom the configuration names."""
    guest = person("U0TEACHER", kind="guest")
    desk = Desk().start()
    desk.rules = replace(desk.rules, teachers=replace(NOBODY, users=frozenset({guest.id})))
    desk.give(replace(DENY, by=guest))
    assert len(desk.rules.lessons) == 1
