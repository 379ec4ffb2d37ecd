"""What every Store keeps to. An implementation's tests subclass StoreLaws and give a ``stage`` fixture."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from agent_core.checkpoint import NEWEST_SCHEMA
from agent_core.codec import Codec
from agent_core.effects import AskModel, PostCard, Say, UpdateCard
from agent_core.errors import Broken
from agent_core.ports import Committed, NotCommitted, Quarantined
from agent_core.transition import Transition
from agent_core.words import EffectId, ThreadId, effect_id_of
from tests.examples import CARD, CHECKPOINTS, EFFECTS, INPUTS, KEY, NOTE, RECORDS, THREAD, entry, new_task
from tests.laws.chain_laws import ChainLaws
from tests.laws.lease_laws import LeaseLaws
from tests.laws.stage import Stage, step

OTHER = ThreadId("T0TEAM:C0STAGING:1772452800.000101")
AGENT = ThreadId(f"{THREAD}/scout")


class StoreLaws(ChainLaws, LeaseLaws):
    """Laws of load, commit, note and journal; LeaseLaws has those of leases, ChainLaws of what follows at once."""

    async def test_there_is_nothing_where_nothing_was_committed(self, stage: Stage) -> None:
        """Asking about a thread does not make one."""
        loaded = await stage.store.load(THREAD)
        assert (loaded.checkpoint, loaded.head, loaded.length, loaded.seen) == (None, "", 0, None)
        assert await stage.store.outbox(THREAD) == {}
        assert await stage.store.journal(THREAD) == []

    async def test_every_phase_is_loaded_as_it_was_committed(self, stage: Stage) -> None:
        """A restart changes nothing."""
        for nth, checkpoint in enumerate(CHECKPOINTS):
            thread_id = ThreadId(f"T0TEAM:C0STAGING:1772452800.{nth:06d}")
            kept = replace(checkpoint, thread_id=thread_id)
            before = await stage.store.load(thread_id)
            done = await stage.store.commit(before, Transition(checkpoint=kept), entry(kept.version))
            assert isinstance(done, Committed)
            assert done.loaded.checkpoint == kept
            loaded = await stage.store.load(thread_id)
            assert replace(loaded, now=done.loaded.now) == done.loaded

    async def test_of_two_commits_of_one_version_the_first_wins(self, stage: Stage) -> None:
        """Two people press Approve at once: one act, not two."""
        before = await stage.begin()
        first, second = step(before, memory="first"), step(before, memory="second")
        assert isinstance(await stage.store.commit(before, first, entry(2)), Committed)
        assert await stage.store.commit(before, second, entry(2)) == NotCommitted(why="lost")
        loaded = await stage.store.load(THREAD)
        assert loaded.checkpoint == first.checkpoint
        assert loaded.length == 2

    async def test_of_fifty_commits_at_once_one_wins_whole(self, stage: Stage) -> None:
        """However they interleave, one checkpoint, one line and one effect are there."""
        before = await stage.begin()
        racers = [step(before, Say(words=str(nth)), memory=str(nth)) for nth in range(50)]
        done = await asyncio.gather(*(stage.store.commit(before, racer, entry(2)) for racer in racers))
        assert Counter(type(each) for each in done) == {Committed: 1, NotCommitted: 49}
        loaded = await stage.store.load(THREAD)
        assert loaded.checkpoint is not None
        assert list((await stage.store.outbox(THREAD)).values()) == [Say(words=loaded.checkpoint.memory)]
        assert len(await stage.store.journal(THREAD)) == 2

    async def test_a_thread_is_begun_once(self, stage: Stage) -> None:
        """Two deliveries of one mention open one task."""
        before = await stage.store.load(THREAD)
        both = [stage.store.commit(before, Transition(checkpoint=new_task()), entry(1)) for _ in range(2)]
        done = await asyncio.gather(*both)
        assert sorted(type(each).__name__ for each in done) == ["Committed", "NotCommitted"]

    async def test_a_commit_that_is_lost_changes_nothing(self, stage: Stage) -> None:
        """All of a transition, or none of it."""
        before = await stage.begin(AskModel())
        now = await stage.go_on(before, UpdateCard(card=CARD.key))
        pending = await stage.store.outbox(THREAD)
        stale = step(before, Say(words="lost"), settled=frozenset(pending))
        done = await stage.store.commit(before, stale, entry(2), dedupe="T:1", outcome="no")
        assert done == NotCommitted(why="lost")
        assert await stage.store.outbox(THREAD) == pending
        loaded = await stage.store.load(THREAD, dedupe="T:1")
        assert (loaded.checkpoint, loaded.head, loaded.length, loaded.seen) == (now.checkpoint, now.head, 2, None)

    async def test_a_transition_that_skips_a_version_is_a_defect(self, stage: Stage) -> None:
        """Effects are named by versions, so none may be left out or used twice."""
        before = await stage.begin()
        assert before.checkpoint is not None
        skips = Transition(checkpoint=replace(before.checkpoint, version=3))
        with pytest.raises(Broken):
            await stage.store.commit(before, skips, entry(3))

    async def test_a_repeated_delivery_gets_the_first_outcome(self, stage: Stage) -> None:
        """Slack sends a click again when our answer was lost."""
        before = await stage.begin()
        done = await stage.store.commit(before, step(before), entry(2), dedupe="T:C:1.2", outcome="approve")
        assert isinstance(done, Committed)
        assert done.loaded.seen == "approve"
        again = await stage.store.commit(done.loaded, step(done.loaded), entry(3), dedupe="T:C:1.2", outcome="other")
        assert again == NotCommitted(why="repeated", outcome="approve")
        assert (await stage.store.load(THREAD, dedupe="T:C:1.2")).seen == "approve"
        assert (await stage.store.load(THREAD, dedupe="T:C:9.9")).seen is None

    async def test_an_empty_outcome_is_an_outcome(self, stage: Stage) -> None:
        """That something was done before must not depend on what was said of it."""
        before = await stage.begin()
        done = await stage.store.commit(before, step(before), entry(2), dedupe="T:1")
        assert isinstance(done, Committed)
        again = await stage.store.commit(done.loaded, step(done.loaded), entry(3), dedupe="T:1")
        assert again == NotCommitted(why="repeated", outcome="")

    async def test_a_repeat_is_told_before_it_is_called_lost(self, stage: Stage) -> None:
        """A lost reply: the caller knows the old version only, and must learn that its own commit was the first."""
        before = await stage.begin()
        await stage.store.commit(before, step(before), entry(2), dedupe="T:1", outcome="mine")
        again = await stage.store.commit(before, step(before), entry(2), dedupe="T:1", outcome="mine")
        assert again == NotCommitted(why="repeated", outcome="mine")

    async def test_a_commit_is_late_by_the_stores_own_clock(self, stage: Stage) -> None:
        """An approval after the expiry counts for nothing, whatever the bot's clock says."""
        before = await stage.begin()
        transition = replace(step(before), not_after=before.now + timedelta(seconds=SHORT_WAIT_S / 2))
        await stage.later(SHORT_WAIT_S)
        assert await stage.store.commit(before, transition, entry(2)) == NotCommitted(why="late")
        in_time = replace(transition, not_after=before.now + timedelta(minutes=1))
        assert isinstance(await stage.store.commit(before, in_time, entry(2)), Committed)

    async def test_the_stores_clock_goes_on(self, stage: Stage) -> None:
        """What is loaded later says so."""
        before = await stage.begin()
        await stage.later(SHORT_WAIT_S)
        assert (await stage.store.load(THREAD)).now - before.now >= timedelta(seconds=SHORT_WAIT_S * 0.9)

    async def test_effects_come_back_in_the_order_of_their_making(self, stage: Stage) -> None:
        """Version before version, what people see before the work: ten must not come before nine."""
        loaded = await stage.begin(AskModel(), PostCard(card=CARD.key))
        for nth in range(2, 12):
            loaded = await stage.go_on(loaded, Say(words=str(nth)))
        pending = await stage.store.outbox(THREAD)
        assert list(pending) == [
            effect_id_of(THREAD, 1, 0),
            effect_id_of(THREAD, 1, 99),
            *(effect_id_of(THREAD, version, 0) for version in range(2, 12)),
        ]
        assert list(pending.values())[:2] == [PostCard(card=CARD.key), AskModel()]

    async def test_every_kind_of_effect_comes_back_as_it_was(self, stage: Stage) -> None:
        """A worker performs what was decided."""
        await stage.begin(*EFFECTS)
        pending = (await stage.store.outbox(THREAD)).values()
        assert sorted(pending, key=lambda effect: effect.kind) == sorted(EFFECTS, key=lambda effect: effect.kind)

    async def test_a_transition_takes_the_effects_it_names_as_settled(self, stage: Stage) -> None:
        """The result of a call and the end of its effect are one write."""
        before = await stage.begin(AskModel(), Say(words="hello"))
        asked = effect_id_of(THREAD, 1, 99)
        never = EffectId(f"{THREAD}/7/0")
        done = await stage.store.commit(before, step(before, settled=frozenset({asked, never})), entry(2))
        assert isinstance(done, Committed)
        assert list((await stage.store.outbox(THREAD)).values()) == [Say(words="hello")]

    async def test_the_journal_keeps_every_line_in_order(self, stage: Stage) -> None:
        """Inputs of every kind, and what followed."""
        loaded = await stage.begin()
        entries = [entry(1)]
        for given in INPUTS:
            line = entry(len(entries) + 1, given, *RECORDS)
            done = await stage.store.commit(loaded, step(loaded), line)
            assert isinstance(done, Committed)
            loaded = done.loaded
            entries.append(line)
        assert await stage.store.journal(THREAD) == entries
        assert await stage.store.journal(THREAD, 3, 2) == entries[3:5]
        assert await stage.store.journal(THREAD, -2) == entries[-2:]
        assert await stage.store.journal(THREAD, -1000, 2) == entries[:2]
        assert await stage.store.journal(THREAD, 1000) == []
        assert await stage.store.journal(THREAD, 0, 0) == []

    async def test_a_note_moves_no_version_but_the_journal(self, stage: Stage) -> None:
        """A refusal is on record, and whoever decided before it looks again."""
        before = await stage.begin()
        await stage.store.note(THREAD, NOTE)
        loaded = await stage.store.load(THREAD)
        assert loaded.checkpoint == before.checkpoint
        assert loaded.length == 2
        assert loaded.head != before.head
        assert await stage.store.journal(THREAD) == [entry(1), NOTE]
        assert await stage.store.commit(before, step(before), entry(2)) == NotCommitted(why="lost")
        assert isinstance(await stage.store.commit(loaded, step(loaded), entry(2)), Committed)

    async def test_notes_at_once_are_all_kept(self, stage: Stage) -> None:
        """Fifty people are refused in one moment: fifty lines."""
        await stage.begin()
        notes = [replace(NOTE, words=f"No {nth}.") for nth in range(50)]
        await asyncio.gather(*(stage.store.note(THREAD, note) for note in notes))
        kept = await stage.store.journal(THREAD, 1)
        assert len(kept) == len(notes)
        assert set(kept) == set(notes)

    async def test_a_note_needs_a_thread(self, stage: Stage) -> None:
        """A journal without a task would be nobody's."""
        with pytest.raises(Broken):
            await stage.store.note(THREAD, NOTE)
        assert (await stage.store.load(THREAD)).length == 0

    async def test_damaged_bytes_set_their_thread_aside_and_no_other(self, stage: Stage) -> None:
        """The people of the thread are told; everybody else goes on."""
        await stage.begin()
        other = await stage.begin(thread_id=OTHER)
        raw = bytearray(await stage.raw(THREAD))
        raw[len(raw) // 2] ^= 1
        await stage.overwrite(THREAD, bytes(raw))
        with pytest.raises(Quarantined, match="changed or moved") as caught:
            await stage.store.load(THREAD)
        assert "operator" in caught.value.instead
        assert await stage.raw(THREAD) == bytes(raw)
        assert (await stage.go_on(other)).length == 2

    async def test_a_checkpoint_of_another_thread_is_not_taken_for_ones_own(self, stage: Stage) -> None:
        """Threat A6: an approval cannot be copied to where nobody gave it."""
        await stage.begin()
        await stage.begin(thread_id=OTHER)
        await stage.overwrite(THREAD, await stage.raw(OTHER))
        with pytest.raises(Quarantined):
            await stage.store.load(THREAD)

    async def test_an_older_checkpoint_is_not_taken_for_the_newest(self, stage: Stage) -> None:
        """A spent approval must not come back with the bytes of yesterday."""
        before = await stage.begin()
        old = await stage.raw(THREAD)
        await stage.go_on(before)
        await stage.overwrite(THREAD, old)
        with pytest.raises(Quarantined):
            await stage.store.load(THREAD)

    async def test_a_newer_schema_sets_its_thread_aside_with_words(self, stage: Stage) -> None:
        """After a roll-back people learn why their task stands still."""
        loaded = await stage.begin()
        assert loaded.checkpoint is not None
        newer = Codec(KEY, schema=NEWEST_SCHEMA + 1)
        await stage.overwrite(THREAD, newer.encode(loaded.checkpoint))
        with pytest.raises(Quarantined, match="newer version"):
            await stage.store.load(THREAD)

    async def test_an_agents_thread_is_not_its_parents(self, stage: Stage) -> None:
        """They share a shard, and nothing else."""
        parent = await stage.begin(Say(words="parent"))
        await stage.begin(Say(words="agent"), thread_id=AGENT)
        assert list((await stage.store.outbox(THREAD)).values()) == [Say(words="parent")]
        assert list((await stage.store.outbox(AGENT)).values()) == [Say(words="agent")]
        assert (await stage.go_on(parent)).length == 2

    @pytest.mark.parametrize(
        "crafted",
        [
            "T0TEAM:C0STAGING:1772452800.000100:x",
            "T0TEAM:C0STAGING:1772452800.000100/",
            "T0TEAM:C0STAGING:1772452800.000100\n",
            "T0TEAM:C0STAGING:1772452800.000100}:thread:x",
            "T0TEAM:{0}:1772452800.000100",
            "T0TEAM:C0STAGING:١٢",
            "a:b",
            "",
        ],
    )
    async def test_a_crafted_id_reaches_no_thread(self, stage: Stage, crafted: str) -> None:
        """Whatever a payload claims, it names a thread of its own or none."""
        before = await stage.begin()
        for ask in (stage.store.load(ThreadId(crafted)), stage.store.load(OTHER, dedupe=f"{crafted} *")):
            with suppress(Broken):  # A store that makes keys of names refuses these.
                loaded = await ask
                assert (loaded.checkpoint, loaded.seen) == (None, None)
        loaded = await stage.store.load(THREAD)
        assert (loaded.checkpoint, loaded.head) == (before.checkpoint, before.head)


SHORT_WAIT_S = 0.03
