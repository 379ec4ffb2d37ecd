"""Tells every scenario under every fault, and counts what that covers.

A schedule is a scenario with faults at numbered points. States that are alike (see interning) have the same future, so
what follows from them is walked once, whatever schedules lead there: a death costs one walk of its recovery, and most
recoveries lead back to where a story without faults comes by. What is counted are schedules, each a way through the
states that were walked; ``lines`` name, for every state, the first schedule that led to it, which can be walked alone.
"""

import math
import time
import zlib
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, get_args

from tests.enumerator.acts import Doing, scene_of
from tests.enumerator.legs import Walker
from tests.enumerator.scenarios import Scenario
from tests.enumerator.track import Leg, Moment
from tests.enumerator.wire import DEEDS, HANDED_OVER, LETTERS, LIVING, READS, Death, Kind, can_strike
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
    is_visited: bool = False
    following: Place | None = None
    deaths: list[Place] = field(default_factory=list)
    living: list[Place] = field(default_factory=list)


@dataclass(slots=True)
class Told:
    """What came of a scenario. ``alike`` are some pairs of schedules that led to states taken for the same.

    ``struck`` counts the schedules of one fault by its kind; ``unstruck`` are places where nothing more was struck for
    want of time.
    """

    scenario: str
    until: str | None = None
    broken: list[str] = field(default_factory=list)
    endings: set[str] = field(default_factory=set)
    states: int = 0
    walked: int = 0
    covered: dict[int, int] = field(default_factory=dict)
    struck: Counter[Kind] = field(default_factory=Counter)
    unstruck: int = 0
    took_s: float = 0.0
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
        whole = f", {self.unstruck:,} places not struck for want of time" if self.unstruck else ""
        return f"{self.scenario}: {self.schedules:,} schedules, {self.states:,} states, {self.walked:,} legs{whole}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is walked.

    Of each kind of fault one in so many is walked: as the first of a schedule, and after the first (``then_one_in``).
    For deaths (``after``) that is one in so many places, with all its points. Which ones a checksum decides, the same
    every time. After ``most_s`` of processor time nothing more is struck in a story; what was, is walked to its end.
    """

    depth: int = 2
    one_in: Mapping[Kind, int] = field(default_factory=lambda: WHOLE)
    then_one_in: Mapping[Kind, int] = field(default_factory=lambda: WHOLE)
    most_s: float = math.inf


class Explorer:
    """Explores the scenarios of one build; legs that several scenarios share are walked once."""

    def __init__(self, walker: Walker, plan: Plan | None = None) -> None:
        self.walker = walker
        self.plan = plan or Plan()
        self.until_s = math.inf
        self._legs: dict[tuple[object, ...], Leg] = {}
        self._matters: dict[tuple[object, ...], bool] = {}
        self._doings: dict[tuple[str, int, int], Doing | None] = {}

    def explore(self, scenario: Scenario, *, until: str | None = None) -> Told:
        """Walk all that a scenario leads to, or until a law is broken."""
        told = Told(scenario.name, until=until)
        began_s = time.process_time()
        self.until_s = began_s + self.plan.most_s
        before = self.walker.walked
        search = Search(self, scenario, told)
        search.run()
        told.took_s = time.process_time() - began_s
        told.states, told.walked = len(search.nodes), self.walker.walked - before
        told.covered = {faults: search.count(search.first, faults) for faults in range(self.plan.depth + 1)}
        return told

    def plain(self, scenario: Scenario, node: Node, *, with_points: bool) -> Leg | None:
        """Walk what happens next from a place without a fault, or give None where the story is over."""
        doing = self.doing(scenario, node)
        if doing is None:
            return None
        key = (node.state.likeness, doing.name)
        known = self._legs.get(key)
        if known is None or (with_points and not known.points):
            self._legs[key] = self.walker.walk(node.state, doing, keep=with_points)
        return self._legs[key]

    def leg(self, scenario: Scenario, node: Node, nth: int, kind: Kind) -> Leg:
        """Walk what happens next from a place with a fault at a call."""
        doing = self.doing(scenario, node)
        assert doing is not None
        rival = scenario.rival if kind == "rival" else None
        key = (node.state.likeness, doing.name, nth, kind, rival.name if rival else "")
        if key not in self._legs:
            self._legs[key] = self.walker.walk(node.state, doing, {nth: kind}, rival=rival)
        return self._legs[key]

    def struck(self, scenario: Scenario, node: Node, plain: Leg, *, nth: int, kind: Kind) -> Leg:
        """Give how a leg goes with a fault; one that can't go otherwise than another is not walked again.

        The reply to a question is lost as a question is. Whoever waits for another's call waits for that one's rest
        where it makes none. And what others do is nothing where it leaves the world as it is.
        """
        if kind == "reply" and plain.points[nth].label.partition(".")[2] in READS:
            kind = "lost"
        if kind == "behind":
            stalled = self.struck(scenario, node, plain, nth=nth, kind="stall")
            kind = "behind" if stalled.is_helped else "stall"
        if kind in DEEDS and not self._does_matter(scenario, plain, nth, kind):
            return plain
        return self.leg(scenario, node, nth, kind)

    def _does_matter(self, scenario: Scenario, plain: Leg, nth: int, kind: Kind) -> bool:
        before = plain.points[nth].before
        rival = scenario.rival if kind == "rival" else None
        key = (before.state.likeness, kind, rival.name if rival else "", before.delivered)
        if key not in self._matters:
            self._matters[key] = self.walker.matters(plain.points[nth], kind, rival)
        return self._matters[key]

    def doing(self, scenario: Scenario, node: Node) -> Doing | None:
        """Say what happens next at a place."""
        key = (scenario.name, node.state.likeness, node.done)
        if key not in self._doings:
            self.walker.world.restore(node.state)
            self._doings[key] = scenario.doing(scene_of(self.walker.world), node.done)
        return self._doings[key]

    def is_chosen(self, scenario: Scenario, node: Node, nth: int, kind: Kind) -> bool:
        """Tell whether this fault is among those that are walked."""
        share = (self.plan.one_in if node.depth == 0 else self.plan.then_one_in).get(kind, 0)
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
        self._queues: tuple[deque[Place], ...] = tuple(deque() for _ in range(explorer.plan.depth + 1))
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
        node.is_visited = True
        is_struck = node.depth < self._explorer.plan.depth and self._explorer.is_chosen(
            self._scenario, node, 0, "after"
        )
        leg = self._explorer.plain(self._scenario, node, with_points=is_struck)
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
        if not is_struck:
            return
        if time.process_time() > self._explorer.until_s:
            self._told.unstruck += 1
            return
        for nth, point in enumerate(leg.points):
            self._told.struck.update(get_args(Death) if not node.depth else ())
            for letter, moment in (("b", point.before), ("a", point.after)):
                self._die(node, f"{letter}{node.offset + nth}", moment)
            self._live_on(node, leg, nth)

    def _die(self, node: Node, fault: str, moment: Moment) -> None:
        """Go on from what a death leaves behind."""
        done = node.done + moment.done
        way = Node(moment.state, done, (*node.faults, fault), 0, node.depth + 1, 0)
        node.deaths.append(self._reach(moment.state, done, way))

    def _live_on(self, node: Node, plain: Leg, nth: int) -> None:
        """Walk the leg again with each fault that a process survives, or is survived by another."""
        for kind in LIVING:
            if self._told.is_found or not self._is_to_be_struck(node, plain, nth, kind):
                continue
            leg = self._explorer.struck(self._scenario, node, plain, nth=nth, kind=kind)
            line = (*node.faults, f"{LETTERS[kind]}{node.offset + nth}")
            self._note(node, leg, line)
            self._told.struck[kind] += not node.depth
            offset = 0 if kind in HANDED_OVER else node.offset + leg.calls
            done = node.done + leg.done
            node.living.append(self._reach(leg.end, done, Node(leg.end, done, line, offset, node.depth + 1, 0)))

    def _is_to_be_struck(self, node: Node, plain: Leg, nth: int, kind: Kind) -> bool:
        if kind == "rival" and self._scenario.rival is None:
            return False
        if kind == "again" and plain.points[nth].before.delivered is None:
            return False
        return can_strike(kind, plain.points[nth].label) and self._explorer.is_chosen(self._scenario, node, nth, kind)

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
            if not node.is_visited:
                return 0
            total = self.count(node.following, faults)
            if faults:
                total += sum(self.count(one, faults - 1) for one in node.deaths)
                total += sum(self.count(one, faults - 1) for one in node.living)
            self._counted[key] = total
        return self._counted[key]
