"""A file's plain value as one of our models, or every place where it does not fit, with its line. Pure.

Pydantic names places by its own means, kinds of unions included; here they are brought back to what stands in the
file. For a key that there is not, the keys that there are come from the exported schema, so both always agree.
"""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from agent_core.words import Json
from bot.config.errors import ConfigError, Problem
from bot.config.parts import Part
from bot.config.reading import Place, Source
from bot.config.tools import KINDS

M = TypeVar("M", bound=Part)
Node = Mapping[str, Json]
PARTS = frozenset({"properties", "items", "patternProperties", "additionalProperties"})
EXPECTED = {
    "missing": "this key is required",
    "tuple_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "string_type": "text (in quotes, if it looks like a number or a boolean)",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "too_short": "at least {min_length} item",
    "string_too_short": "at least {min_length} character",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "text that matches {pattern}",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le:g}",
    "literal_error": "one of {expected}",
    "kind": "one of command, http, mcp, python",
}


def validated(model: type[M], source: Source, base: Path) -> M:
    """Make a model of a file's value, or raise ConfigError with everything that does not fit."""
    if not isinstance(source.value, Mapping):
        raise ConfigError(source.problem((), "expected keys and values; the file holds something else, or nothing"))
    try:
        # By way of JSON: there, strict models still take a list for a tuple and text for a path.
        return model.model_validate_json(json.dumps(source.value), context={"base": base})
    except ValidationError as error:
        found = sorted(_problems(model, source, error.errors()), key=lambda problem: problem.line or 0)
        raise ConfigError(*found) from error


def _problems(model: type[Part], source: Source, errors: Sequence[ErrorDetails]) -> Iterator[Problem]:
    for error in errors:
        if error["type"] == "too_short" and any(_under(error["loc"], other["loc"]) for other in errors):
            continue  # Pydantic counts the items that fit: one that does not is told already.
        place = _place(source, error)
        if error["type"] == "extra_forbidden":
            yield source.problem(place, _unknown(str(place[-1]), _known(model, error["loc"])))
        elif error["type"] == "kind":
            yield source.problem((*place, "kind"), f"expected {EXPECTED['kind']}")
        else:
            yield source.problem(place, _expected(error))


def _under(loc: Sequence[str | int], other: Sequence[str | int]) -> bool:
    return len(other) > len(loc) and other[: len(loc)] == loc


def _place(source: Source, error: ErrorDetails) -> Place:
    """Leave out of pydantic's location what does not stand in the file, but for a key that is missing."""
    place: Place = ()
    for part in error["loc"]:
        if (*place, part) in source.lines:
            place = (*place, part)
    if error["type"] == "missing":
        return (*place, error["loc"][-1])
    return place


def _expected(error: ErrorDetails) -> str:
    """Say what was expected, and never what was found."""
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return f"expected {context['error']}"
    if error["type"] == "missing":
        return EXPECTED["missing"]
    template = EXPECTED.get(error["type"], "something else ({msg})")
    return f"expected {template.format(**context, msg=error['msg'])}"


def _unknown(key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"unknown key{hint}; expected one of {', '.join(known)}"


@lru_cache(maxsize=8)
def _schema(model: type[Part]) -> Node:
    return cast("Node", model.model_json_schema())


def _known(model: type[Part], loc: Sequence[str | int]) -> list[str]:
    """Give the keys that may stand where one may not."""
    root = _schema(model)
    nodes = list(_spread(root, root))
    for part in loc[:-1]:
        nodes = [inner for node in nodes for inner in _inside(root, node, part)]
    return list(dict.fromkeys(key for node in nodes for key in _keys(node)))


def _keys(node: Node) -> Node:
    return cast("Node", node.get("properties", {}))


def _spread(root: Node, node: Node) -> Iterator[Node]:
    """Follow references and unions to the schemas that they stand for."""
    for branch in cast("Sequence[Node]", node.get("anyOf", node.get("oneOf", ()))):
        yield from _spread(root, branch)
    reference = node.get("$ref")
    if isinstance(reference, str):
        definitions = cast("Mapping[str, Node]", root["$defs"])
        yield from _spread(root, definitions[reference.rpartition("/")[2]])
    elif PARTS & node.keys():
        yield node


def _inside(root: Node, node: Node, part: str | int) -> Iterator[Node]:
    """Step into a part of a schema; a tool's kind, which is no part, picks the schema of that kind."""
    keys = cast("Mapping[str, Node]", node.get("properties", {}))
    if isinstance(part, int):
        yield from _spread(root, cast("Node", node.get("items", {})))
    elif part in keys:
        yield from _spread(root, keys[part])
    elif part in KINDS and "kind" in keys:
        if keys["kind"].get("const") == part:
            yield node
    else:
        # A mapping: by its keys' pattern where they have one, else by whatever key.
        others = cast("Mapping[str, Json]", node.get("patternProperties", {})).values()
        for value in (*others, node.get("additionalProperties")):
            if isinstance(value, Mapping):
                yield from _spread(root, value)
