"""What a worker does with a claim that somebody left behind, and with a call that has no end of its own."""

import asyncio
from dataclasses import replace

from agent_core.fakes import turns
from agent_core.inputs import Abort, Pause, Resume, Stop
from agent_core.phases import AwaitingApproval, OutcomeUnknown
from agent_core.ports import Output, Ran
from agent_core.records import Entry
from agent_core.words import EffectId
from tests.core.decide.office import SECOND, STRICTER
from tests.core.workshop import MOST_TURNS, Workshop, settled, step, until
from tests.examples import APPROVER, REQUESTER, THREAD


def answer(stdout: str) -> Ran:
    """Make what reading back prints."""
    return Ran(how="finished", ok=True, output=Output(exit_code=0, stdout=stdout))


async def dead_while(shop: Workshop, tool: str) -> None:
    """Have the worker die while a tool runs, and another take over when the lease has run out."""
    shop.tools.hold(tool)
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started(tool))
    drain.cancel()
    await settled_anyhow(drain)
    shop.clock.move(16)
    shop.restarted()
    await shop.drain()


async def settled_anyhow(drain: "asyncio.Task[None]") -> None:
    """Wait for a drain that was killed."""
    await asyncio.gather(drain, return_exceptions=True)


async def test_a_lost_call_is_read_back_and_what_happened_is_done() -> None:
    """It is started once, and nobody has to look."""
    shop = Workshop(step("order"))
    shop.tools.outcomes["read_status"] = answer("ordered")
    await dead_while(shop, "order")
    assert [call.tool for call in shop.tools.calls] == ["order", "read_status"]
    assert (await shop.phase()).kind == "finished"
    assert "read_back" in await shop.inputs()


async def test_a_lost_call_that_did_not_happen_is_proposed_anew() -> None:
    """A new card, a new decision, and another key for the far side."""
    shop = Workshop(step("order"))
    shop.tools.outcomes["read_status"] = answer("nothing")
    await dead_while(shop, "order")
    phase = await shop.phase()
    assert isinstance(phase, AwaitingApproval)
    assert any("read_status says that it did not happen." in words for words in shop.surface.said())
    shop.tools.held.clear()
    await shop.approve()
    await shop.drain()
    keys = [key for key in shop.tools.starts if not key.endswith("-readback")]
    assert len(keys) == 2
    assert [call.tool for call in shop.tools.calls].count("order") == 2


async def test_a_lost_call_of_which_the_reading_says_nothing_is_asked_about() -> None:
    """Neither check holds, or the reading itself has no end."""
    for said, words in (
        (answer("who knows"), "read_status can't tell whether it happened."),
        (Ran(how="timed_out", output=Output(), words="Over 60 s."), "read_status gave no answer: Over 60 s."),
    ):
        shop = Workshop(step("order"))
        shop.tools.outcomes["read_status"] = said
        await dead_while(shop, "order")
        assert isinstance(await shop.phase(), OutcomeUnknown)
        card = next(card for card in (await shop.task()).cards if card.state == "unknown")
        assert words in card.words


async def test_the_journal_keeps_what_was_asked_and_what_it_said() -> None:
    """An auditor sees on what evidence the step counts as done."""
    shop = Workshop(step("order"))
    shop.tools.outcomes["read_status"] = answer("ordered")
    await dead_while(shop, "order")
    entries = [line.input for line in await shop.lines() if isinstance(line, Entry)]
    (kept,) = [given for given in entries if given.kind == "read_back"]
    assert (kept.tool, kept.args_json, kept.stdout, kept.exit_code) == (
        "read_status", '{"service":"cart"}', "ordered", 0,
    )  # fmt: skip


async def test_a_call_that_ran_out_of_time_is_read_back_at_once() -> None:
    """A time-out is not a no."""
    for said, outcome in (("ordered", "ok"), ("nothing", "timed_out")):
        shop = Workshop(step("order"), figures=(2.0, 2.0))
        shop.tools.outcomes |= {"read_status": answer(said), "order": Ran(how="timed_out", output=Output(), words="…")}
        await shop.until_waiting()
        await shop.approve()
        await shop.drain()
        _, run, _ = shop.critic.asked[0]
        assert run is not None
        assert run.outcome == outcome


async def test_a_call_that_ran_out_of_time_and_can_not_be_read_back_is_asked_about() -> None:
    """What it printed so far stands on the card."""
    shop = Workshop()
    shop.tools.outcomes["restart_service"] = Ran(how="timed_out", output=Output(stdout="half"), words="Over 60 s.")
    await shop.until_waiting()
    await shop.approve()
    await shop.drain()
    phase = await shop.phase()
    assert isinstance(phase, OutcomeUnknown)
    assert phase.excerpt == "half"


async def test_a_lost_call_is_asked_about_with_what_it_had_printed() -> None:
    """Who approved it, when it started, and how far it came."""
    shop = Workshop()
    proposal = await shop.until_waiting()
    await shop.spool.keep(f"{proposal.digest}-{proposal.version}", "half of it\n")
    shop.tools.hold("restart_service")
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("restart_service"))
    drain.cancel()
    await settled_anyhow(drain)
    shop.clock.move(16)
    shop.restarted()
    await shop.drain()
    phase = await shop.phase()
    assert isinstance(phase, OutcomeUnknown)
    assert phase.excerpt == "half of it"
    assert [approval.by.id for approval in phase.proposal.approvals] == [APPROVER.id]


async def test_a_stopped_call_says_by_whom_and_is_read_back() -> None:
    """It did not happen: it ended as stopped, and nothing is proposed anew."""
    shop = Workshop(step("order"), figures=(2.0, 2.0))
    shop.tools.hold("order")
    shop.tools.outcomes["read_status"] = answer("nothing")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("order"))
    await shop.give(Stop(by=APPROVER))
    shop.process.worker.nudge(THREAD)
    await settled(drain)
    assert len(shop.tools.killed) == 1
    _, run, _ = shop.critic.asked[0]
    assert run is not None
    assert run.outcome == "stopped"


async def test_a_worker_that_was_away_for_longer_than_its_lease_changes_nothing() -> None:
    """Threat X3: its result comes under an old fence, after another worker has asked people; there is one outcome."""
    shop = Workshop()
    done = shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    slow = shop.process
    store = slow.runtime.store
    drain = shop.draining()
    await until(shop.tools.started("restart_service"))
    before = await store.load(THREAD)
    shop.clock.move(16)  # it is stopped: neither renews nor sees that it could not
    shop.restarted()
    await shop.drain()
    asked = await shop.task()
    assert asked.phase.kind == "outcome_unknown"
    done.set()
    await settled(drain)
    assert await shop.phase() == asked.phase
    assert before.checkpoint is not None
    assert [line.input.kind for line in await shop.lines() if isinstance(line, Entry)].count("tool_finished") <= 1
    assert len(shop.tools.calls) == 1


async def test_a_repeated_call_counts_under_the_newer_fence_only() -> None:
    """The first worker's result comes late; the second's is the outcome."""
    shop = Workshop(step("read_status"), figures=(2.0, 2.0))
    done = shop.tools.hold("read_status")
    await shop.begin()
    drain = shop.draining()
    await until(shop.tools.started("read_status"))
    shop.clock.move(16)
    shop.restarted()
    again = shop.draining()
    await until_twice(shop)
    done.set()
    await settled(drain)
    await settled(again)
    ended = [
        record
        for line in await shop.lines()
        if isinstance(line, Entry)
        for record in line.records
        if record.kind == "step_ended"
    ]
    assert len(ended) == 1
    assert len({EffectId(key) for key in shop.tools.starts}) == 1, "the far side sees one key"


async def until_twice(shop: Workshop) -> None:
    """Wait until the call was made twice."""
    for _ in range(MOST_TURNS):
        if len(shop.tools.calls) > 1:
            return
        await turns()
    raise AssertionError("it was made once")


async def test_what_policy_no_longer_allows_is_not_read_back_and_people_are_asked() -> None:
    """The card says why nobody else could be."""
    shop = Workshop(step("order"))
    shop.tools.hold("order")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("order"))
    drain.cancel()
    await settled_anyhow(drain)
    shop.clock.move(16)
    shop.rules = replace(shop.rules, policy=STRICTER)
    shop.restarted()
    await shop.drain()
    assert [call.tool for call in shop.tools.calls] == ["order"]
    card = next(card for card in (await shop.task()).cards if card.state == "unknown")
    assert "Policy does not allow read_status to read it back unasked." in card.words


async def test_a_call_that_may_be_repeated_and_was_lost_in_a_pause_is_made_again_when_it_is_resumed() -> None:
    """Nothing starts in a pause, and nothing is broken by that."""
    shop = Workshop(step("deploy"))
    await lost_in_a_pause(shop)
    shop.clock.move(61)
    await shop.drain()
    assert len(shop.tools.calls) == 1
    assert not any("broken" in words for words in shop.surface.said())
    await shop.give(Resume(by=REQUESTER))
    await shop.drain()
    assert len(set(shop.tools.starts)) == 1
    assert len(shop.tools.calls) == 2
    assert (await shop.phase()).kind == "finished"


async def test_a_call_that_was_lost_in_a_pause_and_is_to_be_stopped_ends_the_task_that_was_aborted() -> None:
    """Nobody waits for a worker that is gone."""
    shop = Workshop(step("deploy"))
    await lost_in_a_pause(shop)
    await shop.give(Abort(by=REQUESTER))
    await shop.drain()
    assert (await shop.phase()).kind == "finished"
    assert len(shop.tools.calls) == 1


async def lost_in_a_pause(shop: Workshop) -> None:
    """Pause a task while its tool runs, and have the worker die."""
    shop.directory.persons[SECOND.id] = SECOND
    shop.tools.hold("deploy")
    await shop.until_waiting()
    await shop.approve()
    if (await shop.phase()).kind == "awaiting_approval":
        await shop.approve(SECOND)
    drain = shop.draining()
    await until(shop.tools.started("deploy"))
    await shop.give(Pause(by=REQUESTER))
    drain.cancel()
    await settled_anyhow(drain)
    shop.tools.held.clear()
    shop.clock.move(16)
    shop.restarted()
    await shop.drain()
