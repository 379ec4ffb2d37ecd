"""The Store port in memory. Time is the clock's; every method first lets others run, as a network would.

``down`` makes it unreachable, ``lose_replies`` makes so many commits take effect and then fail, and ``kept`` lets a
test damage what is stored.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent_core.codec import LEFT_ALONE, Codec, Corrupt, Link, Unreadable
from agent_core.effects import Effect
from agent_core.errors import Broken
from agent_core.fakes.clock import turns
from agent_core.phases import Opening
from agent_core.ports import Clock, Committed, Lease, Loaded, Look, NotCommitted, Quarantined, Step, StoreDown, Taking
from agent_core.records import Entry, Line, Note
from agent_core.rules.due import due as next_due
from agent_core.transition import Transition, check_follows, left_to_do
from agent_core.words import EffectId, TeamId, ThreadId, shard_of, team_of, version_of

SEEN_FOR = timedelta(hours=1)
OPENED_FOR = timedelta(hours=1)
QUARANTINE = timedelta(hours=1)
FAKE_KEY = b"a key for tests, of thirty-two b."


@dataclass(slots=True, kw_only=True)
class Kept:
    """All that is stored of one thread."""

    version: int
    checkpoint: bytes
    head: str
    journal: list[bytes] = field(default_factory=list)
    outbox: dict[EffectId, bytes] = field(default_factory=dict)
    expires_at: datetime | None = None

    def take(self, version: int, checkpoint: bytes, links: Sequence[Link]) -> None:
        """Move on to this version by these lines."""
        self.version, self.checkpoint, self.head = version, checkpoint, links[-1].head
        self.journal += [link.to_bytes() for link in links]


class MemoryStore:
    """Keeps threads as bytes in this process."""

    def __init__(self, clock: Clock, codec: Codec | None = None) -> None:
        self._clock = clock
        self._codec = codec or Codec(FAKE_KEY)
        self._leases: dict[ThreadId, tuple[str, datetime]] = {}
        self._drainers: dict[ThreadId, str] = {}
        self._due: dict[ThreadId, datetime] = {}
        self._hurried: dict[ThreadId, None] = {}
        self._seen: dict[tuple[int, str], tuple[str, datetime]] = {}
        self.kept: dict[ThreadId, Kept] = {}
        self.stops: dict[TeamId, str] = {}
        self.down: StoreDown | None = None
        self.lose_replies = 0

    async def load(self, thread_id: ThreadId, *, dedupe: str | None = None) -> Loaded:
        """Give the thread as it is, or with ``checkpoint`` None if there is none; raise Quarantined if unreadable."""
        now = await self._reached()
        return replace(self._loaded(thread_id, self._find(thread_id, now)), seen=self._outcome(thread_id, dedupe, now))

    def _loaded(self, thread_id: ThreadId, kept: Kept | None) -> Loaded:
        now = self._clock.now()
        if kept is None:
            return Loaded(checkpoint=None, head="", length=0, now=now)
        try:
            checkpoint = self._codec.decode(kept.checkpoint, thread_id)
            if checkpoint.version != kept.version:
                raise Corrupt("The stored checkpoint is not of the version that the thread is stored as.")
        except Unreadable as error:
            raise Quarantined(error.words, LEFT_ALONE) from error
        return Loaded(checkpoint=checkpoint, head=kept.head, length=len(kept.journal), now=now)

    async def commit(  # noqa: PLR0913 - before, then what; the rest is named at the call
        self,
        before: Loaded,
        transition: Transition,
        entry: Entry,
        *,
        dedupe: str | None = None,
        outcome: str = "",
        then: Sequence[Step] = (),
        take: Taking | None = None,
    ) -> Committed | NotCommitted:
        """Write checkpoint, journal entry, effects, settlements, due time and the dedupe mark; or nothing."""
        transitions = [transition, *(step.transition for step in then)]
        check_follows(before.checkpoint, transitions)
        written = self._codec.encode(after := transitions[-1].checkpoint)
        links = self._codec.links(after.thread_id, before.head, before.length, [entry, *(step.entry for step in then)])
        new, settled = left_to_do(transitions)
        now = await self._reached()
        if (no := self._refusal(before, transitions, dedupe, now)) is not None:
            return no
        kept = self.kept[after.thread_id] = self._find(after.thread_id, now) or Kept(version=0, checkpoint=b"", head="")
        kept.take(after.version, written, links)
        kept.outbox = {name: raw for name, raw in kept.outbox.items() if name not in settled}
        kept.outbox |= {name: self._codec.encode_effect(name, effect) for name, effect in new.items()}
        if isinstance(after.phase, Opening) and after.phase.opened_as:
            kept.expires_at = now + OPENED_FOR
        if dedupe is not None:
            self._seen[mark(after.thread_id, dedupe)] = (outcome, now + SEEN_FOR)
        loaded = Loaded(checkpoint=after, head=kept.head, length=len(kept.journal), now=now)
        is_free = kept.outbox and self._holder(after.thread_id, now) is None
        lease = self._lent(after.thread_id, take, now, Look(loaded, new)) if take and is_free else None
        self._look_again(after.thread_id, self._pending_at(after.thread_id, now) if kept.outbox else next_due(after))
        if self.lose_replies:
            self.lose_replies -= 1
            raise StoreDown("the reply was lost", sent=True)
        loaded = replace(loaded, seen=None if dedupe is None else outcome)
        return Committed(loaded=loaded, holder=self._holder(after.thread_id, now), lease=lease)

    async def note(self, thread_id: ThreadId, note: Note) -> None:
        """Append a line to the journal of an existing thread without moving its version."""
        now = await self._reached()
        kept = self._find(thread_id, now)
        if kept is None:
            raise Broken("a note belongs to a thread that exists", thread=thread_id)
        link = self._codec.link(thread_id, kept.head, len(kept.journal), note)
        kept.journal.append(link.to_bytes())
        kept.head = link.head

    async def outbox(self, thread_id: ThreadId) -> dict[EffectId, Effect]:
        """Give the pending effects in the order in which they are to be performed."""
        return self._pending(self._find(thread_id, await self._reached()))

    def _pending(self, kept: Kept | None) -> dict[EffectId, Effect]:
        stored = kept.outbox if kept else {}
        try:
            return {name: self._codec.decode_effect(stored[name], name) for name in sorted(stored, key=version_of)}
        except Unreadable as error:
            raise Quarantined(error.words, LEFT_ALONE) from error

    async def look(self, lease: Lease, known: Loaded) -> Look | None:
        """Give the thread and its pending effects as of one moment, or None if the lease is no longer this holder's."""
        now = await self._reached()
        if self._holder(lease.thread_id, now) != lease.holder:
            return None
        kept = self._find(lease.thread_id, now)
        if kept is not None and kept.head == known.head:
            return Look(replace(known, now=now), self._pending(kept))
        return Look(self._loaded(lease.thread_id, kept), self._pending(kept))

    async def take(self, thread_id: ThreadId, holder: str, lease_s: float) -> Lease | None:
        """Take the thread's lease, unless another holds it; the thread is looked at again when the lease ends."""
        now = await self._reached()
        if self._find(thread_id, now) is None:
            self._look_again(thread_id, None)
            return None
        if self._holder(thread_id, now) not in (None, holder):
            return None
        found = None
        with suppress(Quarantined):
            kept = self._find(thread_id, now)
            found = Look(self._loaded(thread_id, kept), self._pending(kept))
        return self._lent(thread_id, Taking(holder, lease_s), now, found)

    async def renew(self, lease: Lease, lease_s: float) -> bool:
        """Prolong the lease, or say False if it is no longer this holder's."""
        now = await self._reached()
        if self._holder(lease.thread_id, now) != lease.holder:
            return False
        self._lease(lease.thread_id, lease.holder, now + timedelta(seconds=lease_s))
        return True

    async def settle(self, lease: Lease, effect_ids: Sequence[EffectId]) -> bool:
        """Remove performed effects, or say False if the lease is no longer this holder's."""
        now = await self._reached()
        if self._holder(lease.thread_id, now) != lease.holder:
            return False
        kept = self._find(lease.thread_id, now)
        if kept is not None:
            kept.outbox = {name: raw for name, raw in kept.outbox.items() if name not in effect_ids}
        return True

    async def release(
        self, lease: Lease, *, version: int, due: datetime | None, settled: Collection[EffectId] = ()
    ) -> bool:
        """Give the lease back with what was performed removed, and say whether the thread is due at once."""
        now = await self._reached()
        if self._holder(lease.thread_id, now) != lease.holder:
            return False
        del self._leases[lease.thread_id]
        kept = self._find(lease.thread_id, now)
        if kept is None:
            self._look_again(lease.thread_id, None)
            return False
        kept.outbox = {name: raw for name, raw in kept.outbox.items() if name not in settled}
        hurried = lease.thread_id in self._hurried
        self._hurried.pop(lease.thread_id, None)
        is_due = hurried or kept.version != version or (due is None and bool(kept.outbox))
        self._look_again(lease.thread_id, now if is_due else due)
        return is_due

    async def hurry(self, thread_id: ThreadId) -> None:
        """Have a thread looked at at once; while somebody drains it, when it is given back."""
        now = await self._reached()
        if self._find(thread_id, now) is None:
            return
        if self._holder(thread_id, now):
            self._hurried[thread_id] = None
        else:
            self._look_again(thread_id, min(now, self._due.get(thread_id, now)))

    async def overdue(self, limit: int) -> list[ThreadId]:
        """Give threads that must be looked at by now, the longest overdue first."""
        now = await self._reached()
        waiting = sorted((at, name) for name, at in self._due.items() if at <= now)
        return [name for _, name in waiting[:limit]]

    async def journal(self, thread_id: ThreadId, start: int = 0, count: int = 100) -> list[Line]:
        """Give lines of the journal, oldest first, from position ``start`` (negative: from the end)."""
        kept = self._find(thread_id, await self._reached())
        links = [Link.from_bytes(raw) for raw in kept.journal] if kept else []
        begin = max(0, len(links) + start) if start < 0 else start
        page = links[begin : begin + max(0, count)]
        try:
            return self._codec.lines(
                thread_id, page, start=begin, previous=links[begin - 1].head if page and begin else ""
            )
        except Unreadable as error:
            raise Quarantined(error.words, LEFT_ALONE) from error

    async def quarantine(self, thread_id: ThreadId) -> None:
        """Leave a thread alone for an hour; its bytes stay as they are."""
        now = await self._reached()
        self._leases.pop(thread_id, None)  # Else giving it back would put the thread into the index sooner.
        self._due[thread_id] = now + QUARANTINE

    async def _reached(self) -> datetime:
        """Let others run, be unreachable if told so, and give the store's time."""
        await turns()
        if self.down is not None:
            raise self.down
        return self._clock.now()

    def _refusal(
        self, before: Loaded, transitions: Sequence[Transition], dedupe: str | None, now: datetime
    ) -> NotCommitted | None:
        thread_id = transitions[0].checkpoint.thread_id
        seen = self._outcome(thread_id, dedupe, now)
        if seen is not None:
            return NotCommitted(why="repeated", outcome=seen)
        kept = self._find(thread_id, now)
        stands = (kept.version, kept.head) if kept else None
        if stands != ((before.checkpoint.version, before.head) if before.checkpoint else None):
            return NotCommitted(why="lost")
        if any(one.not_after is not None and now > one.not_after for one in transitions):
            return NotCommitted(why="late")
        stop = self.stops.get(team_of(thread_id), "")
        if stop and any(one.begins for one in transitions):
            return NotCommitted(why="stopped", outcome=stop)
        return None

    def _find(self, thread_id: ThreadId, now: datetime) -> Kept | None:
        kept = self.kept.get(thread_id)
        if kept is not None and kept.expires_at is not None and kept.expires_at <= now:
            del self.kept[thread_id]
            return None
        return kept

    def _outcome(self, thread_id: ThreadId, dedupe: str | None, now: datetime) -> str | None:
        if dedupe is None:
            return None
        outcome, until = self._seen.get(mark(thread_id, dedupe), (None, now))
        return outcome if until > now else None

    def _holder(self, thread_id: ThreadId, now: datetime) -> str | None:
        holder, until = self._leases.get(thread_id, (None, now))
        return holder if until > now else None

    def _lent(self, thread_id: ThreadId, take: Taking, now: datetime, found: Look | None) -> Lease:
        self._lease(thread_id, take.holder, now + timedelta(seconds=take.lease_s))
        last, self._drainers[thread_id] = self._drainers.get(thread_id), take.holder
        found = found if found and found.pending.keys() == self.kept[thread_id].outbox.keys() else None
        alone = last in {None, take.holder}
        return Lease(thread_id=thread_id, holder=take.holder, alone=alone, first=last is None, found=found)

    def _lease(self, thread_id: ThreadId, holder: str, until: datetime) -> None:
        self._leases[thread_id] = (holder, until)
        self._due[thread_id] = until

    def _pending_at(self, thread_id: ThreadId, now: datetime) -> datetime:
        """Pending effects are due at once, but while somebody drains the thread they are his."""
        return self._leases[thread_id][1] if self._holder(thread_id, now) else now

    def _look_again(self, thread_id: ThreadId, at: datetime | None) -> None:
        if at is None:
            self._due.pop(thread_id, None)
        else:
            self._due[thread_id] = at


def mark(thread_id: ThreadId, dedupe: str) -> tuple[int, str]:
    """Name a dedupe mark as Redis does: marks are shared by the threads of one shard."""
    return shard_of(thread_id), dedupe
