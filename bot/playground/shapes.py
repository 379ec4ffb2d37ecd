"""A very small schema language in Slack's own words: a value, where it stands, and what is wrong with it.

`limits.py` writes Block Kit down in it. Every shape yields sentences like Slack's, with a JSON pointer.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Shape(Protocol):
    """What a value must look like."""

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Say what is wrong with this value, standing at this JSON pointer."""
        ...


def said(words: str, at: str) -> str:
    """Give a problem as Slack writes it."""
    return f"{words} [json-pointer:{at}]"


@dataclass(frozen=True, slots=True)
class Str:
    """Text of a certain length, or one of some words."""

    most: int
    least: int = 1
    one_of: tuple[str, ...] = ()
    form: str = ""

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Say what is wrong with the text."""
        if not isinstance(value, str):
            yield said("must provide a string", at)
        elif self.one_of and value not in self.one_of:
            yield said(f"must be one of: {', '.join(self.one_of)}", at)
        elif len(value) > self.most:
            yield said(f"must be less than {self.most + 1} characters", at)
        elif len(value) < self.least:
            yield said(f"must be more than {self.least - 1} characters", at)
        elif self.form and not re.fullmatch(self.form, value):
            yield said("does not match the required form", at)


@dataclass(frozen=True, slots=True)
class Num:
    """A whole number within bounds."""

    least: int
    most: int

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Say what is wrong with the number."""
        if not isinstance(value, int) or isinstance(value, bool):
            yield said("must provide an integer", at)
        elif not self.least <= value <= self.most:
            yield said(f"must be between {self.least} and {self.most}", at)


@dataclass(frozen=True, slots=True)
class Bool:
    """True or false, and nothing that merely looks like it."""

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Say what is wrong with the truth value."""
        if not isinstance(value, bool):
            yield said("must provide a boolean", at)


@dataclass(frozen=True, slots=True)
class Anything:
    """An object whose inside nobody documents."""

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Say that it must at least be an object."""
        if not isinstance(value, dict):
            yield said("must provide an object", at)


@dataclass(frozen=True, slots=True)
class Items:
    """A list of so many things of one shape."""

    of: Shape
    most: int
    least: int = 1

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Say what is wrong with the list and with each thing in it."""
        if not isinstance(value, list):
            yield said("must provide an array", at)
            return
        if len(value) > self.most:
            yield said(f"no more than {self.most} items allowed", at)
        if len(value) < self.least:
            yield said(f"no fewer than {self.least} items allowed", at)
        for index, item in enumerate(value):
            yield from self.of.problems(item, f"{at}/{index}")


@dataclass(frozen=True, slots=True)
class Obj:
    """An object with these fields and no others."""

    required: dict[str, Shape] = field(default_factory=dict)
    optional: dict[str, Shape] = field(default_factory=dict)
    one_of: tuple[str, ...] = ()  # at least one of these optional fields
    not_both: tuple[str, ...] = ()

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Say which fields are missing, wrong or unknown."""
        if not isinstance(value, dict):
            yield said("must provide an object", at)
            return
        for words in self._missing(value):
            yield said(words, at)
        for name, inner in value.items():
            shape = self.required.get(name) or self.optional.get(name)
            if shape is not None:
                yield from shape.problems(inner, f"{at}/{name}")
            elif name != "type":
                yield said(f"invalid additional property: {name}", at)

    def _missing(self, value: Mapping[str, object]) -> Iterator[str]:
        for name in self.required:
            if name not in value:
                yield f"missing required field: {name}"
        if self.one_of and not any(name in value for name in self.one_of):
            yield f"missing required field: {' or '.join(self.one_of)}"
        if self.not_both and all(name in value for name in self.not_both):
            yield f"only one of these is allowed: {', '.join(self.not_both)}"


@dataclass(frozen=True, slots=True)
class Kinds:
    """One of several objects, told apart by their `type`."""

    of: dict[str, Shape]

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Say that the type is not one of ours, or what is wrong inside."""
        if not isinstance(value, dict):
            yield said("must provide an object", at)
            return
        kind = value.get("type")
        shape = self.of.get(kind) if isinstance(kind, str) else None
        if "type" not in value:
            yield said("missing required field: type", at)
        elif shape is None:
            yield said(f"unsupported type: {kind}", f"{at}/type")
        else:
            yield from shape.problems(value, at)
