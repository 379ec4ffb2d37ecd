"""Every story under every fault: nothing is lost, nothing is done twice, nothing is guessed.

``make test`` walks every death, lost call and lost reply as the one fault of a schedule, samples of the other faults,
and samples of what follows a first fault; ``make slow`` walks all there is to two faults.
"""

import time
from collections.abc import Mapping
from typing import get_args

import pytest

from agent_core.inputs import PersonInput
from agent_core.proposal import EffectClass
from agent_core.records import Entry
from tests.enumerator.conftest import Report
from tests.enumerator.explore import WHOLE, Explorer, Told
from tests.enumerator.legs import Walker
from tests.enumerator.office import USUAL
from tests.enumerator.replay import replay
from tests.enumerator.scenarios import BY_NAME, SCENARIOS, Scenario
from tests.enumerator.wire import Kind
from tests.enumerator.world import Build

PEOPLES = {kind.__dataclass_fields__["kind"].default for kind in get_args(PersonInput)}
WANTED = 100_000
FIRST: Mapping[Kind, int] = {
    "after": 1, "lost": 1, "reply": 1, "term": 8, "stall": 8, "overlap": 16, "behind": 16, "second": 16, "rival": 3,
}  # fmt: skip
THEN: Mapping[Kind, int] = {**dict.fromkeys(FIRST, 100), "after": 24}
FEWER: Mapping[Kind, int] = {**dict.fromkeys(FIRST, 40), "after": 1}


def explored(explorer: Explorer, report: Report, name: str) -> list[Told]:
    """Explore all scenarios, and say what was covered at the end of the run."""
    began_s = time.process_time()
    told = [explorer.explore(scenario) for scenario in SCENARIOS]
    covered, states = sum(one.schedules for one in told), sum(one.states for one in told)
    took = f"{explorer.walker.walked:,} legs, {time.process_time() - began_s:.0f} s of processor time"
    report(f"enumerator, {name}: {covered:,} schedules covered, {states:,} states run in {took}")
    return told


def broken(told: list[Told]) -> list[str]:
    """Give what was broken, with the line that shows it."""
    return [one for story in told for one in story.broken]


def test_no_schedule_breaks_a_law(report: Report) -> None:
    """A line of what fails walks that schedule alone: ``python -m tests.enumerator <line>``."""
    with Walker() as walker:
        told = explored(Explorer(walker, one_in=FIRST, then_one_in=THEN), report, "one step at a time")
    assert broken(told) == []
    assert sum(story.schedules for story in told) >= WANTED


def test_no_schedule_breaks_a_law_where_minds_answer_at_once(report: Report) -> None:
    """What follows at once is committed together: there are fewer points to die at, and each leaves more undone."""
    with Walker(Build(immediate=True)) as walker:
        told = explored(Explorer(walker, depth=1, one_in=FEWER), report, "at once")
    assert broken(told) == []


@pytest.mark.slow
@pytest.mark.parametrize("immediate", [False, True], ids=["one step at a time", "at once"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_no_two_faults_break_a_law(scenario: Scenario, immediate: bool, report: Report) -> None:  # noqa: FBT001 - a column
    """All pairs: a fault, and another in what is done about it. Each story in a world of its own, for the memory."""
    with Walker(Build(immediate=immediate)) as walker:
        told = Explorer(walker, one_in=WHOLE, then_one_in=WHOLE).explore(scenario)
    report(f"enumerator, all pairs, {'at once' if immediate else 'one step at a time'}: {told.line()}")
    assert told.broken == []


@pytest.mark.parametrize("name", ["deploy", "advised", "paused while running"])
def test_states_that_are_alike_have_the_same_future(name: str) -> None:
    """Walked alone, a schedule ends as the one does whose state was taken for its own."""
    with Walker() as walker:
        pairs = Explorer(walker, one_in=FEWER, then_one_in={"after": 8}).explore(BY_NAME[name]).alike
        chosen = pairs[:: max(1, len(pairs) // 12)]
        assert len(chosen) > 10
        for one, other in chosen:
            first, second = replay(walker, one), replay(walker, other)
            assert (first.end, first.likeness) == (second.end, second.likeness), (one, other)


def test_every_input_and_every_class_of_tool_is_in_a_story() -> None:
    """What no story tells is never struck by a fault."""
    inputs, classes = set[str](), set[str]()
    with Walker() as walker:
        for scenario in SCENARIOS:
            assert replay(walker, scenario.name).broken == [], scenario.name
            for thread_id in walker.world.tasks():
                lines = walker.world.lines(thread_id)
                inputs |= {line.input.kind if isinstance(line, Entry) else line.what for line in lines}
                classes |= {start.tool for start in walker.world.far.starts}
    assert PEOPLES - {"confirm_rule"} <= inputs
    assert "refused confirm_rule" in inputs
    assert {USUAL.tools[name].effect for name in classes} == set(get_args(EffectClass))


def test_a_schedule_goes_the_same_way_again() -> None:
    """What one line names is one thing: in another world, it goes the same way."""
    ways = []
    for _ in range(2):
        with Walker() as walker:
            story = replay(walker, "deploy a14 r4")
            ways.append((story.legs, story.end, story.broken))
    assert ways[0] == ways[1]
    assert any("struck: after" in leg for leg in ways[0][0])
    assert any("struck: reply" in leg for leg in ways[0][0])
