"""Starts the bot with another lease, or with a clock that can be put wrong while it runs; the product has no switch.

``python -m tests.faults.launch lease_s=2 skew=FILE run``: the file holds by how many seconds the clock of this process
is ahead, and is read each time that the clock is asked.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent_core import worker
from agent_core.adapters.system_clock import SystemClock
from bot.__main__ import main


def with_lease(seconds: str) -> None:
    """Let this process take its leases for so long."""
    vars(worker)["LEASE_S"] = float(seconds)  # a constant to everybody else


def with_skew(file: str) -> None:
    """Let this process's clock be ahead by what the file says at that moment."""

    def now(_: SystemClock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(Path(file).read_text()))  # noqa: TID251 - this is the clock

    SystemClock.now = now  # type: ignore[method-assign, assignment]  # in this process alone


CHANGES = {"lease_s": with_lease, "skew": with_skew}


def start(words: list[str]) -> int:
    """Change what is asked for, and run the command."""
    while words and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        CHANGES[name](value)
    return main(words)


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))
