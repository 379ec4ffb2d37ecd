"""What every Locks and every Switch keeps to. An implementation's tests subclass these and give the fixtures.

``later`` lets time go by; ``damage`` changes a byte of the newest line of the stop's log.
"""

import asyncio
from collections.abc import Awaitable, Callable

from agent_core.ports import Committed, Locks, NotCommitted, Store, Switch
from agent_core.transition import Transition
from agent_core.words import EffectId, TeamId, ThreadId, effect_id_of
from tests.examples import THREAD, entry, new_task
from tests.laws.stage import step

TEAM = TeamId("T0TEAM")
OTHER_TEAM = TeamId("T0OTHER")
NAME = "service:checkout"
LINE_S = 31.0
THREADS = [ThreadId(f"T0TEAM:C0STAGING:1772452800.{nth:06d}") for nth in range(20)]
Later = Callable[[float], Awaitable[None]]
Damage = Callable[[], Awaitable[None]]


def holder(nth: int, version: int = 3) -> EffectId:
    """Name the holder that the nth thread makes at a version."""
    return effect_id_of(THREADS[nth], version, 99)


def flipped(raw: bytes) -> bytes:
    """Change the last byte of something."""
    return raw[:-1] + bytes([raw[-1] ^ 1])


class LocksLaws:
    """Laws of take and give_back."""

    async def test_a_free_lock_is_taken_by_one(self, locks: Locks) -> None:
        """Ten workers at once: one holds it, and nine know who."""
        taken = await asyncio.gather(*(locks.take(TEAM, NAME, holder(nth)) for nth in range(10)))
        assert len({one.holder for one in taken}) == 1
        assert sorted(one.place for one in taken) == list(range(10))

    async def test_who_holds_a_lock_may_take_it_again(self, locks: Locks) -> None:
        """A reply was lost, or another worker goes on with the same call."""
        for _ in range(2):
            assert (await locks.take(TEAM, NAME, holder(0))).place == 0

    async def test_a_lock_given_back_is_free(self, locks: Locks) -> None:
        """For whoever asks next."""
        await locks.take(TEAM, NAME, holder(0))
        assert (await locks.take(TEAM, NAME, holder(1))).holder == holder(0)
        await locks.give_back(TEAM, NAME, holder(0))
        assert (await locks.take(TEAM, NAME, holder(1))).place == 0

    async def test_who_gives_a_lock_back_is_told_who_is_first_now(self, locks: Locks, later: Later) -> None:
        """That one is woken; who was before it has not asked for long, and is gone."""
        await locks.take(TEAM, NAME, holder(0))
        await locks.take(TEAM, NAME, holder(1))
        await later(LINE_S)
        for nth in (2, 3):
            await locks.take(TEAM, NAME, holder(nth))
        assert await locks.give_back(TEAM, NAME, holder(2)) is None, "it holds none"
        assert await locks.give_back(TEAM, NAME, holder(0)) == THREADS[2]
        await locks.take(TEAM, NAME, holder(2))
        await locks.take(TEAM, NAME, holder(3))
        assert await locks.give_back(TEAM, NAME, holder(2)) == THREADS[3]
        await locks.take(TEAM, NAME, holder(3))
        assert await locks.give_back(TEAM, NAME, holder(3)) is None, "nobody waits"

    async def test_nobody_gives_anothers_lock_back(self, locks: Locks) -> None:
        """A slow worker comes back after its task has taken the lock for a newer call, or another task has."""
        await locks.take(TEAM, NAME, holder(0))
        await locks.take(TEAM, NAME, holder(0, version=9))
        await locks.give_back(TEAM, NAME, holder(0))
        await locks.give_back(TEAM, NAME, holder(1))
        assert (await locks.take(TEAM, NAME, holder(1))).holder == holder(0, version=9)

    async def test_a_lock_is_taken_over_from_the_one_that_was_named_only(self, locks: Locks) -> None:
        """What was seen not to need it may have been followed by one that does."""
        await locks.take(TEAM, NAME, holder(0))
        assert (await locks.take(TEAM, NAME, holder(1), over=holder(2))).place == 1
        assert (await locks.take(TEAM, NAME, holder(1), over=holder(0))).place == 0
        assert (await locks.take(TEAM, NAME, holder(2), over=holder(0))).holder == holder(1)

    async def test_who_came_first_is_first(self, locks: Locks) -> None:
        """Nobody starves, however many ask and however often."""
        await locks.take(TEAM, NAME, holder(0))
        for nth in (3, 1, 2):
            await locks.take(TEAM, NAME, holder(nth))
        await locks.give_back(TEAM, NAME, holder(0))
        assert [(await locks.take(TEAM, NAME, holder(nth))).place for nth in (0, 1, 2)] == [4, 2, 3]
        assert (await locks.take(TEAM, NAME, holder(3))).place == 0

    async def test_a_place_in_the_line_is_the_threads(self, locks: Locks) -> None:
        """Its call is named anew when it is looked at again."""
        await locks.take(TEAM, NAME, holder(0))
        await locks.take(TEAM, NAME, holder(1))
        await locks.take(TEAM, NAME, holder(2))
        assert (await locks.take(TEAM, NAME, holder(1, version=8))).place == 1

    async def test_who_does_not_ask_any_more_is_not_waited_for(self, locks: Locks, later: Later) -> None:
        """Its task was paused or aborted."""
        await locks.take(TEAM, NAME, holder(0))
        await locks.take(TEAM, NAME, holder(1))
        await later(LINE_S)
        await locks.take(TEAM, NAME, holder(2))
        await locks.give_back(TEAM, NAME, holder(0))
        assert (await locks.take(TEAM, NAME, holder(2))).place == 0

    async def test_a_thread_that_takes_its_lock_anew_lets_those_who_wait_go_first(self, locks: Locks) -> None:
        """A task with many steps must not keep the others out."""
        await locks.take(TEAM, NAME, holder(0))
        await locks.take(TEAM, NAME, holder(1))
        assert (await locks.take(TEAM, NAME, holder(0, version=9))).place == 2
        assert (await locks.take(TEAM, NAME, holder(1), over=holder(0))).place == 0

    async def test_other_names_and_teams_are_other_locks(self, locks: Locks) -> None:
        """Whatever the name holds: it comes from arguments."""
        names = [NAME, "service:cart", "", "a" * 200_000, "cs:{3}:thread:x", "\ud800"]
        for team in (TEAM, OTHER_TEAM):
            for nth, name in enumerate(names):
                assert (await locks.take(team, name, holder(nth))).place == 0


async def begun(store: Store, thread_id: ThreadId = THREAD) -> Committed | NotCommitted:
    """Commit the beginning of a task."""
    before = await store.load(thread_id)
    return await store.commit(before, Transition(checkpoint=new_task(thread_id), begins=True), entry(1))


class SwitchLaws:
    """Laws of switch, stands and log, and of what the store refuses meanwhile."""

    async def test_a_stop_that_was_never_pulled_does_not_stand(self, switch: Switch) -> None:
        """And has no log."""
        assert await switch.stands(TEAM) is None
        assert await switch.log(TEAM) == []

    async def test_it_stands_as_it_was_last_switched(self, switch: Switch) -> None:
        """By whom, and when."""
        for is_stopped, by in ((True, "U0ONE"), (False, "U0TWO"), (True, "the command line")):
            done = await switch.switch(TEAM, is_stopped=is_stopped, by=by)
            assert (done.is_stopped, done.by) == (is_stopped, by)
            assert await switch.stands(TEAM) == done
        assert await switch.stands(OTHER_TEAM) is None

    async def test_the_log_says_who_switched_it(self, switch: Switch) -> None:
        """For ever, and each once."""
        for is_stopped, by in ((True, "U0ONE"), (True, "U0TWO"), (False, "U0TWO")):
            await switch.switch(TEAM, is_stopped=is_stopped, by=by)
        assert [(line.what, line.by) for line in await switch.log(TEAM)] == [
            ("stop_all", "U0ONE"), ("resume_all", "U0TWO"),
        ]  # fmt: skip

    async def test_pulled_twice_it_says_who_was_first(self, switch: Switch) -> None:
        """The second is told, and all is seen to once more."""
        first = await switch.switch(TEAM, is_stopped=True, by="U0ONE")
        assert await switch.switch(TEAM, is_stopped=True, by="U0TWO") == first

    async def test_while_it_is_pulled_nothing_begins_in_any_shard(self, switch: Switch, store: Store) -> None:
        """A claim that comes after the answer finds it, wherever its thread is kept."""
        await switch.switch(TEAM, is_stopped=True, by="U0ONE")
        for thread_id in THREADS:
            done = await begun(store, thread_id)
            assert isinstance(done, NotCommitted)
            assert (done.why, done.outcome.partition(" ")[2]) == ("stopped", "U0ONE")
            assert (await store.load(thread_id)).checkpoint is None
        await switch.switch(TEAM, is_stopped=False, by="U0TWO")
        for thread_id in THREADS:
            assert isinstance(await begun(store, thread_id), Committed)

    async def test_while_it_is_pulled_everything_else_goes_on(self, switch: Switch, store: Store) -> None:
        """What runs ends, and people decide."""
        assert isinstance(await begun(store), Committed)
        await switch.switch(TEAM, is_stopped=True, by="U0ONE")
        before = await store.load(THREAD)
        done = await store.commit(before, step(before), entry(2))
        assert isinstance(done, Committed)

    async def test_another_teams_stop_stops_nobody_here(self, switch: Switch, store: Store) -> None:
        """One deployment may serve several some day."""
        await switch.switch(OTHER_TEAM, is_stopped=True, by="U0ONE")
        assert isinstance(await begun(store), Committed)

    async def test_who_waits_is_due_once_it_is_lifted(self, switch: Switch, store: Store) -> None:
        """Not when it would have looked again; and who came too late to wait is told so."""
        for thread_id in THREADS:
            assert isinstance(await begun(store, thread_id), Committed)
            assert await switch.waits(thread_id) is None
        done = await switch.switch(TEAM, is_stopped=True, by="U0ONE")
        for thread_id in THREADS[1:]:
            assert await switch.waits(thread_id) == done
        assert await store.overdue(100) == []
        await switch.switch(TEAM, is_stopped=False, by="U0TWO")
        assert sorted(await store.overdue(100)) == THREADS[1:]
        assert await switch.waits(THREADS[0]) is None

    async def test_there_is_nothing_to_mend_after_an_answer(self, switch: Switch) -> None:
        """Whoever looks after it looks once a moment, for ever."""
        for is_stopped in (True, False):
            await switch.switch(TEAM, is_stopped=is_stopped, by="U0ONE")
            assert not await switch.mend(TEAM)
        assert not await switch.mend(OTHER_TEAM)

    async def test_a_log_that_can_not_be_read_keeps_nobody_from_stopping(
        self, switch: Switch, store: Store, damage: Damage
    ) -> None:
        """An emergency does not wait for history, whether it was lifted before or not."""
        for was_stopped in (True, False):
            await switch.switch(TEAM, is_stopped=was_stopped, by="U0ONE")
            await damage()
            done = await switch.switch(TEAM, is_stopped=True, by="U0TWO")
            assert (done.is_stopped, done.by) == (True, "U0TWO")
            assert "What was switched before can't be read" in done.words
            assert isinstance(await begun(store), NotCommitted)
            assert await switch.stands(TEAM) == done, "the newest line can be read again"

    async def test_who_lifts_a_stop_that_can_not_be_read_is_told_what_is_known(
        self, switch: Switch, store: Store, damage: Damage
    ) -> None:
        """Who had pulled it, and when, by the marks that are left."""
        pulled = await switch.switch(TEAM, is_stopped=True, by="U0ONE")
        await damage()
        stands = await switch.stands(TEAM)
        assert stands is not None
        assert (stands.is_stopped, stands.by, stands.at) == (True, "U0ONE", pulled.at)
        assert "can't be read" in stands.doubt
        done = await switch.switch(TEAM, is_stopped=False, by="U0TWO")
        assert not done.is_stopped
        assert pulled.words in done.words
        assert isinstance(await begun(store), Committed)

    async def test_lifting_what_nothing_says_was_pulled_says_so(self, switch: Switch, damage: Damage) -> None:
        """The log can't be read, and no mark stands."""
        for is_stopped in (True, False):
            await switch.switch(TEAM, is_stopped=is_stopped, by="U0ONE")
        await damage()
        assert await switch.stands(TEAM) is None
        done = await switch.switch(TEAM, is_stopped=False, by="U0TWO")
        assert "No mark says that anything was stopped." in done.words

    async def test_of_two_operators_at_once_all_shards_obey_the_last(self, switch: Switch, store: Store) -> None:
        """Whoever it is, the log, the state and the shards agree."""
        for _ in range(5):
            await asyncio.gather(
                *(switch.switch(TEAM, is_stopped=nth % 2 == 0, by=f"U{nth}") for nth in range(4)),
            )
            stands = await switch.stands(TEAM)
            assert stands is not None
            whys = set()
            for thread_id in THREADS:
                before = await store.load(thread_id)
                if before.checkpoint is None:
                    done = await begun(store, thread_id)
                else:
                    after = step(before)
                    moved = Transition(checkpoint=after.checkpoint, begins=True)
                    done = await store.commit(before, moved, entry(after.checkpoint.version))
                whys.add(isinstance(done, NotCommitted))
            assert whys == {stands.is_stopped}
