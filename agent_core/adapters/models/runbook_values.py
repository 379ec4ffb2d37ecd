"""A runbook as values: steps that name tools, and checks that say what must hold afterwards.

Fields are named like the YAML keys. A step without an ``id`` is called by its number, counted from 1. A check is judged
on everything that a call printed; several of its keys are and. Pure: whoever reads the YAML
checks it and makes these values.
"""

import json as json_text  # a check has a key of that name
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from agent_core.patterns import found
from agent_core.ports import Output
from agent_core.proposal import canonical
from agent_core.words import Json

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]{0,63})\}")
SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What must be true of a call's result; ``json`` maps pointers (RFC 6901) into stdout to values."""

    exit_code: int | None = None
    stdout_contains: str | None = None
    stdout_matches: str | None = None
    stderr_contains: str | None = None
    json: Mapping[str, Json] = field(default_factory=dict)

    def holds(self, output: Output) -> bool:
        """Tell whether all of it is true of this output; a check that asks for nothing never holds."""
        verdicts = [true for _, true in self._parts(output)]
        return bool(verdicts) and all(verdicts)

    @property
    def words(self) -> str:
        """Say in words what it asks for."""
        return " and ".join(words for words, _ in self._parts(Output())) or "nothing is asked for"

    def _parts(self, output: Output) -> Iterator[tuple[str, bool]]:
        """Judge each key by itself, with its words."""
        if self.exit_code is not None:
            yield f"exit code is {self.exit_code}", output.exit_code == self.exit_code
        if self.stdout_contains is not None:
            yield f"stdout contains “{shown(self.stdout_contains)}”", self.stdout_contains in output.stdout
        if self.stdout_matches is not None:
            yield f"stdout matches “{shown(self.stdout_matches)}”", found(self.stdout_matches, output.stdout) is True
        if self.stderr_contains is not None:
            yield f"stderr contains “{shown(self.stderr_contains)}”", self.stderr_contains in output.stderr
        for pointer, value in self.json.items():
            words = f"{shown(pointer) or 'stdout as JSON'} is {shown(canonical(value))}"
            yield words, any(same(there, value) for there in pointed(output.stdout, pointer))


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A condition on the newest result of another step."""

    step: str
    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of a tool. ``args`` may hold ``{name}``; ``ask`` maps an argument to the question that asks for it.

    ``on_failure`` is ``stop``, ``continue`` or the ID of the step to go on with.
    """

    tool: str
    id: str = ""
    args: Mapping[str, Json] = field(default_factory=dict)
    why: str = ""
    expect: str = ""
    check: Check | None = None
    when: When | None = None
    on_failure: str = "stop"
    ask: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """A named procedure. ``match`` are patterns searched in a task's words; their named groups fill arguments."""

    name: str
    match: tuple[str, ...]
    purpose: str = ""
    steps: tuple[Step, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Give the names of the steps in order: their ``id``, else their number."""
        return tuple(step.id or str(number) for number, step in enumerate(self.steps, 1))

    def named(self) -> tuple[tuple[str, Step], ...]:
        """Give each step with its name."""
        return tuple(zip(self.ids, self.steps, strict=True))

    def step(self, step_id: str) -> Step | None:
        """Give the step of this name."""
        return next((step for name, step in self.named() if name == step_id), None)

    def after(self, step_id: str) -> str | None:
        """Name the step that follows, or None after the last."""
        rest = self.ids[self.ids.index(step_id) + 1 :]
        return rest[0] if rest else None

    def number(self, step_id: str) -> int:
        """Count which step this is, from 1."""
        return self.ids.index(step_id) + 1


def shown(text: str) -> str:
    """Cut a text to what fits into a sentence, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARS else f"{line[: SHOWN_CHARS - 1]}…"


def placeholders(template: Json) -> tuple[str, ...]:
    """Name what a template of an argument still needs, each once."""
    if isinstance(template, str):
        return tuple(dict.fromkeys(PLACEHOLDER.findall(template)))
    if isinstance(template, Mapping):
        template = list(template.values())
    if isinstance(template, list | tuple):
        return tuple(dict.fromkeys(name for item in template for name in placeholders(item)))
    return ()


def exact(template: Json) -> str | None:
    """Name the one placeholder that is the whole template, or None."""
    whole = PLACEHOLDER.fullmatch(template) if isinstance(template, str) else None
    return whole[1] if whole else None


def filled(template: Json, slots: Mapping[str, str]) -> Json:
    """Put the slots' texts into a template; text that came in is not searched for placeholders again."""
    if isinstance(template, str):
        return PLACEHOLDER.sub(lambda name: slots.get(name[1], name[0]), template)
    if isinstance(template, Mapping):
        return {key: filled(item, slots) for key, item in template.items()}
    if isinstance(template, list | tuple):
        return [filled(item, slots) for item in template]
    return template


def as_text(value: Json) -> str:
    """Spell a value as a person would type it."""
    return value if isinstance(value, str) else canonical(value)


def pointed(text: str, pointer: str) -> tuple[Json, ...]:
    """Follow a JSON pointer (RFC 6901) into a JSON text: the value there, or nothing."""
    try:
        value = cast("Json", json_text.loads(text, parse_constant=_no_json))
    except (ValueError, RecursionError):
        return ()
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and _is_index(key) and int(key) < len(value):
            value = value[int(key)]
        else:
            return ()
    return (value,)


def _is_index(key: str) -> bool:
    """Tell whether a token names an array's item: RFC 6901 knows no leading zeros."""
    return key == "0" or (key.isascii() and key.isdigit() and not key.startswith("0") and len(key) < len("1000000000"))


def _no_json(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def same(one: Json, other: Json) -> bool:
    """Tell whether two JSON values are the same: 1 is 1.0, but true is not 1."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other
