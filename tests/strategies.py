"""Hypothesis strategies for every stored value, derived from the dataclasses themselves.

A field that is added is covered at once. Numbers stay in what JSON can hold, times are aware UTC, texts are any text
that is Unicode; beyond their types the values mean nothing (``tests.examples`` has those that do).
"""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, NewType, Union, cast, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from agent_core.checkpoint import Checkpoint
from agent_core.effects import Effect
from agent_core.inputs import Input
from agent_core.lesson import Lesson
from agent_core.people import Person
from agent_core.phases import Phase
from agent_core.ports import TaskLine
from agent_core.proposal import Proposal
from agent_core.records import Line, Record

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_IN_A_TUPLE = 2

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the time zone
PLAIN: dict[object, SearchStrategy[Any]] = {
    str: texts,
    bool: st.booleans(),
    int: st.integers(-(1 << 60), 1 << 60),
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: times,
    type(None): st.none(),
}


@cache
def values_of(kind: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - a type, an alias of a union or a NewType
    """Give any value of a type as the dataclasses use types."""
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, NewType):
        return values_of(kind.__supertype__)
    if is_dataclass(kind):
        return st.deferred(lambda: built(cast("type", kind)))
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, UnionType):
        return st.one_of(*map(values_of, args))
    collections: dict[object, Callable[..., object]] = {tuple: tuple, frozenset: frozenset}
    return st.lists(values_of(args[0]), max_size=MOST_IN_A_TUPLE).map(collections[origin])


@cache
def built(kind: type) -> SearchStrategy[Any]:
    """Build a dataclass from strategies for all its fields."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: values_of(hints[field.name]) for field in fields(kind)})


checkpoints: SearchStrategy[Checkpoint] = values_of(Checkpoint)
effects: SearchStrategy[Effect] = values_of(Effect)
inputs: SearchStrategy[Input] = values_of(Input)
lessons: SearchStrategy[Lesson] = values_of(Lesson)
lines: SearchStrategy[Line] = values_of(Line)
persons: SearchStrategy[Person] = values_of(Person)
phases: SearchStrategy[Phase] = values_of(Phase)
proposals: SearchStrategy[Proposal] = values_of(Proposal)
records: SearchStrategy[Record] = values_of(Record)
task_lines: SearchStrategy[TaskLine] = values_of(TaskLine)
