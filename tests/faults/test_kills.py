"""kill -9 of bots, workers and Redis at random moments under load, and what people and auditors find afterwards.

Three deployments play at once: one whose only bot dies, one whose processes die one after another, and one whose Redis
dies. `--seed` plays the choices of an earlier run again.
"""

import asyncio
import sys

import pytest
import pytest_asyncio

from tests.faults.scenario import Scenario, played
from tests.faults.verdict import Verdict


def scenarios(times: int) -> list[Scenario]:
    """Give the three, in which bots, workers and Redis are each killed so often."""
    half = times // 2
    return [
        Scenario(name="one bot", members={"run": 1}, fires=(lambda killer: killer.members("run", half),)),
        Scenario(
            name="deployment",
            members={"serve": 2, "work": 2},
            fires=(lambda killer: killer.members("serve", half), lambda killer: killer.members("work", times)),
        ),
        Scenario(name="Redis", members={"serve": 1, "work": 1}, fires=(lambda killer: killer.store(times),)),
    ]


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=[20, pytest.param(200, marks=pytest.mark.slow)], ids=str
)
async def verdicts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, seed: int | None
) -> list[Verdict]:
    """Play all three, and say what became of them."""
    plays = [played(one, tmp_path_factory.mktemp("cs"), seed) for one in scenarios(request.param)]
    found = await asyncio.gather(*plays)
    sys.stdout.writelines(f"{verdict.sentence}\n" for verdict in found)
    return found


def test_bots_workers_and_redis_were_each_killed_as_often_as_they_were_to_be(
    verdicts: list[Verdict], request: pytest.FixtureRequest
) -> None:
    """And under load: tasks went on and ended all the while."""
    faults = sum((verdict.faults for verdict in verdicts), start=type(verdicts[0].faults)())
    times = request.node.callspec.params["verdicts"]
    killed = {
        "bot": faults["kill -9 of run"] + faults["kill -9 of serve"],
        "worker": faults["kill -9 of work"],
        "Redis": faults["kill -9 of Redis"],
    }
    assert killed == {"bot": times, "worker": times, "Redis": times}
    assert all(verdict.ended["succeeded"] >= times // 4 for verdict in verdicts), said(verdicts)


def test_nothing_that_was_acknowledged_is_lost(verdicts: list[Verdict]) -> None:
    """Each task has a thread and an end, each approval a line; what is said to have happened did, and the reverse."""
    assert [one for verdict in verdicts for one in (*verdict.lost, *verdict.left)] == [], said(verdicts)


def test_nothing_happens_twice(verdicts: list[Verdict]) -> None:
    """No effect, no thread, no ending, no approval of one proposal."""
    assert [one for verdict in verdicts for one in (*verdict.doubled, *verdict.copies)] == [], said(verdicts)


def test_no_proposal_has_two_live_cards_at_any_moment(verdicts: list[Verdict]) -> None:
    """Whoever died between posting and noting it is looked for in the thread."""
    assert [one for verdict in verdicts for one in verdict.twins] == [], said(verdicts)


def test_every_journal_is_whole_and_decided_anew_leads_to_what_is_stored(verdicts: list[Verdict]) -> None:
    """The chain holds, and nothing waits to be performed."""
    assert [one for verdict in verdicts for one in verdict.broken] == [], said(verdicts)


def test_slack_has_nothing_to_complain_of(verdicts: list[Verdict]) -> None:
    """Whoever has just come up knows the rules as well."""
    assert [one for verdict in verdicts for one in verdict.violations] == [], said(verdicts)


def said(verdicts: list[Verdict]) -> str:
    """Say what happened, with the seeds."""
    return "\n".join(verdict.sentence for verdict in verdicts)
