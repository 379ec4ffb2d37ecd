"""What a part of the benchmarks is given and how it says what it does; nothing of what it measures."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks.report import Found


def say(words: str) -> None:
    """Say how far it is, to whoever watches."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One part: its name on the command line, its title and how it measures, on the page; ``quick`` takes seconds."""

    name: str
    title: str
    how: str
    run: Callable[[bool], Awaitable[Found]]
