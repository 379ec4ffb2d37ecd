"""Edit a call's arguments: one input each, by the tool's JSON Schema, filled with the old value. Pure.

Secrets are never put into a form: left empty, they stay as they are. ``modals.edit_read`` reads it back.
"""

from collections.abc import Callable, Mapping, Sequence

from agent_core.proposal import Proposal, canonical
from agent_core.rules.book import ToolSpec
from agent_core.words import Json
from bot.blocks.args import json_text, named, packed, spelled
from bot.blocks.cards.parts import said
from bot.blocks.kit import (
    LABEL_CHARS,
    Block,
    bold,
    field,
    italic,
    line,
    modal,
    option,
    preformatted,
    rich,
    section,
    select,
    text_input,
    words,
)
from bot.blocks.modals.arguments import INPUTS, Argument, Kind, arguments, choices_of, number_is_safe, spelled_choice
from bot.blocks.shown import shown

ONE_LINE = 60
BEGINNING = 300


def edit_modal(spec: ToolSpec, proposal: Proposal, metadata: str) -> Block:
    """Ask for other arguments."""
    top = rich(line(bold("Edit: "), *said(spec.name, LABEL_CHARS), words(". The edited step is proposed anew.")))
    inputs = [input_of(argument) for argument in arguments(spec, proposal.call.args)]
    note = field("note", "Note", text_input(multiline=True), optional=True)
    return modal("edit", "Edit the arguments", metadata, [top, *inputs[:INPUTS], *rest(inputs), note], submit="Propose")


def rest(inputs: Sequence[Block]) -> list[Block]:
    """Say how many arguments the form has no place for."""
    left = len(inputs) - INPUTS
    return [section(f"{left} more arguments stay as they are.")] if left > 0 else []


def input_of(argument: Argument) -> Block:
    """Make one argument's input, or show the beginning of what cannot be edited."""
    label = named(argument.name)
    if argument.kind == "kept":
        text = spelled(argument.value)
        return rich(
            line(bold(label), italic(f" {len(text):,} characters: too long for a form, stays as it is")),
            preformatted(packed(text, BEGINNING)[0]),
        )
    empty = argument.value in ("", [])
    optional = argument.kind in ("secret", "several") or not argument.required or (empty and not argument.absent)
    return field(argument.block_id, label, ELEMENTS[argument.kind](argument), hint=hint_of(argument), optional=optional)


def text_element(argument: Argument) -> Block:
    """Make an input for text; long text, or text of several lines, gets a large one."""
    text = argument.value if isinstance(argument.value, str) else ""
    return text_input(text, multiline="\n" in text or len(text) > ONE_LINE)


def json_element(argument: Argument) -> Block:
    """Make an input for JSON text."""
    return text_input("" if argument.absent else json_text(argument.value), multiline=True)


def secret_element(_: Argument) -> Block:
    """Make an input that never shows what the secret is."""
    return text_input(placeholder="Leave empty to keep it as it is")


def date_element(argument: Argument) -> Block:
    """Make a calendar."""
    return {"type": "datepicker"} if argument.absent else {"type": "datepicker", "initial_date": argument.value}


def choice_element(argument: Argument) -> Block:
    """Make a menu of the schema's choices."""
    options = options_of(argument.schema)
    return select(options, None if argument.absent else options[position(argument.schema, argument.value)])


def options_of(shape: Mapping[str, Json]) -> list[Block]:
    """Make the options of a menu or of checkboxes."""
    return [option(shown(spelled_choice(choice)), spelled_choice(choice)) for choice in choices_of(shape)]


def position(shape: Mapping[str, Json], value: Json) -> int:
    """Find a value among its choices."""
    return [canonical(choice) for choice in choices_of(shape)].index(canonical(value))


def number_element(argument: Argument) -> Block:
    """Make an input for a number with the schema's bounds."""
    shape = argument.schema
    element: Block = {"type": "number_input", "is_decimal_allowed": shape.get("type") == "number"}
    for bound, name in (("minimum", "min_value"), ("maximum", "max_value")):
        if number_is_safe(shape, shape.get(bound)):
            element = {**element, name: canonical(shape[bound])}
    return element if argument.absent else {**element, "initial_value": canonical(argument.value)}


def several_element(argument: Argument) -> Block:
    """Make checkboxes with the old choices checked."""
    options = options_of(argument.schema)
    old = argument.value if isinstance(argument.value, list) else []
    checked = [options[position(argument.schema, one)] for one in old]
    element: Block = {"type": "checkboxes", "options": options}
    return {**element, "initial_options": checked} if checked else element


ELEMENTS: Mapping[Kind, Callable[[Argument], Block]] = {
    "text": text_element,
    "number": number_element,
    "choice": choice_element,
    "several": several_element,
    "date": date_element,
    "json": json_element,
    "secret": secret_element,
}


def hint_of(argument: Argument) -> str:
    """Say what the schema wants: its description, then its bounds."""
    shape = argument.schema
    description = shape.get("description")
    parts = [shown(description)] if isinstance(description, str) and description else []
    if argument.kind == "json":
        parts.append("as JSON text")
    for name, phrase in BOUNDS.items():
        if name in shape:
            parts.append(phrase.format(shown(spelled_choice(shape[name]))))
    return " · ".join(parts)


BOUNDS = {
    "pattern": "must match {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}
