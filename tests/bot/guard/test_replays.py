import asyncio
import json

import pytest
from aiohttp import web

from bot.guard import Buckets, Limits, Rate
from bot.guard.answers import TOO_FAST
from bot.guard.replays import Replays
from tests.bot.guard.door import FORM, NOON, Door, FixedClock, click, event, form_of, open_door, sign

MODAL = {
    "id": "V1",
    "type": "modal",
    "blocks": [{"type": "section", "block_id": "s"}, {"type": "input", "block_id": "reason"}],
}


async def test_g4_fifty_copies_at_once_are_one_request(door: Door) -> None:
    """One signed Approve, sent fifty times at the same moment: one is worked on, all get its answer."""
    door.behind.gate.clear()
    async with asyncio.TaskGroup() as copies:
        sent = [copies.create_task(door.press(click())) for _ in range(50)]
        await door.behind.entered.wait()
        door.behind.gate.set()
    assert [task.result() for task in sent] == [(200, "done")] * 50
    assert len(door.behind.seen) == 1


async def test_g4_a_copy_that_comes_later_gets_the_same_answer(door: Door) -> None:
    """A proxy lost the connection and sends again: an empty 200 would close a modal that was refused."""
    door.behind.body = '{"response_action": "errors"}'
    first = await door.press(click())
    door.behind.body = "another"
    assert await door.press(click()) == first
    assert len(door.behind.seen) == 1


@pytest.mark.parametrize("status", [500, 503])
async def test_what_failed_is_worked_on_when_it_comes_again(door: Door, status: int) -> None:
    """The store was away; the same bytes, delivered again, must not be taken for done."""
    door.behind.status = status
    assert (await door.tell(event()))[0] == status
    door.behind.status = 200
    assert (await door.tell(event()))[0] == 200
    assert len(door.behind.seen) == 2


async def test_a_copy_that_waited_for_a_failure_is_worked_on(door: Door) -> None:
    """Both came at once, the first failed: the second is not told that all is well."""
    door.behind.gate.clear()
    door.behind.status = 500
    async with asyncio.TaskGroup() as copies:
        sent = [copies.create_task(door.press(click())) for _ in range(3)]
        await door.behind.entered.wait()
        door.behind.gate.set()
    assert [task.result()[0] for task in sent] == [500] * 3
    assert len(door.behind.seen) == 3


async def test_the_same_fact_signed_afresh_is_another_request(door: Door) -> None:
    """Slack's own retry has a new timestamp: whether it was done before is for the store to say."""
    body = form_of(click())
    assert (await door.knock(body, sign(body, NOON), sent_as=FORM))[0] == 200
    assert (await door.knock(body, sign(body, NOON + 1), sent_as=FORM))[0] == 200
    assert len(door.behind.seen) == 2


@pytest.fixture
def clock() -> FixedClock:
    """Give a clock to set."""
    return FixedClock()


async def test_answers_are_forgotten_with_time_and_by_number_and_size(clock: FixedClock) -> None:
    """Memory is bounded whatever comes; the oldest go first."""
    replays = Replays(clock, keep_s=600, most=3, most_bytes=100)
    for name in "abcd":
        replays.settle(name, web.Response(body=b"x" * 10))
    assert await replays.answer_or_claim("a") is None
    assert (known := await replays.answer_or_claim("b")) is not None
    assert known.body == b"x" * 10
    replays.settle("e", web.Response(body=b"x" * 90))
    assert await replays.answer_or_claim("d") is not None
    assert await replays.answer_or_claim("c") is None
    clock.now += 601
    assert await replays.answer_or_claim("d") is None


def test_a_bucket_gives_its_burst_at_once_and_its_rate_for_ever() -> None:
    """Whoever waits gets more, and never more than the burst."""
    buckets = Buckets(Rate(per_s=2.0, burst=3))
    assert [buckets.take("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert [buckets.take("a", 0.5), buckets.take("a", 0.5)] == [True, False]
    assert [buckets.take("a", 100.0) for _ in range(4)] == [True, True, True, False]
    assert [buckets.take("a", 50.0), buckets.take("a", 100.5)] == [False, True]
    assert buckets.take("b", 0.0)


def test_buckets_are_forgotten_longest_quiet_first() -> None:
    """Ten thousand people at most are remembered."""
    buckets = Buckets(Rate(per_s=0.001, burst=1), keys=2)
    assert [buckets.take(key, 0.0) for key in "aba"] == [True, True, False]
    assert buckets.take("c", 0.0)  # b has been quiet longest
    assert [buckets.take("a", 0.0), buckets.take("b", 0.0)] == [False, True]


TIGHT = Limits(person=Rate(per_s=0.01, burst=1))


async def test_a_person_who_is_too_fast_is_told_that_nothing_was_changed() -> None:
    """Each kind of request shows it in its own way, and an event is asked for again."""
    command = b"team_id=T1&channel_id=C1&user_id=U1&command=%2Fagent&trigger_id=1.2.3&text=x"
    async with open_door(TIGHT) as door:
        assert (await door.press(click()))[0] == 200
        assert await door.press(click(trigger_id="2")) == (200, "")
        assert TOO_FAST in (await door.knock(command, sent_as=FORM))[1]
        _, shown = await door.press(click(type="view_submission", view=MODAL))
        assert json.loads(shown) == {"response_action": "errors", "errors": {"reason": TOO_FAST}}
        assert (await door.tell(event()))[0] == 503
        assert (await door.press(click(user={"id": "U2", "team_id": "T1"}, trigger_id="3")))[0] == 200
    assert len(door.behind.seen) == 2
    assert len(door.limited) == 4


async def test_a_request_that_was_too_much_is_not_done_later_by_a_copy() -> None:
    """The person was told that nothing was changed; that stays true. An event is another matter."""
    async with open_door(TIGHT) as door:
        await door.press(click())
        await door.press(click(trigger_id="2"))
        await door.tell(event())
        door.clock.now += 200
        assert await door.press(click(trigger_id="2")) == (200, "")
        assert len(door.behind.seen) == 1
        assert await door.tell(event()) == (200, "done")


async def test_a_workspace_has_a_limit_of_its_own() -> None:
    """Many people, one runaway client."""
    async with open_door(Limits(workspace=Rate(per_s=0.01, burst=2))) as door:
        for number in range(4):
            await door.press(click(trigger_id=str(number), user={"id": f"U{number}", "team_id": "T1"}))
    assert len(door.behind.seen) == 2
