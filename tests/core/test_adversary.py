"""What an attacker of the worker tried: the surface or the store fails just when it hurts most."""

import asyncio
from collections.abc import Sequence

import pytest

from agent_core.adapters.local_engine import SWEEP_S, LocalEngine
from agent_core.fakes import turns
from agent_core.inputs import Reply, Teach
from agent_core.phases import Finished, OutcomeUnknown
from agent_core.ports import NotCommitted, Step, StoreDown, SurfaceBusy, SurfaceRefused
from agent_core.records import Entry
from agent_core.runtime import TRIES
from agent_core.words import ThreadId
from agent_core.worker import BACK_OFF_S
from tests.core.committing import Committing
from tests.core.workshop import Workshop, settled, until
from tests.examples import LEAD, REQUESTER, THREAD

REFUSED = SurfaceRefused("chat.postMessage: invalid_blocks", "Slack does not take the message.")
DOWN = StoreDown("connection refused", sent=False)


async def how(shop: Workshop) -> str:
    """Say how a finished task ended."""
    phase = await shop.phase()
    assert isinstance(phase, Finished)
    return phase.how


async def running(shop: Workshop) -> tuple["asyncio.Task[None]", asyncio.Event]:
    """Bring a task to where its tool runs, and give the drain and what lets the tool end."""
    done = shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("restart_service"))
    return drain, done


async def test_a_card_that_cannot_be_updated_now_does_not_end_the_call_that_runs() -> None:
    """Threat B12: decisions before cosmetics; a 429 on a card must not leave an outcome that nobody knows."""
    shop = Workshop()
    drain, done = await running(shop)
    shop.surface.fails.extend([SurfaceBusy(5.0)] * 5)
    await shop.clock.advance(10.0)
    assert shop.tools.killed == []
    done.set()
    await shop.clock.advance(20.0)
    await settled(drain)
    shop.clock.move(60)
    await shop.drain()
    assert await how(shop) == "succeeded"
    assert len(shop.tools.calls) == 1


async def test_a_question_that_cannot_be_answered_does_not_end_the_call_that_runs() -> None:
    """Work beside work: each fails for itself, and what failed is tried again later."""
    shop = Workshop()
    drain, done = await running(shop)
    asked = shop.model.next

    async def fails(*_: object) -> None:
        raise ConnectionError("reset")

    shop.model.next = fails  # type: ignore[method-assign,assignment]  # the model is away for one question
    await shop.give(Reply(by=REQUESTER, text="Why this one?"))
    await shop.clock.advance(5.0)
    assert shop.tools.killed == []
    shop.model.next = asked  # type: ignore[method-assign]  # and is back
    done.set()
    await settled(drain)
    shop.clock.move(60)
    await shop.drain()
    assert await how(shop) == "succeeded"
    assert "It is the next thing to do." in shop.surface.said()


async def test_a_store_that_is_away_for_less_than_a_lease_ends_no_call() -> None:
    """Redis restarts in a second or two; a worker gives up at two thirds of its lease, not before."""
    shop = Workshop()
    drain, done = await running(shop)
    shop.store.down = DOWN
    await shop.clock.advance(5.0)
    assert shop.tools.killed == []
    shop.store.down = None
    await shop.clock.advance(3.0)
    done.set()
    await settled(drain)
    assert await how(shop) == "succeeded"
    assert len(shop.tools.calls) == 1


async def test_a_result_that_could_not_be_recorded_at_once_is_recorded() -> None:
    """The call ended while the store was away: its end is known, so nobody is to be asked."""
    shop = Workshop()
    drain, done = await running(shop)
    shop.store.down = DOWN
    done.set()
    await shop.clock.advance(4.0)
    shop.store.down = None
    await shop.clock.advance(4.0)
    await settled(drain)
    shop.clock.move(60)
    await shop.drain()
    assert await how(shop) == "succeeded"
    assert "outcome_unknown" not in await shop.inputs()
    assert len(shop.tools.calls) == 1


async def test_a_result_whose_recording_lost_its_reply_counts_once() -> None:
    """It is given again, and its fence lets it count once."""
    shop = Workshop()
    drain, done = await running(shop)
    await shop.clock.advance(3.0)
    shop.store.lose_replies = 1
    done.set()
    await shop.clock.advance(3.0)
    await settled(drain)
    shop.clock.move(60)
    await shop.drain()
    assert await how(shop) == "succeeded"
    assert (await shop.task()).tally.steps == 1


class Crowd(Committing):
    """A store in which somebody else is first, more often than an input is tried, where a tool's result is written."""

    left = TRIES + 1

    def asked(self, entry: Entry, then: Sequence[Step]) -> NotCommitted | None:
        """Lose."""
        del then
        if entry.input.kind != "tool_finished" or not self.left:
            return None
        self.left -= 1
        return NotCommitted(why="lost")


async def test_a_result_counts_though_a_crowd_is_clicking_at_its_task() -> None:
    """Each refused click leaves a note, and so moves the journal on before the result is in; the call has ended."""
    shop = Workshop()
    shop.store = crowd = Crowd(shop.clock)
    shop.restarted()
    drain, done = await running(shop)
    done.set()
    await shop.clock.advance(2.0)
    await settled(drain)
    assert crowd.left == 0
    assert await how(shop) == "succeeded"
    assert len(shop.tools.calls) == 1


async def test_a_card_that_slack_never_takes_ends_the_task_in_words() -> None:
    """Not in an endless loop of which nobody hears."""
    shop = Workshop()
    shop.surface.fails.append(REFUSED)
    await shop.begin()
    await shop.drain()
    assert await how(shop) == "aborted"
    ((who, words),) = shop.surface.told
    assert who == REQUESTER.id
    assert "Slack does not take the message." in words
    assert await shop.pending() == {}


async def test_what_fails_again_and_again_is_said_in_the_thread_once() -> None:
    """A defect of ours is not kept from those who wait."""
    shop = Workshop()
    await shop.until_waiting()
    await shop.give(Teach(by=LEAD, when="", do="Be quick."))
    append, failing = shop.lessons.append, True

    async def fails(*given: object) -> bool:
        if failing:
            raise ConnectionError("reset")
        return await append(*given)  # type: ignore[arg-type]  # as it came

    shop.lessons.append = fails  # type: ignore[method-assign,assignment]  # a lesson can't be written for now
    for _ in range(len(BACK_OFF_S) + 3):
        await shop.drain()
        shop.clock.move(60)
    assert len([words for words in shop.surface.said() if "broken on my side" in words]) == 1
    failing = False
    await shop.drain()
    assert await shop.pending() == {}


async def test_a_drain_that_is_stopped_gives_its_lease_back() -> None:
    """A bot that is started again goes on at once, not when the lease of the old one has run out."""
    shop = Workshop()
    drain, _ = await running(shop)
    drain.cancel()
    await asyncio.gather(drain, return_exceptions=True)
    assert len(shop.tools.killed) == 1
    assert await shop.store.overdue(10) == [THREAD]
    shop.restarted()
    await shop.drain()
    assert isinstance(await shop.phase(), OutcomeUnknown)


async def test_a_card_that_another_process_may_have_posted_is_looked_for_first() -> None:
    """Threat B11, with two bots: it was made here, but somebody else held the lease since."""
    shop = Workshop()
    mine = shop.process
    await shop.begin()
    await shop.drain()
    other = shop.restarted()
    proposal = await shop.proposal()
    for card in shop.surface.cards(proposal.card):
        shop.surface.delete(card.ts)
    shop.process = mine
    await shop.give(Teach(by=LEAD, when="", do="Be quick."))  # made by the first ...
    shop.surface.lose_replies = 1
    await other.worker.drain(THREAD)  # ... said by the second, which hears nothing of it ...
    shop.clock.move(60)
    await mine.worker.drain(THREAD)  # ... and tried again by the first
    assert len([words for words in shop.surface.said() if "Be quick" in words]) == 1


class BrokenIndex:
    """A store whose due index can't be read the first time."""

    def __init__(self) -> None:
        self.asked = 0
        self.again = asyncio.Event()

    async def overdue(self, limit: int) -> list[ThreadId]:
        """Fail once, in a way that nobody foresaw."""
        del limit
        self.asked += 1
        if self.asked == 1:
            raise ValueError("not a thread")
        self.again.set()
        return []


async def test_the_sweeper_outlives_what_nobody_foresaw() -> None:
    """Without it nothing expires and nothing that a dead process left is found again."""
    shop, index = Workshop(), BrokenIndex()
    engine = LocalEngine(index, shop.clock)  # type: ignore[arg-type]  # the engine asks for no more
    engine.start(shop.process.worker.drain, shop.process.worker.nudge)
    await turns(10)
    await shop.clock.advance(SWEEP_S)
    await until(index.again)
    await engine.stop()


async def test_a_drain_never_raises_for_one_threads_sake(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong outside of the work itself is logged, and the thread is looked at again."""
    shop = Workshop()
    await shop.begin()

    async def fails(*_: object) -> None:
        raise ValueError("no such thread")

    monkeypatch.setattr(shop.store, "take", fails)
    await shop.drain()
    monkeypatch.undo()
    await shop.drain()
    assert len(shop.surface.cards()) == 1
