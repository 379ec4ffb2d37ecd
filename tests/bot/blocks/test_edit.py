import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from agent_core.proposal import canonical
from agent_core.rules.book import ToolSpec
from bot.blocks.modals.arguments import arguments
from bot.blocks.modals.edit import edit_modal
from bot.blocks.modals.edit_read import Typed, read_edit
from tests.bot.blocks.faces import SPEC, calling
from tests.bot.blocks.reading import as_view, texts
from tests.plugins.golden import Golden

METADATA = "{}"
PROPERTIES: dict[str, Any] = {
    "service": {"type": "string", "pattern": "^[a-z0-9-]+$", "description": "Which one.", "maxLength": 40},
    "count": {"type": "integer", "minimum": 1, "maximum": 9},
    "ratio": {"type": "number", "minimum": 0.5},
    "env": {"enum": ["staging", "production"]},
    "level": {"enum": [1, 2, None]},
    "dry": {"type": "boolean"},
    "zones": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 1},
    "day": {"type": "string", "format": "date"},
    "labels": {"type": "object"},
    "token": {"type": "string"},
    "pins": {"type": "array"},
    "note_text": {"type": "string"},
}
ARGS: dict[str, Any] = {
    "service": "cart",
    "count": 2,
    "ratio": 0.75,
    "env": "staging",
    "level": None,
    "dry": True,
    "zones": ["a", "c"],
    "day": "2026-03-02",
    "labels": {"k": ["v", "two\nlines " + "x" * 80]},
    "token": "hunter2",
    "pins": [1, 2],
}


def spec_of(properties: dict[str, Any], required: tuple[str, ...] = ()) -> ToolSpec:
    """Make a tool with these arguments."""
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": list(required)}
    return replace(SPEC, schema_json=canonical(schema), secret_args=frozenset({"token", "pins"}))


TOOL = spec_of(PROPERTIES, ("service", "count", "env", "zones"))


def untouched(view: Any) -> dict[str, Typed]:  # noqa: ANN401 - a view as Slack has it
    """Give what Slack sends for a form that nobody touched."""
    sent: dict[str, Typed] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        chosen = element.get("initial_option")
        several = element.get("initial_options")
        if element["type"] == "checkboxes":
            sent[block["block_id"]] = [one["value"] for one in several or ()]
        else:
            plain = element.get("initial_value", element.get("initial_date"))
            sent[block["block_id"]] = chosen["value"] if chosen else plain
    return sent


def form(spec: ToolSpec, args: dict[str, Any]) -> Any:  # noqa: ANN401 - a view as Slack has it
    """Open the form for a call with these arguments."""
    return as_view(edit_modal(spec, calling(args), METADATA))


def test_each_argument_gets_the_input_of_its_schema(golden: Golden) -> None:
    """Text, number, menu, checkboxes, date, and JSON text for the rest; secrets stay hidden."""
    view = form(TOOL, ARGS)
    golden("modals/edit.json", view)
    found = {block["block_id"]: block["element"]["type"] for block in view["blocks"] if block["type"] == "input"}
    assert found == {
        "arg:service": "plain_text_input",
        "arg:count": "number_input",
        "arg:ratio": "number_input",
        "arg:env": "static_select",
        "arg:level": "static_select",
        "arg:dry": "static_select",
        "arg:zones": "checkboxes",
        "arg:day": "datepicker",
        "arg:labels": "plain_text_input",
        "arg:token": "plain_text_input",
        "arg:pins": "plain_text_input",
        "arg:note_text": "plain_text_input",
        "note": "plain_text_input",
    }
    assert "hunter2" not in json.dumps(view)


def test_an_untouched_form_gives_the_same_arguments_back() -> None:
    """Whatever they are made of."""
    assert read_edit(TOOL, ARGS, untouched(form(TOOL, ARGS))).args == ARGS
    assert read_edit(TOOL, ARGS, {}).args == ARGS


ODD = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        st.sampled_from(["staging", "2026-03-02", "a", "", " x ", "x" * 4_000, "a\nb", "0"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\u202e", max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*PROPERTIES, "more", "Z" * 260]), ODD))
@settings(max_examples=150, deadline=None)
def test_an_untouched_form_changes_nothing_whatever_the_arguments_are(args: dict[str, Any]) -> None:
    """Not even where values are of other types than the schema wants."""
    assert read_edit(TOOL, args, untouched(form(TOOL, args))).args == args


@pytest.mark.parametrize(
    ("block", "typed", "value"),
    [
        ("arg:service", "checkout", "checkout"),
        ("arg:count", "5", 5),
        ("arg:ratio", "1.25", 1.25),
        ("arg:ratio", "3", 3),
        ("arg:env", "production", "production"),
        ("arg:level", "2", 2),
        ("arg:dry", "false", False),
        ("arg:zones", ["b"], ["b"]),
        ("arg:zones", "b", ["b"]),
        ("arg:day", "2026-04-01", "2026-04-01"),
        ("arg:labels", '{"k": 1}', {"k": 1}),
        ("arg:token", "hunter3", "hunter3"),
        ("arg:token", None, "hunter2"),
        ("arg:pins", "[3]", [3]),
        ("arg:note_text", "new", "new"),
    ],
)
def test_what_is_typed_is_read_by_its_type(block: str, typed: Typed, value: object) -> None:
    """One field changed, the rest as it was."""
    edited = read_edit(TOOL, ARGS, {**untouched(form(TOOL, ARGS)), block: typed})
    assert edited.errors == {}
    assert edited.args == {**ARGS, block.removeprefix("arg:"): value}


@pytest.mark.parametrize(
    ("block", "typed", "word"),
    [
        ("arg:service", "UPPER", "Must match"),
        ("arg:service", None, "Must match"),
        ("arg:service", ["a"], "One value"),
        ("arg:count", "ten", "A number"),
        ("arg:count", "1e1", "A number"),
        ("arg:count", "99", "Must be at most 9."),
        ("arg:count", None, "Is required."),
        ("arg:env", "moon", "not one of the choices"),
        ("arg:zones", [], "at least 1 items"),
        ("arg:labels", "{", "not JSON"),
        ("arg:labels", '{"a":1,"a":2}', "not JSON"),
        ("arg:labels", "NaN", "not JSON"),
        ("arg:labels", "[" * 100_000, "not JSON"),
        ("arg:pins", "x", "not JSON"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(block: str, typed: Typed, word: str) -> None:
    """The modal stays open, and nothing typed is lost."""
    edited = read_edit(TOOL, ARGS, {**untouched(form(TOOL, ARGS)), block: typed})
    assert word in edited.errors[block]


def test_what_is_wrong_with_an_argument_without_a_field_is_said_at_the_note() -> None:
    """Slack shows errors at inputs only."""
    spec = spec_of({"script": {"type": "string", "maxLength": 10}})
    edited = read_edit(spec, {"script": "x" * 5_000}, {"note": None})
    assert edited.errors == {"note": "Script must have at most 10 characters."}


def test_an_emptied_field_leaves_an_optional_argument_out_and_empties_a_required_text() -> None:
    """Slack sends null for both."""
    spec = spec_of({"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "integer"}}, ("a",))
    emptied: dict[str, Typed] = {"arg:a": None, "arg:b": None, "arg:c": None}
    assert read_edit(spec, {"a": "x", "b": "y", "c": 1}, emptied).args == {"a": ""}
    assert read_edit(spec, {}, emptied).args == {}


def test_long_text_is_shown_but_not_edited() -> None:
    """A form takes 3,000 characters; cutting the rest would change the call."""
    view = form(spec_of({"script": {"type": "string"}}), {"script": "x" * 5_000})
    assert any("too long for a form" in text for text in texts(view))
    assert [block["block_id"] for block in view["blocks"] if block["type"] == "input"] == ["note"]


def test_text_that_a_form_would_damage_is_edited_as_json() -> None:
    """Hidden characters are seen there, and come back as they were."""
    view = form(spec_of({"host": {"type": "string"}}), {"host": "a\u202eb"})
    assert view["blocks"][1]["element"]["initial_value"] == '"a\\u202eb"'
    odd: dict[str, Any] = {"day": "tomorrow", "zones": ["c", "a"], "dry": "yes", "count": 1e300, "level": 3}
    assert {argument.name: argument.kind for argument in arguments(TOOL, odd) if argument.name in odd} == dict.fromkeys(
        sorted(odd), "json"
    )


def test_a_tool_with_very_many_arguments_still_has_a_form() -> None:
    """What has no place in it stays as it is."""
    many = {f"a{n}": {"type": "string"} for n in range(120)}
    args = dict.fromkeys(many, "x")
    view = form(spec_of(many), args)
    assert "30 more arguments stay as they are." in texts(view)
    assert read_edit(spec_of(many), args, untouched(view)).args == args


def test_choices_that_no_menu_can_have_are_edited_as_text() -> None:
    """Too many, too long, empty, or alike."""
    odd: list[Any] = [["x"] * 2, ["x" * 80], [""], [str(n) for n in range(101)], [], "text"]
    for choices in odd:
        assert arguments(spec_of({"a": {"type": "string", "enum": choices}}), {})[0].kind == "text"
    assert arguments(spec_of({"a": {"type": "array", "items": {"enum": list(range(11))}}}), {})[0].kind == "json"
    assert arguments(spec_of({"a": {"type": "array", "items": True}}), {})[0].kind == "json"


def test_an_argument_that_is_missing_gets_an_empty_input() -> None:
    """Of whatever kind it is."""
    view = form(TOOL, {})
    assert untouched(view)["arg:zones"] == []
    assert {value for name, value in untouched(view).items() if name != "arg:zones"} == {None}
