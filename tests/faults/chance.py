"""Chance that can be had again: every choice of one run follows from its seed, which a failure names."""

from collections.abc import Sequence
from random import Random  # noqa: TID251 - the chance of a test comes from a seed, and the seed is printed
from secrets import randbits
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Choices that follow from a seed; without one, from a new one."""

    def __init__(self, seed: int | None = None) -> None:
        """Begin with this seed."""
        self.seed = randbits(32) if seed is None else seed
        self._random = Random(self.seed)  # noqa: S311 - nobody is to be kept from guessing it

    def between(self, least: float, most: float) -> float:
        """Choose a number."""
        return self._random.uniform(least, most)

    def up_to(self, most: int) -> int:
        """Choose a whole number from 1 on."""
        return self._random.randint(1, most)

    def one_of(self, choices: Sequence[T]) -> T:
        """Choose one of these."""
        return self._random.choice(choices)
