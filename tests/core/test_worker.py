"""A worker performs what was committed, once each and in order, whatever fails in between."""

from agent_core import inputs
from agent_core.checkpoint import Checkpoint
from agent_core.fakes import turns
from agent_core.inputs import Abort, Ask, OverridePhi, Pause, Reply, Resume, Stop, Teach
from agent_core.phases import AwaitingAnswer, Finished, Opening, OutcomeUnknown
from agent_core.ports import ModelDown, Output, Ran, StoreDown, SurfaceBusy, SurfaceGone, Switched
from agent_core.words import ThreadId, thread_id_of
from tests.core.workshop import Workshop, settled, step, until
from tests.examples import APPROVER, CHANNEL, LEAD, OPENING_THREAD, REQUESTER, TEAM, THREAD

OTHER = ThreadId("T0TEAM:C0STAGING:1772452800.000101")


async def how(shop: Workshop) -> tuple[str, str]:
    """Say how a finished task ended, and why."""
    phase = await shop.phase()
    assert isinstance(phase, Finished)
    return phase.how, phase.why


async def test_a_task_goes_from_its_start_to_its_end() -> None:
    """Proposed, approved, run, scored, ended; each shown on the card as it happens."""
    shop = Workshop()
    proposal = await shop.until_waiting()
    (card,) = shop.surface.cards(proposal.card)
    assert card.card is not None
    assert card.card.state == "waiting"
    await shop.approve()
    await shop.drain()
    assert await how(shop) == ("succeeded", "Φ reached 9.")
    assert [call.tool for call in shop.tools.calls] == ["restart_service"]
    (card,) = shop.surface.cards(proposal.card)
    assert card.card is not None
    assert card.card.state == "done"
    last = shop.surface.cards()[-1]
    assert last.summary is not None
    assert (last.summary.steps, last.summary.succeeded, last.summary.phi_end) == (1, 1, 9.5)
    assert [deed.approved_by for deed in last.summary.deeds] == [(APPROVER.id,)]


async def test_nothing_is_pending_when_a_task_has_ended() -> None:
    """A finished thread costs nothing: no effect, no time, no coroutine."""
    shop = Workshop()
    await shop.until_waiting()
    await shop.approve()
    await shop.drain()
    assert await shop.pending() == {}
    shop.clock.move(100_000)
    assert await shop.store.overdue(10) == []


async def test_a_task_that_waits_is_looked_at_again_when_it_is_to_be_reminded() -> None:
    """Waiting costs nothing but a place in the due index."""
    shop = Workshop()
    await shop.until_waiting()
    shop.clock.move(599)
    assert await shop.store.overdue(10) == []
    shop.clock.move(1)
    assert await shop.store.overdue(10) == [THREAD]
    await shop.drain()
    notices = [posted.words for posted in shop.surface.messages.values() if posted.what == "notice"]
    assert notices == ["asked", "reminder"]


async def test_silence_ends_a_task_without_running_it() -> None:
    """Threat D5: nobody decided, so nothing is run."""
    shop = Workshop()
    await shop.until_waiting()
    shop.clock.move(1800)
    await shop.drain()
    assert await how(shop) == ("expired", "Nobody decided in time, so the step was not run.")
    assert shop.tools.calls == []


async def test_effects_are_performed_in_the_order_in_which_they_were_made() -> None:
    """A card is posted before people are told of it; words come after what they are about."""
    shop = Workshop()
    await shop.until_waiting()
    assert [posted.what for posted in shop.surface.messages.values()] == ["card", "notice"]
    await shop.give(Teach(by=LEAD, when="", do="First words."))
    await shop.give(Teach(by=LEAD, when="", do="Second words."))
    await shop.drain()
    first, second = shop.surface.said()
    assert "First words" in first
    assert "Second words" in second


async def test_a_card_that_changed_several_times_is_updated_once() -> None:
    """What is shown is what holds now, not how it came to be."""
    shop = Workshop()
    proposal = await shop.until_waiting()
    for _ in range(3):
        await shop.give(Pause(by=REQUESTER))
        await shop.give(Resume(by=REQUESTER))
    await shop.drain()
    (card,) = shop.surface.cards(proposal.card)
    assert card.updates == 1
    assert card.card is not None
    assert card.card.state == "waiting"


async def test_a_lesson_is_appended_once() -> None:
    """However often its effect is performed."""
    shop = Workshop()
    await shop.until_waiting()
    await shop.give(OverridePhi(by=LEAD, phi=4.0))
    await shop.drain()
    (lesson,) = await shop.lessons.of(TEAM)
    assert (lesson.kind, lesson.phi) == ("override", 4.0)


async def test_a_busy_surface_puts_the_thread_off() -> None:
    """Threat B12: Slack says when to come back, and not before."""
    shop = Workshop()
    shop.surface.fails.append(SurfaceBusy(30.0))
    await shop.begin()
    await shop.drain()
    assert shop.surface.cards() == []
    shop.clock.move(29)
    assert await shop.store.overdue(10) == []
    shop.clock.move(1)
    assert await shop.store.overdue(10) == [THREAD]
    await shop.drain()
    assert len(shop.surface.cards()) == 1


async def test_what_people_do_while_a_thread_is_put_off_is_not_put_off_with_it() -> None:
    """Another process takes it up at once: the worker that put it off had not seen it."""
    shop = Workshop()
    await shop.until_waiting()
    await shop.approve()
    await shop.switch.switch(TEAM, is_stopped=True, by="U0OPERATOR")
    await shop.drain()
    shop.clock.move(5)
    other = shop.process
    shop.restarted()
    waits = shop.switch.waits

    async def slowly(thread_id: ThreadId) -> Switched | None:
        await shop.give(Pause(by=REQUESTER))
        return await waits(thread_id)

    shop.switch.waits = slowly  # type: ignore[method-assign]  # somebody acts while it is asked
    await other.worker.drain(THREAD)
    assert await shop.store.overdue(10) == [THREAD]


async def test_a_card_is_drawn_once_however_often_its_thread_is_put_off() -> None:
    """What was shown before the work could not begin is settled with the lease."""
    shop = Workshop()
    proposal = await shop.until_waiting()
    await shop.approve()
    await shop.switch.switch(TEAM, is_stopped=True, by="U0OPERATOR")
    for _ in range(4):
        await shop.drain()
        shop.clock.move(5)
    (card,) = shop.surface.cards(proposal.card)
    updates = card.updates
    for _ in range(4):
        await shop.drain()
        shop.clock.move(5)
    (card,) = shop.surface.cards(proposal.card)
    assert card.updates == updates


async def test_a_channel_that_is_gone_ends_the_task_and_tells_its_requester() -> None:
    """Threat B15: archived, or the bot was removed."""
    shop = Workshop()
    shop.surface.fails.append(SurfaceGone("The channel is archived."))
    await shop.begin()
    await shop.drain()
    assert await how(shop) == ("aborted", "The channel is archived.")
    ((who, words),) = shop.surface.told
    assert who == REQUESTER.id
    assert "The channel is archived." in words
    assert await shop.pending() == {}


async def test_a_deleted_card_is_posted_again_when_it_changes() -> None:
    """Threat B14: the same proposal, on one new message."""
    shop = Workshop()
    proposal = await shop.until_waiting()
    (old,) = shop.surface.cards(proposal.card)
    shop.surface.delete(old.ts)
    await shop.give(Pause(by=REQUESTER))
    await shop.give(Resume(by=REQUESTER))
    await shop.drain()
    (new,) = shop.surface.cards(proposal.card)
    assert new.ts != old.ts
    assert (await shop.proposal()).card == proposal.card


async def test_a_card_whose_posting_was_not_confirmed_is_found_and_not_posted_twice() -> None:
    """Threat B11: the reply was lost, the card stands."""
    shop = Workshop()
    shop.surface.lose_replies = 1
    await shop.begin()
    await shop.drain()
    shop.clock.move(60)
    await shop.drain()
    assert len(shop.surface.cards()) == 1
    assert (await shop.task()).cards[-1].ts == shop.surface.cards()[0].ts


async def test_a_step_that_nobody_may_approve_is_not_run() -> None:
    """The sets resolve to nobody: people are told at once, not after half an hour of silence."""
    shop = Workshop(step(), step("read_status"), figures=(3.0,))
    del shop.directory.persons[APPROVER.id]
    await shop.begin()
    await shop.drain()
    assert [call.tool for call in shop.tools.calls] == ["read_status"]
    assert any("was not run: nobody can approve it" in words for words in shop.surface.said())


async def test_an_approver_who_lost_the_right_meanwhile_no_longer_counts() -> None:
    """Threat D12: looked up afresh at the claim."""
    shop = Workshop()
    await shop.until_waiting()
    await shop.approve()
    del shop.directory.persons[APPROVER.id]
    await shop.drain()
    assert (await shop.proposal()).approvals == ()
    assert shop.tools.calls == []
    assert (APPROVER.id, True) in shop.directory.asked


async def test_stop_ends_the_tool_that_runs_at_once() -> None:
    """The worker is nudged; the task goes on with what was printed so far."""
    shop = Workshop(figures=(3.0, 3.0))
    shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("restart_service"))
    await shop.give(Stop(by=REQUESTER))
    assert shop.process.worker.nudge(THREAD)
    await settled(drain)
    assert [call.tool for call in shop.tools.killed] == ["restart_service"]
    runs = [line for line in await shop.inputs() if line == "tool_failed"]
    assert runs == ["tool_failed"]


async def test_stop_is_noticed_without_a_nudge_too() -> None:
    """The click came in through another process."""
    shop = Workshop(figures=(3.0, 3.0))
    shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("restart_service"))
    await shop.give(Stop(by=REQUESTER))
    await turns(50)
    assert not drain.done()
    await shop.clock.advance(2.0)
    await settled(drain)
    assert len(shop.tools.killed) == 1


async def test_abort_stops_the_tool_and_then_ends_the_task() -> None:
    """The last message says how the step ended."""
    shop = Workshop()
    shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("restart_service"))
    await shop.give(Abort(by=REQUESTER))
    shop.process.worker.nudge(THREAD)
    await settled(drain)
    ended, why = await how(shop)
    assert ended == "aborted"
    assert why.startswith(f"Aborted by <@{REQUESTER.id}>. It is not known whether step 1 happened")


async def test_a_tool_that_runs_when_the_task_is_paused_ends_and_is_scored_later() -> None:
    """A pause starts nothing and stops nothing."""
    shop = Workshop()
    done = shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("restart_service"))
    await shop.give(Pause(by=REQUESTER))
    shop.process.worker.nudge(THREAD)
    done.set()
    await settled(drain)
    assert shop.critic.asked == []
    await shop.give(Resume(by=REQUESTER))
    await shop.drain()
    assert await how(shop) == ("succeeded", "Φ reached 9.")


async def test_a_question_is_answered_while_a_tool_runs() -> None:
    """Asking decides nothing and waits for nothing."""
    shop = Workshop()
    done = shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("restart_service"))
    await shop.give(Reply(by=LEAD, text="Why this one?"))
    shop.process.worker.nudge(THREAD)
    await turns(100)
    assert shop.surface.said() == ["It is the next thing to do."]
    done.set()
    await settled(drain)


async def test_the_critic_sees_all_that_the_tool_printed() -> None:
    """The checkpoint keeps an excerpt; the journal has the whole."""
    shop = Workshop()
    shop.tools.outcomes["restart_service"] = Ran(
        how="finished", ok=True, output=Output(exit_code=0, stdout="x" * 5000, cut_bytes=7)
    )
    await shop.until_waiting()
    await shop.approve()
    await shop.drain()
    _, run, output = shop.critic.asked[0]
    assert run is not None
    assert output == Output(exit_code=0, stdout="x" * 5000, cut_bytes=7)


async def test_a_tool_that_timed_out_is_scored_with_what_it_printed() -> None:
    """It may be repeated, so nobody need know whether it happened; it did not end by itself."""
    shop = Workshop(step("read_status"), figures=(2.0, 2.0))
    shop.tools.outcomes["read_status"] = Ran(how="timed_out", output=Output(stdout="so far"), words="Over 60 s.")
    await shop.begin()
    await shop.drain()
    _, run, output = shop.critic.asked[0]
    assert run is not None
    assert (run.outcome, output) == ("timed_out", Output(stdout="so far"))


async def test_a_model_that_cannot_answer_ends_the_task_in_words() -> None:
    """Never in silence."""
    shop = Workshop()
    shop.model.steps.clear()
    shop.model.steps.append(ModelDown("The provider refuses."))
    await shop.begin()
    await shop.drain()
    assert await how(shop) == ("failed", "The agent could not answer: The provider refuses.")


async def test_a_critic_that_cannot_answer_leaves_the_score_as_it_was() -> None:
    """The task goes on, and says so."""
    shop = Workshop(step("read_status"))
    shop.critic.figures.clear()
    shop.critic.figures.extend([ModelDown("The provider refuses."), 8.0])
    await shop.begin()
    await shop.drain()
    assert any("could not be scored: The provider refuses." in words for words in shop.surface.said())
    assert (await how(shop))[0] == "succeeded"


async def test_an_unreachable_store_is_survived() -> None:
    """Threat B1: the drain gives up without a sound, and goes on when the store is back."""
    shop = Workshop()
    await shop.until_waiting()
    await shop.approve()
    shop.store.down = StoreDown("connection refused", sent=False)
    await shop.drain()
    shop.store.down = None
    await shop.drain()
    assert (await how(shop))[0] == "succeeded"
    assert len(shop.tools.calls) == 1


async def test_a_thread_that_cannot_be_read_leaves_the_others_alone() -> None:
    """Threat A6: it says so in itself, and is not looked at again for a while."""
    shop = Workshop()
    await shop.begin(OTHER)
    await shop.until_waiting()
    kept = shop.store.kept[OTHER]
    kept.checkpoint = kept.checkpoint[:-1] + bytes([kept.checkpoint[-1] ^ 1])
    await shop.drain(OTHER)
    assert "was changed or moved" in shop.surface.said()[-1]
    shop.clock.move(1800)
    assert await shop.store.overdue(10) == [THREAD]
    await shop.drain()
    assert (await how(shop))[0] == "expired"


async def test_a_thread_is_drained_by_one_worker_at_a_time() -> None:
    """The second finds the lease taken and leaves."""
    shop = Workshop()
    done = shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    first = shop.draining()
    await until(shop.tools.started("restart_service"))
    await shop.process.worker.drain(THREAD)
    shop.restarted()
    await shop.drain()
    assert len(shop.tools.calls) == 1
    assert not shop.process.worker.nudge(THREAD)
    done.set()
    await settled(first)
    assert (await how(shop))[0] == "succeeded"


async def test_a_lease_is_kept_while_a_tool_runs() -> None:
    """However long it runs, nobody else takes the thread."""
    shop = Workshop()
    done = shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("restart_service"))
    await shop.clock.advance(120.0)
    assert shop.tools.killed == []
    assert await shop.store.take(THREAD, "another", 15.0) is None
    done.set()
    await settled(drain)


async def test_a_worker_that_lost_its_lease_kills_the_call_and_people_are_asked() -> None:
    """Nobody knows whether it happened, and it is not made again by itself."""
    shop = Workshop()
    shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("restart_service"))
    shop.clock.move(16)
    assert await shop.store.take(THREAD, "another", 15.0) is not None
    await settled(drain)
    assert len(shop.tools.killed) == 1
    shop.clock.move(16)
    shop.restarted()
    await shop.drain()
    assert isinstance(await shop.phase(), OutcomeUnknown)
    assert len(shop.tools.calls) == 1


async def test_a_worker_that_cannot_renew_for_two_thirds_of_a_lease_kills_the_call() -> None:
    """Before somebody else may start anything."""
    shop = Workshop()
    shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await until(shop.tools.started("restart_service"))
    renew = shop.store.renew

    async def fails(*_: object) -> bool:
        raise StoreDown("it does not answer", sent=True)

    shop.store.renew = fails  # type: ignore[method-assign,assignment]  # only renewing fails
    await shop.clock.advance(9.0)
    assert shop.tools.killed == []
    await shop.clock.advance(3.0)
    await settled(drain)
    assert len(shop.tools.killed) == 1
    shop.store.renew = renew  # type: ignore[method-assign]  # as it was


async def test_what_fails_is_tried_again_ever_more_slowly() -> None:
    """A defect in one thread costs the others nothing, and heals by itself if it can."""
    shop = Workshop()
    shop.surface.fails.extend([ConnectionError("reset"), ConnectionError("reset")])
    await shop.begin()
    await shop.drain()
    shop.clock.move(0.4)
    assert await shop.store.overdue(10) == []
    shop.clock.move(0.1)
    await shop.drain()
    shop.clock.move(0.9)
    assert await shop.store.overdue(10) == []
    shop.clock.move(0.1)
    assert await shop.store.overdue(10) == [THREAD]
    await shop.drain()
    assert len(shop.surface.cards()) == 1


async def test_a_parent_message_is_posted_once_and_the_task_begins_under_it() -> None:
    """A slash command starts a task outside any thread."""
    shop = Workshop()
    await shop.give(inputs.Open(by=REQUESTER, purpose="Restart it."), OPENING_THREAD)
    shop.surface.lose_replies = 1
    await shop.drain(OPENING_THREAD)
    shop.clock.move(60)
    await shop.drain(OPENING_THREAD)
    (parent,) = [posted for posted in shop.surface.messages.values() if posted.what == "parent"]
    real = thread_id_of(TEAM, CHANNEL, parent.ts)
    opening = await shop.phase(OPENING_THREAD)
    assert isinstance(opening, Opening)
    assert opening.opened_as == real
    assert (await shop.phase(real)).kind == "thinking"


async def test_an_opening_in_a_channel_that_is_gone_ends_in_words_to_its_requester() -> None:
    """There is no thread to say it in."""
    shop = Workshop()
    await shop.give(inputs.Open(by=REQUESTER, purpose="Restart it."), OPENING_THREAD)
    shop.surface.fails.append(SurfaceGone("The bot is not in the channel."))
    await shop.drain(OPENING_THREAD)
    assert (await shop.phase(OPENING_THREAD)).kind == "finished"
    assert shop.surface.told[0][0] == REQUESTER.id


async def test_a_finished_drain_lists_the_task_as_it_is() -> None:
    """Home and `list` show what waits, and for whom."""
    shop = Workshop()
    await shop.until_waiting()
    (line,) = await shop.index.tasks(TEAM)
    assert (line.phase, line.how, line.requester) == ("awaiting_approval", "", REQUESTER.id)
    assert [APPROVER in people for people in line.may_decide] == [True]
    await shop.give(Pause(by=REQUESTER))
    await shop.drain()
    (line,) = await shop.index.tasks(TEAM)
    assert (line.phase, len(line.may_decide)) == ("paused", 1)
    await shop.give(Abort(by=REQUESTER))
    await shop.drain()
    (line,) = await shop.index.tasks(TEAM)
    assert (line.phase, line.how, line.may_decide) == ("finished", "aborted", ())


async def test_an_answer_goes_to_the_model() -> None:
    """The reply in the thread is the answer while the agent waits for one."""
    shop = Workshop()
    shop.model.steps.clear()
    shop.model.steps.append(Ask(text="Which service?"))
    await shop.begin()
    await shop.drain()
    assert isinstance(await shop.phase(), AwaitingAnswer)
    await shop.give(Reply(by=REQUESTER, text="cart"))
    await shop.drain()
    messages = shop.model.asked[-1].checkpoint.messages
    assert [(said.text, said.about) for said in messages] == [("cart", "answer")]


async def test_a_drain_of_nothing_changes_nothing() -> None:
    """A wake-up too many is harmless."""
    shop = Workshop()
    await shop.drain()
    await shop.until_waiting()
    before = await shop.task()
    await shop.drain()
    assert await shop.task() == before
    assert isinstance(before, Checkpoint)


async def test_a_lease_that_came_with_a_commit_is_drained_under() -> None:
    """Whoever commits needs to ask nobody, and gives the lease back when it is done."""
    shop = Workshop()
    shop.engine.taking = shop.process.worker.taking
    await shop.begin()
    lease = shop.engine.leases[THREAD]
    await shop.process.worker.drain(THREAD, lease)
    assert await shop.store.take(THREAD, "another", 1.0) is not None
    assert (await shop.phase()).kind == "awaiting_approval"


async def test_a_drain_says_whether_the_store_answered() -> None:
    """What it asked last may have been done: the lease is taken, for all that it knows."""
    shop = Workshop()
    await shop.begin()
    shop.store.down = StoreDown("it does not answer", sent=True)
    assert not await shop.process.worker.drain(THREAD)
    shop.store.down = None
    assert await shop.process.worker.drain(THREAD)


async def test_a_lease_that_comes_as_a_worker_leaves_is_given_back() -> None:
    """Another worker goes on at once."""
    shop = Workshop()
    shop.engine.taking = shop.process.worker.taking
    await shop.begin()
    shop.process.worker.leave()
    await shop.process.worker.drain(THREAD, shop.engine.leases[THREAD])
    assert await shop.store.overdue(1) == [THREAD]
    assert await shop.store.take(THREAD, "another", 1.0) is not None


async def test_a_thread_whose_drain_the_store_failed_is_due_at_once_when_it_answers_again() -> None:
    """A moment in which the store was slow costs a look, not a whole lease."""
    shop = Workshop()
    await shop.begin()
    shop.store.lose_replies = 1
    await shop.process.worker.drain(THREAD)
    assert await shop.store.overdue(1) == [THREAD]
