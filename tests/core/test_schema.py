"""Arguments against their schema: every refusal names the field and what was expected, never what was given."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from agent_core.errors import Refused
from agent_core.proposal import canonical
from agent_core.rules.book import ToolSpec
from agent_core.rules.schema import Problem, coerce, problems, with_defaults
from agent_core.words import Args, Json

CANARY = "hunter2-hunter2"
SURROGATE = "\ud800"


def tool(*required: str, **properties: Json) -> ToolSpec:
    """Make a tool with these arguments."""
    schema: Json = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    return ToolSpec(name="restart", description="", schema_json=json.dumps(schema), fingerprint="f")


def words(schema: Json, value: Json) -> list[str]:
    """Say what is wrong with one value."""
    found = problems(tool(x=schema), {"x": value})
    assert {problem.field for problem in found} <= {"x"}
    return [problem.words for problem in found]


def test_arguments_that_fit_have_no_problems() -> None:
    """Nothing more is asked than the schema says."""
    spec = tool("service", service={"type": "string", "pattern": "^[a-z0-9-]+$"}, count={"type": "integer"})
    assert problems(spec, {"service": "cart", "count": 3}) == ()
    assert problems(spec, {"service": "cart"}) == ()


def test_every_missing_and_every_unknown_argument_is_named_once() -> None:
    """A model that invents an argument is told which."""
    spec = tool("a", "b", a={"type": "string"}, b={"type": "string"})
    assert problems(spec, {"c": 1, "d": 2}) == (
        Problem(field="a", words="is required"),
        Problem(field="b", words="is required"),
        Problem(field="c", words="is not an argument of this tool"),
        Problem(field="d", words="is not an argument of this tool"),
    )
    assert problems(spec, {"b": ""}) == (Problem(field="a", words="is required"),)


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "string"}, 3, "must be text"),
        ({"type": "integer"}, True, "must be a whole number"),
        ({"type": "integer"}, "3", "must be a whole number"),
        ({"type": "number"}, "3", "must be a number"),
        ({"type": ["boolean", "null"]}, 0, "must be true or false or null"),
        ({"type": "array"}, {}, "must be a list"),
        ({"type": "object"}, [], "must be an object"),
        ({"enum": ["a", 1, None]}, "b", "must be one of a, 1, null"),
        ({"enum": list(range(12))}, "b", "must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …"),
        ({"const": "a"}, "b", "must be a"),
        ({"pattern": "^[a-z]+$"}, "A", "must match ^[a-z]+$"),
        ({"pattern": "^[a-z]+$"}, "a\n", "must match ^[a-z]+$"),
        ({"pattern": "("}, "a", "must match ("),
        ({"format": "date"}, "2026-13-01", "must be written as date"),
        ({"minLength": 2}, "a", "must have at least 2 characters"),
        ({"maximum": 2.5}, 3, "must be at most 2.5"),
        ({"minItems": 1}, [], "must have at least 1 items"),
        ({"items": {"type": "string"}}, ["a", 1], "at /1 must be text"),
        ({"properties": {"a": {"items": {"minimum": 1}}}}, {"a": [1, 0]}, "at /a/1 must be at least 1"),
        ({"required": ["a"]}, {}, "lacks a part that is required"),
        ({"additionalProperties": False}, {"a": 1}, "has a part that the tool does not know"),
        ({"not": {"type": "string"}}, "a", "does not fit the schema of this tool (not)"),
    ],
)
def test_a_value_that_does_not_fit_is_told_what_would(schema: Json, value: Json, expected: str) -> None:
    """The words follow the argument's name, in a modal's field as in a sentence."""
    assert words(schema, value) == [expected]


@pytest.mark.parametrize("value", [5, "a", [1], True, None])
def test_pattern_is_about_text_only(value: Json) -> None:
    """As JSON Schema has it: what is not text has no pattern to match."""
    assert words({"pattern": "a"}, value) == []


def deep(levels: int) -> Json:
    """Nest a list."""
    value: Json = 0
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (SURROGATE, "must be Unicode text without NUL"),
        ([{"a": SURROGATE}], "must be Unicode text without NUL"),
        ("a\0b", "must be Unicode text without NUL"),
        ({SURROGATE: 1}, "must be Unicode text without NUL"),
        (float("nan"), "must be a number below 2^64"),
        (float("-inf"), "must be a number below 2^64"),
        ([10**5000], "must be a number below 2^64"),
        ([[2**64]], "must be a number below 2^64"),
        (deep(20), "must not be nested deeper than 20 levels"),
        (deep(100_000), "must not be nested deeper than 20 levels"),
    ],
)
def test_what_has_no_canonical_json_is_refused_whatever_the_schema_says(value: Json, expected: str) -> None:
    """A digest over it would fail later, when somebody has already pressed Approve."""
    assert words({}, value) == [expected]


def test_a_name_that_is_no_text_is_refused_without_being_repeated() -> None:
    """The words go into a message, which must be text."""
    assert problems(tool(), {SURROGATE: 1}) == (Problem(field="?", words="has a name that is not text"),)


@pytest.mark.parametrize("value", [None, [], {}, False, deep(19), 2**64 - 1, -1.5, "é"])
def test_plain_values_have_no_problems_of_their_own(value: Json) -> None:
    """What has canonical JSON is left to the schema."""
    assert words({}, value) == []


@pytest.mark.parametrize(
    "schema",
    [{"type": "integer"}, {"enum": ["a"]}, {"pattern": "^x"}, {"const": 1}, {"maxLength": 3}, {"format": "date"}],
)
def test_words_never_repeat_what_was_given(schema: Json) -> None:
    """S1: a secret argument must not come back in a refusal."""
    assert words(schema, CANARY)
    assert CANARY not in " ".join(words(schema, CANARY))


def test_defaults_fill_what_was_left_out_and_nothing_else() -> None:
    """Policy sees the arguments that will run."""
    spec = tool("a", a={"type": "string"}, b={"default": 3}, c={"default": None})
    assert with_defaults(spec, {"a": "x", "b": 4}) == {"a": "x", "b": 4, "c": None}


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "3", "3"),
        ({}, "true", "true"),
        ({"type": "integer"}, " 3 ", 3),
        ({"type": "integer"}, "-12", -12),
        ({"type": "number"}, "2.5", 2.5),
        ({"type": "number"}, "3", 3),
        ({"type": "boolean"}, "True", True),
        ({"type": "boolean"}, "no", False),
        ({"type": "array"}, '["a", 1]', ["a", 1]),
        ({"type": "object"}, '{"a": {"b": 1}}', {"a": {"b": 1}}),
        ({"type": "null"}, "null", None),
        ({"type": ["string", "integer"]}, "3", 3),
        ({"type": ["string", "integer"]}, "x", "x"),
        ({"type": ["integer", "null"]}, "null", None),
        ({"enum": ["a", 3, True]}, "3", 3),
        ({"enum": ["a", 3, True]}, "true", True),
        ({"enum": ["3", 3]}, "3", "3"),
        ({"enum": ["a"]}, "b", "b"),
    ],
)
def test_text_is_read_as_the_type_that_the_schema_wants(schema: Json, text: str, value: Json) -> None:
    """“restart 3 of them” gives a number, and a service named 3 stays text."""
    answer = coerce(tool(x=schema), "x", text)
    assert (answer, type(answer)) == (value, type(value))


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        ({"type": "integer"}, "3.5", "a whole number"),
        ({"type": "integer"}, "٣", "a whole number"),
        ({"type": "integer"}, "1_000", "a whole number"),
        ({"type": "integer"}, "9" * 5000, "a whole number"),
        ({"type": "number"}, "true", "a number"),
        ({"type": "number"}, "x", "a number"),
        ({"type": "boolean"}, "1", "true or false"),
        ({"type": "array"}, '{"a": 1}', "a list"),
        ({"type": "array"}, "[" * 100_000, "a list"),
        ({"type": "object"}, '{"a": 1, "a": 2}', "an object"),
        ({"type": ["integer", "null"]}, "x", "a whole number or null"),
    ],
)
def test_text_that_is_not_of_the_type_is_refused_at_its_field(schema: Json, text: str, expected: str) -> None:
    """The person is told the form that would be understood."""
    with pytest.raises(Refused) as refusal:
        coerce(tool(x=schema), "x", text)
    assert refusal.value.words == f"x must be {expected}."
    assert refusal.value.field == "x"


@pytest.mark.parametrize(("spec", "instead"), [(tool(a={}, b={}), "It has: a, b."), (tool(), "It has none.")])
def test_an_unknown_argument_is_refused_with_those_that_there_are(spec: ToolSpec, instead: str) -> None:
    """A correction “servce: cart” is answered with what there is to correct."""
    with pytest.raises(Refused) as refusal:
        coerce(spec, "servce", "cart")
    assert (refusal.value.words, refusal.value.instead) == ("restart has no argument “servce”.", instead)


JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(args=st.dictionaries(st.text(max_size=3), JSON, max_size=3))
def test_whatever_passes_has_one_canonical_spelling(args: Args) -> None:
    """X18: what is shown, signed and run can be the same bytes."""
    anything = ToolSpec(name="t", description="", schema_json="{}", fingerprint="f")
    if not problems(anything, args):
        text = canonical(args)
        assert canonical(json.loads(text.encode())) == text
