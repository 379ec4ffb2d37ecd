"""Values kept as small tokens instead of bytes, and what of a value matters for what happens next.

Runs by the thousand store the same few values. A token names a value of its place, so that equal states are equal
bytes, and nothing is written as JSON. The codec itself is put to the test elsewhere, and by the runs on a real Redis.

Two values are *alike* when they differ only in what cannot matter to what follows: in times that stand on the same side
of the present by the same number of periods, and in the names of workers that are gone. No limit, expiry or reminder in
the scenarios falls between two times of one period, and the time that a crash costs is a small part of one.
"""

import hashlib
import re
from collections.abc import Hashable
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple, TypeVar, cast

from agent_core.codec import HEAD_CHARS, LINE, Codec, Shape
from agent_core.fakes.store import FAKE_KEY
from agent_core.records import Line

T = TypeVar("T")
TOKEN = b"cs!"
PERIOD_S = 600.0
WORKER = "worker-"
CLOCK_TIME = re.compile(r"\d\d:\d\d:\d\d UTC")


class Bare(NamedTuple):
    """A value without its times and names: the shape as a number, then what was taken out, in order."""

    shape: int
    times: tuple[datetime, ...]
    names: tuple[str, ...]


class Interned(Codec):
    """The codec of a virtual world: each value of a place has one token for as long as the program runs."""

    def __init__(self) -> None:
        super().__init__(FAKE_KEY)
        self._numbers: dict[Hashable, int] = {}
        self._values: list[object] = []
        self._bare: dict[int, Bare] = {}
        self._shapes: dict[Hashable, int] = {}

    def seal(self, shape: Shape[T], value: T, place: str) -> bytes:
        """Give the token of a value at its place."""
        return self._token((shape.name, place, cast("Hashable", value)), value)

    def unseal(self, shape: Shape[T], stored: bytes, place: str) -> T:
        """Give the value of a token."""
        del shape, place
        return cast("T", self._values[int(stored[len(TOKEN) :])])

    def encode_line(self, line: Line) -> bytes:
        """Give the token of a journal line."""
        return self._token((LINE.name, "", line), line)

    def decode_line(self, stored: bytes) -> Line:
        """Give the line of a token."""
        return cast("Line", self._values[int(stored[len(TOKEN) :])])

    def chain(self, thread_id: str, previous: str, position: int, line: bytes) -> str:
        """Give the head after this line, which names all lines up to it."""
        del thread_id, position
        return hashlib.blake2b(previous.encode() + line, digest_size=HEAD_CHARS // 2).hexdigest()

    def bare(self, token: bytes) -> Bare:
        """Take times and names out of a token's value."""
        number = int(token[len(TOKEN) :])
        found = self._bare.get(number)
        if found is None:
            times: list[datetime] = []
            names: list[str] = []
            shape = strip(self._values[number], times, names)
            nth = self._shapes.setdefault(shape, len(self._shapes))
            found = self._bare[number] = Bare(nth, tuple(times), tuple(names))
        return found

    def _token(self, key: Hashable, value: object) -> bytes:
        number = self._numbers.setdefault(key, len(self._values))
        if number == len(self._values):
            self._values.append(value)
        return TOKEN + b"%d" % number


@cache
def names_of(kind: Hashable) -> tuple[str, ...]:
    """Name the fields of a dataclass."""
    assert isinstance(kind, type)
    assert is_dataclass(kind)
    return tuple(field.name for field in fields(kind))


def strip(value: object, times: list[datetime], names: list[str]) -> Hashable:
    """Give a value with its times and workers' names moved to the lists."""
    if isinstance(value, str):
        if value.startswith(WORKER):
            names.append(value)
            return WORKER
        return CLOCK_TIME.sub("a time", value) if " UTC" in value else value
    if isinstance(value, datetime):
        times.append(value)
        return "at"
    if isinstance(value, tuple):
        return tuple(strip(part, times, names) for part in value)
    if is_dataclass(value):
        parts = (
            whole_periods(value, name) or strip(getattr(value, name), times, names)
            for name in names_of(cast("Hashable", type(value)))
        )
        return (type(value).__name__, *parts)
    assert isinstance(value, Hashable)
    return value


def whole_periods(value: object, name: str) -> str:
    """Give the time that a task has used as a number of periods, and nothing for any other field."""
    return f"{getattr(value, name) // PERIOD_S} periods" if name == "wall_s" else ""


def periods(at: datetime, now: datetime) -> int:
    """Say how many periods ahead a time is; 0 is the period that has just passed."""
    return -int((now - at).total_seconds() // PERIOD_S)


class Likeness:
    """Brings everything stored into a form in which alike states are equal."""

    def __init__(self, codec: Interned) -> None:
        self._codec = codec
        self._lines: dict[bytes, int] = {}

    def of(self, value: object, now: datetime, me: str) -> Hashable:
        """Give the form, as seen now by the worker ``me`` (empty: all workers are gone)."""
        if isinstance(value, str):
            return text_of(value, me)
        if isinstance(value, bytes):
            return self._stored(value, now, me)
        if isinstance(value, datetime):
            return periods(value, now)
        if isinstance(value, dict):
            return frozenset([(self.of(key, now, me), self.of(part, now, me)) for key, part in value.items()])
        return self._of_parts(value, now, me)

    def _of_parts(self, value: object, now: datetime, me: str) -> Hashable:
        if isinstance(value, list | tuple) and not hasattr(type(value), "_fields"):
            return tuple([self.of(part, now, me) for part in value])
        if is_dataclass(value):
            names = names_of(cast("Hashable", type(value)))
            return tuple([self.of(getattr(value, name), now, me) for name in names])
        assert isinstance(value, Hashable)  # a number, or a message: there is no time in it, and no worker
        return value

    def _stored(self, value: bytes, now: datetime, me: str) -> Hashable:
        line = self._lines.get(value)
        if line is not None:
            return line
        if value[HEAD_CHARS : HEAD_CHARS + len(TOKEN)] == TOKEN:  # a line that is written is only read again as it is
            return self._lines.setdefault(value, self._codec.bare(value[HEAD_CHARS:]).shape)
        if not value.startswith(TOKEN):
            return value
        bare = self._codec.bare(value)
        return (bare.shape, *[periods(at, now) for at in bare.times], *[name == me for name in bare.names])


def text_of(value: str, me: str) -> Hashable:
    """Give a string, but for names that only tell one run from another."""
    if value.startswith(WORKER):
        return value == me
    return "head" if len(value) == HEAD_CHARS else value
