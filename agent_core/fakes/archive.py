"""The Archive port in memory: a store that can also be asked for whole threads."""

from collections.abc import Mapping
from typing import Literal

from agent_core.codec import Codec, Link
from agent_core.fakes.store import FAKE_KEY, Kept as Stored, MemoryStore
from agent_core.ports import Clock
from agent_core.ports.archive import Erasure, Kept, Tombstone
from agent_core.stored import ERASURE, TOMBSTONE
from agent_core.words import PersonId, ThreadId


class MemoryArchive(MemoryStore):
    """Keeps threads as bytes in this process, and their tombstones."""

    def __init__(self, clock: Clock, codec: Codec | None = None) -> None:
        super().__init__(clock, codec)
        self._sealing = codec or Codec(FAKE_KEY)
        self._staged: dict[ThreadId, list[bytes]] = {}
        self._erasures: dict[PersonId, bytes] = {}
        self._tombs: dict[ThreadId, list[tuple[str, bytes]]] = {}

    async def threads(self) -> list[ThreadId]:
        """Name every thread that is kept, in no order."""
        now = await self._reached()
        return [name for name in list(self.kept) if self._find(name, now)]

    async def whole(self, thread_id: ThreadId) -> Kept | None:
        """Give a thread as it is stored, or None if there is none."""
        found = self._find(thread_id, await self._reached())
        if found is None:
            return None
        return Kept(
            thread_id=thread_id,
            version=found.version,
            head=found.head,
            length=len(found.journal),
            checkpoint=found.checkpoint,
            outbox=dict(found.outbox),
        )

    async def links(self, thread_id: ThreadId, start: int = 0, count: int = 100) -> tuple[int, str, list[Link]]:
        """Give journal lines as they are stored: the first position, the head before it, and the links."""
        found = self._find(thread_id, await self._reached())
        links = [Link.from_bytes(raw) for raw in found.journal] if found else []
        begin = max(0, len(links) + start) if start < 0 else start
        before = links[begin - 1].head if 0 < begin <= len(links) else ""
        return begin, before, links[begin : begin + count]

    async def stage(self, thread_id: ThreadId, links: list[Link], *, first: bool) -> None:
        """Lay journal lines ready to be put back, behind those laid before; ``first`` begins anew."""
        await self._reached()
        laid = [] if first else self._staged.get(thread_id, [])
        self._staged[thread_id] = [*laid, *(link.to_bytes() for link in links)]

    async def restore(self, kept: Kept, *, was: str) -> Literal["restored", "exists", "buried", "incomplete"]:
        """Put a thread back with the journal that was laid ready, whole or not at all; it is looked at at once."""
        now = await self._reached()
        if self._find(kept.thread_id, now):
            return "exists"
        stones = self._tombs.get(kept.thread_id, [])
        if stones and stones[-1][0] != was:
            return "buried"
        if len(self._staged.get(kept.thread_id, [])) != kept.length:
            return "incomplete"
        self.kept[kept.thread_id] = Stored(
            version=kept.version,
            checkpoint=kept.checkpoint,
            head=kept.head,
            journal=self._staged.pop(kept.thread_id),
            outbox=dict(kept.outbox),
        )
        self._drainers[kept.thread_id] = ""
        self._look_again(kept.thread_id, now)
        return "restored"

    async def bury(self, tombstone: Tombstone) -> bool:
        """Put a tombstone in a thread's place; False if it moved on, is being worked on or has pending effects."""
        now = await self._reached()
        name = tombstone.thread_id
        found = self._find(name, now)
        if found is None or (found.version, found.head) != (tombstone.version, tombstone.head):
            return False
        if found.outbox or self._holder(name, now):
            return False
        sealed = self._sealing.seal(TOMBSTONE, tombstone, name)
        self._tombs.setdefault(name, []).append((tombstone.head, sealed))
        del self.kept[name]
        self._look_again(name, None)
        return True

    async def rewrite(self, kept: Kept, links: Mapping[int, Link]) -> bool:
        """Put other bytes in the place of a thread's checkpoint and of some links, under the same heads."""
        now = await self._reached()
        found = self._find(kept.thread_id, now)
        if found is None or (found.version, found.head) != (kept.version, kept.head):
            return False
        if found.outbox or self._holder(kept.thread_id, now):
            return False
        if any(not found.journal[at].startswith(link.head.encode()) for at, link in links.items()):
            return False
        found.checkpoint = kept.checkpoint
        for at, link in links.items():
            found.journal[at] = link.to_bytes()
        return True

    async def erasing(self, person: PersonId) -> Erasure:
        """Keep on record, from now on, that this person's words so far are erased; no thread is left yet."""
        erasure = Erasure(person=person, at=await self._reached())
        self._erasures[person] = self._sealing.seal(ERASURE, erasure, person)
        return erasure

    async def left(self, erasure: Erasure) -> None:
        """Keep on record which threads an erasure has left, unless a later one of this person has begun."""
        await self._reached()
        newest = self._sealing.unseal(ERASURE, self._erasures[erasure.person], erasure.person)
        if newest.at == erasure.at:
            self._erasures[erasure.person] = self._sealing.seal(ERASURE, erasure, erasure.person)

    async def erasures(self) -> list[Erasure]:
        """Give what is on record: of each person the newest erasure."""
        await self._reached()
        return [self._sealing.unseal(ERASURE, raw, person) for person, raw in self._erasures.items()]

    async def tombstones(self, thread_id: ThreadId) -> list[Tombstone]:
        """Give the tombstones of a thread, oldest first."""
        await self._reached()
        return [self._sealing.unseal(TOMBSTONE, raw, thread_id) for _, raw in self._tombs.get(thread_id, [])]
