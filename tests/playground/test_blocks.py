import json

import pytest

from bot.playground.blocks import dressed, message_blocks, view_shape
from bot.playground.words import Json, Refusal
from tests.playground.kit import actions, button, modal, plain, section, typed

OPTION = {"text": plain("One"), "value": "1"}
SELECT = {"type": "static_select", "action_id": "s", "options": [OPTION]}
RUN = {"type": "text", "text": "x"}


def choice(**more: object) -> Json:
    """Give a select, changed."""
    return actions(SELECT | more)


BROKEN: list[tuple[str, list[Json], str]] = [
    ("unknown block", [{"type": "marquee"}], "unsupported type: marquee [json-pointer:/blocks/0/type]"),
    ("no type", [{"text": "x"}], "missing required field: type"),
    ("not an object", ["x"], "must provide an object"),  # type: ignore[list-item]  # that is the point
    ("51 blocks", [{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    ("section too long", [section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    ("empty text", [section("")], "must be more than 0 characters"),
    ("section without text", [{"type": "section"}], "missing required field: text or fields"),
    ("11 fields", [{"type": "section", "fields": [plain("x")] * 11}], "no more than 10 items allowed"),
    ("long field", [{"type": "section", "fields": [plain("x" * 2001)]}], "must be less than 2001 characters"),
    ("unknown field", [section("x") | {"color": "red"}], "invalid additional property: color"),
    ("header mrkdwn", [{"type": "header", "text": section("x")["text"]}], "unsupported type: mrkdwn"),
    ("long header", [{"type": "header", "text": plain("x" * 151)}], "must be less than 151 characters"),
    ("11 in context", [{"type": "context", "elements": [plain("x")] * 11}], "no more than 10 items allowed"),
    ("26 actions", [actions(*[button(str(n)) for n in range(26)])], "no more than 25 items allowed"),
    ("no actions", [actions()], "no fewer than 1 items allowed"),
    (
        "null style",
        [actions(button("a", style=None))],
        "must provide a string [json-pointer:/blocks/0/elements/0/style]",
    ),
    ("odd style", [actions(button("a", style="loud"))], "must be one of: primary, danger"),
    ("long button", [actions({"type": "button", "text": plain("x" * 76)})], "must be less than 76 characters"),
    ("long value", [actions(button("a", value="x" * 2001))], "must be less than 2001 characters"),
    ("long action_id", [actions(button("x" * 256))], "must be less than 256 characters"),
    ("long block_id", [actions(button("a"), block_id="x" * 256)], "must be less than 256 characters"),
    ("button mrkdwn", [actions(button("a") | {"text": section("x")["text"]})], "unsupported type: mrkdwn"),
    ("input in actions", [actions({"type": "plain_text_input"})], "unsupported type: plain_text_input"),
    (
        "same block_id",
        [actions(button("a"), block_id="b"), actions(button("a"), block_id="b")],
        "`block_id` already exists",
    ),
    ("same action_id", [actions(button("a"), button("a"))], "`action_id` already exists"),
    ("long option value", [choice(options=[OPTION | {"value": "x" * 151}])], "must be less than 151 characters"),
    ("101 options", [choice(options=[OPTION] * 101)], "no more than 100 items allowed"),
    ("options and groups", [choice(option_groups=[{"label": plain("g"), "options": [OPTION]}])], "only one of these"),
    ("strange initial", [choice(initial_option={"text": plain("Two"), "value": "2"})], "initial option was not found"),
    ("6 in overflow", [actions({"type": "overflow", "options": [OPTION] * 6})], "no more than 5 items allowed"),
    ("11 boxes", [actions({"type": "checkboxes", "options": [OPTION] * 11})], "no more than 10 items allowed"),
    ("long confirm", [actions(button("a", confirm={"title": plain("x" * 101)}))], "must be less than 101 characters"),
    ("image without alt", [{"type": "image", "image_url": "https://x/y.png"}], "missing required field: alt_text"),
    (
        "empty alt",
        [{"type": "image", "image_url": "https://x/y.png", "alt_text": ""}],
        "must be more than 0 characters",
    ),
    (
        "markdown too long",
        [{"type": "markdown", "text": "x" * 6001}] * 2,
        "markdown must be less than 12001 characters",
    ),
    ("alert in message", [{"type": "alert", "text": plain("x")}], "unsupported type: alert"),
    (
        "101 rows",
        [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 101}],
        "no more than 100 items allowed",
    ),
    (
        "21 cells",
        [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]}],
        "no more than 20 items allowed",
    ),
    ("plan title object", [{"type": "plan", "title": plain("x")}], "must provide a string"),
    (
        "empty run",
        [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [RUN | {"text": ""}]}]}],
        "more than 0",
    ),
    (
        "bad run",
        [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "b"}]}]}],
        "unsupported type: b",
    ),
    ("text no string", [section("x") | {"block_id": 5}], "must provide a string [json-pointer:/blocks/0/block_id]"),
    ("flag no boolean", [typed("x") | {"optional": "yes"}], "must provide a boolean"),
    ("number no integer", [typed("x", min_length="3")], "must provide an integer"),
    ("number out of bounds", [typed("x", max_length=3001)], "must be between 1 and 3000"),
    ("elements no list", [{"type": "actions", "elements": {}}], "must provide an array"),
    ("date of no form", [actions({"type": "datepicker", "initial_date": "soon"})], "does not match the required form"),
    ("chart no object", [{"type": "data_visualization", "title": "x", "chart": 5}], "must provide an object"),
    ("element no object", [actions("x")], "must provide an object"),  # type: ignore[arg-type]  # that is the point
    ("options no object", [choice(options=["x"])], "must provide an object"),
    ("3 charts", [{"type": "data_visualization", "title": "x", "chart": {}}] * 3, "no more than 2 data_visualization"),
    ("4 buttons on a card", [{"type": "card", "actions": [button(str(n)) for n in range(4)]}], "no more than 3 items"),
    ("runs without section", [{"type": "rich_text", "elements": [RUN]}], "unsupported type: text"),
]


@pytest.mark.parametrize(("blocks", "words"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_blocks_over_a_limit_are_refused_with_a_pointer(blocks: list[Json], words: str) -> None:
    """Limits of reference/SLACK.md, 1.3 to 1.5."""
    with pytest.raises(Refusal) as refused:
        message_blocks(blocks)
    assert refused.value.error == "invalid_blocks"
    errors = refused.value.more["errors"]
    assert isinstance(errors, list)
    assert any(words in error for error in errors), errors
    assert refused.value.more["response_metadata"] == {"messages": [f"[ERROR] {error}" for error in errors]}


RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [RUN | {"style": {"bold": True}}, {"type": "user", "user_id": "U0RITA"}],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "indent": 1,
            "elements": [{"type": "rich_text_section", "elements": [RUN]}],
        },
        {"type": "rich_text_preformatted", "elements": [RUN], "border": 0},
        {"type": "rich_text_quote", "elements": [{"type": "link", "url": "https://x", "text": "x"}]},
    ],
}
GOOD: dict[str, list[Json]] = {
    "fifty dividers": [{"type": "divider"}] * 50,
    "section at its limit": [section("x" * 3000)],
    "accessory": [section("x") | {"accessory": button("a", url="https://x", style="danger")}],
    "fields": [{"type": "section", "fields": [plain("x" * 2000)] * 5}],
    "rich text": [RICH],
    "select and overflow": [actions(SELECT, {"type": "overflow", "action_id": "more", "options": [OPTION]})],
    "groups": [
        choice()
        | {"elements": [{"type": "static_select", "option_groups": [{"label": plain("g"), "options": [OPTION]}]}]}
    ],
    "context": [
        {"type": "context", "elements": [plain("x"), {"type": "image", "image_url": "https://x", "alt_text": "x"}]}
    ],
    "input": [typed("note")],
    "cards": [{"type": "carousel", "elements": [{"type": "card", "actions": [button("a")]}]}],
    "container": [{"type": "container", "child_blocks": [actions(button("a"))]}],
    "table": [{"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]}],
    "markdown": [{"type": "markdown", "text": "# x"}],
    "confirm": [
        actions(
            button(
                "a",
                confirm={
                    "title": plain("t"),
                    "text": plain("x"),
                    "confirm": plain("y"),
                    "deny": plain("n"),
                    "style": "danger",
                },
            )
        )
    ],
}


@pytest.mark.parametrize("blocks", GOOD.values(), ids=GOOD)
def test_blocks_within_the_limits_are_taken(blocks: list[Json]) -> None:
    """A validator that refuses everything proves nothing."""
    assert len(message_blocks(blocks)) == len(blocks)


def test_the_server_adds_ids_and_flags_and_leaves_the_given_blocks_alone() -> None:
    """Code that compares stored blocks with its own is wrong."""
    given = [section("x"), actions({"type": "button", "text": plain("x")}), typed("note")]
    first, second, third = dressed(given)
    assert first["block_id"]
    assert first["text"]["verbatim"] is False
    assert second["elements"][0]["action_id"]
    assert second["elements"][0]["text"]["emoji"] is True
    assert third["optional"] is False
    assert given == [section("x"), actions({"type": "button", "text": plain("x")}), typed("note")]


VIEWS: list[tuple[str, Json, str]] = [
    ("long title", modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
    ("long submit", modal(submit=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/submit/text]"),
    (
        "metadata",
        modal(private_metadata="x" * 3001),
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    ("101 blocks", modal(*[{"type": "divider"}] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
    ("no submit", modal(submit=None), "missing required field: submit"),
    ("markdown", modal({"type": "markdown", "text": "x"}), "unsupported type: markdown"),
    ("home", {"type": "home", "blocks": []}, "must be a modal view"),
    ("no title", {"type": "modal", "blocks": []}, "missing required field: title"),
    ("unknown key", modal(color="red"), "invalid additional property: color"),
    ("number without decimals", modal(typed("n", type="number_input")), "missing required field: is_decimal_allowed"),
    ("same block_id", modal(typed("a"), typed("a")), "`block_id` already exists"),
    ("long callback", modal(callback_id="x" * 256), "must be less than 256 characters"),
]


@pytest.mark.parametrize(("view", "words"), [row[1:] for row in VIEWS], ids=[row[0] for row in VIEWS])
def test_a_view_over_a_limit_is_invalid_arguments(view: Json, words: str) -> None:
    """Not invalid_blocks: views have their own error."""
    with pytest.raises(Refusal) as refused:
        view_shape(view, "modal")
    assert refused.value.error == "invalid_arguments"
    assert words in str(refused.value.more["response_metadata"])


@pytest.mark.parametrize("given", ["{", "[]", 5, None])
def test_a_view_that_is_no_object_is_invalid_arguments(given: object) -> None:
    """As a string it must be JSON of one."""
    with pytest.raises(Refusal, match="invalid_arguments"):
        view_shape(given, "modal")


def test_blocks_and_views_may_be_given_as_json_text() -> None:
    """As forms carry them."""
    assert message_blocks('[{"type": "divider"}]')[0]["type"] == "divider"
    assert view_shape(json.dumps(modal()), "modal")["callback_id"] == "ask"


def test_a_view_of_a_quarter_megabyte_is_too_large() -> None:
    """That has a name of its own."""
    with pytest.raises(Refusal, match="view_too_large"):
        view_shape(modal(*[section("x" * 2999)] * 84), "modal")
