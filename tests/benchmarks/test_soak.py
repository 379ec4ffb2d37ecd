import asyncio

import pytest

from benchmarks.report import goals
from benchmarks.soak import MOST_S, P99_S, Soaked, Wish, report, soaked

BRIEF = Wish(rate=20, seconds=2, trial_s=1)
TEN_MINUTES = Wish(rate=500, seconds=600, trial_s=10)


@pytest.fixture(scope="module")
def ten_minutes() -> Soaked:
    """Soak once for the tests that look at it, and print what it carried."""
    found = asyncio.run(soaked(TEN_MINUTES))
    print(f"\n{goals((report(found),))}\n\n{report(found).tables[0].markdown()}")  # noqa: T201 - kept in the docs
    return found


async def test_each_task_that_was_approved_has_its_effect_once() -> None:
    """Presses, second presses and repeats come evenly, and none is lost or doubled."""
    found = await soaked(BRIEF)
    assert (found.lost, found.doubled, found.tally.failed) == (0, 0, [])


@pytest.mark.slow
def test_each_task_of_ten_minutes_has_its_effect_once(ten_minutes: Soaked) -> None:
    """At the rate that the host carries."""
    assert (ten_minutes.lost, ten_minutes.doubled, ten_minutes.tally.failed) == (0, 0, [])


@pytest.mark.slow
def test_nobody_is_kept_waiting_for_ten_minutes(ten_minutes: Soaked) -> None:
    """Slack gives three seconds; nobody is near it."""
    assert ten_minutes.tally.p99_s < P99_S
    assert max(ten_minutes.tally.times) < MOST_S
