"""Walks one schedule, written as one line: a scenario and its faults, ``restart a23 l7``.

A fault is a letter and the number of a call, counted from the beginning of the process that it strikes: ``b`` dies
before the call, ``a`` dies after it took effect, ``l`` the call is lost (Slack says to try again), ``r`` its reply is
lost, ``n`` Slack refuses it for good, ``d`` it takes longer than a lease, ``z`` the store is down for longer than a
lease from now on, ``t`` told to stop, ``s`` frozen for longer than a lease while another process goes on, ``o``
frozen and going on with that one at the same time, ``h`` frozen until that one makes a call, ``e`` the store loses
the lease and another worker takes it, ``w`` another worker tries the same work, ``g`` what somebody sent is delivered
again, ``x`` somebody else acts at that moment. After a fault that a process survives, the next one strikes a later
leg.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from tests.enumerator.acts import Act, Doing, scene_of
from tests.enumerator.legs import Walker
from tests.enumerator.scenarios import BY_NAME, Scenario
from tests.enumerator.track import Leg, Moment
from tests.enumerator.wire import HANDED_OVER, KINDS, Kind
from tests.enumerator.world import State

FAULT = re.compile(rf"([{''.join(KINDS)}])(\d+)")
LONGEST = 60
Faults: TypeAlias = list[tuple[Kind, int]]


class Strike(NamedTuple):
    """A fault as another world knows it: the call by its name, and how often that name was called before it."""

    kind: Kind
    label: str
    before: int


@dataclass(slots=True)
class Story:
    """How a schedule went: each leg with what struck it, the calls (``life``: the last process's), and its end."""

    legs: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    struck: list[Strike] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    life: list[str] = field(default_factory=list)
    end: str = ""
    likeness: int = -1


@dataclass(slots=True)
class Stand:
    """Where a schedule stands."""

    state: State
    story: Story
    done: int = 0
    offset: int = 0
    labels: list[str] = field(default_factory=list)


def read(line: str) -> tuple[Scenario, Faults]:
    """Read a schedule, or raise KeyError for a scenario that is none."""
    words = line.split()
    faults = []
    while words and (found := FAULT.fullmatch(words[-1])):
        faults.append((KINDS[found[1]], int(found[2])))
        words.pop()
    return BY_NAME[" ".join(words)], faults[::-1]


def replay(walker: Walker, line: str) -> Story:
    """Walk a schedule from its beginning to its end."""
    scenario, faults = read(line)
    story = Story()
    stand = Stand(walker.beginning, story)
    for leg in legs(walker, scenario, faults, stand):
        story.legs.append(leg)
    walker.world.restore(stand.state)
    walker.laws.begin()
    walker.laws.end()
    note(story, walker.laws.broken)
    story.life = stand.labels
    story.end, story.likeness = walker.world.endings(), walker.world.state().likeness
    return story


def legs(walker: Walker, scenario: Scenario, faults: Faults, stand: Stand) -> Iterator[str]:
    """Walk leg after leg, and tell of each."""
    for _ in range(LONGEST):
        walker.world.restore(stand.state)
        scene = scene_of(walker.world)
        stand.done = scenario.caught_up(scene, stand.done)
        doing = scenario.doing(scene, stand.done)
        if doing is None:
            return
        plain = walker.walk(stand.state, doing, keep=True)
        stand.story.labels.extend(point.label for point in plain.points)
        if faults and 0 <= faults[0][1] - stand.offset < plain.calls:
            kind, at = faults.pop(0)
            labels = [*stand.labels, *(point.label for point in plain.points)]
            stand.story.struck.append(Strike(kind, labels[at], labels[:at].count(labels[at])))
            yield told(doing, plain, f"{kind} {labels[at]}, call {at}")
            rival = scenario.rival if kind == "rival" else None
            struck(walker, doing, plain, (kind, at - stand.offset, rival), stand=stand)
        else:
            yield told(doing, plain, "")
            go_on(stand, plain)


def struck(walker: Walker, doing: Doing, plain: Leg, fault: tuple[Kind, int, Act | None], *, stand: Stand) -> None:
    """Stand where a leg leads that a fault strikes."""
    kind, nth, rival = fault
    if kind in ("before", "after"):
        point = plain.points[nth]
        die(stand, point.before if kind == "before" else point.after)
        return
    go_on(stand, walker.walk(stand.state, doing, {nth: kind}, rival=rival, keep=True))
    if kind in HANDED_OVER:
        stand.offset = 0
        stand.labels.clear()


def go_on(stand: Stand, leg: Leg) -> None:
    """Stand where a leg ended."""
    note(stand.story, leg.broken)
    stand.labels.extend(point.label for point in leg.points)
    stand.state, stand.done, stand.offset = leg.end, stand.done + leg.done, stand.offset + leg.calls


def die(stand: Stand, moment: Moment) -> None:
    """Stand where a death leaves the world."""
    stand.state, stand.done, stand.offset = moment.state, stand.done + moment.done, 0
    stand.labels.clear()


def note(story: Story, broken: list[str] | tuple[str, ...]) -> None:
    """Keep each law that was broken, once."""
    story.broken.extend(law for law in broken if law not in story.broken)


def told(doing: Doing, leg: Leg, where: str) -> str:
    """Tell of a leg in one line."""
    refused = f"; refused: {'; '.join(leg.refused)}" if leg.refused else ""
    return f"{doing.name}: {leg.calls} calls{refused}{f'; struck: {where}' if where else ''}"
