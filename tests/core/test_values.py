"""Changing a frozen value: what dataclasses.replace gives, and nothing that could be changed by accident."""

import dataclasses
from dataclasses import FrozenInstanceError, dataclass, field, fields

import pytest

from agent_core.people import Person
from agent_core.values import replace
from tests.examples import APPROVAL, APPROVED, CALL, CARD, CLAIM, PHASES, RUN, SCORE, STRANGER, WAITING

VALUES = (WAITING, WAITING.tally, WAITING.spent, APPROVED, APPROVAL, CALL, CARD, CLAIM, RUN, SCORE, STRANGER, *PHASES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A value that keeps a rule of its own as it is made."""

    side: int
    area: int = field(init=False)

    def __post_init__(self) -> None:
        """Work the area out."""
        object.__setattr__(self, "area", self.side**2)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_it_gives_what_the_standard_library_gives(value: Person) -> None:
    """Every field in turn, of every class that decisions change; the value itself stays as it was."""
    before = repr(value)
    for one in fields(value):
        changed, expected = replace(value, **{one.name: "x"}), dataclasses.replace(value, **{one.name: "x"})  # type: ignore[arg-type]  # any field, any value
        assert changed == expected
        assert type(changed) is type(value)
    assert repr(value) == before


def test_what_it_gives_is_frozen() -> None:
    """The twin that could be changed is never seen."""
    changed = replace(RUN, step=2)
    with pytest.raises(FrozenInstanceError):
        changed.step = 3  # type: ignore[misc]  # what the test is about


def test_nothing_is_added_to_a_value() -> None:
    """A field that the class does not have would be lost at the next commit."""
    with pytest.raises(AttributeError):
        replace(CLAIM, steps=2)  # type: ignore[call-arg]  # what the test is about


def test_a_class_that_keeps_rules_as_it_is_made_is_refused() -> None:
    """A square of side 3 and area 4 must not come of it."""
    with pytest.raises(TypeError, match="Square is not filled by its fields alone"):
        replace(Square(side=2), side=3)
