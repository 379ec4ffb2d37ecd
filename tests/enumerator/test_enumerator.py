"""Every story under every fault: nothing is lost, nothing is done twice, nothing is guessed.

``make test`` walks every fault that there is as the one fault of a schedule, and samples of what follows a first one;
``make slow`` walks all there is to two faults, for as long as it may take.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

import pytest

from agent_core.inputs import PersonInput, WorldInput
from agent_core.proposal import EffectClass
from agent_core.records import Entry
from tests.enumerator.conftest import Report
from tests.enumerator.crew import explore, in_groups
from tests.enumerator.explore import Explorer, Plan, Told
from tests.enumerator.legs import Walker
from tests.enumerator.office import USUAL
from tests.enumerator.replay import replay
from tests.enumerator.scenarios import BY_NAME
from tests.enumerator.wire import LETTERS, LIVING, Death, Kind
from tests.enumerator.world import World

WANTED = 100_000
FEWER: Mapping[Kind, int] = {**dict.fromkeys(LIVING, 40), "after": 1}
STORY_S = 120.0  # of all pairs of one story, before no more are struck
ONE_STEP = Plan(then_one_in={**dict.fromkeys(LIVING, 100), "after": 24})
AT_ONCE = Plan(depth=1, one_in=FEWER)
TOLD_BY: Mapping[str, str] = {
    "open": "opened", "start": "restart", "fork": "forked", "rewind": "rewound", "approve": "restart",
    "reject": "rejected", "edit": "edited", "withdraw": "withdrawn", "override_phi": "overridden",
    "accept_score": "reviewed", "teach": "advised", "forget": "advised", "confirm_rule": "suggested",
    "reply": "corrected", "correct": "redirected", "answer": "a question", "inquire": "asked twice",
    "pause": "paused", "resume": "paused", "abort": "aborted", "stop": "stopped",
    "extend_budget": "short of money", "resolve_unknown": "timed out", "opened": "opened",
    "model_replied": "restart", "model_failed": "restart, lost model.next", "no_approver": "nobody there",
    "tool_started": "restart", "tool_held": "two that tune", "tool_finished": "restart", "tool_failed": "shut",
    "outcome_unknown": "restart, after works.start", "read_back": "order timed out", "scored": "restart",
    "card_posted": "restart", "card_lost": "card deleted", "surface_lost": "archived", "restored": "restored",
    "timer_fired": "expired",
}  # fmt: skip
"""A story for each input, with a fault where nothing else makes it: its kind, and the first call that it strikes."""
USED_BY: Mapping[str, str] = {"once": "restart", "idempotent": "deploy", "readback": "ordered"}
"""A story for each class of tool."""


def told(stories: Iterable[Told], report: Report, name: str) -> list[Told]:
    """Have stories explored, and say what was covered at the end of the run."""
    found = list(stories)
    covered, states = sum(one.schedules for one in found), sum(one.states for one in found)
    took = f"{sum(one.walked for one in found):,} legs, {sum(one.took_s for one in found):.0f} s of processor time"
    report(f"enumerator, {name}: {covered:,} schedules covered, {states:,} states run in {took}")
    return found


def struck(stories: Iterable[Told]) -> Counter[Kind]:
    """Count the schedules of one fault by its kind."""
    return sum((one.struck for one in stories), start=Counter[Kind]())


def broken(stories: Iterable[Told]) -> list[str]:
    """Give what was broken, with the line that shows it."""
    return [one for story in stories for one in story.broken]


def test_no_schedule_breaks_a_law(report: Report) -> None:
    """A line of what fails walks that schedule alone: ``python -m tests.enumerator <line>``."""
    stories = told(explore(in_groups(list(BY_NAME)), ONE_STEP), report, "one step at a time")
    first = struck(stories)
    report(f"enumerator, one fault, whole: {', '.join(f'{kind} {first[kind]:,}' for kind in LETTERS)}")
    assert broken(stories) == []
    assert sum(story.schedules for story in stories) >= WANTED
    assert set(first) == {*get_args(Death), *LIVING}


def test_no_schedule_breaks_a_law_where_minds_answer_at_once(report: Report) -> None:
    """What follows at once is committed together: there are fewer points to die at, and each leaves more undone."""
    stories = told(explore(in_groups(list(BY_NAME)), AT_ONCE, immediate=True), report, "at once")
    assert broken(stories) == []


@pytest.mark.slow
@pytest.mark.parametrize("immediate", [False, True], ids=["one step at a time", "at once"])
def test_no_two_faults_break_a_law(immediate: bool, report: Report, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001 - a column
    """All pairs: a fault, and another in what is done about it. Each story in a world of its own, for the memory."""
    stories = []
    for story in explore([[name] for name in BY_NAME], Plan(most_s=STORY_S), immediate=immediate):
        stories.append(story)
        with capsys.disabled():
            print(f"{len(stories)} of {len(BY_NAME)}: {story.line()}", flush=True)  # noqa: T201 - it takes an hour
    told(stories, report, f"all pairs, {'at once' if immediate else 'one step at a time'}")
    report(f"enumerator, not struck for want of time: {sum(story.unstruck for story in stories):,} places")
    assert broken(stories) == []


@pytest.mark.parametrize("name", ["deploy", "advised", "paused while running"])
def test_states_that_are_alike_have_the_same_future(name: str) -> None:
    """Walked alone, a schedule ends as the one does whose state was taken for its own."""
    with Walker() as walker:
        plan = Plan(one_in=FEWER, then_one_in={"after": 8})
        pairs = Explorer(walker, plan).explore(BY_NAME[name]).alike
        chosen = pairs[:: max(1, len(pairs) // 12)]
        assert len(chosen) > 10
        for one, other in chosen:
            first, second = replay(walker, one), replay(walker, other)
            assert (first.end, first.likeness) == (second.end, second.likeness), (one, other)


@pytest.fixture(scope="module")
def walker() -> Iterator[Walker]:
    """Give a world for single schedules."""
    with Walker() as walker:
        yield walker


def walked(walker: Walker, where: str) -> World:
    """Walk a story, or the schedule of the one fault named with it, and give the world as it then is."""
    name, _, fault = where.partition(", ")
    if fault:
        kind, _, label = fault.partition(" ")
        letter = next(letter for one, letter in LETTERS.items() if one == kind)
        name = f"{name} {letter}{replay(walker, name).labels.index(label)}"
    assert replay(walker, name).broken == [], name
    return walker.world


def test_the_table_has_every_input_and_every_class_of_tool() -> None:
    """What no story tells is never struck by a fault."""
    kinds = {kind.__dataclass_fields__["kind"].default for kind in get_args(PersonInput | WorldInput)}
    assert set(TOLD_BY) == kinds
    assert set(USED_BY) == set(get_args(EffectClass))


@pytest.mark.parametrize(("given", "where"), TOLD_BY.items())
def test_a_story_tells_of_each_input(given: str, where: str, walker: Walker) -> None:
    """It is in the journal; one that can't be taken yet, as what was refused."""
    world = walked(walker, where)
    lines = [line for thread_id in world.tasks() for line in world.lines(thread_id)]
    assert given in {
        line.input.kind if isinstance(line, Entry) else line.what.removeprefix("refused ") for line in lines
    }


@pytest.mark.parametrize(("effect", "where"), USED_BY.items())
def test_a_story_uses_each_class_of_tool(effect: str, where: str, walker: Walker) -> None:
    """Its call has really begun there."""
    assert effect in {USUAL.tools[start.tool].effect for start in walked(walker, where).far.starts}


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
