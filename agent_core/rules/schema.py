"""A call's arguments against its tool's JSON Schema, in words that fit beside a form's field. Pure.

Every way by which arguments come in (the model, a runbook, an edit, a taught rule) passes ``problems`` before a
proposal is made of them, so nothing later meets a value that has no canonical JSON: lone surrogates, NaN, endless
numbers and depths are refused here. Patterns are RE2's, for Python's backtrack and let a trailing newline pass ``$``.
Words name what is expected, never what was given: it may be a secret.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from agent_core.errors import Refused
from agent_core.patterns import found, is_text
from agent_core.proposal import canonical
from agent_core.rules.book import ToolSpec
from agent_core.words import Args, Json

DEPTH = 20
TRUTH = {"true": True, "yes": True, "false": False, "no": False}
LARGEST = 2**64
SHOWN_CHOICES = 10
TYPE_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with one argument; ``words`` follow its name: “service must be text”."""

    field: str
    words: str


def problems(spec: ToolSpec, args: Args) -> tuple[Problem, ...]:
    """Say everything that is wrong with these arguments; nothing is wrong if it is empty."""
    unusable = tuple(
        Problem(field=name if is_text(name) else "?", words=words)
        for name, value in args.items()
        if (words := _unusable(value) if is_text(name) else "has a name that is not text") is not None
    )
    if unusable:
        return unusable
    plain = json.loads(canonical(args))  # The very value that a card shows, a digest names and a worker runs.
    errors = sorted(_validator(spec.schema_json).iter_errors(plain), key=lambda error: list(map(str, error.path)))
    return tuple(dict.fromkeys(problem for error in errors for problem in _told(error)))


def with_defaults(spec: ToolSpec, args: Args) -> Args:
    """Fill in the schema's defaults for what was left out, so that policy and people see what will run."""
    defaults = {name: shape["default"] for name, shape in _properties(spec).items() if "default" in shape}
    return {**defaults, **args}


def coerce(spec: ToolSpec, name: str, text: str) -> Json:
    """Read a person's text as the type that the schema wants of an argument, or raise Refused at its field."""
    shape = _properties(spec).get(name)
    if shape is None:
        raise Refused(f"{spec.name} has no argument “{name}”.", _there_are(_properties(spec)), field=name)
    choices = shape.get("enum")
    if isinstance(choices, Sequence) and not isinstance(choices, str):
        for choice in choices:
            if text in (choice, canonical(choice)):
                return choice
    types = _types(shape)
    # Text last: of ["string", "integer"], "3" is meant as the number.
    for kind in sorted(types, key=lambda kind: kind == "string"):
        try:
            return _read(kind, text)
        except ValueError:
            continue
    raise Refused(f"{name} must be {_or(TYPE_WORDS[kind] for kind in types)}.", "Give another value.", field=name)


def _unusable(value: Json, depth: int = 1) -> str | None:
    """Say why a value has no canonical JSON, or None if it has."""
    if depth > DEPTH:
        return f"must not be nested deeper than {DEPTH} levels"
    if isinstance(value, str):
        # No program can be given a NUL: it ends the argument.
        return None if is_text(value) and "\0" not in value else "must be Unicode text without NUL"
    if isinstance(value, int | float):
        return None if abs(value) < LARGEST else "must be a number below 2^64"  # false of NaN, too
    if isinstance(value, Mapping):
        inner: Iterable[Json] = [*value.keys(), *value.values()]
    else:
        inner = value or ()
    return next((words for one in inner if (words := _unusable(one, depth + 1))), None)


def _pattern(_: Validator, pattern: str, instance: Json, __: object) -> Iterator[ValidationError]:
    """Judge the keyword ``pattern`` in linear time; what cannot be judged does not match."""
    if isinstance(instance, str) and not found(pattern, instance):
        yield ValidationError("does not match")


_Linear = cast(
    "type[Validator]",
    extend(Draft202012Validator, {"pattern": _pattern}),  # type: ignore[no-untyped-call]  # the stubs leave it untyped
)


@lru_cache(maxsize=256)
def _validator(schema_json: str) -> Validator:
    return _Linear(json.loads(schema_json), format_checker=Draft202012Validator.FORMAT_CHECKER)


def _properties(spec: ToolSpec) -> Mapping[str, Mapping[str, Json]]:
    schema = cast("Mapping[str, Json]", _validator(spec.schema_json).schema)
    return cast("Mapping[str, Mapping[str, Json]]", schema.get("properties", {}))


def _types(shape: Mapping[str, Json]) -> tuple[str, ...]:
    """Name the types that a schema allows; one that says nothing takes text."""
    kind = shape.get("type", "string")
    return (kind,) if isinstance(kind, str) else tuple(map(str, cast("Sequence[Json]", kind)))


def _told(error: ValidationError) -> Iterator[Problem]:
    """Turn one finding into problems at the arguments that it is about."""
    if error.validator in {"required", "additionalProperties"} and not error.path:
        yield from _named(error)
        return
    field, *within = map(str, error.path) if error.path else ("",)
    place = f"at /{'/'.join(within)} " if within else ""
    yield Problem(field=field, words=place + _words(error))


def _named(error: ValidationError) -> Iterator[Problem]:
    """Name the arguments that are missing, or that there are not."""
    given = cast("Args", error.instance)
    schema = cast("Mapping[str, Mapping[str, Json]]", error.schema)
    if error.validator == "required":
        required = cast("Sequence[str]", error.validator_value)
        yield from (Problem(field=name, words="is required") for name in required if name not in given)
        return
    known = schema.get("properties", {})
    yield from (Problem(field=name, words="is not an argument of this tool") for name in given if name not in known)


def _words(error: ValidationError) -> str:
    """Say what was expected where a keyword was not met."""
    expected = cast("Json", error.validator_value)
    keyword = str(error.validator)
    if keyword == "type":
        kinds = [expected] if isinstance(expected, str) else cast("Sequence[str]", expected)
        return f"must be {_or(TYPE_WORDS[kind] for kind in kinds)}"
    if keyword == "enum":
        choices = [_shown(choice) for choice in cast("Sequence[Json]", expected)]
        more = ", …" if len(choices) > SHOWN_CHOICES else ""
        return f"must be one of {', '.join(choices[:SHOWN_CHOICES])}{more}"
    template = KEYWORD_WORDS.get(keyword, "does not fit the schema of this tool ({keyword})")
    return template.format(_shown(expected), keyword=keyword)


KEYWORD_WORDS = {
    "const": "must be {}",
    "pattern": "must match {}",
    "format": "must be written as {}",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
    "multipleOf": "must be a multiple of {}",
    "minItems": "must have at least {} items",
    "maxItems": "must have at most {} items",
    "uniqueItems": "must not have an item twice",
    "required": "lacks a part that is required",
    "additionalProperties": "has a part that the tool does not know",
}


def _shown(value: Json) -> str:
    return value if isinstance(value, str) else canonical(value)


def _or(words: Iterable[str]) -> str:
    return " or ".join(words)


def _there_are(names: Iterable[str]) -> str:
    """Say which arguments there are."""
    listed = ", ".join(names)
    return f"It has: {listed}." if listed else "It has none."


def _read(kind: str, text: str) -> Json:
    """Read text as one JSON type, or raise ValueError."""
    match kind:
        case "string":
            return text
        case "integer":
            # ASCII digits only: int() would also take underscores and the digits of other scripts.
            if found("^[+-]?[0-9]{1,20}$", text.strip()):
                return int(text.strip())
        case "boolean":
            if (word := text.strip().casefold()) in TRUTH:
                return TRUTH[word]
        case _:
            value = _json(text)
            if Draft202012Validator.TYPE_CHECKER.is_type(value, kind):
                return value
    raise ValueError(kind)


def _json(text: str) -> Json:
    """Read JSON; a repeated key is refused, since two readers may take it differently."""
    try:
        return cast("Json", json.loads(text, object_pairs_hook=_once))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Make an object of its members, none of them twice."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)
