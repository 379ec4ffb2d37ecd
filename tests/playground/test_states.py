import pytest

from bot.playground.states import complaint, filled, initial_state, state_of
from bot.playground.words import Json, NotPossible, Raw
from tests.playground.kit import plain, typed

ONE, TWO = ({"text": plain(word), "value": word} for word in ("one", "two"))
OPTIONS: Json = {"options": [ONE, TWO]}

CHOSEN: list[tuple[Json, Raw, object]] = [
    ({"type": "plain_text_input"}, "words", "words"),
    ({"type": "plain_text_input"}, "", None),
    ({"type": "number_input"}, 7.5, "7.5"),
    ({"type": "static_select"} | OPTIONS, "two", TWO),
    ({"type": "static_select", "option_groups": [OPTIONS | {"label": plain("g")}]}, "one", ONE),
    ({"type": "radio_buttons"} | OPTIONS, None, None),
    ({"type": "checkboxes"} | OPTIONS, ["one", "two"], [ONE, TWO]),
    ({"type": "checkboxes"} | OPTIONS, "one", [ONE]),
    ({"type": "multi_static_select"} | OPTIONS, None, []),
    ({"type": "external_select"}, "x", {"text": plain("x") | {"emoji": True}, "value": "x"}),
    ({"type": "users_select"}, "U0RITA", "U0RITA"),
    ({"type": "multi_users_select"}, ["U0RITA"], ["U0RITA"]),
    ({"type": "multi_users_select"}, None, []),
    ({"type": "conversations_select"}, "C0OPS", "C0OPS"),
    ({"type": "datepicker"}, "2026-01-31", "2026-01-31"),
    ({"type": "datepicker"}, None, None),
]


@pytest.mark.parametrize(("element", "raw", "held"), CHOSEN)
def test_what_was_typed_or_chosen_is_held_as_slack_writes_it(element: Json, raw: Raw, held: object) -> None:
    """Each kind of element has its own word for it; deselecting gives null or nothing."""
    assert filled(state_of(element, raw)) == held


@pytest.mark.parametrize(
    ("element", "held"),
    [
        ({"type": "plain_text_input", "initial_value": "x"}, "x"),
        ({"type": "static_select", "initial_option": ONE} | OPTIONS, ONE),
        ({"type": "checkboxes", "initial_options": [ONE]} | OPTIONS, [ONE]),
        ({"type": "checkboxes"} | OPTIONS, []),
        ({"type": "users_select", "initial_user": "U0RITA"}, "U0RITA"),
        ({"type": "multi_channels_select"}, []),
        ({"type": "datetimepicker", "initial_date_time": 1_700_000_000}, 1_700_000_000),
        ({"type": "file_input"}, []),
        ({"type": "rich_text_input"}, None),
    ],
)
def test_what_nobody_touched_holds_its_initial_value(element: Json, held: object) -> None:
    """It is sent like something chosen."""
    assert filled(initial_state(element)) == held


@pytest.mark.parametrize(
    ("element", "raw"),
    [({"type": "static_select"} | OPTIONS, "three"), ({"type": "plain_text_input"}, ["a", "b"])],
)
def test_what_is_not_offered_cannot_be_chosen(element: Json, raw: Raw) -> None:
    """A test that tries is wrong, not the bot."""
    with pytest.raises(NotPossible):
        state_of(element, raw)


@pytest.mark.parametrize(
    ("element", "raw"), [({"type": "checkboxes"} | OPTIONS, ["one"]), ({"type": "email_text_input"}, "a@b.c")]
)
def test_other_inputs_are_sent_as_they_are(element: Json, raw: Raw) -> None:
    """Only text and numbers have limits of their own here."""
    assert complaint(typed("x", **element), state_of(element, raw)) == ""


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("6.5", ""),
        ("6,5", ""),
        ("10,5", "Must be at most 10."),
        ("-0,5", "Must be at least 0."),
        ("6,5,0", "Please enter a number."),
    ],
)
def test_a_decimal_has_a_point_or_a_comma_and_keeps_within_its_bounds(raw: Raw, words: str) -> None:
    """What is typed reaches the app as it is; which sign people write is their country's."""
    element: Json = {"type": "number_input", "is_decimal_allowed": True, "min_value": "0", "max_value": "10"}
    state = state_of(element, raw)
    assert (complaint(typed("x", **element), state), filled(state)) == (words, raw)
