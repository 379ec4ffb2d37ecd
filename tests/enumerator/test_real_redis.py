"""A sample of the schedules on a real Redis: where the model is wrong, the two disagree loudly."""

import asyncio
from itertools import cycle

import pytest

from agent_core.adapters.redis_client import connect
from tests.enumerator.conftest import Report
from tests.enumerator.legs import Walker
from tests.enumerator.real import Outcome, RealWorld, Run, outcome
from tests.enumerator.replay import Story, read, replay
from tests.enumerator.wire import FAILS, READS

STRIDE = 2
AT_ONCE = 4
LETTERS = "baltrbatr"


def sampled(walker: Walker, name: str) -> list[str]:
    """Name schedules of a scenario: every few calls that write another fault, and then a second one after a death.

    What is read beside a running call is read sooner or later, so to die there is not the same thing twice.
    """
    calls = [(at, label) for at, label in enumerate(replay(walker, name).labels) if writes(label)]
    lines = [f"{name} {letter}{at}" for (at, _), letter in zip(calls[::STRIDE], cycle(LETTERS), strict=False)]
    return [*lines, *(f"{line}{second(walker, line)}" for line in lines if line.split()[-1][0] in "ba")]


def second(walker: Walker, line: str) -> str:
    """Choose a death in what is done about the first one: at its first write but one."""
    after = replay(walker, line).life
    chosen = [at for at, label in enumerate(after) if writes(label)]
    return f" a{chosen[1]}" if len(chosen) > 1 else ""


def writes(label: str) -> bool:
    """Tell whether a call changes something, and may fail."""
    port, _, method = label.partition(".")
    return port in FAILS and method not in READS


async def told(redis_url: str, stories: dict[str, Story]) -> dict[str, Outcome]:
    """Walk the same schedules on a real Redis, a few at a time, each in a database that is its own and empty."""
    found, left = dict[str, Outcome](), iter(stories.items())

    async def walk(database: int) -> None:
        for line, story in left:
            redis = connect(f"{redis_url}?db={database}")  # a world keeps its connections for as long as it stands
            await redis.flushdb()
            try:
                found[line] = await Run(RealWorld(redis), read(line)[0], list(story.struck)).to_the_end()
            except AssertionError as no:
                raise AssertionError(f"{line}: {no}") from no
            finally:
                await redis.aclose()

    await asyncio.gather(*(walk(database) for database in range(AT_ONCE)))
    return found


@pytest.mark.parametrize("name", ["look and restart", "deploy", "ordered", "rejected", "corrected", "opened", "tuned"])
def test_a_real_redis_does_what_the_model_says(name: str, redis_url: str, report: Report) -> None:
    """The same ending, the same inputs in the journal, the same starts, the same messages."""
    stories, wanted = {}, {}
    with Walker() as walker:
        for line in sampled(walker, name):
            stories[line] = replay(walker, line)
            assert stories[line].broken == [], line
            wanted[line] = outcome(walker.world)
    found = asyncio.run(told(redis_url, stories))
    report(f"enumerator, on a real Redis: {name}, {len(found)} schedules")
    for line, one in wanted.items():
        assert found[line] == one, line
