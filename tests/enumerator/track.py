"""What is kept of a leg while it is walked: its points, and the world's state before and after each."""

from dataclasses import dataclass, field
from typing import NamedTuple

from agent_core.inputs import Input
from agent_core.words import ThreadId
from tests.enumerator.laws import Laws
from tests.enumerator.world import State, World


class Delivered(NamedTuple):
    """What somebody sent, as Slack delivers it once or more often."""

    thread_id: ThreadId
    given: Input
    mark: str


class Moment(NamedTuple):
    """What is kept of the world at a moment, and how many acts of the story were done in the leg by then."""

    state: State
    done: int
    delivered: Delivered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One call of a leg, and what a death before it and after it leaves."""

    label: str
    before: Moment
    after: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """How a leg went: its points, the state in which it ended, and how many acts of the story were done.

    ``is_helped`` says that a process which went on in a frozen one's place made a call there.
    """

    points: tuple[Point, ...]
    end: State
    done: int
    refused: tuple[str, ...]
    broken: tuple[str, ...]
    calls: int
    is_helped: bool


@dataclass(slots=True)
class Track:
    """Hears of the points of a leg as they come."""

    world: World
    laws: Laws
    keep: bool
    done: int = 0
    delivered: Delivered | None = None
    is_helped: bool = False
    now: State | None = None
    refused: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    befores: dict[int, Moment] = field(default_factory=dict)
    afters: dict[int, Moment] = field(default_factory=dict)

    def moment(self) -> Moment:
        """Give the moment as it is now."""
        if self.now is None:
            self.now = self.world.state()
        return Moment(self.now, self.done, self.delivered)

    def before(self, nth: int, label: str) -> None:
        """Keep the moment before a call."""
        self.labels.append(label)
        if self.keep:
            self.befores[nth] = self.moment()

    def after(self, nth: int, *, wrote: bool) -> None:
        """Keep the moment after a call took effect, and judge what it did."""
        if wrote:
            self.now = None
            self.laws.look()
        if self.keep:
            self.afters[nth] = self.moment()

    def points(self) -> tuple[Point, ...]:
        """Give all points of which both moments are known."""
        return tuple(
            Point(label=self.labels[nth], before=before, after=self.afters.get(nth, before))
            for nth, before in self.befores.items()
        )


class Unheard:
    """Judges what a process does whose points are not those of the schedule."""

    def __init__(self, laws: Laws) -> None:
        self._laws = laws

    def before(self, nth: int, label: str) -> None:
        """Do nothing."""

    def after(self, nth: int, *, wrote: bool) -> None:
        """Judge what was done."""
        del nth
        if wrote:
            self._laws.look()
