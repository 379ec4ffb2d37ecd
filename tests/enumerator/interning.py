"""Values kept as small tokens instead of bytes, and what of a value matters for what happens next.

Runs by the thousand store the same few values. A token names a value of its place, so that equal states are equal
bytes, and nothing is written as JSON. The codec itself is put to the test elsewhere, and by the runs on a real Redis.

Two values are *alike* when they differ only in what cannot matter to what follows: in times that stand on the same side
of the present by the same number of periods, and in the names of workers that are gone. No limit, expiry or reminder in
the scenarios falls between two times of one period, and the time that a crash costs is a small part of one.
"""

import hashlib
import re
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple, TypeVar, cast

from agent_core.codec import HEAD_CHARS, Codec
from agent_core.fakes.store import FAKE_KEY
from agent_core.records import Line
from agent_core.shapes import LINE, Shape

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
        self._known: dict[tuple[int, str], bytes] = {}
        self._bare: dict[int, Bare] = {}
        self._shapes: dict[Hashable, int] = {}

    def seal(self, shape: Shape[T], value: T, place: str) -> bytes:
        """Give the token of a value at its place."""
        known = self._known.get((id(value), place))
        if known is not None:  # the object is kept, so there is no other of this number
            return known
        token = self._token((shape.name, place, cast("Hashable", value)), value)
        if self.unseal(shape, token, place) is value:
            self._known[id(value), place] = token
        return token

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
    """Brings everything stored into a form in which alike states are equal.

    A part of the world that was seen before, byte for byte, is not looked into again.
    """

    def __init__(self, codec: Interned) -> None:
        self._codec = codec
        self._parts: dict[bytes, Bare] = {}
        self._shapes: dict[Hashable, int] = {}

    def of(self, parts: Mapping[bytes, object], now: datetime, me: str) -> Hashable:
        """Give the form of parts by their bytes, as seen now by the worker ``me`` (empty: all workers are gone)."""
        form: list[object] = []
        for kept, part in parts.items():
            bare = self._parts.get(kept) or self._bare(kept, part)
            form.append(bare.shape)
            form += [periods(at, now) for at in bare.times]
            form += [name == me for name in bare.names]
        return tuple(form)

    def _bare(self, kept: bytes, part: object) -> Bare:
        times: list[datetime] = []
        names: list[str] = []
        shape = self._strip(part, times, names)
        nth = self._shapes.setdefault(shape, len(self._shapes))
        return self._parts.setdefault(kept, Bare(nth, tuple(times), tuple(names)))

    def _strip(self, value: object, times: list[datetime], names: list[str]) -> Hashable:
        """Give a stored value with its times and workers' names moved to the lists."""
        if isinstance(value, bytes):
            return self._stored(value, times, names)
        if isinstance(value, dict):
            ordered = sorted(value.items(), key=lambda item: repr(item[0]))
            return tuple([(self._strip(key, times, names), self._strip(one, times, names)) for key, one in ordered])
        if isinstance(value, list | tuple) and not hasattr(type(value), "_fields"):
            return tuple([self._strip(one, times, names) for one in value])
        if is_dataclass(value):
            fields_ = names_of(cast("Hashable", type(value)))
            return tuple([self._strip(getattr(value, name), times, names) for name in fields_])
        if isinstance(value, str) and len(value) == HEAD_CHARS:
            return "head"  # it only tells one run from another
        return strip(value, times, names)  # a number, a word or a time, or a message, in which there is no time

    def _stored(self, value: bytes, times: list[datetime], names: list[str]) -> Hashable:
        if value[HEAD_CHARS : HEAD_CHARS + len(TOKEN)] == TOKEN:  # a line that is written is only read again as it is
            return self._codec.bare(value[HEAD_CHARS:]).shape
        if not value.startswith(TOKEN):
            return value
        bare = self._codec.bare(value)
        times += bare.times
        names += bare.names
        return bare.shape
