"""Steps that wait for another task's lock, or for the emergency stop to be lifted."""

import asyncio

from agent_core.checkpoint import Checkpoint
from agent_core.inputs import Abort, Approve, Open, ResolveUnknown, Start
from agent_core.phases import OutcomeUnknown
from agent_core.words import ThreadId
from tests.core.decide.office import SECOND
from tests.core.workshop import Workshop, settled, step, until
from tests.examples import APPROVER, OPENING_THREAD, REQUESTER, TEAM, THREAD

OTHER = ThreadId("T0TEAM:C0STAGING:1772452800.000101")
THIRD = ThreadId("T0TEAM:C0STAGING:1772452800.000102")
LOCK = "service:cart"


async def approved(shop: Workshop, thread_id: ThreadId) -> None:
    """Begin a task and approve its step."""
    await shop.begin(thread_id)
    await shop.drain(thread_id)
    proposal = (await shop.task(thread_id)).phase.proposal  # type: ignore[union-attr]  # it waits
    await shop.give(Approve(by=APPROVER, digest=proposal.digest, version=proposal.version), thread_id)


def rebooting(times: int = 2) -> Workshop:
    """Set up tasks that need one lock."""
    return Workshop(*(step("reboot") for _ in range(times)), figures=(9.5,) * times)


def words_of(task: Checkpoint) -> str:
    """Give what the newest card of a step says."""
    return next(card.words for card in reversed(task.cards) if card.about != "final")


async def test_one_task_at_a_time_holds_a_lock_and_the_other_is_told_for_whom_it_waits() -> None:
    """It goes on by itself when the first has ended."""
    shop = rebooting()
    done = shop.tools.hold("reboot")
    await approved(shop, THREAD)
    await approved(shop, OTHER)
    first = shop.draining()
    await until(shop.tools.started("reboot"))
    await shop.drain(OTHER)
    assert len(shop.tools.calls) == 1
    link = "https://example.slack.com/archives/C0STAGING/p1772452800000100"
    assert words_of(await shop.task(OTHER)) == f"Waits for {link}: {LOCK} is in use."
    shop.tools.held.clear()
    done.set()
    await settled(first)
    shop.clock.move(1)
    assert await shop.store.overdue(10) == [OTHER]
    await shop.drain(OTHER)
    assert (await shop.phase(OTHER)).kind == "finished"
    assert len(shop.tools.calls) == 2
    assert list(shop.locks.held()) == []


async def test_who_is_first_in_line_for_a_lock_goes_on_as_soon_as_it_is_given_back() -> None:
    """Not when it would have asked again."""
    shop = rebooting(3)
    done = shop.tools.hold("reboot")
    for thread_id in (THREAD, OTHER, THIRD):
        await approved(shop, thread_id)
    first = shop.draining()
    await until(shop.tools.started("reboot"))
    await shop.drain(OTHER)
    await shop.drain(THIRD)
    shop.tools.held.clear()
    assert await shop.store.overdue(10) == []
    done.set()
    await settled(first)
    assert await shop.store.overdue(10) == [OTHER]
    assert shop.engine.woken[-1] == OTHER
    await shop.drain(OTHER)
    assert await shop.store.overdue(10) == [THIRD]


async def test_a_step_that_waits_for_the_stop_is_due_as_soon_as_it_is_lifted() -> None:
    """And so is a task whose message was posted, and that has not begun."""
    shop = Workshop()
    await shop.until_waiting()
    await shop.approve()
    await shop.give(Open(by=REQUESTER, purpose="Restart it."), OPENING_THREAD)
    await shop.switch.switch(TEAM, is_stopped=True, by="U0OPERATOR")
    await shop.drain()
    await shop.drain(OPENING_THREAD)
    assert await shop.store.overdue(10) == []
    await shop.switch.switch(TEAM, is_stopped=False, by="U0OPERATOR")
    assert sorted(await shop.store.overdue(10)) == sorted([THREAD, OPENING_THREAD])


async def test_a_task_that_waits_holds_no_lease_and_says_it_once() -> None:
    """However long it waits: its journal does not grow."""
    shop = rebooting()
    shop.tools.hold("reboot")
    await approved(shop, THREAD)
    await approved(shop, OTHER)
    first = shop.draining()
    await until(shop.tools.started("reboot"))
    await shop.drain(OTHER)
    before = (await shop.task(OTHER)).version
    for _ in range(5):
        shop.clock.move(1)
        assert await shop.store.overdue(10) == [OTHER]
        await shop.drain(OTHER)
    assert (await shop.task(OTHER)).version == before
    assert shop.surface.cards()[-1].card is not None
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_other_services_do_not_wait() -> None:
    """The lock is of the name, not of the tool."""
    shop = Workshop(step("reboot"), step("reboot", service="checkout"), figures=(9.5, 9.5))
    shop.tools.hold("reboot")
    await approved(shop, THREAD)
    await approved(shop, OTHER)
    first = shop.draining()
    await until(shop.tools.started("reboot"))
    shop.tools.held.clear()
    await shop.drain(OTHER)
    assert (await shop.phase(OTHER)).kind == "finished"
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def lost(shop: Workshop) -> None:
    """Have the first task's worker die in its call, and another find it."""
    shop.tools.hold("reboot")
    await approved(shop, THREAD)
    first = shop.draining()
    await until(shop.tools.started("reboot"))
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    shop.tools.held.clear()
    shop.clock.move(16)
    shop.restarted()


async def test_a_lock_survives_its_worker_and_is_kept_until_the_outcome_is_known() -> None:
    """Nobody meets a call that is half done."""
    shop = rebooting()
    await lost(shop)
    await approved(shop, OTHER)
    await shop.drain(OTHER)
    assert "is in use" in words_of(await shop.task(OTHER)), "its worker is dead, and nobody has looked yet"
    await shop.drain()
    phase = await shop.phase()
    assert isinstance(phase, OutcomeUnknown)
    shop.clock.move(2)
    await shop.drain(OTHER)
    assert len(shop.tools.calls) == 1
    named = {"digest": phase.proposal.digest, "version": phase.proposal.version}
    await shop.give(ResolveUnknown(by=REQUESTER, verdict="happened", **named))  # type: ignore[arg-type]  # named are its own fields
    shop.clock.move(2)
    await shop.drain(OTHER)
    assert (await shop.phase(OTHER)).kind == "finished"


async def test_a_lock_that_was_not_given_back_is_taken_over() -> None:
    """The worker died between the result and the giving back, or before a claim that never came."""
    shop = rebooting()
    await approved(shop, THREAD)
    (effect_id,) = [name for name, effect in (await shop.pending()).items() if effect.kind == "run_tool"]
    assert (await shop.locks.take(TEAM, LOCK, effect_id)).place == 0
    await approved(shop, OTHER)
    await shop.drain(OTHER)
    assert "is in use" in words_of(await shop.task(OTHER)), "it is about to be claimed"
    await shop.give(Abort(by=REQUESTER))
    shop.clock.move(2)
    await shop.drain(OTHER)
    assert (await shop.phase(OTHER)).kind == "finished"


async def test_of_many_who_wait_each_gets_its_turn() -> None:
    """In the order in which they came."""
    shop = rebooting(3)
    done = shop.tools.hold("reboot")
    for thread_id in (THREAD, OTHER, THIRD):
        await approved(shop, thread_id)
    first = shop.draining()
    await until(shop.tools.started("reboot"))
    await shop.drain(OTHER)
    await shop.drain(THIRD)
    shop.tools.held.clear()
    done.set()
    await settled(first)
    shop.clock.move(3)
    await shop.drain(THIRD)
    assert (await shop.phase(THIRD)).kind == "acting"
    assert "another task" in words_of(await shop.task(THIRD)), "somebody was there first"
    await shop.drain(OTHER)
    shop.clock.move(3)
    await shop.drain(THIRD)
    assert [(await shop.phase(one)).kind for one in (OTHER, THIRD)] == ["finished", "finished"]


async def test_while_everything_is_stopped_no_call_starts_and_the_card_says_by_whom() -> None:
    """It was approved; it waits; and it goes on by itself when the stop is lifted."""
    shop = Workshop()
    await shop.until_waiting()
    await shop.approve()
    await shop.switch.switch(TEAM, is_stopped=True, by="U0OPERATOR")
    await shop.drain()
    assert shop.tools.calls == []
    assert "Everything was stopped by <@U0OPERATOR>" in words_of(await shop.task())
    version = (await shop.task()).version
    for _ in range(3):
        shop.clock.move(5)
        assert await shop.store.overdue(10) == [THREAD]
        await shop.drain()
    assert ((await shop.task()).version, shop.tools.calls) == (version, [])
    await shop.switch.switch(TEAM, is_stopped=False, by="U0OPERATOR")
    shop.clock.move(5)
    await shop.drain()
    assert len(shop.tools.calls) == 1
    assert (await shop.phase()).kind == "finished"


async def test_what_runs_when_everything_is_stopped_ends_by_itself() -> None:
    """And what would follow does not start."""
    shop = Workshop(step(), step("read_status"), figures=(3.0,))
    done = shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("restart_service"))
    await shop.switch.switch(TEAM, is_stopped=True, by="U0OPERATOR")
    done.set()
    await settled(drain)
    task = await shop.task()
    assert task.tally.succeeded == 1
    assert task.phase.kind == "acting"
    assert [call.tool for call in shop.tools.calls] == ["restart_service"]


async def test_while_everything_is_stopped_no_task_begins() -> None:
    """Whoever asks is told who stopped it, and how it is lifted."""
    shop = Workshop()
    await shop.switch.switch(TEAM, is_stopped=True, by="U0OPERATOR")
    no = await shop.refused(Start(by=REQUESTER, purpose="Restart it."))
    assert "stopped by <@U0OPERATOR>" in no.words
    assert "/agent resume-all" in no.instead


async def test_a_task_whose_message_was_posted_begins_when_the_stop_is_lifted() -> None:
    """It was opened a moment before; its thread is not left for dead."""
    shop = Workshop()
    await shop.give(Open(by=REQUESTER, purpose="Restart it."), OPENING_THREAD)
    await shop.switch.switch(TEAM, is_stopped=True, by="U0OPERATOR")
    await shop.drain(OPENING_THREAD)
    assert (await shop.phase(OPENING_THREAD)).kind == "opening"
    await shop.switch.switch(TEAM, is_stopped=False, by="U0OPERATOR")
    shop.clock.move(5)
    await shop.drain(OPENING_THREAD)
    assert len([posted for posted in shop.surface.messages.values() if posted.what == "parent"]) == 1
    phase = await shop.phase(OPENING_THREAD)
    assert phase.kind == "opening"
    assert phase.opened_as is not None


async def test_a_lost_call_that_may_be_repeated_waits_for_the_stop_to_be_lifted() -> None:
    """A repeat is a start, and so is reading back."""
    for tool in ("deploy", "order"):
        shop = Workshop(step(tool))
        shop.tools.hold(tool)
        shop.directory.persons[SECOND.id] = SECOND
        await approved(shop, THREAD)
        if (await shop.phase()).kind == "awaiting_approval":
            await shop.approve(SECOND)
        drain = shop.draining()
        await until(shop.tools.started(tool))
        drain.cancel()
        await asyncio.gather(drain, return_exceptions=True)
        shop.clock.move(16)
        shop.restarted()
        await shop.switch.switch(TEAM, is_stopped=True, by="U0OPERATOR")
        await shop.drain()
        assert len(shop.tools.calls) == 1
        shop.tools.held.clear()
        await shop.switch.switch(TEAM, is_stopped=False, by="U0OPERATOR")
        shop.clock.move(5)
        await shop.drain()
        assert len(shop.tools.calls) == 2


async def test_a_lock_whose_holder_can_not_be_read_stays_held() -> None:
    """Nobody can tell whether its call still runs."""
    shop = rebooting()
    await lost(shop)
    kept = shop.store.kept[THREAD]
    kept.checkpoint = kept.checkpoint[:-1] + bytes([kept.checkpoint[-1] ^ 1])
    await approved(shop, OTHER)
    await shop.drain(OTHER)
    shop.clock.move(60)
    await shop.drain(OTHER)
    assert "is in use" in words_of(await shop.task(OTHER))
    assert len(shop.tools.calls) == 1


async def test_where_nobody_knows_an_address_the_card_says_so_without() -> None:
    """Slack may not answer just now."""
    shop = rebooting()
    await lost(shop)
    shop.address = None
    await approved(shop, OTHER)
    await shop.drain(OTHER)
    assert words_of(await shop.task(OTHER)) == f"Waits for another task: {LOCK} is in use."


async def test_a_tool_with_a_lock_needs_somebody_who_keeps_locks() -> None:
    """It is our defect if there is nobody, and nothing runs."""
    shop = rebooting(1)
    shop.locks = None  # type: ignore[assignment]  # as a process that was put together wrongly
    shop.restarted()
    await approved(shop, THREAD)
    await shop.drain()
    assert shop.tools.calls == []
