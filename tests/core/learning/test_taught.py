"""Which lessons are in force, and what they make of a call: a function of the log alone."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from agent_core.learning.preview import preview
from agent_core.learning.taught import Place, heuristics, holds, in_force, pin, spelled, taught, told
from agent_core.learning.teaching import read_rule
from agent_core.lesson import Condition, Lesson
from tests.examples import CALL, CHANNEL, LEAD, LESSON, NOON, OTHER_CALL, OVERRIDE, TEAM, THREAD

if TYPE_CHECKING:
    from agent_core.words import Args

HERE = Place(team=TEAM, channel=CHANNEL, thread=THREAD)
LATER = NOON + timedelta(minutes=1)
FORGET = replace(LESSON, kind="forget", key="f", target=LESSON.id)
SET = replace(LESSON, key="s", deny=False, set_json='{"service":"queue"}', when=(), text="set service = queue")
WORDS = replace(LESSON, key="w", deny=False, when=(), when_words="it is night", text="Ask the lead.")


def test_a_lesson_of_the_same_name_counts_once() -> None:
    """Its effect may be performed again after a crash."""
    assert in_force((LESSON, LESSON), NOON) == (LESSON,)


def test_a_forgotten_lesson_is_as_if_it_had_never_been_wherever_it_stands_in_the_log() -> None:
    """Also where the forgetting arrived first."""
    assert in_force((LESSON, FORGET), NOON) == in_force((FORGET, LESSON), NOON) == ()


def test_a_lesson_ends_at_its_expiry() -> None:
    """At that moment it holds no more."""
    assert LESSON.expires_at is not None
    assert in_force((LESSON,), LESSON.expires_at) == ()
    assert in_force((LESSON,), LESSON.expires_at - timedelta(seconds=1)) == (LESSON,)


def test_only_heuristics_are_rules() -> None:
    """An override is about a score."""
    assert heuristics((LESSON, OVERRIDE), HERE, NOON) == (LESSON,)


def test_conditions_are_about_the_tool_the_channel_or_an_argument() -> None:
    """Values are compared as people type them."""
    args: Args = {"service": "cart", "replicas": 3, "dry": True}
    assert holds(Condition(field="tool", value="deploy"), "deploy", HERE, args)
    assert holds(Condition(field="channel", value=CHANNEL), "deploy", HERE, args)
    assert not holds(Condition(field="channel", value="C0OTHER"), "deploy", HERE, args)
    assert holds(Condition(field="replicas", value="3"), "deploy", HERE, args)
    assert holds(Condition(field="dry", value="true"), "deploy", HERE, args)
    assert not holds(Condition(field="missing", value=""), "deploy", HERE, args)
    assert spelled({"b": 1, "a": "x"}) == '{"a":"x","b":1}'


def test_a_set_touches_only_arguments_that_the_call_has() -> None:
    """It adds none: the tool might not know them."""
    made = taught((SET,), HERE, NOON, tool="deploy", args_json='{"other":1}')
    assert (made.args_json, made.used) == ('{"other":1}', ())
    made = taught((SET,), HERE, NOON, tool="deploy", args_json='{"service":"cart"}')
    assert (made.args_json, made.used) == ('{"service":"queue"}', (SET.id,))


def test_words_advise_and_change_nothing() -> None:
    """They name who said them."""
    made = taught((WORDS,), HERE, NOON, tool="deploy", args_json="{}")
    assert (made.denied, made.advice) == ((), (f"Ask the lead. (<@{LEAD.id}>)",))


def test_a_rule_is_told_in_one_line() -> None:
    """With its exact conditions, with words, or without any."""
    assert told(LESSON) == "when tool = restart_service, service = payments: deny"
    assert told(WORDS) == "when it is night: Ask the lead."
    assert told(replace(WORDS, when_words="")) == "Ask the lead."


def test_of_two_overrides_of_one_state_the_newest_holds() -> None:
    """Whatever their order in the log; of another team or state, none does."""
    newer = replace(OVERRIDE, key="9", at=LATER, phi=8.0)
    for log in ((OVERRIDE, newer), (newer, OVERRIDE)):
        assert pin(log, TEAM, OVERRIDE.state, LATER) == newer
    assert pin((OVERRIDE,), TEAM, "elsewhere", LATER) is None
    assert pin((replace(OVERRIDE, team="T0OTHER"),), TEAM, OVERRIDE.state, LATER) is None  # type: ignore[arg-type]  # any team


def test_a_rule_is_tried_on_what_was_proposed_before_it_is_saved() -> None:
    """How many of how many, and which."""
    calls = (CALL, OTHER_CALL, replace(CALL, tool="deploy"))
    denied = preview(read_rule("tool = restart_service", "deny"), calls, HERE, NOON)
    assert (denied.changed, denied.of) == (2, 3)
    assert denied.examples[0] == 'restart_service {"service":"cart"}: not run'
    changed = preview(read_rule("service = cart", "set service = queue"), calls, HERE, NOON)
    assert changed.examples == (
        'restart_service {"service":"cart"}: {"service":"queue"}', 'deploy {"service":"cart"}: {"service":"queue"}',
    )  # fmt: skip
    assert preview(read_rule("", "Look first."), calls, HERE, NOON).changed == 0


def test_the_preview_shows_a_few_examples_of_many() -> None:
    """The newest five."""
    calls = tuple(replace(CALL, args_json=f'{{"service":"s{nth}"}}') for nth in range(9))
    made = preview(read_rule("tool = restart_service", "deny"), calls, HERE, NOON)
    assert (made.changed, len(made.examples)) == (9, 5)
    assert "s8" in made.examples[-1]


def test_a_lesson_is_named_by_its_kind_and_key() -> None:
    """As people type it: `/agent forget heuristic:1f2e3d`."""
    assert isinstance(LESSON, Lesson)
    assert LESSON.id == "heuristic:1f2e3d"
