"""What was measured, as values, and the page that is made of them. Pure.

A part's own words say how it was measured; its goals stand beside what was reached, met or not; its tables say the
rest. A part is kept as JSON, so that the page can be made of parts that ran at different hours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from pydantic import TypeAdapter

Row = tuple[str, ...]
GOALS_HEAD = ("what", "measured", "floor", "goal", "")
VERDICTS: Mapping[bool | None, str] = {True: "met", False: "**not met**", None: ""}
BEFORE = """\
# Performance

Written by `python -m benchmarks`; what is measured and why so: [benchmarks.md](benchmarks.md). A figure is the median
of its rounds, with the lowest and the highest behind it. A *floor* ran in the same minutes on the same machine: the
least that could do the same.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One figure that was asked for: what was reached, beside the floor's; ``met`` is None where nothing was asked."""

    what: str
    measured: str
    floor: str = ""
    goal: str = ""
    met: bool | None = None

    def row(self) -> Row:
        """Give it as a row of a table."""
        return (self.what, self.measured, self.floor, self.goal, VERDICTS[self.met])


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Figures side by side."""

    head: Row
    rows: tuple[Row, ...]

    def markdown(self) -> str:
        """Write it."""
        marks = ["---", *(["---:"] * (len(self.head) - 1))]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in (self.head, marks, *self.rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one part has found."""

    goals: tuple[Goal, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one part has found, with when, how and beside what other load."""

    name: str
    title: str
    how: str
    command: str
    began: str
    took_s: float
    load: str
    reduced: bool
    host: dict[str, str] = field(default_factory=dict)
    found: Found


PART: TypeAdapter[Part] = TypeAdapter(Part)


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Write a median, with the lowest and the highest where there are several."""
    middle = f"{median(values):,.{digits}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def goals(found: Iterable[Found]) -> str:
    """Write the goals of what was found as one table."""
    return Table(head=GOALS_HEAD, rows=tuple(goal.row() for one in found for goal in one.goals)).markdown()


def section(part: Part) -> str:
    """Write one part."""
    head = f"`{part.command}`, {part.began}, {part.took_s:,.0f} s; before it: {part.load}."
    if part.reduced:
        head += " **At reduced size: these figures only show that it runs.**"
    tables = [table.markdown() for table in part.found.tables]
    notes = ["\n".join(f"- {note}" for note in part.found.notes)] if part.found.notes else []
    return "\n\n".join(
        [f"## {part.title}", part.how, head, *([goals((part.found,))] if part.found.goals else []), *tables, *notes]
    )


def page(parts: Sequence[Part]) -> str:
    """Write the whole page: the host, all goals together, then each part."""
    asked = [goal for part in parts for goal in part.found.goals if goal.met is not None]
    counted = f"{sum(goal.met is True for goal in asked)} of {len(asked)} goals are met."
    reduced = [part.title for part in parts if part.reduced]
    if reduced:
        counted += f" These parts ran at reduced size, so theirs say nothing yet: {', '.join(reduced)}."
    hosts = {"; ".join(f"{what}: {words}" for what, words in part.host.items()): None for part in parts}
    return "\n\n".join(
        [
            BEFORE + "\n" + "\n".join(f"Host: {words}." for words in hosts),
            f"## Goals\n\n{counted}",
            goals(part.found for part in parts),
            *(section(part) for part in parts),
            "",
        ]
    )
