"""Faults on demand: what goes wrong between Slack and the bot, one named fault at a time.

A fault is `on` a Web API method (`chat.postMessage`, `*`, `response_url`) or on deliveries to the bot
(`delivery:event`, `delivery:command`, `delivery:interaction`, `delivery:*`). It is spent after `times` uses.
`after` means that the effect is done and only the answer suffers: the double-post test.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bot.playground.words import Json

CallFault = Literal[
    "slow",  # the effect at once, the answer after `seconds`
    "slow_before",  # the effect after `seconds`
    "drop_before",  # the connection closes, nothing was done
    "drop_after",  # it was done, the connection closes
    "rate_limited",  # 429 with Retry-After `seconds`
    "error",  # the error string in `error`, nothing was done
    "error_after",  # the error string in `error` (default fatal_error), but it was done
    "status",  # an HTTP `status` with a body that is not JSON
    "hold_before",  # nothing is done until `gate` opens
    "hold_after",  # it was done, the answer waits until `gate` opens
]
DeliveryFault = Literal[
    "duplicate",  # the same request twice at once
    "delay",  # sent after `seconds`
    "wrong_signature",
    "old_timestamp",  # signed, ten minutes ago
    "missing_headers",
    "bad_timestamp",  # not a number
    "replay",  # the same signed bytes again, once the first was answered
    "lost",  # never arrives; Slack sees a failed connection
    "mangle",  # the payload goes through `change` first
]


@dataclass(slots=True)
class Gate:
    """Something that waits until a test lets it go."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def stand(self) -> None:
        """Wait before the gate."""
        self.reached.set()
        await self.opened.wait()


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing to go wrong."""

    on: str
    kind: CallFault | DeliveryFault
    times: int | None = 1  # none: until cleared
    after_passes: int = 0  # so many go through unharmed first
    seconds: float = 1.0
    error: str = "fatal_error"
    status: int = 500
    match: Callable[[Json], bool] | None = None  # over the arguments, or the payload
    change: Callable[[Json], Json] | None = None
    gate: Gate = field(default_factory=Gate)
    hits: int = 0


class Faults:
    """The faults that wait for their moment."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Let this go wrong from now on."""
        self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Let all be well again, and open every gate."""
        for fault in self._waiting:
            fault.gate.opened.set()
        self._waiting.clear()

    def take(self, on: str, facts: Json) -> Fault | None:
        """Spend and give the first fault that applies, if any."""
        family = on.partition(":")[0] + ":*" if ":" in on else "*"
        for fault in self._waiting:
            if fault.on not in {on, family} or (fault.match and not fault.match(facts)):
                continue
            if fault.after_passes > 0:
                fault.after_passes -= 1
                continue
            fault.hits += 1
            if fault.times is not None and fault.hits >= fault.times:
                self._waiting.remove(fault)
            return fault
        return None
