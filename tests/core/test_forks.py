"""A task is taken up again at a step of its past, knowing what was done since; nothing is done twice unasked."""

from dataclasses import replace

import pytest

from agent_core.checkpoint import HAPPENED, Origin
from agent_core.errors import Refused
from agent_core.fakes import MemoryStore
from agent_core.forks import seed_of
from agent_core.inputs import (
    Abort,
    Approve,
    Fork,
    OverridePhi,
    Reject,
    ResolveUnknown,
    Rewind,
    Start,
    SurfaceLost,
    ToolStarted,
)
from agent_core.phases import AwaitingApproval, Finished
from agent_core.ports import Output, Ran
from agent_core.records import Line
from agent_core.rules.endings import pending_work
from agent_core.words import ThreadId
from tests.core.workshop import Workshop, step
from tests.examples import APPROVER, LEAD, OPENING_THREAD, REQUESTER, THREAD

TWO = (step("read_status"), step())


async def seed(shop: Workshop, number: int, thread_id: ThreadId = THREAD) -> Rewind:
    """Read the task's past, as a rewinding to this step."""
    found, known = await seed_of(shop.store, thread_id, number, rules=shop.rules, lessons=())
    return Rewind(by=REQUESTER, seed=found, known=known)


async def finished(*figures: float) -> Workshop:
    """Bring a task of one look and one approved step to its end."""
    shop = Workshop(*TWO, *TWO, figures=figures or (2.5, 9.5))
    await shop.until_waiting()
    await shop.approve()
    await shop.drain()
    assert isinstance(await shop.phase(), Finished)
    return shop


async def test_the_past_gives_the_task_as_it_was_after_each_step_with_what_was_done_since() -> None:
    """Before the first step, after the look, and after the last."""
    shop = await finished()
    steps = [(await seed(shop, number)).seed for number in range(3)]
    assert [one.step for one in steps] == [0, 1, 2]
    assert [one.phi for one in steps] == [None, 2.5, 9.5]
    assert [[done.tool for done in one.happened] for one in steps] == [
        ["read_status", "restart_service"],
        ["restart_service"],
        [],
    ]
    assert all(one.origin is not None and one.origin.thread == THREAD for one in steps)


@pytest.mark.parametrize("number", [-1, 3, 99])
async def test_a_step_that_there_never_was_is_refused_with_those_that_there_are(number: int) -> None:
    """A typing error must not go back to the beginning."""
    shop = await finished()
    with pytest.raises(Refused) as no:
        await seed(shop, number)
    assert no.value.instead == "Name a step from 1 to 2, or 0 for its beginning."


async def test_a_task_with_no_step_yet_can_be_taken_up_at_its_beginning_only() -> None:
    """Its first proposal still waits."""
    shop = Workshop(step())
    await shop.until_waiting()
    with pytest.raises(Refused) as no:
        await seed(shop, 1)
    assert no.value.instead == "No step of its own is done yet, so name 0, its beginning."


async def test_of_a_fork_it_is_said_from_which_step_on_it_is_its_own() -> None:
    """What came before was done in the other thread, and is taken up there."""
    shop = await finished(2.5, 9.5, 3.0, 9.0)
    taken = (await seed(shop, 1)).seed
    other = ThreadId("T0TEAM:C0STAGING:1772452900.000100")
    await shop.give(Fork(by=REQUESTER, seed=taken), other)
    with pytest.raises(Refused) as no:
        await seed(shop, 0, other)
    began = f"It began as {THREAD} was after step 1; for what came before, name that one."
    assert no.value.instead == f"{began} No step of its own is done yet, so name 1, its beginning."
    shop.model.steps.popleft()
    await shop.drain(other)
    waiting = (await shop.task(other)).phase
    assert isinstance(waiting, AwaitingApproval)
    yes = Approve(by=APPROVER, digest=waiting.proposal.digest, version=waiting.proposal.version)
    await shop.give(yes, other)
    await shop.drain(other)
    with pytest.raises(Refused) as no:
        await seed(shop, 0, other)
    assert no.value.instead == f"{began} Name step 2, or 1 for its beginning."


async def test_a_rewound_task_asks_again_before_it_repeats_what_it_did() -> None:
    """The look is taken again; the restart waits, and its card says that it happened."""
    shop = await finished(2.5, 9.5, 3.0, 9.0)
    await shop.give(await seed(shop, 0))
    await shop.drain()
    proposal = await shop.proposal()
    assert proposal.call.tool == "restart_service"
    assert proposal.thought.startswith("This very call was already made as step 2 ")
    assert [call.tool for call in shop.tools.calls] == ["read_status", "restart_service", "read_status"]
    await shop.approve()
    await shop.drain()
    assert isinstance(await shop.phase(), Finished)
    assert [call.tool for call in shop.tools.calls].count("restart_service") == 2


async def test_our_message_above_the_thread_does_not_say_any_more_that_the_task_ended() -> None:
    """Whoever scrolls by would take it for done; where the message is somebody's own, nothing is changed."""
    for is_ours in (True, False):
        shop = Workshop(*TWO, *TWO, figures=(2.5, 9.5, 3.0, 9.0))
        await shop.give(Start(by=REQUESTER, purpose="Restart it.", parent_is_ours=is_ours))
        await shop.drain()
        await shop.approve()
        await shop.drain()
        assert isinstance(await shop.phase(), Finished)
        await shop.give(await seed(shop, 0))
        await shop.drain()
        assert shop.surface.parents == ({THREAD: "thinking"} if is_ours else {})


async def test_the_steps_after_it_stay_in_the_journal() -> None:
    """Nothing that was done is taken out of the record."""
    shop = await finished()
    before = await shop.lines()
    await shop.give(await seed(shop, 1))
    assert (await shop.lines())[: len(before)] == before


async def test_a_fork_runs_in_a_thread_of_its_own_beside_the_other() -> None:
    """Opened, begun under its message, and asked about what the other did."""
    shop = await finished(2.5, 9.5, 3.0, 9.0)
    task = await shop.task()
    taken = (await seed(shop, 1)).seed
    shop.model.steps.popleft()
    await shop.give(Fork(by=LEAD, seed=taken), OPENING_THREAD)
    await shop.drain(OPENING_THREAD)
    (new,) = [name for name in shop.store.kept if name not in (THREAD, OPENING_THREAD)]
    await shop.drain(new)
    fork = await shop.task(new)
    assert (fork.requester, fork.origin, fork.step) == (LEAD.id, taken.origin, 2)
    assert isinstance(fork.phase, AwaitingApproval)
    assert THREAD in fork.phase.proposal.thought
    assert await shop.task() == task


async def test_a_call_of_which_nobody_knows_counts_as_done() -> None:
    """It may have happened, so it is asked about."""
    shop = Workshop(*TWO, figures=(2.5, 9.5))
    proposal = await shop.until_waiting()
    await shop.approve()
    (work,) = pending_work(await shop.task())
    claim = ToolStarted(effect_id=work, digest=proposal.digest, worker="gone", approvers=(APPROVER,))
    await shop.give(claim)
    done = (await seed(shop, 1)).seed.happened
    assert [(one.tool, one.outcome) for one in done] == [("restart_service", "unknown")]


@pytest.mark.parametrize("then", ["aborted", "given_up", "tried_again", "left"])
async def test_a_call_of_which_nobody_ever_said_whether_it_happened_counts_as_done(then: str) -> None:
    """However the task left it behind: stopped, asked about in vain, proposed anew, or without its channel."""
    shop = Workshop(*TWO, figures=(2.5, 9.5))
    proposal = await shop.until_waiting()
    await shop.approve()
    (work,) = pending_work(await shop.task())
    await shop.give(ToolStarted(effect_id=work, digest=proposal.digest, worker="gone", approvers=(APPROVER,)))
    match then:
        case "aborted":
            await shop.give(Abort(by=REQUESTER))
        case "left":
            await shop.give(SurfaceLost(words="The channel is archived."))
        case _:
            await shop.drain()
            named = {"digest": proposal.digest, "version": proposal.version}
            again = ResolveUnknown(by=REQUESTER, verdict="try_again", **named)  # type: ignore[arg-type]  # named are its own fields
            await shop.give(again if then == "tried_again" else Abort(by=REQUESTER))
    await shop.drain()
    done = (await seed(shop, 1)).seed.happened
    assert [(one.tool, one.outcome) for one in done] == [("restart_service", "unknown")]


async def test_a_call_that_was_read_back_as_not_happened_did_not_happen() -> None:
    """Somebody could tell, so nobody is asked again."""
    shop = Workshop(step("read_status"), step("order"), figures=(2.5, 9.5))
    shop.tools.outcomes["read_status"] = Ran(how="finished", ok=True, output=Output(stdout="nothing", exit_code=0))
    proposal = await shop.until_waiting()
    await shop.approve()
    (work,) = pending_work(await shop.task())
    await shop.give(ToolStarted(effect_id=work, digest=proposal.digest, worker="gone", approvers=(APPROVER,)))
    await shop.drain()
    assert isinstance(await shop.phase(), AwaitingApproval)
    assert (await seed(shop, 1)).seed.happened == ()


async def test_what_was_rejected_or_never_began_did_not_happen() -> None:
    """Only what may have had an effect is held back."""
    shop = Workshop(*TWO, *TWO, figures=(2.5, 9.5))
    proposal = await shop.until_waiting()
    await shop.give(Reject(by=APPROVER, digest=proposal.digest, version=proposal.version, reason="not_now"))
    await shop.drain()
    assert [one.tool for one in (await seed(shop, 1)).seed.happened] == ["read_status"], (
        "the step that was proposed instead"
    )


async def test_of_one_call_that_was_made_twice_the_newest_is_told() -> None:
    """Its time is the one that people ask about."""
    shop = Workshop(step("read_status"), step("read_status"), figures=(2.5, 9.5))
    await shop.begin()
    await shop.drain()
    assert [(one.tool, one.step) for one in (await seed(shop, 0)).seed.happened] == [("read_status", 2)]


async def test_more_calls_than_can_be_kept_in_mind_are_refused() -> None:
    """Rather than forget one of them."""
    many = [step("read_status", service=f"s{nth}") for nth in range(HAPPENED + 1)]
    shop = Workshop(*many, figures=(1.0,))
    shop.limited(max_steps=HAPPENED + 1)
    await shop.begin()
    await shop.drain()
    assert isinstance(await shop.phase(), Finished)
    assert len((await seed(shop, 1)).seed.happened) == HAPPENED
    with pytest.raises(Refused, match=f"More than {HAPPENED} different calls"):
        await seed(shop, 0)


async def test_under_a_configuration_that_would_have_gone_another_way_there_is_no_past_to_take_up() -> None:
    """And the refusal says where to look."""
    shop = await finished()
    shop.rules = replace(shop.rules, policy=replace(shop.rules.policy, rules=()))
    with pytest.raises(Refused, match="another way before that step") as no:
        await seed(shop, 1)
    assert "threads replay" in no.value.instead
    assert (await seed(shop, 0)).seed.happened != ()


async def test_a_fork_of_a_fork_knows_what_both_did() -> None:
    """What happened is handed on."""
    shop = await finished(2.5, 9.5, 3.0, 9.0)
    taken = (await seed(shop, 1)).seed
    other = ThreadId("T0TEAM:C0STAGING:1772452900.000100")
    shop.model.steps.popleft()
    await shop.give(Fork(by=REQUESTER, seed=taken), other)
    await shop.drain(other)
    again = (await seed(shop, 1, other)).seed
    assert [(one.tool, one.thread) for one in again.happened] == [("restart_service", THREAD)]
    assert again.origin == Origin(thread=other, step=1)


async def test_where_there_is_no_task_there_is_no_past() -> None:
    """In words."""
    with pytest.raises(Refused, match="no task"):
        await seed(Workshop(), 0)


async def test_a_task_that_moves_while_its_past_is_read_is_refused() -> None:
    """What it did meanwhile would be left out."""
    shop = await finished()
    store = Moving(shop)
    with pytest.raises(Refused, match="moved on"):
        await seed_of(store, THREAD, 1, rules=shop.rules, lessons=())


async def test_a_task_that_moved_once_while_its_past_was_read_is_read_anew() -> None:
    """It has just ended, and its last message was posted meanwhile; nobody needs to hear of that."""
    shop = await finished()
    found, known = await seed_of(Moving(shop, times=1), THREAD, 1, rules=shop.rules, lessons=())
    assert known == (await shop.task()).version
    assert found.step == 1


class Moving(MemoryStore):
    """A store in which somebody acts between the look at the task and the look at its journal, so many times."""

    def __init__(self, shop: Workshop, times: int = 100) -> None:
        super().__init__(shop.clock)
        self.kept = shop.store.kept
        self._shop = shop
        self._times = times

    async def journal(self, thread_id: ThreadId, start: int = 0, count: int = 100) -> list[Line]:
        """Have Φ overridden first."""
        if start == 0 and self._times:
            self._times -= 1
            await self._shop.give(OverridePhi(by=LEAD, phi=4.0))
        return await super().journal(thread_id, start, count)
