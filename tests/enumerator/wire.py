"""The wire between one process and its ports: every call is a numbered point, and a fault may wait at each.

A point is there twice: before the call takes effect, and after it took effect but before its reply is read. To die
there is to be forgotten, so a death needs no run of its own: what the world keeps at that moment is all that counts.
The other faults happen to a process that lives on.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, Literal, Protocol, TypeVar, cast

from agent_core.fakes import turns
from agent_core.ports import ModelDown, StoreDown, SurfaceBusy

P = TypeVar("P")
Kind = Literal["before", "after", "lost", "reply", "term", "stall", "overlap", "behind", "second", "rival"]
LIVING: tuple[Kind, ...] = ("lost", "reply", "term", "stall", "overlap", "behind", "second", "rival")
HARMLESS: frozenset[Kind] = frozenset({"second", "rival"})  # to the process that is at work
FROZEN: frozenset[Kind] = frozenset({"stall", "overlap", "behind"})
LETTERS: Mapping[Kind, str] = {
    "before": "b", "after": "a", "lost": "l", "reply": "r", "term": "t", "stall": "s", "overlap": "o", "behind": "h",
    "second": "w", "rival": "x",
}  # fmt: skip
KINDS: Mapping[str, Kind] = {letter: kind for kind, letter in LETTERS.items()}
READS = frozenset(
    {
        "load",
        "look",
        "outbox",
        "overdue",
        "journal",
        "of",
        "tasks",
        "look_up",
        "members",
        "next",
        "score",
        "wake",
        "stands",
        "log",
        "find",
    }
)
AGAIN_S = 5.0
FAILS: Mapping[str, Callable[[], Exception]] = {
    "store": lambda: StoreDown("the wire was cut", sent=True),
    "lessons": lambda: StoreDown("the wire was cut", sent=True),
    "locks": lambda: StoreDown("the wire was cut", sent=True),
    "switch": lambda: StoreDown("the wire was cut", sent=True),
    "index": lambda: StoreDown("the wire was cut", sent=True),
    "surface": lambda: SurfaceBusy(AGAIN_S),
    "model": lambda: ModelDown("the wire was cut"),
    "critic": lambda: ModelDown("the wire was cut"),
    "directory": lambda: SurfaceBusy(AGAIN_S),
}


class Listener(Protocol):
    """Whoever keeps a list of the points."""

    def before(self, label: str) -> None:
        """Hear that a call is about to be made."""

    def after(self, label: str, *, wrote: bool) -> None:
        """Hear that it took effect."""


class Wire:
    """Numbers the calls of one process from 0, and lets the faults of this run happen."""

    def __init__(self, faults: Mapping[int, Kind], listener: Listener) -> None:
        self.made = 0
        self._faults = faults
        self._listener = listener
        self.fault = asyncio.Event()
        self.thawed = asyncio.Event()
        self.thawed.set()
        self.struck: Kind | None = None
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def call(self, label: str, method: Callable[..., Awaitable[Any]], args: Any, named: Any) -> Any:  # noqa: ANN401 - any port's any method
        """Make one call as a point of the schedule."""
        nth = self.made
        self.made += 1
        self._listener.before(label)
        kind = self.fault_at(nth, label)
        await self._strike(kind)
        await self.thawed.wait()
        if kind == "lost":
            await turns()
            raise failure_of(label)
        try:
            reply = await method(*args, **named)
        finally:
            self._listener.after(label, wrote=label.partition(".")[2] not in READS)
        await turns()
        await self.thawed.wait()
        if kind == "reply":
            raise failure_of(label)
        return reply

    def fault_at(self, nth: int, label: str) -> Kind | None:
        """Say what happens at a call."""
        del label
        return self._faults.get(nth)

    async def _strike(self, kind: Kind | None) -> None:
        if kind is None:
            return
        self.struck = kind
        if kind in HARMLESS and self.meanwhile is not None:
            await self.meanwhile()
        elif kind == "term":
            self.fault.set()
            await turns(2)  # whoever waits for this cancels us here
        elif kind in FROZEN:
            self.thawed.clear()
            self.fault.set()


def failure_of(label: str) -> Exception:
    """Give what a process hears of a call that the wire has lost."""
    return FAILS[label.partition(".")[0]]()


class Wired(Generic[P]):
    """A port at the far end of a wire."""

    def __init__(self, port: P, name: str, wire: Wire) -> None:
        self._port = port
        self._name = name
        self._wire = wire

    def __getattr__(self, attribute: str) -> Any:  # noqa: ANN401 - any port's any method
        """Give the port's method as a point, and anything else as it is."""
        member = getattr(self._port, attribute)
        if not inspect.iscoroutinefunction(member):
            return member
        label = f"{self._name}.{attribute}"

        async def through(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - any port's any method
            return await self._wire.call(label, member, args, named)

        setattr(self, attribute, through)
        return through


def wired(port: P, name: str, wire: Wire) -> P:
    """Put a wire before a port."""
    return cast("P", Wired(port, name, wire))
