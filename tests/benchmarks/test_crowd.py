import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from time import perf_counter

import pytest

from agent_core.checkpoint import Checkpoint
from agent_core.shapes import CHECKPOINT
from agent_core.words import Json, ThreadId
from benchmarks.crowd import Crowd, threads
from benchmarks.recovery import until
from benchmarks.stage import Stage, fresh_stage
from benchmarks.wire import started

BEGAN = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOVING = frozenset({"ts", "at", "started_at", "made_at", "expires_at", "wall_s"})  # other for each task and each run


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A stage and a crowd on it."""

    stage: Stage
    crowd: Crowd

    async def task(self, thread_id: ThreadId) -> Checkpoint:
        """Give a task; there must be one."""
        checkpoint = (await self.crowd.store.load(thread_id)).checkpoint
        assert checkpoint is not None
        return checkpoint

    async def kept(self, thread_id: ThreadId) -> Json:
        """Give what is stored of a task, without what is other for each."""
        task = await self.task(thread_id)
        (card,) = task.cards
        assert card.proposal is not None
        dumped = self.crowd.codec.written(CHECKPOINT, task).decode()
        ts = thread_id.rpartition(":")[2]
        for own in (thread_id, card.proposal.digest, ts, ts.replace(".", "-")):
            dumped = dumped.replace(own, "OWN")
        return without_times(json.loads(dumped))


def without_times(tree: Json) -> Json:
    """Leave out what moves, and the order of sets."""
    if isinstance(tree, dict):
        return {name: without_times(value) for name, value in tree.items() if name not in MOVING}
    if isinstance(tree, list):
        return sorted(map(without_times, tree), key=repr)
    return tree


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """Give an empty stage."""
    async with fresh_stage() as s, AsyncExitStack() as closing:
        yield Scene(stage=s, crowd=Crowd.on(s, closing))


async def test_a_task_of_the_crowd_stands_as_one_that_the_bot_began(scene: Scene) -> None:
    """What is weighed and timed is the product's own state, not a likeness of it."""
    ours, theirs = islice(threads(), 2)
    await scene.crowd.gather([ours])
    async with started("bot", "benchmarks.bot", scene.stage.given) as bot:
        await bot.ask({"prepare": [theirs]})
    assert await scene.kept(ours) == await scene.kept(theirs)


async def test_a_task_of_the_crowd_leaves_nothing_to_be_done_while_it_waits(scene: Scene) -> None:
    """An effect that was left would be due, and there would be no waiting to measure."""
    (one,) = await scene.crowd.gather(islice(threads(), 1))
    assert await scene.crowd.store.outbox(one.thread_id) == {}
    assert await scene.crowd.store.overdue(1) == []


async def test_a_task_of_the_crowd_is_due_when_it_was_told_to_be(scene: Scene) -> None:
    """One whose hour had passed when it was put there is due at once."""
    (one,) = await scene.crowd.gather(islice(threads(), 1), began=lambda _: BEGAN)
    assert (await scene.task(one.thread_id)).started_at == BEGAN
    assert await scene.crowd.store.overdue(1) == [one.thread_id]


async def test_an_approved_task_of_the_crowd_is_run_once(scene: Scene) -> None:
    """Recovery is measured on them."""
    names = list(islice(threads(), 3))
    await scene.crowd.gather(names, approved=True)
    async with started("bot", "benchmarks.bot", scene.stage.given) as bot:
        _, told = await until(bot, len(names), perf_counter())
    assert (told["noted"], told["different"]) == (len(names), len(names))
