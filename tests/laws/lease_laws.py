"""The Store's laws of leases and of the due index: who drains a thread, and when it is looked at again."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from agent_core.effects import AskModel, Say
from agent_core.ports import Committed, Lease, Store, Taking
from agent_core.words import ThreadId, effect_id_of
from tests.examples import AWAITING_ANSWER, FINISHED, NOON, QUESTION, THREAD, entry
from tests.laws.stage import LONG_S, SHORT_S, SOON_S, Stage, step

ANSWERED = [effect_id_of(THREAD, 1, 0)]


async def taken(store: Store, holder: str = "one", lease_s: float = LONG_S, thread_id: ThreadId = THREAD) -> Lease:
    """Take a lease that must be free."""
    lease = await store.take(thread_id, holder, lease_s)
    assert lease is not None
    return lease


class LeaseLaws:
    """Laws of take, renew, settle, release, overdue and quarantine."""

    async def test_one_holder_drains_a_thread(self, stage: Stage) -> None:
        """Two workers woken at once post one card."""
        await stage.begin()
        takers = [stage.store.take(THREAD, f"worker-{nth}", LONG_S) for nth in range(10)]
        assert sum(lease is not None for lease in await asyncio.gather(*takers)) == 1

    async def test_a_look_shows_the_thread_and_what_is_pending_in_it(self, stage: Stage) -> None:
        """A drain that knows nothing yet learns all of it at one moment."""
        before = await stage.begin(Say(words="hello"))
        lease = await taken(stage.store)
        looked = await stage.store.look(lease, replace(before, checkpoint=None, head="", length=0))
        assert looked is not None
        loaded, pending = looked
        assert (loaded.checkpoint, loaded.head, loaded.length) == (before.checkpoint, before.head, before.length)
        assert list(pending.values()) == [Say(words="hello")]

    async def test_a_taken_lease_shows_what_a_look_would(self, stage: Stage) -> None:
        """A drain begins with one question instead of two."""
        before = await stage.begin(Say(words="hello"))
        lease = await taken(stage.store)
        assert lease.found is not None
        assert replace(lease.found.loaded, now=before.now) == before
        assert list(lease.found.pending.values()) == [Say(words="hello")]

    async def test_who_takes_a_lease_first_is_told_so_and_nobody_after_him(self, stage: Stage) -> None:
        """What is pending then was tried by nobody, whoever committed it; after anybody, it may have been."""
        await stage.begin(Say(words="hello"))
        first = await taken(stage.store)
        assert (first.first, first.alone) == (True, True)
        await stage.store.release(first, version=1, due=None)
        again = await taken(stage.store)
        assert (again.first, again.alone) == (False, True)
        await stage.store.release(again, version=1, due=None)
        other = await stage.store.take(THREAD, "another", LONG_S)
        assert other is not None
        assert (other.first, other.alone) == (False, False)

    async def test_a_lease_is_taken_even_of_what_cannot_be_read(self, stage: Stage) -> None:
        """Whoever sets the thread aside must hold it."""
        await stage.begin()
        await stage.overwrite(THREAD, b"not ours")
        assert (await taken(stage.store)).found is None

    async def test_a_commit_says_who_drains_the_thread(self, stage: Stage) -> None:
        """A worker learns with its own commit whether it still holds the lease."""
        before = await stage.begin()
        done = await stage.store.commit(before, step(before), entry(2))
        assert isinstance(done, Committed)
        assert done.holder is None
        await taken(stage.store, "one")
        done = await stage.store.commit(done.loaded, step(done.loaded), entry(3))
        assert isinstance(done, Committed)
        assert done.holder == "one"

    async def test_a_commit_takes_a_free_lease_with_it(self, stage: Stage) -> None:
        """Whoever drains at once begins with what it has committed, and asks nobody."""
        before = await stage.begin()
        done = await stage.store.commit(before, step(before, Say(words="hello")), entry(2), take=Taking("one", LONG_S))
        assert isinstance(done, Committed)
        assert (done.holder, done.lease) == ("one", Lease(thread_id=THREAD, holder="one", alone=True))
        assert done.lease is not None
        assert done.lease.first
        assert done.lease.found is not None
        assert done.lease.found.loaded == done.loaded
        assert list(done.lease.found.pending.values()) == [Say(words="hello")]
        assert await stage.store.overdue(10) == []
        assert await stage.store.take(THREAD, "another", LONG_S) is None

    async def test_a_commit_takes_nobody_elses_lease(self, stage: Stage) -> None:
        """Two would drain one thread."""
        before = await stage.begin()
        await taken(stage.store, "one")
        done = await stage.store.commit(before, step(before, Say(words="hello")), entry(2), take=Taking("two", LONG_S))
        assert isinstance(done, Committed)
        assert (done.holder, done.lease) == ("one", None)

    async def test_a_commit_takes_no_lease_where_nothing_is_pending(self, stage: Stage) -> None:
        """Nobody would give it back."""
        before = await stage.begin()
        done = await stage.store.commit(before, step(before), entry(2), take=Taking("one", LONG_S))
        assert isinstance(done, Committed)
        assert (done.holder, done.lease) == (None, None)

    async def test_a_lease_taken_with_a_commit_does_not_say_what_it_does_not_know(self, stage: Stage) -> None:
        """What was pending before is asked for."""
        before = await stage.begin(Say(words="hello"))
        done = await stage.store.commit(before, step(before, Say(words="again")), entry(2), take=Taking("one", LONG_S))
        assert isinstance(done, Committed)
        assert done.lease is not None
        assert done.lease.found is None

    async def test_a_lease_taken_with_a_commit_knows_who_drained_before(self, stage: Stage) -> None:
        """What another has tried may be there already."""
        before = await stage.begin()
        await stage.store.release(await taken(stage.store, "one"), version=1, due=None)
        done = await stage.store.commit(before, step(before, Say(words="hello")), entry(2), take=Taking("two", LONG_S))
        assert isinstance(done, Committed)
        assert done.lease is not None
        assert (done.lease.first, done.lease.alone) == (False, False)

    async def test_a_lease_taken_with_a_commit_ends_by_itself(self, stage: Stage) -> None:
        """The process that took it may die before it has drained anything."""
        before = await stage.begin()
        await stage.store.commit(before, step(before, Say(words="hello")), entry(2), take=Taking("one", SHORT_S))
        await stage.later(2 * SHORT_S)
        assert await stage.store.overdue(10) == [THREAD]
        assert await stage.store.take(THREAD, "another", LONG_S) is not None

    async def test_a_look_keeps_what_is_known_and_tells_the_time(self, stage: Stage) -> None:
        """What this worker wrote itself is not read again, and its timers go by the store's clock."""
        before = await stage.begin()
        lease = await taken(stage.store)
        await stage.later(SHORT_S)
        looked = await stage.store.look(lease, before)
        assert looked is not None
        assert looked[0].checkpoint is before.checkpoint
        assert looked[0].now >= before.now + timedelta(seconds=SHORT_S / 2)

    async def test_a_look_finds_what_somebody_else_committed(self, stage: Stage) -> None:
        """A person paused the task through another process."""
        before = await stage.begin()
        lease = await taken(stage.store)
        after = await stage.go_on(before, Say(words="paused"))
        looked = await stage.store.look(lease, before)
        assert looked is not None
        assert (looked[0].checkpoint, looked[0].head) == (after.checkpoint, after.head)
        assert list(looked[1].values()) == [Say(words="paused")]

    async def test_who_lost_the_lease_sees_nothing(self, stage: Stage) -> None:
        """A drain that goes on without its lease would do what another does."""
        before = await stage.begin()
        lease = await taken(stage.store, lease_s=SHORT_S)
        await stage.later(2 * SHORT_S)
        await taken(stage.store, "another")
        assert await stage.store.look(lease, before) is None

    async def test_a_holder_may_take_its_own_lease_again(self, stage: Stage) -> None:
        """Its first taking may have lost its reply."""
        await stage.begin()
        assert await taken(stage.store) == await taken(stage.store)

    async def test_a_thread_that_is_not_there_cannot_be_taken(self, stage: Stage) -> None:
        """A wake-up for nothing leaves nothing behind."""
        assert await stage.store.take(THREAD, "one", SHORT_S) is None
        await stage.later(2 * SHORT_S)
        assert await stage.store.overdue(10) == []

    async def test_a_lease_that_ran_out_is_free(self, stage: Stage) -> None:
        """A worker died; another goes on."""
        await stage.begin()
        old = await taken(stage.store, "one", SHORT_S)
        await stage.later(2 * SHORT_S)
        await taken(stage.store, "two")
        assert not await stage.store.renew(old, LONG_S)

    async def test_a_renewed_lease_holds_on(self, stage: Stage) -> None:
        """A tool may run for longer than a lease."""
        await stage.begin()
        lease = await taken(stage.store, "one", SOON_S)
        assert await stage.store.renew(lease, LONG_S)
        await stage.later(SOON_S + SHORT_S)
        assert await stage.store.take(THREAD, "two", LONG_S) is None

    async def test_nobody_renews_anothers_lease(self, stage: Stage) -> None:
        """Nor does the renewal of a lease that has run out bring it back."""
        await stage.begin()
        await taken(stage.store, "one", SHORT_S)
        assert not await stage.store.renew(Lease(thread_id=THREAD, holder="two"), LONG_S)
        await stage.later(2 * SHORT_S)
        assert not await stage.store.renew(Lease(thread_id=THREAD, holder="one"), LONG_S)
        await taken(stage.store, "two")

    async def test_effects_settle_under_the_lease_and_once(self, stage: Stage) -> None:
        """A second settling is harmless."""
        await stage.begin(Say(words="one"), Say(words="two"))
        lease = await taken(stage.store)
        for _ in range(2):
            assert await stage.store.settle(lease, ANSWERED)
            assert list((await stage.store.outbox(THREAD)).values()) == [Say(words="two")]

    async def test_a_lost_lease_settles_nothing(self, stage: Stage) -> None:
        """What a slow worker thinks it did is done again, after a look, by whoever holds the lease."""
        await stage.begin(Say(words="one"))
        lease = await taken(stage.store, "one", SHORT_S)
        await stage.later(2 * SHORT_S)
        assert not await stage.store.settle(lease, ANSWERED)
        await taken(stage.store, "two")
        assert not await stage.store.settle(lease, ANSWERED)
        assert list((await stage.store.outbox(THREAD)).values()) == [Say(words="one")]

    async def test_a_released_lease_is_free(self, stage: Stage) -> None:
        """A drain that ends lets the next begin."""
        await stage.begin()
        lease = await taken(stage.store, "one")
        await stage.store.release(lease, version=1, due=None)
        await taken(stage.store, "two")

    async def test_nobody_releases_anothers_lease(self, stage: Stage) -> None:
        """A slow worker's end does not open the door behind the next."""
        await stage.begin()
        await taken(stage.store, "one")
        await stage.store.release(Lease(thread_id=THREAD, holder="two"), version=1, due=None)
        assert await stage.store.take(THREAD, "two", LONG_S) is None

    async def test_pending_effects_are_due_at_once(self, stage: Stage) -> None:
        """A wake-up may be lost; the index is not."""
        await stage.begin(AskModel())
        assert await stage.store.overdue(10) == [THREAD]

    async def test_without_effects_a_thread_is_due_at_its_earliest_time(self, stage: Stage) -> None:
        """A question that expired at noon long ago is due; one without an end never is."""
        loaded = await stage.begin()
        assert await stage.store.overdue(10) == []
        assert QUESTION.expires_at is not None
        passed = AWAITING_ANSWER if loaded.now > QUESTION.expires_at else None
        await stage.later(0 if passed else (QUESTION.expires_at - loaded.now).total_seconds() + 1)
        loaded = await stage.go_on(loaded, phase=AWAITING_ANSWER)
        assert await stage.store.overdue(10) == [THREAD]
        await stage.go_on(loaded, phase=FINISHED)
        assert await stage.store.overdue(10) == []

    async def test_a_taken_thread_is_looked_at_when_its_lease_ends(self, stage: Stage) -> None:
        """While a worker is at it nobody else is called; when the worker dies somebody is."""
        await stage.begin(AskModel())
        await taken(stage.store, "one", LONG_S)
        assert await stage.store.overdue(10) == []
        await taken(stage.store, "one", SHORT_S)
        await stage.later(2 * SHORT_S)
        assert await stage.store.overdue(10) == [THREAD]

    async def test_a_renewed_lease_is_looked_at_when_it_ends_anew(self, stage: Stage) -> None:
        """A long call calls nobody, until it is known that nobody makes it any more."""
        await stage.begin(AskModel())
        lease = await taken(stage.store, "one", SOON_S)
        assert await stage.store.renew(lease, LONG_S)
        await stage.later(SOON_S + SHORT_S)
        assert await stage.store.overdue(10) == []
        assert await stage.store.renew(lease, SHORT_S)
        await stage.later(2 * SHORT_S)
        assert await stage.store.overdue(10) == [THREAD]

    async def test_a_commit_under_a_lease_is_left_to_its_holder(self, stage: Stage) -> None:
        """Until the lease ends; a person's click must not call a second worker every two seconds."""
        before = await stage.begin(AskModel())
        await taken(stage.store, "one", LONG_S)
        before = await stage.go_on(before, Say(words="hello"))
        assert await stage.store.overdue(10) == []
        await taken(stage.store, "one", SOON_S)
        await stage.go_on(before)
        await stage.later(SOON_S + SHORT_S)
        assert await stage.store.overdue(10) == [THREAD]

    async def test_release_says_when_to_look_again(self, stage: Stage) -> None:
        """A surface that asked for a minute gets it, though an effect is pending."""
        loaded = await stage.begin(Say(words="one"))
        lease = await taken(stage.store)
        await stage.store.release(lease, version=1, due=loaded.now + timedelta(minutes=1))
        assert await stage.store.overdue(10) == []
        lease = await taken(stage.store)
        await stage.store.release(lease, version=1, due=loaded.now)
        assert await stage.store.overdue(10) == [THREAD]

    async def test_release_forgets_nothing_that_came_meanwhile(self, stage: Stage) -> None:
        """A click between the last look and the release is not left lying."""
        before = await stage.begin()
        lease = await taken(stage.store)
        await stage.go_on(before, Say(words="hello"))
        assert await stage.store.release(lease, version=1, due=None)
        assert await stage.store.overdue(10) == [THREAD]

    async def test_a_thread_that_is_hurried_is_due_at_once(self, stage: Stage) -> None:
        """What it waited for is free; its own time comes later, or never."""
        await stage.begin()
        lease = await taken(stage.store)
        await stage.store.release(lease, version=1, due=NOON + timedelta(days=36500))
        assert await stage.store.overdue(10) == []
        await stage.store.hurry(THREAD)
        assert await stage.store.overdue(10) == [THREAD]

    async def test_a_thread_that_is_hurried_while_it_is_drained_is_due_when_it_is_given_back(
        self, stage: Stage
    ) -> None:
        """Its drain has looked, and is about to wait, when what it waits for becomes free."""
        await stage.begin()
        lease = await taken(stage.store)
        await stage.store.hurry(THREAD)
        assert await stage.store.overdue(10) == []
        assert await stage.store.release(lease, version=1, due=NOON + timedelta(days=36500))
        assert await stage.store.overdue(10) == [THREAD]
        lease = await taken(stage.store)
        assert not await stage.store.release(lease, version=1, due=None), "once"

    async def test_a_thread_that_is_hurried_does_not_lose_its_place(self, stage: Stage) -> None:
        """It was overdue already, and the longest overdue come first."""
        await stage.begin(AskModel())
        other = ThreadId("T0TEAM:C0STAGING:1772452800.000999")
        await stage.begin(AskModel(), thread_id=other)
        first, second = await stage.store.overdue(10)
        await stage.later(SHORT_S)
        await stage.store.hurry(first)
        assert await stage.store.overdue(10) == [first, second]

    async def test_a_thread_that_is_not_there_is_not_hurried(self, stage: Stage) -> None:
        """It was purged while it stood in a line; nobody looks for it ever after."""
        await stage.store.hurry(THREAD)
        assert await stage.store.overdue(10) == []

    async def test_release_takes_what_was_performed_with_it(self, stage: Stage) -> None:
        """And nothing, where the lease is another's."""
        await stage.begin(Say(words="one"))
        await taken(stage.store, "two")
        assert not await stage.store.release(
            Lease(thread_id=THREAD, holder="one"), version=1, due=None, settled=ANSWERED
        )
        assert len(await stage.store.outbox(THREAD)) == 1
        assert not await stage.store.release(await taken(stage.store, "two"), version=1, due=None, settled=ANSWERED)
        assert await stage.store.outbox(THREAD) == {}
        assert await stage.store.overdue(10) == []

    async def test_release_leaves_nothing_pending_without_a_time(self, stage: Stage) -> None:
        """None means never, and never is no time for an effect."""
        await stage.begin(Say(words="one"))
        await stage.store.release(await taken(stage.store), version=1, due=None)
        assert await stage.store.overdue(10) == [THREAD]
        lease = await taken(stage.store)
        await stage.store.settle(lease, ANSWERED)
        await stage.store.release(lease, version=1, due=None)
        assert await stage.store.overdue(10) == []

    async def test_the_longest_overdue_come_first_from_all_shards(self, stage: Stage) -> None:
        """Nobody starves behind newer threads, wherever they are kept."""
        threads = [ThreadId(f"T0TEAM:C0STAGING:1772452800.{nth:06d}") for nth in range(40)]
        for nth, thread_id in enumerate(threads):
            await stage.begin(thread_id=thread_id)
            lease = await taken(stage.store, thread_id=thread_id)
            await stage.store.release(lease, version=1, due=NOON - timedelta(seconds=nth * 7 % 40))
        oldest_first = sorted(threads, key=lambda thread_id: -(threads.index(thread_id) * 7 % 40))
        await stage.later(SHORT_S)
        assert await stage.store.overdue(100) == oldest_first
        assert await stage.store.overdue(7) == oldest_first[:7]

    async def test_a_quarantined_thread_is_left_alone(self, stage: Stage) -> None:
        """Whoever still held it cannot put it back by letting go."""
        await stage.begin(AskModel())
        lease = await taken(stage.store)
        raw = await stage.raw(THREAD)
        await stage.store.quarantine(THREAD)
        assert await stage.store.overdue(10) == []
        await stage.store.release(lease, version=9, due=NOON)
        assert await stage.store.overdue(10) == []
        assert await stage.raw(THREAD) == raw
