"""Processes that are stopped for longer than their lease and then go on: they can commit nothing, and double nothing.

The lease is two seconds here, so that a stop of three is long; `make slow` has the same story with the product's own.
"""

import sys
from pathlib import Path

import pytest
import pytest_asyncio

from agent_core.adapters.key_file import make_key
from tests.faults.scenario import Scenario, played
from tests.faults.verdict import Verdict
from tests.stories.process import Bot, process
from tests.stories.server import own_server
from tests.stories.test_readback import frozen_and_thawed

LEASE_S = 2.0
FROZEN_S = 3.0
HASTY = ("-m", "tests.faults.launch", f"lease_s={LEASE_S}")


async def test_a_bot_that_slept_through_its_lease_in_a_call_can_not_commit(tmp_path: Path) -> None:
    """Threat X3: another has asked people meanwhile; what the first one brings comes late, and counts no more."""
    make_key(tmp_path / "key")
    with own_server() as redis:
        async with process(tmp_path) as (stage, first):
            second = Bot(stage.slack, tmp_path)
            first.program = second.program = HASTY
            first.more = second.more = {"REDIS_URL": redis.url, "COUNTERSIGN_KEY_FILE": str(tmp_path / "key")}
            try:
                await frozen_and_thawed(stage, first, second)
            finally:
                await second.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[pytest.param(50, marks=pytest.mark.slow)], ids=str)
async def verdict(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, seed: int | None
) -> Verdict:
    """Freeze one of two workers again and again at random moments under load."""
    scenario = Scenario(
        name="frozen",
        members={"serve": 1, "work": 2},
        fires=(lambda killer: killer.freezes("work", request.param, for_s=FROZEN_S),),
        program=HASTY,
    )
    found = await played(scenario, tmp_path_factory.mktemp("cs"), seed)
    sys.stdout.write(f"{found.sentence}\n")
    return found


def test_what_was_frozen_and_thawed_doubles_nothing(verdict: Verdict) -> None:
    """Wherever it was stopped: before the claim, in the call, before the commit. Only a message may have a copy."""
    assert verdict.doubled == [], verdict.sentence


def test_what_was_frozen_and_thawed_loses_nothing(verdict: Verdict) -> None:
    """Another goes on after the lease, and people are asked where it can't tell."""
    assert (verdict.lost, verdict.broken, verdict.violations) == ([], [], []), verdict.sentence
