"""What holds for every row of inputs whatever, stale, doubled, late and hostile ones among them.

The laws themselves are in ``tests.core.decide.laws``; every transition of a walk is held to them.
"""

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from tests.core.decide.desk import Desk
from tests.core.decide.moves import VARIANTS, Picker, numbers_of, walk
from tests.core.decide.office import RULES

ROWS = st.lists(st.integers(0, 255), min_size=20, max_size=400)
WALKS = 150


def desk(variant: int) -> Desk:
    """Begin a task under one of several sets of limits."""
    return Desk(rules=replace(RULES, limits=VARIANTS[variant])).start()


@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(0, len(VARIANTS) - 1))
def test_no_row_of_inputs_breaks_a_law(row: list[int], variant: int) -> None:
    """Nothing but Refused is raised; nothing runs unasked; the state stays sound, small and storable."""
    walk(desk(variant), Picker(iter(row)))


@pytest.mark.parametrize("variant", range(len(VARIANTS)))
def test_long_walks_break_no_law(variant: int) -> None:
    """The same on fixed rows, so that each run covers what the last one did."""
    claims = 0
    for seed in range(WALKS // len(VARIANTS)):
        one = desk(variant)
        walk(one, Picker(numbers_of(f"{variant}-{seed}")))
        claims += one.ledger.claims
    assert claims > WALKS // len(VARIANTS), "the walks get far enough to run something"
