"""How a step's arguments come together from the runbook's templates, the slots and what people changed. Pure.

A slot is a named text: from a group of the match, an answer or a correction. A template that is exactly ``{slot}``
takes the slot's value in the type of the tool's schema; what is missing or does not fit becomes a gap that a person is
asked to fill.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from agent_core.adapters.models.runbook_memory import Memory
from agent_core.adapters.models.runbook_values import Step, exact, filled, placeholders
from agent_core.errors import Refused
from agent_core.rules.book import ToolSpec
from agent_core.rules.schema import coerce, problems
from agent_core.words import Args, Json

MAX_OPTIONS = 5
OPTION_CHARS = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An argument without a value: its slot, why the slot's text does not fit, and its name in a question."""

    arg: str
    slot: str
    words: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The arguments that are known, and the gaps."""

    args: Args
    gaps: tuple[Gap, ...]


@lru_cache(maxsize=256)
def schema_of(schema_json: str) -> Mapping[str, Json]:
    """Read a schema once; whoever gets it leaves it as it is."""
    return cast("Mapping[str, Json]", json.loads(schema_json))


def properties(spec: ToolSpec) -> Mapping[str, Mapping[str, Json]]:
    """Give the shapes of a tool's arguments."""
    return cast("Mapping[str, Mapping[str, Json]]", schema_of(spec.schema_json).get("properties", {}))


def templates(step: Step, spec: ToolSpec) -> dict[str, Json]:
    """Give a step's templates; what is required, or has a question, and stands nowhere is a slot of its own name."""
    required = cast("Sequence[str]", schema_of(spec.schema_json).get("required", ()))
    asked = [arg for arg in step.ask if arg in properties(spec)]
    return dict(step.args) | {arg: f"{{{arg}}}" for arg in (*required, *asked) if arg not in step.args}


def fill(step: Step, spec: ToolSpec, memory: Memory, step_id: str) -> Filled:
    """Fill a step's arguments as far as they are known."""
    args: dict[str, Json] = {}
    gaps: list[Gap] = []
    own = memory.own.get(step_id, {})
    for arg, template in templates(step, spec).items():
        if arg in own:
            args[arg] = cast("Json", json.loads(own[arg]))
            continue
        needs = placeholders(template)
        missing = [name for name in needs if name not in memory.slots]
        if missing:
            if {arg, missing[0]} & step.ask.keys() or "default" not in properties(spec).get(arg, {}):
                gaps.append(Gap(arg=arg, slot=missing[0], name=arg if exact(template) else missing[0]))
            continue
        value = filled(template, memory.slots)
        try:
            args[arg] = fitted(spec, arg, value) if needs and isinstance(value, str) else value
        except Refused as no:
            gaps.append(Gap(arg=arg, slot=needs[0], words=no.words, name=arg if exact(template) else needs[0]))
    return Filled(args=args, gaps=tuple(gaps))


def fitted(spec: ToolSpec, arg: str, text: str) -> Json:
    """Read a text as an argument that the schema takes, or raise Refused; folded where only that is taken."""
    try:
        return _fitted(spec, arg, text)
    except Refused as no:
        try:
            return _fitted(spec, arg, text.strip().lower())
        except Refused:
            raise no from None


def _fitted(spec: ToolSpec, arg: str, text: str) -> Json:
    value = coerce(spec, arg, text)
    for problem in problems(spec, {arg: value}):
        if problem.field == arg:
            raise Refused(f"{arg} {problem.words}.", "Give another value.", field=arg)
    return value


def options(spec: ToolSpec, arg: str) -> tuple[str, ...]:
    """Give the few values that an argument can have, as buttons; none where they are many or long."""
    shape = properties(spec).get(arg, {})
    if shape.get("type") == "boolean":
        return ("true", "false")
    choices = shape.get("enum")
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        return ()
    texts = tuple(map(str, choices))
    return texts if len(texts) <= MAX_OPTIONS and all(0 < len(text) <= OPTION_CHARS for text in texts) else ()
