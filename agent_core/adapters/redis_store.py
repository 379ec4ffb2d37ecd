"""The Store port on Redis: every change is one script, and Redis runs a script alone.

Read-then-write would let two approvals in, so each script checks what its writer had seen and then writes all of it,
by the server's own clock. Nothing is repeated here after a lost reply; only a note that another line came before is
written again behind that line. The scripts stand beside this file, in lua/.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import cast
from weakref import WeakValueDictionary

from redis.asyncio import Redis

from agent_core.adapters.anchors import Anchors
from agent_core.adapters.redis_batches import Reply
from agent_core.adapters.redis_client import Commands, listed, micros, number, octets, server_time, text
from agent_core.adapters.redis_keys import DUE_KEYS, keys_of, seen_key
from agent_core.adapters.redis_stop import StopMarks, hurry
from agent_core.adapters.redis_tombs import Tombs
from agent_core.adapters.redis_words import (
    ahead_of,
    check_whole,
    lease_of,
    millis,
    not_after,
    not_committed,
    readable,
    scored,
)
from agent_core.checkpoint import Checkpoint
from agent_core.codec import Codec, Link
from agent_core.effects import Effect
from agent_core.errors import Broken
from agent_core.ports import Committed, Lease, Loaded, Look, NotCommitted, Quarantined, Step, StoreDown, Taking
from agent_core.records import Entry, Line, Note
from agent_core.transition import Transition, check_follows, left_to_do
from agent_core.values import replace
from agent_core.words import EffectId, ThreadId, version_of

SEEN_S = 3600
QUARANTINE_S = 3600
NOTE_TRIES = 16


class RedisStore:
    """Keeps threads in Redis. The client is the caller's, made by ``redis_client.connect`` and closed by the caller."""

    def __init__(self, redis: Redis, codec: Codec) -> None:
        self._codec = codec
        self._commands = Commands(redis)
        self._anchors = Anchors(Tombs(self._commands, codec))
        self._stop = StopMarks(self._commands)
        self._noting: WeakValueDictionary[ThreadId, asyncio.Lock] = WeakValueDictionary()

    async def load(self, thread_id: ThreadId, *, dedupe: str | None = None) -> Loaded:
        """Give the thread as it is, or with ``checkpoint`` None if there is none; raise Quarantined if unreadable."""
        keys = keys_of(thread_id)
        names = [keys.thread, keys.journal, *([] if dedupe is None else [seen_key(thread_id, dedupe)])]
        *found, seen = listed(await self._commands.run("load", names))
        return replace(await self._loaded(thread_id, found), seen=None if seen is None else text(seen))

    async def _loaded(self, thread_id: ThreadId, found: Sequence[Reply]) -> Loaded:
        """Read a thread as a script gives it."""
        version, raw, head, length, lines, *time = found
        checkpoint = None
        with readable():
            if any((version, raw, lines)):
                checkpoint = self._codec.decode(octets(raw), thread_id)
                check_whole(checkpoint, text(version), (text(length), number(lines)))
                await self._anchors.check(thread_id, number(length))
        return Loaded(checkpoint=checkpoint, head=text(head), length=number(length), now=server_time(time))

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
        after, keys = transitions[-1].checkpoint, keys_of(transition.checkpoint.thread_id)
        lines = [entry, *(step.entry for step in then)]
        links = self._codec.links(after.thread_id, before.head, before.length, lines)
        begins = any(one.begins for one in transitions)
        new, settled = left_to_do(transitions)
        names = [keys.thread, keys.journal, keys.outbox, keys.lease, keys.due, keys.stop]
        names += [] if dedupe is None else [seen_key(after.thread_id, dedupe)]
        args = [*self._moved(before, after, links[-1].head), micros(not_after(transitions)), *ahead_of(after)]
        args += [
            outcome,
            SEEN_S,
            "1" if begins else "",
            *(("", 0) if take is None else (take.holder, millis(take.lease_s))),
        ]
        args += [len(links), len(settled), *(link.to_bytes() for link in links), *sorted(settled), *self._sealed(new)]
        status, *rest = await self._run_commit(after.thread_id, names, args, begins=begins)
        if text(status) != "committed":
            return not_committed(text(status), text(rest[0]))
        *time, holder, alone, pending = rest
        length = before.length + len(links)
        loaded = Loaded(checkpoint=after, head=links[-1].head, length=length, now=server_time(time))
        self._anchors.acknowledged(after.thread_id, length, loaded.now)
        found = Look(loaded, new) if pending == len(new) else None  # what was pending before is not known here
        lease = lease_of(after.thread_id, text(holder), number(alone), found)
        loaded = replace(loaded, seen=None if dedupe is None else outcome)
        return Committed(loaded=loaded, holder=text(holder) or None, lease=lease)

    def _moved(self, before: Loaded, after: Checkpoint, head: str) -> list[str | bytes | int]:
        """Say from where to where a commit moves its thread."""
        version = "" if before.checkpoint is None else before.checkpoint.version
        return [after.thread_id, version, before.head, after.version, self._codec.encode(after), head]

    async def _run_commit(
        self, thread_id: ThreadId, names: list[str], args: list[str | bytes | int], *, begins: bool
    ) -> list[Reply]:
        """Run the commit script; where something begins, held to the emergency stop as it is on record."""
        if begins:
            await self._stop.pulled_for(thread_id)
        reply = listed(await self._commands.run("commit", names, args))
        if text(reply[0]) == "stopped" and await self._stop.lifted_for(thread_id):
            return listed(await self._commands.run("commit", names, args))
        return reply

    def _sealed(self, effects: Mapping[EffectId, Effect]) -> Iterator[str | bytes]:
        """Write effects as a script reads them: name, bytes, name, ..."""
        for name, effect in effects.items():
            yield from (name, self._codec.encode_effect(name, effect))

    async def note(self, thread_id: ThreadId, note: Note) -> None:
        """Append a line to the journal of an existing thread without moving its version."""
        keys = keys_of(thread_id)
        # Fifty people may be refused in one moment; in this process they queue, and only other processes get between.
        async with self._noting.setdefault(thread_id, asyncio.Lock()):
            for _ in range(NOTE_TRIES):
                (found,) = await self._commands.send([("HMGET", keys.thread, "head", "length")])
                head, length = listed(found)
                if head is None:
                    raise Broken("a note belongs to a thread that exists", thread=thread_id)
                link = self._codec.link(thread_id, text(head), number(length), note)
                follows: list[str | bytes | int] = [text(head), link.head, link.to_bytes()]
                if await self._commands.run("note", [keys.thread, keys.journal], follows):
                    return
        raise StoreDown("Too much is being written to this thread's journal.", sent=False)

    async def outbox(self, thread_id: ThreadId) -> dict[EffectId, Effect]:
        """Give the pending effects in the order in which they are to be performed."""
        (found,) = await self._commands.send([("HGETALL", keys_of(thread_id).outbox)])
        return self._pending(listed(found))

    def _pending(self, flat: Sequence[Reply]) -> dict[EffectId, Effect]:
        """Read effects as a hash gives them: name, bytes, name, ..."""
        stored = {EffectId(text(name)): octets(raw) for name, raw in zip(flat[::2], flat[1::2], strict=True)}
        with readable():
            return {name: self._codec.decode_effect(stored[name], name) for name in sorted(stored, key=version_of)}

    async def look(self, lease: Lease, known: Loaded) -> Look | None:
        """Give the thread and its pending effects as of one moment, or None if the lease is no longer this holder's."""
        keys = keys_of(lease.thread_id)
        names = [keys.thread, keys.journal, keys.outbox, keys.lease]
        reply = await self._commands.run("look", names, [lease.holder, known.head])
        if reply is None:
            return None
        effects, seconds, microseconds, *found = listed(reply)
        time = (seconds, microseconds)
        now = replace(known, now=server_time(time))
        loaded = await self._loaded(lease.thread_id, (*found, *time)) if found else now
        return Look(loaded, self._pending(listed(effects)))

    async def take(self, thread_id: ThreadId, holder: str, lease_s: float) -> Lease | None:
        """Take the thread's lease, unless another holds it; the thread is looked at again when the lease ends."""
        keys = keys_of(thread_id)
        names = [keys.thread, keys.journal, keys.outbox, keys.lease, keys.due]
        taken = await self._commands.run("take", names, [thread_id, holder, millis(lease_s)])
        if taken is None:
            return None
        alone, effects, seconds, microseconds, *thread = listed(taken)
        found = None
        with suppress(Quarantined):  # The lease is held all the same, by whoever is to set the thread aside.
            loaded = await self._loaded(thread_id, (*thread, seconds, microseconds))
            found = Look(loaded, self._pending(listed(effects)))
        return lease_of(thread_id, holder, number(alone), found)

    async def renew(self, lease: Lease, lease_s: float) -> bool:
        """Prolong the lease, or say False if it is no longer this holder's."""
        keys = keys_of(lease.thread_id)
        return bool(
            await self._commands.run("renew", [keys.lease, keys.due], [lease.thread_id, lease.holder, millis(lease_s)])
        )

    async def settle(self, lease: Lease, effect_ids: Sequence[EffectId]) -> bool:
        """Remove performed effects, or say False if the lease is no longer this holder's."""
        keys = keys_of(lease.thread_id)
        return bool(await self._commands.run("settle", [keys.lease, keys.outbox], [lease.holder, *effect_ids]))

    async def release(
        self, lease: Lease, *, version: int, due: datetime | None, settled: Collection[EffectId] = ()
    ) -> bool:
        """Give the lease back with what was performed removed, and say whether the thread is due at once."""
        keys = keys_of(lease.thread_id)
        return bool(
            await self._commands.run(
                "release",
                [keys.thread, keys.outbox, keys.lease, keys.due],
                [lease.thread_id, lease.holder, version, micros(due), *settled],
            )
        )

    async def hurry(self, thread_id: ThreadId) -> None:
        """Have a thread looked at at once; while somebody drains it, when it is given back."""
        await hurry(self._commands, thread_id)

    async def overdue(self, limit: int) -> list[ThreadId]:
        """Give threads that must be looked at by now, the longest overdue first.

        Only the first time of each shard is asked for, and then more of the shards where it has come: the cost follows
        what is due, not what waits.
        """
        *earliest, time = await self._commands.send(
            [*(("ZRANGE", key, 0, 0, "WITHSCORES") for key in DUE_KEYS), ("TIME",)]
        )
        now = int(cast("int", micros(server_time(listed(time)))))
        shards = [key for key, first in zip(DUE_KEYS, earliest, strict=True) if first and scored(first)[0][0] <= now]
        found = await self._commands.send(
            ("ZRANGE", key, "-inf", now, "BYSCORE", "LIMIT", 0, limit, "WITHSCORES") for key in shards
        )
        waiting = sorted(pair for shard in found for pair in scored(shard))
        return [ThreadId(name) for _, name in waiting[:limit]]

    async def journal(self, thread_id: ThreadId, start: int = 0, count: int = 100) -> list[Line]:
        """Give lines of the journal, oldest first, from position ``start`` (negative: from the end)."""
        begin, previous, links = await self.links(thread_id, start, count)
        with readable():
            return self._codec.lines(thread_id, links, start=begin, previous=previous)

    async def links(self, thread_id: ThreadId, start: int = 0, count: int = 100) -> tuple[int, str, list[Link]]:
        """Give journal lines as they are stored, for an auditor: the first position, the head before it, the links."""
        begin, before, page = listed(await self._commands.run("journal", [keys_of(thread_id).journal], [start, count]))
        return (
            number(begin),
            Link.from_bytes(octets(before)).head,
            [Link.from_bytes(octets(raw)) for raw in listed(page)],
        )

    async def quarantine(self, thread_id: ThreadId) -> None:
        """Leave a thread alone for an hour; its bytes stay as they are.

        Not for ever: a newer version in a rolling upgrade, or the right key, can read what this process cannot.
        """
        keys = keys_of(thread_id)
        await self._commands.run("quarantine", [keys.lease, keys.due], [thread_id, QUARANTINE_S])
