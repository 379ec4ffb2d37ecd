import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agent_core.errors import Refused
from agent_core.fakes import (
    FakeClock,
    FakeCritic,
    FakeDirectory,
    FakeEngine,
    FakeModel,
    FakeSurface,
    FakeTools,
    ReplyLost,
    turns,
)  # fmt: skip
from agent_core.inputs import Done, Propose, Tell
from agent_core.ports import CardGone, Figures, ModelDown, Output, Ran, Replied, Situation, SurfaceBusy
from tests.examples import (
    APPROVER,
    APPROVERS,
    CALL,
    CARD,
    CHANNEL,
    GUEST,
    NOON,
    PROPOSE,
    THREAD,
    WAITING,
    WORK_ID,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable

SITUATION = Situation(checkpoint=WAITING, tools=())


async def test_a_sleeper_wakes_at_its_own_time_and_not_before() -> None:
    """Also when the clock is moved far past it."""
    clock, woke = FakeClock(NOON), []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woke.append((seconds, (clock.now() - NOON).total_seconds()))

    async with asyncio.TaskGroup() as tasks:
        for seconds in (3, 1, 2):
            tasks.create_task(sleeper(seconds))
        await turns()
        clock.move(0.5)
        await turns()
        assert (woke, clock.sleepers) == ([], 3)
        await clock.advance(10)
    assert woke == [(1, 1), (2, 2), (3, 3)]


async def test_a_loop_that_sleeps_again_is_woken_each_time_on_the_way() -> None:
    """Renewals every five seconds happen six times in thirty, however fast the test is."""
    clock, ticks = FakeClock(NOON), []

    async def loop() -> None:
        for _ in range(6):
            await clock.sleep(5)
            ticks.append((clock.now() - NOON).total_seconds())

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(loop())
        await clock.advance(30)
    assert ticks == [5, 10, 15, 20, 25, 30]


async def test_a_cancelled_sleeper_is_forgotten_and_no_time_is_no_wait() -> None:
    """A worker that is stopped leaves no timer behind."""
    clock = FakeClock(NOON)
    task = asyncio.create_task(clock.sleep(1))
    await turns()
    task.cancel()
    await turns(2)
    await clock.advance(2)
    await clock.sleep(0)
    assert clock.slept == [1, 0]


async def test_a_model_goes_through_its_steps_and_is_then_done() -> None:
    """Inquiries use up no step."""
    model = FakeModel(PROPOSE, Replied(reply=PROPOSE, tokens=7), ModelDown("no answer"))
    assert isinstance((await model.next(SITUATION)).reply, Propose)
    assert isinstance((await model.next(replace(SITUATION, inquiry="Why?"))).reply, Tell)
    assert (await model.next(SITUATION)).tokens == 7
    with pytest.raises(ModelDown):
        await model.next(SITUATION)
    assert isinstance((await model.next(SITUATION)).reply, Done)
    assert len(model.asked) == 5


def test_a_model_refuses_a_beginning_as_it_was_told() -> None:
    """As a runbook does that knows no such task."""
    model = FakeModel()
    model.accepts("anything")
    model.refusal = Refused("No runbook fits.")
    with pytest.raises(Refused):
        model.accepts("anything")


async def test_a_critic_begins_where_it_ended() -> None:
    """Φ before a step is Φ after the one before it."""
    critic = FakeCritic(3.0, Figures(before=3, after=4, evidence="", confidence=1), ModelDown("no answer"))
    figures = [await critic.score(SITUATION, None, None) for _ in range(2)]
    with pytest.raises(ModelDown):
        await critic.score(SITUATION, None, None)
    figures.append(await critic.score(SITUATION, None, None))
    assert [(each.before, each.after) for each in figures] == [(0, 3), (3, 4), (4, 4)]


async def test_tools_count_the_starts_of_each_key() -> None:
    """What every test of at-most-once looks at."""
    failed = Ran(how="finished", ok=False, output=Output(exit_code=1))
    tools = FakeTools({CALL.tool: failed})
    assert await tools.run(CALL, key="a", stop=asyncio.Event()) == failed
    await tools.run(replace(CALL, tool="look"), key="a", stop=asyncio.Event())
    assert tools.starts == {"a": 2}
    assert tools.started(CALL.tool).is_set()


@pytest.mark.parametrize("how", ["released", "stopped", "cancelled"])
async def test_a_held_tool_runs_until_it_is_released_stopped_or_killed(how: str) -> None:
    """Each of the three leaves its own trace."""
    tools, stop = FakeTools(), asyncio.Event()
    release = tools.hold(CALL.tool)
    run = asyncio.create_task(tools.run(CALL, key="a", stop=stop))
    await tools.started(CALL.tool).wait()
    ends: dict[str, Callable[[], object]] = {"released": release.set, "stopped": stop.set, "cancelled": run.cancel}
    ends[how]()
    (ended,) = await asyncio.gather(run, return_exceptions=True)
    assert (ended.how if isinstance(ended, Ran) else type(ended).__name__) == {
        "released": "finished", "stopped": "stopped", "cancelled": "CancelledError",
    }[how]  # fmt: skip
    assert tools.killed == ([] if how == "released" else [CALL])


async def test_a_post_whose_reply_was_lost_is_found_by_its_mark() -> None:
    """Never two cards for one effect."""
    surface = FakeSurface()
    surface.lose_replies = 1
    with pytest.raises(ReplyLost):
        await surface.post_card(WAITING, CARD, WORK_ID, fresh=True)
    ts = await surface.post_card(WAITING, CARD, WORK_ID, fresh=False)
    assert [posted.ts for posted in surface.cards(CARD.key)] == [ts]


async def test_a_surface_shows_the_newest_and_fails_when_told() -> None:
    """Cards are changed in place; one that was deleted is gone."""
    surface = FakeSurface()
    ts = await surface.post_card(WAITING, CARD, WORK_ID, fresh=True)
    newer = replace(WAITING, version=9)
    await surface.update_card(newer, replace(CARD, ts=ts))
    assert [(posted.shown, posted.updates) for posted in surface.cards()] == [(9, 1)]
    surface.delete(ts)
    with pytest.raises(CardGone):
        await surface.update_card(newer, replace(CARD, ts=ts))
    surface.fails.extend([None, SurfaceBusy(30)])
    await surface.say(THREAD, "hello", WORK_ID, fresh=True)
    with pytest.raises(SurfaceBusy):
        await surface.tell(WAITING.team, APPROVER.id, "hello")
    await surface.tell(WAITING.team, APPROVER.id, "hello")
    await surface.notify(WAITING, CARD, "asked", WORK_ID, fresh=True)
    await surface.post_parent(WAITING, WORK_ID, fresh=True)
    assert (surface.said(), surface.told) == (["hello"], [(APPROVER.id, "hello")])
    assert [posted.what for posted in surface.messages.values()] == ["words", "notice", "parent"]


async def test_a_directory_gives_old_facts_for_a_minute_unless_asked_for_now() -> None:
    """A person who was deactivated still looks active from a cache: what is checked afresh must say fresh."""
    clock = FakeClock(NOON)
    directory = FakeDirectory(clock, APPROVER)
    await directory.look_up(WAITING.team, CHANNEL, APPROVER.id)
    directory.persons[APPROVER.id] = replace(APPROVER, kind="deactivated")
    clock.move(59)
    assert (await directory.look_up(WAITING.team, CHANNEL, APPROVER.id)).kind == "member"
    assert (await directory.look_up(WAITING.team, CHANNEL, APPROVER.id, fresh=True)).kind == "deactivated"
    assert (await directory.look_up(WAITING.team, CHANNEL, GUEST.id)).kind == "unknown"
    assert await directory.members(WAITING.team, CHANNEL, APPROVERS) == frozenset()


async def test_an_engine_remembers_whom_it_was_to_wake() -> None:
    """And can be out of order."""
    engine = FakeEngine()
    await engine.wake(THREAD)
    engine.broken = ConnectionError("gone")
    with pytest.raises(ConnectionError):
        await engine.wake(THREAD)
    assert engine.woken == [THREAD]
