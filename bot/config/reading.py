"""YAML files as plain values that know their lines. What is not plain is refused before it is built.

YAML 1.2's core schema and no more: no aliases or anchors (a few lines of them grow to gigabytes), no tags, no repeated
keys, no second document. The parser hands over events one by one and reading stops at the first that is refused, so a
bomb costs nothing. Keys are text as written; ``yes``, ``on`` and dates are text, too.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from agent_core.patterns import is_text
from agent_core.words import Json
from bot.config.errors import ConfigError, Problem

Place: TypeAlias = "tuple[str | int, ...]"

SIZE_BYTES = 256 * 1024
DEPTH = 20
WORDS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
WHOLE = re.compile(r"[-+]?[0-9]{1,300}", re.ASCII)
BASED = re.compile(r"0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}", re.ASCII)
DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?", re.ASCII)
ENDS = (math.inf, -math.inf)
ENDLESS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(frozen=True, slots=True)
class Source:
    """A file's value, and the line (from 1) on which each part of it begins."""

    file: str
    value: Json
    lines: dict[Place, int] = field(default_factory=dict)

    def problem(self, place: Place, words: str) -> Problem:
        """Say what is wrong at a place; where there is nothing, the line is that of what it should stand in."""
        nearest = place
        while nearest and nearest not in self.lines:
            nearest = nearest[:-1]
        return Problem(file=self.file, line=self.lines.get(nearest, 1), key=spelled(place), words=words)


@dataclass(frozen=True, slots=True)
class Spot:
    """One place in a file, as a check walks through it."""

    source: Source
    place: Place = ()

    def inside(self, *parts: str | int) -> "Spot":
        """Step further in."""
        return Spot(self.source, (*self.place, *parts))

    def problem(self, words: str) -> Problem:
        """Say what is wrong here."""
        return self.source.problem(self.place, words)

    def expected(self, what: str) -> Problem:
        """Say what was expected here."""
        return self.problem(f"expected {what}")


def spelled(place: Place) -> str:
    """Write a place as a path: ``policy.rules[0].decision``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def read(path: Path) -> Source:
    """Read one file, or raise ConfigError with the line that it fails on."""
    try:
        with path.open("rb") as file:
            raw = file.read(SIZE_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            Problem(file=str(path), line=None, key="", words=f"expected a file that can be read ({error.strerror})")
        ) from error
    if len(raw) > SIZE_BYTES:
        raise _refused(path, raw, f"a file of at most {SIZE_BYTES // 1024} KiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(path, raw[: error.start], "UTF-8 text") from error
    return parse(str(path), text)


def parse(file: str, text: str) -> Source:
    """Read YAML text, or raise ConfigError."""
    builder = _Builder(file)
    try:
        value = builder.document(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else int(mark.line) + 1
        raise ConfigError(
            Problem(file=file, line=line, key="", words=f"expected YAML, but {error.problem or error.context}")
        ) from error
    except (YAMLError, ValueError, OverflowError) as error:
        # What the reader and the scanner raise for characters that there are not: no mark, but words.
        raise ConfigError(Problem(file=file, line=_line_of(error, text), key="", words="expected YAML text")) from error
    if builder.problems:
        raise ConfigError(*builder.problems)
    return Source(file, value, builder.lines)


def _refused(path: Path, before: bytes, expected: str) -> ConfigError:
    return ConfigError(Problem(file=str(path), line=before.count(b"\n") + 1, key="", words=f"expected {expected}"))


def _line_of(error: Exception, text: str) -> int:
    """Find the line of a character that the reader refused; it names the position only."""
    position = getattr(error, "position", 0)
    return text.count("\n", 0, position) + 1


class _Builder:
    """Builds plain values out of events and notes where each stood."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []

    def document(self, events: Iterator[Event]) -> Json:
        """Build the one document of a file."""
        value: Json = None
        begun = False
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if begun:
                    raise self._stop(event, (), "one document only")
                begun = True
                value = self._value(next(events), events, ())
        return value

    def _value(self, event: Event, events: Iterator[Event], place: Place) -> Json:
        self._check_plain(event, place)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, place)
        if len(place) >= DEPTH:
            raise self._stop(event, place, f"at most {DEPTH} levels")
        if isinstance(event, SequenceStartEvent):
            return self._sequence(events, place)
        return self._mapping(events, place)

    def _check_plain(self, event: Event, place: Place) -> None:
        """Refuse what would build something else than stands there."""
        if isinstance(event, AliasEvent):
            raise self._stop(event, place, "the value itself; aliases (*name) are not allowed")
        if isinstance(event, NodeEvent) and event.anchor is not None:
            raise self._stop(event, place, "a plain value; anchors (&name) are not allowed")
        if isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent) and event.tag is not None:
            raise self._stop(event, place, "a plain value; tags (!name) are not allowed")
        if isinstance(event, ScalarEvent) and ("\0" in event.value or not is_text(event.value)):
            raise self._stop(event, place, "Unicode text, without NUL or half a surrogate pair")

    def _sequence(self, events: Iterator[Event], place: Place) -> Json:
        values: list[Json] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            inner = (*place, len(values))
            self.lines[inner] = _line(event)
            values.append(self._value(event, events, inner))
        return values

    def _mapping(self, events: Iterator[Event], place: Place) -> Json:
        values: dict[str, Json] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            self._check_plain(event, place)
            if not isinstance(event, ScalarEvent):
                raise self._stop(event, place, "a key that is plain text")
            inner = (*place, str(event.value))
            if inner in self.lines:
                again = f"this key once; it stands on line {self.lines[inner]} already"
                self.problems.append(
                    Problem(file=self.file, line=_line(event), key=spelled(inner), words=f"expected {again}")
                )
            self.lines[inner] = _line(event)
            values[str(event.value)] = self._value(next(events), events, inner)
        return values

    def _scalar(self, event: ScalarEvent, place: Place) -> Json:
        """Read a scalar by YAML 1.2's core schema; what is quoted is text."""
        text = str(event.value)
        if event.style is not None:
            return text
        if text in WORDS:
            return WORDS[text]
        if WHOLE.fullmatch(text):
            return int(text)
        if BASED.fullmatch(text):
            return int(text[2:], 8 if text[1] == "o" else 16)
        number = float(text) if DECIMAL.fullmatch(text) else None
        if ENDLESS.fullmatch(text) or number in ENDS:
            raise self._stop(event, place, "a finite number")
        return text if number is None else number

    def _stop(self, event: Event, place: Place, expected: str) -> ConfigError:
        """Give up reading: what follows could not be trusted to mean anything."""
        problem = Problem(file=self.file, line=_line(event), key=spelled(place), words=f"expected {expected}")
        return ConfigError(*self.problems, problem)


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1
