"""What a person has typed or chosen in an element: from a raw value to Slack's state object, and its checks.

A raw value is what a test or the page gives: text, a number, an option's value, a list of them, or None.
"""

import re
from collections.abc import Sequence
from typing import Any

from bot.playground.blocks import elements_of, options_of
from bot.playground.limits import STATEFUL
from bot.playground.words import Json, NotPossible, Raw

SINGLE = {"static_select": "selected_option", "external_select": "selected_option", "radio_buttons": "selected_option"}
SEVERAL = {
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
}
PLAIN = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "rich_text_input": "rich_text_value",
    "file_input": "files",
}
LONGEST = 3000


def initial_state(element: Json) -> Json:
    """Give the state of an element that nobody has touched."""
    kind = element["type"]
    if kind in SINGLE:
        return {"type": kind, SINGLE[kind]: element.get("initial_option")}
    if kind in SEVERAL:
        return {"type": kind, SEVERAL[kind]: element.get("initial_options", [])}
    if kind in PLAIN:
        name = "initial_" + PLAIN[kind].removeprefix("selected_")
        is_list = kind.startswith("multi_") or kind == "file_input"
        initial = element.get("initial_value") if kind == "rich_text_input" else element.get(name)
        return {"type": kind, PLAIN[kind]: [] if initial is None and is_list else initial}
    return {"type": kind, "value": element.get("initial_value")}


def state_of(element: Json, raw: Raw) -> Json:
    """Give the state of an element after this was typed or chosen."""
    kind = element["type"]
    if kind in SINGLE:
        return {"type": kind, SINGLE[kind]: None if raw in (None, "") else _option(element, str(raw))}
    if kind in SEVERAL:
        return {"type": kind, SEVERAL[kind]: [_option(element, str(one)) for one in _several(raw)]}
    if kind in PLAIN:
        return {"type": kind, PLAIN[kind]: raw or ([] if kind.startswith("multi_") else None)}
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        raw = str(raw)
    if raw is not None and not isinstance(raw, str):
        raise NotPossible(f"A {kind} takes text, not {type(raw).__name__}.")
    return {"type": kind, "value": raw or None}


def _several(raw: Raw) -> Sequence[str]:
    """Give several values, none, or one that was given alone."""
    if raw is None or raw == "":
        return ()
    return raw if isinstance(raw, Sequence) and not isinstance(raw, str) else (str(raw),)


def _option(element: Json, value: str) -> Json:
    for option in options_of(element):
        if option["value"] == value:
            return {name: option[name] for name in ("text", "value", "description") if name in option}
    if element["type"].endswith("external_select"):
        return {"text": {"type": "plain_text", "text": value, "emoji": True}, "value": value}
    raise NotPossible(f"“{value}” is not one of the options.")


def initial_values(blocks: list[Json], before: Json | None = None) -> Json:
    """Give the state of a whole view; what was typed stays where block_id and action_id are the same."""
    values: Json = {}
    for block in blocks:
        for element in elements_of(block):
            if element["type"] not in STATEFUL:
                continue
            block_id, action_id = block["block_id"], element["action_id"]
            typed = (before or {}).get(block_id, {}).get(action_id)
            kept = typed if typed and typed["type"] == element["type"] else initial_state(element)
            values.setdefault(block_id, {})[action_id] = kept
    return values


def filled(state: Json) -> Any:  # noqa: ANN401 - Slack's state objects differ by kind
    """Give what a state object holds, whatever it is called."""
    return next((value for name, value in state.items() if name != "type"), None)


def complaint(block: Json, state: Json) -> str:
    """Say why Slack's own client would not send this input; nothing when it would."""
    element = block["element"]
    value = filled(state)
    if value in (None, [], ""):
        return "" if block.get("optional") else "Please complete this required field."
    if not isinstance(value, str):
        return ""
    if element["type"] == "number_input":
        return _number_complaint(element, value)
    if element["type"] == "plain_text_input":
        return _length_complaint(element, value)
    return ""


def _number_complaint(element: Json, value: str) -> str:
    form = r"-?\d+([.,]\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(form, value):
        return "Please enter a number."
    number = float(value.replace(",", "."))
    if "min_value" in element and number < float(element["min_value"]):
        return f"Must be at least {element['min_value']}."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Must be at most {element['max_value']}."
    return ""


def _length_complaint(element: Json, value: str) -> str:
    least = element.get("min_length", 0)
    most = element.get("max_length", LONGEST)
    if len(value) < least:
        return f"Must be at least {least} characters."
    if len(value) > most:
        return f"Must be at most {most} characters."
    return ""
