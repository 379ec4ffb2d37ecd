"""What every Archive keeps to. An implementation's tests subclass ArchiveLaws and give a ``scene`` fixture."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from agent_core.checkpoint import Checkpoint
from agent_core.codec import Codec, Link
from agent_core.effects import AskModel, Say
from agent_core.inputs import Start
from agent_core.ports import Loaded, Store
from agent_core.ports.archive import Archive, Kept, Tombstone
from agent_core.transition import Transition
from agent_core.words import EffectId, PersonId, ThreadId
from tests.examples import KEY, NOON, REQUESTER, THREAD, entry, new_task
from tests.laws.stage import step

OTHER = ThreadId("T0TEAM:C0STAGING:1772452800.000101")
HOLDER = "worker-1"
CODEC = Codec(KEY)
BARE = Start(by=REQUESTER, purpose="(erased)")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An archive with the store of the same threads."""

    store: Store
    archive: Archive
    settle: Callable[[ThreadId], Awaitable[None]]
    later: Callable[[], Awaitable[None]]

    async def begin(self, thread_id: ThreadId = THREAD) -> Loaded:
        """Commit three versions of a task."""
        task = new_task(thread_id)
        before = await self.store.load(thread_id)
        await self.store.commit(before, Transition(checkpoint=task, effects=(AskModel(),)), entry(1))
        for version in (2, 3):
            before = await self.store.load(thread_id)
            await self.store.commit(before, step(before, Say(words=f"{version}")), entry(version))
        return await self.store.load(thread_id)

    async def taken(self, thread_id: ThreadId = THREAD) -> tuple[Kept, list[Link]]:
        """Take out a thread whole."""
        kept = await self.archive.whole(thread_id)
        assert kept is not None
        return kept, (await self.archive.links(thread_id))[2]

    async def stone(self, thread_id: ThreadId = THREAD) -> Tombstone:
        """Make the tombstone of a thread as it is."""
        loaded = await self.store.load(thread_id)
        assert loaded.checkpoint is not None
        return Tombstone(
            thread_id=thread_id,
            version=loaded.checkpoint.version,
            head=loaded.head,
            length=loaded.length,
            how="succeeded",
            finished_at=NOON,
            purged_at=NOON,
        )


def task_in(loaded: Loaded) -> Checkpoint:
    """Give the task that was loaded."""
    assert loaded.checkpoint is not None
    return loaded.checkpoint


class ArchiveLaws:
    """Laws of looking, taking out, burying and putting back."""

    async def test_every_thread_is_named_once(self, scene: Scene) -> None:
        """What is not listed can't be purged, kept or explained."""
        assert await scene.archive.threads() == []
        for thread_id in (THREAD, OTHER):
            await scene.begin(thread_id)
        assert sorted(await scene.archive.threads()) == sorted([THREAD, OTHER])

    async def test_a_thread_is_taken_out_as_it_is_stored(self, scene: Scene) -> None:
        """Sealed and chained: whoever has the key can check it."""
        loaded = await scene.begin()
        kept, links = await scene.taken()
        assert (kept.version, kept.head, kept.length) == (3, loaded.head, 3)
        assert [link.head for link in links][-1] == loaded.head
        assert list(kept.outbox) == list(await scene.store.outbox(THREAD))
        assert await scene.archive.whole(OTHER) is None

    async def test_a_page_of_links_comes_with_the_head_before_it(self, scene: Scene) -> None:
        """Long journals are read in pages."""
        await scene.begin()
        _, links = await scene.taken()
        assert await scene.archive.links(THREAD, 1, 1) == (1, links[0].head, links[1:2])
        assert await scene.archive.links(THREAD, -1) == (2, links[1].head, links[2:])
        assert await scene.archive.links(OTHER) == (0, "", [])

    async def test_a_thread_that_is_being_worked_on_is_not_buried(self, scene: Scene) -> None:
        """Nor one with effects that are still to be performed."""
        await scene.begin()
        stone = await scene.stone()
        assert not await scene.archive.bury(stone)
        lease = await scene.store.take(THREAD, HOLDER, 60)
        assert lease is not None
        await scene.store.settle(lease, list(await scene.store.outbox(THREAD)))
        assert not await scene.archive.bury(stone)
        await scene.store.release(lease, version=3, due=None)
        assert await scene.archive.bury(stone)

    async def test_a_thread_that_moved_on_is_not_buried(self, scene: Scene) -> None:
        """Somebody acted between the look and the burial."""
        await scene.begin()
        await scene.settle(THREAD)
        stone = await scene.stone()
        assert not await scene.archive.bury(replace(stone, version=2))
        assert not await scene.archive.bury(replace(stone, head="0" * 64))
        assert not await scene.archive.bury(replace(stone, thread_id=OTHER))
        assert await scene.archive.tombstones(THREAD) == []

    async def test_a_tombstone_remains_of_a_buried_thread_and_nothing_else(self, scene: Scene) -> None:
        """The last head: whoever kept a copy can still show that it is the true one."""
        await scene.begin()
        await scene.settle(THREAD)
        stone = await scene.stone()
        assert await scene.archive.bury(stone)
        assert await scene.archive.tombstones(THREAD) == [stone]
        assert await scene.archive.threads() == []
        assert (await scene.store.load(THREAD)).checkpoint is None
        assert await scene.store.overdue(10) == []
        assert not await scene.archive.bury(stone)

    async def test_a_thread_comes_back_as_it_was_taken_out(self, scene: Scene) -> None:
        """After a lost disk: the same task, journal and pending effects, and it is looked at at once."""
        loaded = await scene.begin()
        kept, links = await scene.taken()
        pending = await scene.store.outbox(THREAD)
        journal = await scene.store.journal(THREAD)
        await scene.settle(THREAD)
        assert await scene.archive.bury(await scene.stone())
        await scene.archive.stage(THREAD, links[:1], first=True)
        await scene.archive.stage(THREAD, links[1:], first=False)
        assert await scene.archive.restore(kept, was=kept.head) == "restored"
        again = await scene.store.load(THREAD)
        assert replace(again, now=loaded.now) == loaded
        assert await scene.store.outbox(THREAD) == pending
        assert await scene.store.journal(THREAD) == journal
        assert await scene.store.overdue(10) == [THREAD]

    async def test_what_was_pending_at_the_taking_out_may_have_been_tried(self, scene: Scene) -> None:
        """Whoever drains it first looks before it posts: the file does not say what was posted already."""
        await scene.begin()
        kept, links = await scene.taken()
        await scene.settle(THREAD)
        assert await scene.archive.bury(await scene.stone())
        await scene.archive.stage(THREAD, links, first=True)
        await scene.archive.restore(kept, was=kept.head)
        lease = await scene.store.take(THREAD, HOLDER, 15.0)
        assert lease is not None
        assert not lease.first
        assert not lease.alone

    async def test_nothing_is_put_over_a_thread_that_is_there(self, scene: Scene) -> None:
        """A newer state must not be lost to an older file."""
        loaded = await scene.begin()
        kept, links = await scene.taken()
        await scene.archive.stage(THREAD, links, first=True)
        assert await scene.archive.restore(kept, was=kept.head) == "exists"
        assert (await scene.store.load(THREAD)).head == loaded.head

    async def test_only_the_thread_that_was_buried_rises(self, scene: Scene) -> None:
        """A file of an earlier state of it is not what was purged."""
        await scene.begin()
        kept, links = await scene.taken()
        await scene.settle(THREAD)
        assert await scene.archive.bury(await scene.stone())
        await scene.archive.stage(THREAD, links, first=True)
        assert await scene.archive.restore(kept, was=links[1].head) == "buried"
        assert (await scene.store.load(THREAD)).checkpoint is None

    async def test_a_journal_that_is_not_all_there_is_not_put_back(self, scene: Scene) -> None:
        """Two imports at once, or one that was cut off."""
        await scene.begin()
        kept, links = await scene.taken()
        elsewhere = replace(kept, thread_id=OTHER, outbox=dict[EffectId, bytes]())
        assert await scene.archive.restore(elsewhere, was=kept.head) == "incomplete"
        await scene.archive.stage(OTHER, links, first=True)
        await scene.archive.stage(OTHER, links, first=True)
        await scene.archive.stage(OTHER, links[:1], first=False)
        assert await scene.archive.restore(elsewhere, was=kept.head) == "incomplete"
        assert (await scene.store.load(OTHER)).checkpoint is None

    async def test_a_link_is_put_in_other_words_under_the_head_that_stood_there(self, scene: Scene) -> None:
        """Together with the checkpoint, and nothing else moves."""
        loaded = await scene.begin()
        await scene.settle(THREAD)
        kept, links = await scene.taken()
        bare = CODEC.erased(links[1], entry(2, BARE), thread_id=THREAD, previous=links[0].head, position=1)
        changed = replace(kept, checkpoint=CODEC.encode(replace(task_in(loaded), purpose="(erased)")))
        assert await scene.archive.rewrite(changed, {1: bare})
        again = await scene.store.load(THREAD)
        assert (again.head, again.length, task_in(again).purpose) == (loaded.head, loaded.length, "(erased)")
        assert await scene.store.journal(THREAD) == [entry(1), entry(2, BARE), entry(3)]

    async def test_nothing_is_put_in_other_words_where_something_else_stands(self, scene: Scene) -> None:
        """Another head, another place, a version later, or while somebody works."""
        await scene.begin()
        kept, links = await scene.taken()
        bare = CODEC.erased(links[1], entry(2, BARE), thread_id=THREAD, previous=links[0].head, position=1)
        assert not await scene.archive.rewrite(kept, {1: bare}), "effects are pending"
        await scene.settle(THREAD)
        kept, _ = await scene.taken()
        assert not await scene.archive.rewrite(kept, {0: bare})
        assert not await scene.archive.rewrite(replace(kept, version=2), {1: bare})
        assert not await scene.archive.rewrite(replace(kept, head="0" * 64), {1: bare})
        lease = await scene.store.take(THREAD, HOLDER, 60)
        assert lease is not None
        assert not await scene.archive.rewrite(kept, {1: bare})
        assert await scene.store.journal(THREAD) == [entry(1), entry(2), entry(3)]

    async def test_of_each_person_the_newest_erasure_is_on_record(self, scene: Scene) -> None:
        """From its beginning on, and with what it left at its end."""
        assert await scene.archive.erasures() == []
        first = await scene.archive.erasing(PersonId("U0ONE"))
        other = await scene.archive.erasing(PersonId("U0TWO"))
        assert sorted(await scene.archive.erasures(), key=str) == sorted([first, other], key=str)
        left = replace(first, left=(THREAD, OTHER))
        await scene.archive.left(left)
        assert sorted(await scene.archive.erasures(), key=str) == sorted([left, other], key=str)

    async def test_an_erasure_that_ends_after_a_later_one_began_says_nothing_of_it(self, scene: Scene) -> None:
        """What the later one leaves, it says itself."""
        first = await scene.archive.erasing(PersonId("U0ONE"))
        await scene.later()
        second = await scene.archive.erasing(PersonId("U0ONE"))
        await scene.archive.left(replace(first, left=(THREAD,)))
        assert await scene.archive.erasures() == [second]
        assert second.at > first.at
