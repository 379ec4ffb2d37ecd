"""The one way in: one commit for each input, whoever else is giving at the same time."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from agent_core import runtime as runtime_module
from agent_core.decide import decide
from agent_core.effects import AskModel
from agent_core.errors import Broken, Refused
from agent_core.fakes import MemoryStore, turns
from agent_core.inputs import Abort, Approve, Inquire, Pause, Reject, Start, Teach, TimerFired, ToolFinished
from agent_core.phases import Acting
from agent_core.ports import NotCommitted, Step, StoreDown
from agent_core.records import Entry
from agent_core.runtime import Given, Holding, Runtime
from agent_core.transition import Transition
from agent_core.words import EffectId
from tests.core.committing import Committing
from tests.core.workshop import Workshop, step
from tests.examples import APPROVER, GUEST, LEAD, NOON, REQUESTER, THREAD, person

SECOND = person("U0SECOND", groups=frozenset({"S0ONCALL"}))


async def test_two_approvals_at_once_both_count() -> None:
    """The one whose commit is lost is decided again from what won."""
    shop = Workshop(step("deploy"))
    shop.directory.persons[SECOND.id] = SECOND
    await shop.until_waiting()
    await asyncio.gather(shop.approve(APPROVER), shop.approve(SECOND))
    phase = await shop.phase()
    assert isinstance(phase, Acting)
    assert [approval.by.id for approval in phase.proposal.approvals] == [APPROVER.id, SECOND.id]


async def test_of_an_approval_and_a_rejection_at_once_one_wins_and_the_other_is_told() -> None:
    """Two people press opposite buttons: what is recorded is what happens."""
    shop = Workshop()
    proposal = await shop.until_waiting()
    named = {"digest": proposal.digest, "version": proposal.version}
    both = await asyncio.gather(
        shop.give(Approve(by=APPROVER, **named)),  # type: ignore[arg-type]  # named are its own fields
        shop.give(Reject(by=APPROVER, reason="too_risky", **named)),  # type: ignore[arg-type]  # the same
        return_exceptions=True,
    )
    won = [one for one in both if isinstance(one, Given)]
    lost = [one for one in both if isinstance(one, Refused)]
    assert (len(won), len(lost)) == (1, 1)
    assert lost[0].instead


async def test_an_input_given_twice_has_one_outcome() -> None:
    """Slack delivers again what it thinks was lost."""
    shop = Workshop()
    start = Start(by=REQUESTER, purpose="Restart it.")
    first = await shop.give(start, dedupe="T0:C0:1.1")
    again = await shop.give(start, dedupe="T0:C0:1.1")
    assert (first.repeated, again.repeated) == (False, True)
    assert again.loaded.seen == "start"
    assert (await shop.task()).version == 1


async def test_an_input_whose_reply_was_lost_is_found_when_it_is_given_again() -> None:
    """Threat B3: sent, and nobody knows whether it was recorded; the dedupe mark does."""
    shop = Workshop()
    start = Start(by=REQUESTER, purpose="Restart it.")
    shop.store.lose_replies = 1
    with pytest.raises(StoreDown) as down:
        await shop.give(start, dedupe="1")
    assert down.value.sent
    assert (await shop.give(start, dedupe="1")).repeated


async def test_a_refused_input_of_a_person_leaves_a_note_and_moves_nothing() -> None:
    """Threat A9: who tried what stands in the record."""
    shop = Workshop()
    proposal = await shop.until_waiting()
    before = await shop.task()
    no = await shop.refused(Approve(by=GUEST, digest=proposal.digest, version=proposal.version))
    (note,) = await shop.notes()
    assert (note.by, note.what, note.words) == (GUEST.id, "refused approve", no.sentence)
    assert await shop.task() == before


async def test_what_the_world_tries_in_vain_leaves_no_note() -> None:
    """A timer that finds nothing due is no decision."""
    shop = Workshop()
    await shop.until_waiting()
    await shop.refused(TimerFired())
    assert await shop.notes() == []


async def test_what_is_refused_where_there_is_no_task_leaves_nothing() -> None:
    """A thread of somebody else's stays as it is."""
    shop = Workshop()
    await shop.refused(Abort(by=REQUESTER))
    assert (await shop.store.load(THREAD)).length == 0


async def test_a_task_known_too_old_is_loaded_again() -> None:
    """A worker gives its results from what it knew; people went on meanwhile."""
    shop = Workshop()
    await shop.until_waiting()
    old = await shop.store.load(THREAD)
    await shop.give(Pause(by=REQUESTER))
    given = await shop.process.runtime.give(THREAD, Inquire(by=LEAD, text="Why?"), holding=Holding(loaded=old))
    assert given.loaded.checkpoint is not None
    assert old.checkpoint is not None
    assert given.loaded.checkpoint.version == old.checkpoint.version + 2


class Losing(Committing):
    """A store in which somebody else is always first."""

    def asked(self, entry: Entry, then: Sequence[Step]) -> NotCommitted:
        """Lose."""
        del entry, then
        return NotCommitted(why="lost")


async def test_who_loses_every_time_is_told_so() -> None:
    """Nobody waits for ever for a thread that a crowd is clicking at."""
    shop = Workshop()
    shop.store = Losing(shop.clock)
    shop.restarted()
    with pytest.raises(Refused, match="Too many people are acting on this task at once"):
        await shop.begin()


class Slow(Committing):
    """A store whose clock goes on between a load and the commit, once ``slow_s`` is set."""

    slow_s = 0.0

    def asked(self, entry: Entry, then: Sequence[Step]) -> None:
        """Let time go by."""
        del entry, then
        self._clock.move(self.slow_s)  # type: ignore[attr-defined]  # it is the test's clock


async def test_a_decision_that_reaches_the_store_too_late_is_refused() -> None:
    """Threat D4: expiry is judged with the commit, by the store's clock."""
    shop = Workshop()
    shop.store = store = Slow(shop.clock)
    shop.restarted()
    await shop.until_waiting()
    store.slow_s = 1800.0
    with pytest.raises(Refused, match="The time to decide is over"):
        await shop.approve()
    store.slow_s = 0.0
    assert (await shop.phase()).kind == "awaiting_approval"


async def test_workers_are_woken_only_for_work() -> None:
    """A click that only counts wakes nobody in vain."""
    shop = Workshop()
    await shop.begin()
    assert shop.engine.woken == [THREAD]
    await shop.drain()
    shop.engine.woken.clear()
    late = ToolFinished(effect_id=EffectId(f"{THREAD}/1/99"), fence=1, ok=True)
    await shop.give(late)
    assert shop.engine.woken == []


async def test_an_effect_is_fresh_once_and_only_where_it_was_made() -> None:
    """What another process made, or what was tried before, is looked for before it is posted."""
    shop = Workshop()
    given = await shop.give(Start(by=REQUESTER, purpose="Restart it."))
    (effect_id,) = given.transitions[0].outbox()
    made_here, elsewhere = shop.process.runtime, shop.restarted().runtime
    assert not elsewhere.is_fresh(effect_id)
    assert made_here.is_fresh(effect_id)
    assert not made_here.is_fresh(effect_id)


async def test_only_so_many_effects_are_remembered_as_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that runs for months keeps no list of all it ever did."""
    monkeypatch.setattr(runtime_module, "FRESH", 1)
    shop = Workshop()
    first = await shop.give(Start(by=REQUESTER, purpose="Restart it."))
    await shop.give(Inquire(by=LEAD, text="Why?"))
    assert not any(map(shop.process.runtime.is_fresh, first.transitions[0].outbox()))


async def test_a_lesson_taught_in_one_thread_holds_in_the_next_decision() -> None:
    """The log of lessons is read for every input that may depend on it."""
    shop = Workshop(step("read_status"), figures=(3.0, 3.0))
    await shop.begin()
    await shop.give(Teach(by=LEAD, when="tool = read_status", do="deny"))
    await shop.drain()
    assert shop.tools.calls == []
    assert len((await shop.process.runtime.rules_with_lessons(THREAD)).lessons) == 1
    assert shop.process.runtime.rules().lessons == ()


async def test_a_transition_that_skips_a_version_is_our_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions count accepted inputs, one by one."""

    def skipping(*_: object, **__: object) -> Transition:
        made = decide(None, Start(by=REQUESTER, purpose="Restart it."), NOON, Workshop().rules, thread_id=THREAD)
        return replace(made, checkpoint=replace(made.checkpoint, version=7))

    monkeypatch.setattr("agent_core.runtime.decide", skipping)
    with pytest.raises(Broken, match="every transition counts one version"):
        await Workshop().begin()


async def test_the_first_effect_of_a_task_is_to_ask_the_model() -> None:
    """Committed with the task itself, so that a crash right after loses nothing."""
    shop = Workshop()
    await shop.begin()
    assert list((await shop.pending()).values()) == [AskModel()]
    assert isinstance(shop.process.runtime, Runtime)


async def test_a_commit_whose_reply_is_lost_is_drained_by_whoever_may_hold_its_lease() -> None:
    """Else the thread would wait until the lease that it may have taken has ended."""
    shop = Workshop()
    shop.engine.taking = shop.process.worker.taking
    shop.store.lose_replies = 1
    with pytest.raises(StoreDown):
        await shop.begin()
    assert shop.engine.woken == [THREAD]
    await shop.process.worker.drain(THREAD)
    assert (await shop.phase()).kind == "awaiting_approval"


class Unheard(MemoryStore):
    """A store whose commits are written, and whose replies never come."""

    async def commit(self, *given: Any, **named: Any) -> NoReturn:  # noqa: ANN401 - as the store's
        """Commit, and say nothing."""
        await super().commit(*given, **named)
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")


async def test_whoever_stops_waiting_for_a_commit_has_its_thread_drained_all_the_same() -> None:
    """A listener has only so long; what it gave may be written, and the lease be taken with it."""
    shop = Workshop()
    shop.store = Unheard(shop.clock)
    shop.restarted()
    shop.engine.taking = shop.process.worker.taking
    beginning = asyncio.create_task(shop.begin())
    await turns(20)
    beginning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await beginning
    assert shop.engine.woken == [THREAD]


async def test_a_commit_that_was_not_sent_wakes_nobody() -> None:
    """There is nothing to drain."""
    shop = Workshop()
    shop.engine.taking = shop.process.worker.taking
    shop.store.down = StoreDown("away", sent=False)
    with pytest.raises(StoreDown):
        await shop.begin()
    assert shop.engine.woken == []
