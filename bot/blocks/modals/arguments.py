"""Which input each argument of a call gets in the edit form. Pure: a function of its schema and its old value alone.

So reading what was typed needs no memory of the form. What a form would damage (hidden characters, values of another
type) is edited as JSON text; what is too long for a form is not in it and keeps its value.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from agent_core.proposal import canonical
from agent_core.rules.book import ToolSpec
from agent_core.words import Args, Json
from bot.blocks.args import spelled
from bot.blocks.kit import LABEL_CHARS, TEXT_CHARS
from bot.blocks.shown import shown

Kind: TypeAlias = Literal["text", "number", "choice", "several", "date", "json", "secret", "kept"]

INPUTS = 90
NAME_CHARS = 250
CHOICES = 100
SEVERAL = 10
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{1,20})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument of the form: its schema, its old value (``absent`` where it has none), and how it is edited."""

    name: str
    schema: Mapping[str, Json]
    value: Json
    absent: bool
    required: bool
    kind: Kind

    @property
    def block_id(self) -> str:
        """Name its input."""
        return f"arg:{self.name}"


def arguments(spec: ToolSpec, args: Args) -> tuple[Argument, ...]:
    """Give the form's arguments: those of the schema, then any others that the call has."""
    schema = cast("Mapping[str, Json]", json.loads(spec.schema_json))
    properties = cast("Mapping[str, Mapping[str, Json]]", schema.get("properties", {}))
    required = cast("Sequence[str]", schema.get("required", ()))
    found: list[Argument] = []
    for name in dict.fromkeys((*properties, *args)):
        shape = properties.get(name, {})
        kind: Kind = "kept" if len(found) >= INPUTS or len(name) > NAME_CHARS else kind_of(shape, args, name)
        if name in spec.secret_args:
            kind = "secret"
        found.append(
            Argument(
                name=name,
                schema=shape,
                value=args.get(name),
                absent=name not in args,
                required=name in required,
                kind=kind,
            )
        )
    return tuple(found)


def kind_of(shape: Mapping[str, Json], args: Args, name: str) -> Kind:
    """Choose the input for an argument, so that an untouched form gives its old value back."""
    value = args.get(name)
    if name in args and len(spelled(value)) > TEXT_CHARS:
        return "kept"
    kind = simple_kind(shape)
    return kind if name not in args or SAFE[kind](shape, value) else "json"


def simple_kind(shape: Mapping[str, Json]) -> Kind:
    """Choose the input by the schema alone."""
    choices = shape.get("enum")
    if isinstance(choices, list) and are_choices(choices, CHOICES):
        return "choice"
    kind = shape.get("type")
    if kind == "string":
        return "date" if shape.get("format") == "date" else "text"
    if kind in ("integer", "number"):
        return "number"
    if kind == "boolean":
        return "choice"
    items = shape.get("items")
    if kind == "array" and isinstance(items, dict) and are_choices(items.get("enum"), SEVERAL):
        return "several"
    return "json"


def are_choices(choices: Json, most: int) -> bool:
    """Tell whether these may be the options of a menu."""
    return (
        isinstance(choices, list)
        and 0 < len(choices) <= most
        and all(0 < len(spelled_choice(choice)) <= LABEL_CHARS for choice in choices)
        and len({spelled_choice(choice) for choice in choices}) == len(choices)
    )


def spelled_choice(choice: Json) -> str:
    """Write a choice as its option's value: text as it is, anything else as JSON."""
    return choice if isinstance(choice, str) else canonical(choice)


def choices_of(shape: Mapping[str, Json]) -> list[Json]:
    """Give the choices of a menu, or of checkboxes; a boolean has two."""
    items = shape.get("items")
    listed = items.get("enum") if isinstance(items, dict) and "enum" not in shape else shape.get("enum")
    return list(listed) if isinstance(listed, list) else [True, False]


def _text_is_safe(_: Mapping[str, Json], value: Json) -> bool:
    return isinstance(value, str) and shown(value, lines=True) == value.replace("\\", "\\\\")


def number_is_safe(_: Mapping[str, Json], value: Json) -> bool:
    """Tell whether a value is a number that a form spells as we do."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and NUMBER.fullmatch(canonical(value)) is not None


def _choice_is_safe(shape: Mapping[str, Json], value: Json) -> bool:
    return any(canonical(choice) == canonical(value) for choice in choices_of(shape))


def _several_is_safe(shape: Mapping[str, Json], value: Json) -> bool:
    if not isinstance(value, list):
        return False
    order = [canonical(choice) for choice in choices_of(shape)]
    chosen = [canonical(one) for one in value]
    return chosen == [one for one in order if one in chosen]


def _date_is_safe(_: Mapping[str, Json], value: Json) -> bool:
    return isinstance(value, str) and DATE.fullmatch(value) is not None


SAFE: Mapping[Kind, Callable[[Mapping[str, Json], Json], bool]] = {
    "text": _text_is_safe,
    "number": number_is_safe,
    "choice": _choice_is_safe,
    "several": _several_is_safe,
    "date": _date_is_safe,
    "json": lambda _, __: True,
}
