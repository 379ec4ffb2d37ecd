"""Tells every scenario under every fault, and counts what that covers.

A schedule is a scenario with faults at numbered points. States that are alike (see interning) have the same future, so
what follows from them is walked once, whatever schedules lead there: a death costs one walk of its recovery, and most
recoveries lead back to where a story without faults comes by. What is counted are schedules, each a way through the
states that were walked; ``lines`` name, for every state, the first schedule that led to it, which can be walked alone.
"""

import zlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tests.enumerator.acts import Doing, scene_of
from tests.enumerator.legs import Leg, Moment, Walker
from tests.enumerator.scenarios import Scenario
from tests.enumerator.wire import FAILS, HARMLESS, LETTERS, LIVING, Kind
from tests.enumerator.world import State

WHOLE: Mapping[Kind, int] = dict.fromkeys((*LIVING, "after"), 1)
MOST_ALIKE = 400
LONGEST = 40  # legs without a fault


class Place(NamedTuple):
    """Where a story stands: what outlives a process, and how many of its acts are done."""

    likeness: int
    done: int


@dataclass(slots=True)
class Node:
    """A place that was reached: by which schedule, and what follows from it."""

    state: State
    done: int
    faults: tuple[str, ...]
    offset: int
    depth: int
    legs: int
    following: Place | None = None
    deaths: list[Place] = field(default_factory=list)
    living: list[Place] = field(default_factory=list)


@dataclass(slots=True)
class Told:
    """What came of a scenario. ``alike`` are some pairs of schedules that led to states taken for the same."""

    scenario: str
    until: str | None = None
    broken: list[str] = field(default_factory=list)
    endings: set[str] = field(default_factory=set)
    states: int = 0
    walked: int = 0
    covered: dict[int, int] = field(default_factory=dict)
    alike: list[tuple[str, str]] = field(default_factory=list)

    @property
    def schedules(self) -> int:
        """How many schedules were covered."""
        return sum(self.covered.values())

    @property
    def is_found(self) -> bool:
        """Tell whether the law is broken that was looked for."""
        return self.until is not None and any(one.startswith(f"{self.until}  [") for one in self.broken)

    def line(self) -> str:
        """Tell it in one line."""
        return f"{self.scenario}: {self.schedules:,} schedules, {self.states:,} states, {self.walked:,} legs"


class Explorer:
    """Explores the scenarios of one build; legs that several scenarios share are walked once.

    Of each kind of fault one in so many is walked: as the first of a schedule, and after the first (``then_one_in``).
    For deaths (``after``) that is one in so many places, with all its points. Which ones a checksum decides, the same
    every time.
    """

    def __init__(
        self,
        walker: Walker,
        *,
        depth: int = 2,
        one_in: Mapping[Kind, int] = WHOLE,
        then_one_in: Mapping[Kind, int] = WHOLE,
    ) -> None:
        self.walker = walker
        self.depth = depth
        self.one_in = one_in
        self.then_one_in = then_one_in
        self._legs: dict[tuple[object, ...], Leg] = {}
        self._doings: dict[tuple[str, int, int], Doing | None] = {}

    def explore(self, scenario: Scenario, *, until: str | None = None) -> Told:
        """Walk all that a scenario leads to, or until a law is broken."""
        told = Told(scenario.name, until=until)
        before = self.walker.walked
        search = Search(self, scenario, told)
        search.run()
        told.states, told.walked = len(search.nodes), self.walker.walked - before
        told.covered = {faults: search.count(search.first, faults) for faults in range(self.depth + 1)}
        return told

    def leg(self, scenario: Scenario, node: Node, *, nth: int = -1, kind: Kind | None = None) -> Leg | None:
        """Walk what happens next from a place, or give None where the story is over."""
        doing = self.doing(scenario, node)
        if doing is None:
            return None
        rival = scenario.rival if kind == "rival" else None
        key = (node.state.likeness, doing.name, nth, kind, rival.name if rival else "")
        if key not in self._legs:
            faults = {} if kind is None else {nth: kind}
            self._legs[key] = self.walker.walk(node.state, doing, faults, rival=rival, keep=kind is None)
        return self._legs[key]

    def doing(self, scenario: Scenario, node: Node) -> Doing | None:
        """Say what happens next at a place."""
        key = (scenario.name, node.state.likeness, node.done)
        if key not in self._doings:
            self.walker.world.restore(node.state)
            self._doings[key] = scenario.doing(scene_of(self.walker.world), node.done)
        return self._doings[key]

    def is_chosen(self, scenario: Scenario, node: Node, nth: int, kind: Kind) -> bool:
        """Tell whether this fault is among those that are walked."""
        share = (self.one_in if node.depth == 0 else self.then_one_in).get(kind, 0)
        if not share:
            return False
        return zlib.crc32(f"{scenario.name} {node.faults} {node.offset + nth} {kind}".encode()) % share == 0


class Search:
    """The search of one scenario, breadth first by the number of faults."""

    def __init__(self, explorer: Explorer, scenario: Scenario, told: Told) -> None:
        self._explorer = explorer
        self._scenario = scenario
        self._told = told
        self.nodes: dict[Place, Node] = {}
        self._queues: tuple[deque[Place], ...] = tuple(deque() for _ in range(explorer.depth + 1))
        self._counted: dict[tuple[Place, int], int] = {}
        self._caught_up: dict[Place, int] = {}
        first = Node(explorer.walker.beginning, 0, (), 0, 0, 0)
        self.first = self._reach(first.state, 0, first)

    def run(self) -> None:
        """Walk until nothing new is found."""
        for queue in self._queues:
            while queue and not self._told.is_found:
                place = queue.popleft()
                self._visit(self.nodes[place], place)

    def _reach(self, state: State, done: int, node: Node) -> Place:
        """Come to a state with so many acts done, on the way that ``node`` describes."""
        raw = Place(state.likeness, done)
        if raw not in self._caught_up:
            world = self._explorer.walker.world
            world.restore(state)
            self._caught_up[raw] = self._scenario.caught_up(scene_of(world), done)
        place = Place(state.likeness, self._caught_up[raw])
        known = self.nodes.get(place)
        if known is not None and known.faults != node.faults and len(self._told.alike) < MOST_ALIKE:
            self._told.alike.append((self._line(known.faults), self._line(node.faults)))
        if known is None and node.legs <= LONGEST:
            self.nodes[place] = replace(node, state=state, done=place.done)
            self._queues[node.depth].append(place)
        return place

    def _visit(self, node: Node, place: Place) -> None:
        leg = self._explorer.leg(self._scenario, node)
        if leg is None:
            self._over(node)
            return
        self._note(node, leg, ())
        done = node.done + leg.done
        way = Node(node.state, done, node.faults, node.offset + leg.calls, node.depth, node.legs + 1)
        node.following = self._reach(leg.end, done, way)
        if node.following not in self.nodes or node.following == place:
            self._broken(node.faults, "every task comes to an end")
            node.following = None
        if node.depth >= self._explorer.depth or not self._explorer.is_chosen(self._scenario, node, 0, "after"):
            return
        for nth, point in enumerate(leg.points):
            for letter, moment in (("b", point.before), ("a", point.after)):
                self._die(node, f"{letter}{node.offset + nth}", moment)
            self._live_on(node, nth, point.label)

    def _die(self, node: Node, fault: str, moment: Moment) -> None:
        """Go on from what a death leaves behind."""
        done = node.done + moment.done
        way = Node(moment.state, done, (*node.faults, fault), 0, node.depth + 1, 0)
        node.deaths.append(self._reach(moment.state, done, way))

    def _live_on(self, node: Node, nth: int, label: str) -> None:
        """Walk the leg again with each fault that a process survives, or is survived by another."""
        for kind in LIVING:
            if (
                self._told.is_found
                or not can_strike(kind, label, self._scenario)
                or not self._explorer.is_chosen(self._scenario, node, nth, kind)
            ):
                continue
            leg = self._explorer.leg(self._scenario, node, nth=nth, kind=kind)
            assert leg is not None
            line = (*node.faults, f"{LETTERS[kind]}{node.offset + nth}")
            self._note(node, leg, line)
            offset = 0 if kind not in ("lost", "reply", *HARMLESS) else node.offset + leg.calls
            done = node.done + leg.done
            node.living.append(self._reach(leg.end, done, Node(leg.end, done, line, offset, node.depth + 1, 0)))

    def _note(self, node: Node, leg: Leg, faults: tuple[str, ...]) -> None:
        for law in leg.broken:
            self._broken(faults or node.faults, law)

    def _line(self, faults: tuple[str, ...]) -> str:
        return " ".join((self._scenario.name, *faults))

    def _broken(self, faults: tuple[str, ...], law: str) -> None:
        found = f"{law}  [{self._line(faults)}]"
        if not any(one.startswith(f"{law}  [") for one in self._told.broken):
            self._told.broken.append(found)

    def _over(self, node: Node) -> None:
        walker = self._explorer.walker
        walker.world.restore(node.state)
        walker.laws.begin()
        walker.laws.end()
        for law in walker.laws.broken:
            self._broken(node.faults, law)
        how = walker.world.endings()
        self._told.endings.add(how)
        if not node.faults and how != self._scenario.ends:
            self._broken((), f"without a fault it ends as {self._scenario.ends}, not {how}")

    def count(self, place: Place | None, faults: int) -> int:
        """Count the schedules with exactly so many more faults that were covered from a place on."""
        if place is None:
            return int(faults == 0)
        key = (place, faults)
        if key not in self._counted:
            self._counted[key] = 0  # a story that goes round is counted once
            node = self.nodes[place]
            total = self.count(node.following, faults)
            if faults:
                total += sum(self.count(one, faults - 1) for one in node.deaths)
                total += sum(self.count(one, faults - 1) for one in node.living)
            self._counted[key] = total
        return self._counted[key]


def can_strike(kind: Kind, label: str, scenario: Scenario) -> bool:
    """Tell whether a fault can happen at a call."""
    if kind in ("lost", "reply"):
        return label.partition(".")[0] in FAILS
    return kind != "rival" or scenario.rival is not None
