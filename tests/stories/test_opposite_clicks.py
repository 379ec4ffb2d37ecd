"""Two people decide the opposite at the same moment, each at another process: one of them decides, the other is told.

Five hundred pairs in ``make test``, ten thousand in ``make slow``. Who comes second is told who decided, and when.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from agent_core import inputs
from agent_core.inputs import Input
from agent_core.people import Person
from agent_core.proposal import Proposal, canonical
from agent_core.words import ThreadId, thread_id_of
from tests.core.decide.office import SECOND
from tests.examples import APPROVER, CHANNEL, REQUESTER, TEAM
from tests.stories.pressing import Press, Pressers, Shop, here, pressers

SOME, ALL = 500, 10_000
BATCH = 20
NAMED = re.compile(r"<@(U0[A-Z]+)>.* at \d\d:\d\d:\d\d UTC\.$")
MAKERS: Mapping[str, Callable[[Proposal], Input]] = {
    "approve": lambda it: inputs.Approve(by=here(APPROVER), digest=it.digest, version=it.version),
    "reject": lambda it: inputs.Reject(by=here(SECOND), reason="too_risky", digest=it.digest, version=it.version),
    "edit": lambda it: inputs.Edit(
        by=here(SECOND), args_json=canonical({"service": "another"}), digest=it.digest, version=it.version
    ),
    "abort": lambda _: inputs.Abort(by=here(SECOND)),
    "correct": lambda _: inputs.Correct(by=here(REQUESTER), text="use another"),
    "override_phi": lambda _: inputs.OverridePhi(by=here(SECOND), phi=2.0, why="Still full."),
}
BY: Mapping[str, Person] = {"reject": SECOND, "edit": SECOND, "abort": SECOND, "correct": REQUESTER}
DECIDE = (("approve", "reject"), ("approve", "edit"))
STEER = (("approve", "abort"), ("approve", "correct"))
JUDGE = (("approve", "override_phi"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What two people did to one task, what each was answered, and what came of it."""

    thread_id: ThreadId
    kinds: tuple[str, str]
    answers: tuple[str, str]
    taken: tuple[str, ...]
    starts: int

    @property
    def refused(self) -> tuple[str, ...]:
        """What was said to whom was refused."""
        return tuple(words for words in self.answers if words)


@dataclass(slots=True)
class Races:
    """All pairs that were pressed."""

    pairs: list[Pair] = field(default_factory=list)

    def of(self, *sorts: tuple[str, str]) -> list[Pair]:
        """Give those of some sorts."""
        return [pair for pair in self.pairs if pair.kinds in sorts]


async def raced(shop: Shop, two: Pressers, first: int) -> list[Pair]:
    """Race so many pairs: have tasks wait, have both halves pressed at once, and do what comes of it."""
    sorts = [*DECIDE, *STEER, *JUDGE]
    kinds = [sorts[nth % len(sorts)] for nth in range(BATCH)]
    threads = [thread_id_of(TEAM, CHANNEL, f"17724{first:05d}.{nth:06d}") for nth in range(BATCH)]
    proposals = [await shop.until_waiting(name) for name in threads]
    halves = [
        [Press(name, MAKERS[pair[side]](it)) for name, pair, it in zip(threads, kinds, proposals, strict=True)]
        for side in range(2)
    ]
    # One goes from the first to the last, the other from the last to the first, so that each is before the other.
    ones, others = await asyncio.to_thread(two.at_once, halves[0], halves[1][::-1])
    found = []
    for nth, name in enumerate(threads):
        taken = tuple(await shop.taken(name))
        answers = ones[nth], others[BATCH - 1 - nth]
        found.append(Pair(thread_id=name, kinds=kinds[nth], answers=answers, taken=taken, starts=shop.starts(name)))
    return found


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=[SOME, pytest.param(ALL - SOME, marks=pytest.mark.slow)]
)
async def races(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Races]:
    """Race them all, once for the whole file."""
    shop, races = Shop(redis_url), Races()
    await shop.redis.flushall()
    with pressers(redis_url) as two:
        for first in range(0, request.param, BATCH):
            races.pairs += await raced(shop, two, first)
            shop.tools.calls.clear()
    yield races
    await shop.redis.aclose()


def test_exactly_one_decides(races: Races) -> None:
    """The other is refused: a decision is taken or it is not, and never both."""
    for pair in races.of(*DECIDE):
        assert len(pair.refused) == 1, pair
        assert [kind in pair.taken for kind in pair.kinds] == [not words for words in pair.answers], pair


def test_the_other_is_told_who_decided_and_when(races: Races) -> None:
    """By name, with the time: not that something went wrong, nor that the task is over."""
    for pair in races.of(*DECIDE, *STEER):
        for words in pair.refused:
            found = NAMED.search(words)
            assert found, words
            assert found[1] == (BY[pair.kinds[1]].id if pair.answers[0] else APPROVER.id), pair


def test_the_call_is_made_once_where_the_yes_was_first_and_else_never(races: Races) -> None:
    """What ran was approved, and what was rejected, edited, aborted or corrected did not run."""
    for pair in races.pairs:
        is_wanted = "approve" in pair.taken and not {"reject", "edit", "abort", "correct"} & set(pair.taken)
        assert pair.starts == is_wanted, pair


def test_who_steers_is_never_refused_for_a_yes_that_was_before_them(races: Races) -> None:
    """An abort or a correction holds until the call has begun; a yes that comes after it is refused."""
    for pair in races.of(*STEER):
        assert not pair.answers[1], pair
        assert ("approve" in pair.taken) == (not pair.answers[0]), pair


def test_a_score_that_is_overridden_at_that_moment_takes_no_yes_back(races: Races) -> None:
    """They are about two things, so both are taken."""
    for pair in races.of(*JUDGE):
        assert set(pair.kinds) <= set(pair.taken), pair


def test_each_of_two_opposites_is_first_at_times(races: Races) -> None:
    """Where the same one always wins, nothing was at once."""
    for sort in DECIDE:
        firsts = Counter(pair.answers[0] == "" for pair in races.of(sort))
        assert set(firsts) == {True, False}, (sort, firsts)
