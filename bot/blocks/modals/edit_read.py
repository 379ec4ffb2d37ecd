"""What was typed into the edit form, read back as arguments, or as errors at their inputs. Pure.

An input that was not sent keeps its argument; an emptied one leaves it out, or empties a text that is required. The
schema is asked last, so that what is wrong is said at its field before anything is given to the task.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from agent_core.proposal import canonical
from agent_core.rules.book import ToolSpec
from agent_core.rules.schema import problems
from agent_core.words import Args, Json
from bot.blocks.modals.arguments import NUMBER, Argument, arguments, choices_of, spelled_choice

Typed: TypeAlias = "str | list[str] | None"

ERROR_CHARS = 150


class NotReadable(Exception):
    """What stands in an input cannot be read as what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The new arguments, and what is wrong with them by block ID; they count only if nothing is."""

    args: Args
    errors: Mapping[str, str]


def read_edit(spec: ToolSpec, original: Args, typed: Mapping[str, Typed]) -> Edited:
    """Read a submitted edit form; ``typed`` gives what each input holds, by block ID."""
    args: dict[str, Json] = {}
    errors: dict[str, str] = {}
    asked = arguments(spec, original)
    for argument in asked:
        try:
            take(argument, args, typed)
        except NotReadable as wrong:
            errors[argument.block_id] = str(wrong)
    if not errors:
        inputs = {argument.name for argument in asked if argument.kind != "kept"}
        for problem in problems(spec, args):
            place = f"arg:{problem.field}" if problem.field in inputs else "note"
            words = problem.words if problem.field in inputs else f"{problem.field} {problem.words}"
            errors.setdefault(place, f"{words[:1].upper()}{words[1:]}."[:ERROR_CHARS])
    return Edited(args=args, errors=errors)


def take(argument: Argument, args: dict[str, Json], typed: Mapping[str, Typed]) -> None:
    """Put one argument's new value among the others, or leave it out."""
    given = typed.get(argument.block_id)
    keeps = argument.kind == "kept" or argument.block_id not in typed or (argument.kind == "secret" and not given)
    if keeps:
        if not argument.absent:
            args[argument.name] = argument.value
    elif given is not None and (given != [] or not argument.absent):
        args[argument.name] = read(argument, given)
    elif argument.kind == "text" and (argument.required or argument.value == "") and not argument.absent:
        args[argument.name] = ""


def read(argument: Argument, given: str | list[str]) -> Json:
    """Read what one input holds, or raise NotReadable."""
    if argument.kind == "several":
        chosen = given if isinstance(given, list) else [given]
        return [choice_of(argument, one) for one in chosen]
    if isinstance(given, list):
        raise NotReadable("One value is wanted here.")
    match argument.kind:
        case "number":
            return number_of(given)
        case "choice":
            return choice_of(argument, given)
        case "json":
            return json_of(given)
        case "secret" if argument.schema.get("type", "string") != "string":
            return json_of(given)
        case _:
            return given


def number_of(given: str) -> Json:
    """Read a number as its input spells it; a whole number stays one."""
    text = given.strip()
    if not NUMBER.fullmatch(text):
        raise NotReadable("A number is wanted here, such as 42 or 0.5.")
    return cast("Json", json.loads(text))


def choice_of(argument: Argument, given: str) -> Json:
    """Find the choice whose option was taken."""
    for choice in choices_of(argument.schema):
        if spelled_choice(choice) == given:
            return choice
    raise NotReadable("This is not one of the choices.")


def json_of(given: str) -> Json:
    """Read JSON text; a name that stands twice is refused, since two readers may take it differently."""
    try:
        value = cast("Json", json.loads(given, object_pairs_hook=once, parse_constant=refuse))
        canonical(value)
    except (ValueError, RecursionError) as wrong:
        raise NotReadable("This is not JSON. Text stands in double quotes.") from wrong
    return value


def once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Make an object of its members, none of them twice."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def refuse(constant: str) -> Json:
    """Refuse NaN and the infinities, which are not JSON."""
    raise ValueError(constant)
