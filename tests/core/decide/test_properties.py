"""What holds for every row of inputs whatever, stale, doubled, late and hostile ones among them.

The laws themselves are in ``tests.core.decide.laws``; every transition of a walk is held to them.
"""

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from agent_core.decide import LEADS_TO
from agent_core.inputs import Reply
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


def test_every_way_on_the_map_is_taken_by_somebody() -> None:
    """The map promises nothing that cannot happen: each way is found on some walk."""
    left = {(here, what, there) for here, ways in LEADS_TO.items() for what, to in ways.items() for there in to}
    left -= {way for way in left if way[0] in ("absent", "opening")}
    for seed in range(3000):
        one = desk(seed % len(VARIANTS))
        here = one.kind
        walk(one, Picker(numbers_of(f"map-{seed}")), steps=60)
        before = "absent"
        for given_, done in one.log:
            after = done.checkpoint.phase.kind
            what = "correct" if isinstance(given_, Reply) else given_.kind
            left.discard((before, what, after))
            before = after
        del here
        if not left:
            return
    assert left == set()
