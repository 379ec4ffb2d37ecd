import pytest
from hypothesis import given, strategies as st

from agent_core.adapters.models.runbook_values import (
    Check,
    Runbook,
    Step,
    as_text,
    exact,
    filled,
    placeholders,
    pointed,
    same,
    shown,
)
from agent_core.ports import Output
from agent_core.proposal import canonical
from agent_core.words import Json
from tests.adapters.models.desk import RESTARTING

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("check", "output", "verdict"),
    [
        (Check(exit_code=0), Output(exit_code=0), True),
        (Check(exit_code=0), Output(exit_code=3), False),
        (Check(exit_code=0), Output(), False),
        (Check(stdout_contains="active"), Output(stdout="it is active."), True),
        (Check(stdout_contains="active"), Output(stderr="active"), False),
        (Check(stdout_contains=""), Output(), True),
        (Check(stdout_matches="^up [0-9]+$"), Output(stdout="up 12"), True),
        (Check(stdout_matches="^up [0-9]+$"), Output(stdout="up 12\n"), False),
        (Check(stdout_matches="("), Output(stdout="("), False),
        (Check(stderr_contains="warn"), Output(stderr="a warning"), True),
        (Check(stderr_contains="warn"), Output(stdout="a warning"), False),
        (Check(json={"/state": "up"}), Output(stdout='{"state": "up"}'), True),
        (Check(json={"/state": "up", "/n": 2}), Output(stdout='{"state": "up", "n": 1}'), False),
        (Check(json={"/state": None}), Output(stdout='{"state": null}'), True),
        (Check(json={"/state": None}), Output(stdout="{}"), False),
        (Check(exit_code=0, stdout_contains="up"), Output(exit_code=0, stdout="up"), True),
        (Check(exit_code=0, stdout_contains="up"), Output(exit_code=1, stdout="up"), False),
        (Check(), Output(exit_code=0), False),
    ],
    ids=str,
)
def test_a_check_holds_when_all_of_its_keys_do(check: Check, output: Output, *, verdict: bool) -> None:
    """Several keys are and; what cannot be judged does not hold."""
    assert check.holds(output) is verdict


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", {"a/b": [1, {"~": True}], "": 0}),
        ("/a~1b/0", 1),
        ("/a~1b/1/~0", True),
        ("/", 0),
    ],
)
def test_a_pointer_follows_rfc_6901(pointer: str, value: Json) -> None:
    """Slashes and tildes in keys are escaped, and the empty key is a key."""
    assert pointed('{"a/b": [1, {"~": true}], "": 0}', pointer) == (value,)


@pytest.mark.parametrize(
    "pointer", ["/a~1b/2", "/a~1b/01", "/a~1b/-", "/a~1b/²", "/x", "/a~1b/0/x", "/a~1b/9999999999"]
)
def test_a_pointer_to_nothing_gives_nothing(pointer: str) -> None:
    """No index past the end, no leading zeros, no digits of other scripts."""
    assert pointed('{"a/b": [1]}', pointer) == ()


@pytest.mark.parametrize("text", ["", "active", "{", "NaN", "[" * 100_000, '{"a": Infinity}'])
def test_what_is_no_json_has_nothing_to_point_at(text: str) -> None:
    """A tool may print anything, and a judge of it must not fall over."""
    assert pointed(text, "") == ()


@given(value=JSON)
def test_a_value_points_at_itself(value: Json) -> None:
    """Whatever JSON a tool prints, the empty pointer is all of it."""
    (found,) = pointed(canonical(value), "")
    assert same(found, value)


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (1, 1.0, True),
        (1, True, False),
        ([1], [True], False),
        ({"a": [0]}, {"a": [False]}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1, 2], [1], False),
        ({"a": 1}, [1], False),
        (None, False, False),
        ("1", 1, False),
    ],
)
def test_true_is_no_one(one: Json, other: Json, *, verdict: bool) -> None:
    """Python thinks that True == 1; JSON does not."""
    assert same(one, other) is verdict


def test_placeholders_are_found_at_any_depth_and_filled_once() -> None:
    """What came in through a slot is data: braces in it stay braces."""
    template: Json = {"a": ["{x} and {y-2}", 3], "b": "{x}", "c": "{not this}"}
    assert placeholders(template) == ("x", "y-2")
    assert filled(template, {"x": "{y-2}"}) == {"a": ["{y-2} and {y-2}", 3], "b": "{y-2}", "c": "{not this}"}


def test_only_a_template_that_is_one_placeholder_is_exact() -> None:
    """A correction of such an argument corrects its slot; any other is for one step."""
    assert [exact(template) for template in ("{service}", "the {service}", 3, ["{service}"])] == [
        "service",
        None,
        None,
        None,
    ]


def test_a_check_says_what_it_asks_for() -> None:
    """An approver reads it on the score card."""
    check = Check(
        exit_code=0, stdout_contains="active", stdout_matches="a+", stderr_contains="w", json={"/n": 1, "": []}
    )
    assert check.words == (
        "exit code is 0 and stdout contains “active” and stdout matches “a+” and stderr contains “w” and /n is 1"
        " and stdout as JSON is []"
    )
    assert Check().words == "nothing is asked for"


def test_a_long_text_is_cut_to_one_line() -> None:
    """A sentence has room for a name, not for a file."""
    assert shown("a\n b") == "a b"
    assert len(shown("x" * 500)) == 60


def test_values_are_spelled_as_people_type_them() -> None:
    """Text has no quotes, all else is JSON."""
    assert [as_text("cart"), as_text(5), as_text(value=True), as_text([1, "a"])] == ["cart", "5", "true", '[1,"a"]']


def test_steps_are_named_by_their_id_or_their_number() -> None:
    """The shipped example mixes both."""
    assert RESTARTING.ids == ("look", "2", "3")
    assert RESTARTING.after("look") == "2"
    assert RESTARTING.after("3") is None
    assert RESTARTING.number("3") == 3
    assert RESTARTING.step("no") is None


def test_of_two_steps_with_one_name_the_first_has_it() -> None:
    """A step's number may be another's name; what follows it is then still what the file says."""
    first, second = Step(tool="look", id="2"), Step(tool="act")
    runbook = Runbook(name="two", match=(), steps=(first, second))
    assert runbook.ids == ("2", "2")
    assert runbook.step("2") is first
    assert runbook.step("3") is None
