"""The wire between one process and its ports: every call is a numbered point, and a fault may wait at each.

A point is there twice: before the call takes effect, and after it took effect but before its reply is read. To die
there is to be forgotten, so a death needs no run of its own: what the world keeps at that moment is all that counts.
The other faults happen to a process that lives on. The engine has none: each wake-up is lost here, always, and what is
due is found without. Slack's *try again later* (429) is how a call to it is lost.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Generic, Literal, Protocol, TypeVar, cast, get_args

from agent_core.fakes import turns
from agent_core.ports import ModelDown, StoreDown, SurfaceBusy, SurfaceRefused
from tests.enumerator.loop import Time

P = TypeVar("P")
Death = Literal["before", "after"]
Living = Literal[
    "lost", "reply", "refused", "slow", "down", "term", "stall", "overlap", "behind", "unleased", "second",
    "again", "rival",
]  # fmt: skip
Kind = Death | Living
LIVING: tuple[Living, ...] = get_args(Living)
DEEDS: frozenset[Kind] = frozenset({"unleased", "second", "again", "rival"})  # what others do at that moment
HARMLESS: frozenset[Kind] = frozenset({"refused", "slow", "second", "again", "rival"})  # to what is under way
FROZEN: frozenset[Kind] = frozenset({"stall", "overlap", "behind"})
HANDED_OVER: frozenset[Kind] = FROZEN | {"term"}  # another process goes on
LETTERS: Mapping[Kind, str] = {
    "before": "b", "after": "a", "lost": "l", "reply": "r", "refused": "n", "slow": "d", "down": "z", "term": "t",
    "stall": "s", "overlap": "o", "behind": "h", "unleased": "e", "second": "w", "again": "g", "rival": "x",
}  # fmt: skip
KINDS: Mapping[str, Kind] = {letter: kind for kind, letter in LETTERS.items()}
READS = frozenset(
    {
        "load", "look", "outbox", "overdue", "journal", "of", "tasks", "look_up", "members", "next", "score", "wake",
        "stands", "log", "find",
    }
)  # fmt: skip
AGAIN_S = 5.0
SLOW_S = 20.0  # longer than a lease
DOWN_S = 20.0
STORED = frozenset({"store", "lessons", "index", "locks", "switch"})
SURFACES = frozenset({"surface", "directory"})
MINDS = frozenset({"model", "critic"})
FAILS = STORED | SURFACES | MINDS
STRIKES: Mapping[Kind, frozenset[str]] = {
    "lost": FAILS,
    "reply": FAILS,
    "refused": frozenset({"surface"}),
    "slow": SURFACES | MINDS | {"works"},  # of a store that is slow, the client says that it is lost
    "down": STORED,
}
"""At which ports' calls a fault can happen; one that is not named here, at all of them."""


def failure_of(label: str) -> Exception:
    """Give what a process hears of a call that the wire has lost."""
    port = label.partition(".")[0]
    if port in STORED:
        return StoreDown("the wire was cut", sent=True)
    return SurfaceBusy(AGAIN_S) if port in SURFACES else ModelDown("the wire was cut")


class Listener(Protocol):
    """Whoever keeps a list of the points."""

    def before(self, nth: int, label: str) -> None:
        """Hear that a call is about to be made."""

    def after(self, nth: int, *, wrote: bool) -> None:
        """Hear that it took effect."""


class Wire:
    """Numbers the calls of one process from 0, and lets the faults of this run happen."""

    def __init__(self, faults: Mapping[int, Kind], listener: Listener, time: Time) -> None:
        self.made = 0
        self._faults = faults
        self._listener = listener
        self._time = time
        self._down_until: datetime | None = None
        self.fault = asyncio.Event()
        self.thawed = asyncio.Event()
        self.thawed.set()
        self.struck: Kind | None = None
        self.meanwhile: Callable[[], Awaitable[bool]] | None = None

    async def call(self, label: str, method: Callable[..., Awaitable[Any]], args: Any, named: Any) -> Any:  # noqa: ANN401 - any port's any method
        """Make one call as a point of the schedule."""
        nth = self.made
        self.made += 1
        self._listener.before(nth, label)
        kind = self._faults.get(nth)
        if kind is not None:
            await self._strike(kind, label)
        await self.thawed.wait()
        self._check_is_up(label)
        try:
            reply = await method(*args, **named)
        finally:
            self._listener.after(nth, wrote=label.partition(".")[2] not in READS)
        await self.thawed.wait()
        if kind == "reply":
            raise failure_of(label)
        return reply

    async def up(self) -> None:
        """Wait until the store can be reached."""
        if self._down_until is not None:
            await self._time.sleep((self._down_until - self._time.now()).total_seconds())
            self._down_until = None

    def _check_is_up(self, label: str) -> None:
        if self._down_until is not None and label.partition(".")[0] in STORED:
            if self._time.now() < self._down_until:
                raise StoreDown("nobody is there", sent=False)
            self._down_until = None

    async def _strike(self, kind: Kind, label: str) -> None:
        self.struck = kind
        if kind in DEEDS and self.meanwhile is not None:
            await self.meanwhile()
        elif kind == "lost":
            await turns()
            raise failure_of(label)
        elif kind == "refused":
            raise SurfaceRefused("invalid_blocks", "Slack does not take this.")
        elif kind == "slow":
            await self._time.sleep(SLOW_S)
        elif kind == "down":
            self._down_until = self._time.now() + timedelta(seconds=DOWN_S)
        elif kind == "term":
            self.fault.set()
            await asyncio.get_running_loop().create_future()  # whoever waits for this cancels us here
        elif kind in FROZEN:
            self.thawed.clear()
            self.fault.set()


def can_strike(kind: Kind, label: str) -> bool:
    """Tell whether a fault can happen at a call."""
    ports = STRIKES.get(kind)
    return ports is None or label.partition(".")[0] in ports


@cache
def is_asked(member: object) -> bool:
    """Tell whether a port's attribute is a call."""
    return inspect.iscoroutinefunction(member)


class Wired(Generic[P]):
    """A port at the far end of a wire."""

    def __init__(self, port: P, name: str, wire: Wire) -> None:
        self._port = port
        self._name = name
        self._wire = wire

    def __getattr__(self, attribute: str) -> Any:  # noqa: ANN401 - any port's any method
        """Give the port's method as a point, and anything else as it is."""
        member = getattr(self._port, attribute)
        if not is_asked(getattr(member, "__func__", member)):
            return member
        label = f"{self._name}.{attribute}"

        async def through(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - any port's any method
            return await self._wire.call(label, member, args, named)

        setattr(self, attribute, through)
        return through


def wired(port: P, name: str, wire: Wire) -> P:
    """Put a wire before a port."""
    return cast("P", Wired(port, name, wire))
