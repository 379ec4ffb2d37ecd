"""What must be true of what a call printed: the checks of runbooks and of reading back. Pure.

A check is judged on everything that a call printed, and several of its keys are and. It says in words what it asks for,
so that people read the same thing that is judged.
"""

import json as json_text  # a check has a key of that name
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

from agent_core.patterns import found
from agent_core.proposal import canonical
from agent_core.words import Json

SHOWN_CHARS = 60


class Printed(Protocol):
    """What a call gave, whoever keeps it."""

    @property
    def exit_code(self) -> int | None:
        """The exit code, if it is a command that ended."""

    @property
    def stdout(self) -> str:
        """What it printed."""

    @property
    def stderr(self) -> str:
        """What it complained of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A call that printed nothing."""

    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What must be true of a call's result; ``json`` maps pointers (RFC 6901) into stdout to values."""

    exit_code: int | None = None
    stdout_contains: str | None = None
    stdout_matches: str | None = None
    stderr_contains: str | None = None
    json: Mapping[str, Json] = field(default_factory=dict)

    def holds(self, printed: Printed) -> bool:
        """Tell whether all of it is true of this output; a check that asks for nothing never holds."""
        verdicts = [true for _, true in self._parts(printed)]
        return bool(verdicts) and all(verdicts)

    @property
    def words(self) -> str:
        """Say in words what it asks for."""
        return " and ".join(words for words, _ in self._parts(Silence())) or "nothing is asked for"

    def _parts(self, printed: Printed) -> Iterator[tuple[str, bool]]:
        """Judge each key by itself, with its words."""
        if self.exit_code is not None:
            yield f"exit code is {self.exit_code}", printed.exit_code == self.exit_code
        if self.stdout_contains is not None:
            yield f"stdout contains “{shown(self.stdout_contains)}”", self.stdout_contains in printed.stdout
        if self.stdout_matches is not None:
            yield f"stdout matches “{shown(self.stdout_matches)}”", found(self.stdout_matches, printed.stdout) is True
        if self.stderr_contains is not None:
            yield f"stderr contains “{shown(self.stderr_contains)}”", self.stderr_contains in printed.stderr
        for pointer, value in self.json.items():
            words = f"{shown(pointer) or 'stdout as JSON'} is {shown(canonical(value))}"
            yield words, any(same(there, value) for there in pointed(printed.stdout, pointer))


def shown(text: str) -> str:
    """Cut a text to what fits into a sentence, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARS else f"{line[: SHOWN_CHARS - 1]}…"


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
