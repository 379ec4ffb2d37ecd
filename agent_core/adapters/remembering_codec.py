"""A codec that does not parse again what it has lately written or read.

A click loads the task that the same process has just written, and its last message reads the journal that it wrote.
MACs and chains are checked each time as before; only bytes that were found to be sound are looked up here instead of
being parsed, and the values are frozen. What is remembered is bounded by its bytes; the oldest goes first.
"""

from collections import OrderedDict
from typing import TypeVar, cast

from agent_core.codec import Codec, Shape

T = TypeVar("T")

KEPT_BYTES = 2 << 20  # of stored bytes; the values take about ten times as much


class RememberingCodec(Codec):
    """The codec of a process that serves many threads."""

    def __init__(self, key: bytes, *, kept_bytes: int = KEPT_BYTES) -> None:
        super().__init__(key)
        self._kept_bytes = kept_bytes
        self._bytes = 0
        self._values: OrderedDict[tuple[str, bytes], object] = OrderedDict()

    def body(self, shape: Shape[T], value: T) -> bytes:
        """Write a value, and remember it."""
        body = super().body(shape, value)
        self._remember((shape.name, body), value)
        return body

    def read(self, shape: Shape[T], body: bytes) -> T:
        """Give the value of a sound body, read now or remembered."""
        known = self._values.get((shape.name, body))
        if known is not None:
            return cast("T", known)
        value = super().read(shape, body)
        self._remember((shape.name, body), value)
        return value

    def _remember(self, name: tuple[str, bytes], value: object) -> None:
        if name in self._values:
            return
        self._values[name] = value
        self._bytes += len(name[1])
        while self._bytes > self._kept_bytes:
            (_, gone), _ = self._values.popitem(last=False)
            self._bytes -= len(gone)
