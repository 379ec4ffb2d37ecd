"""The Archive port on Redis: whole threads, each put back or buried by one script.

A long journal is laid ready in pages under a key of its own that goes by itself after an hour; the script then gives it
the journal's name, which costs the same however long it is.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, cast

from redis.asyncio import Redis

from agent_core.adapters.redis_client import Commands, asking, listed, number, octets, server_time, text
from agent_core.adapters.redis_keys import keys_of
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.redis_tombs import Tombs, tomb_key
from agent_core.adapters.redis_views import list_keys
from agent_core.adapters.redis_words import readable
from agent_core.codec import Codec, Link
from agent_core.ports.archive import Erasure, Kept, Tombstone
from agent_core.stored import ERASURE
from agent_core.words import EffectId, PersonId, ThreadId, shard_of, team_of

STAGED_S = 3600
SCANNED = 1000
THREADS = "cs:{*}:thread:"
ERASED = "cs:{erased}:words"  # of the whole store: a file may come back of a workspace that has no thread left


class RedisArchive:
    """Takes threads out of Redis, puts them back and buries them. The client is the caller's."""

    def __init__(self, redis: Redis, codec: Codec) -> None:
        self._redis = redis
        self._codec = codec
        self._commands = Commands(redis)
        self._store = RedisStore(redis, codec)
        self._tombs = Tombs(self._commands, codec)

    async def threads(self) -> list[ThreadId]:
        """Name every thread that is kept, in no order."""
        found: set[ThreadId] = set()  # a scan may give a key twice
        with asking():
            async for key in self._redis.scan_iter(match=f"{THREADS}*", count=SCANNED):
                found.add(ThreadId(octets(key).decode().split(":thread:", 1)[1]))
        return list(found)

    async def whole(self, thread_id: ThreadId) -> Kept | None:
        """Give a thread as it is stored, or None if there is none."""
        keys = keys_of(thread_id)
        version, head, length, checkpoint, effects = listed(
            await self._commands.run("kept", [keys.thread, keys.outbox])
        )
        if version is None:
            return None
        flat = listed(effects)
        outbox = {EffectId(text(name)): octets(raw) for name, raw in zip(flat[::2], flat[1::2], strict=True)}
        return Kept(
            thread_id=thread_id,
            version=number(version),
            head=text(head),
            length=number(length),
            checkpoint=octets(checkpoint),
            outbox=outbox,
        )

    async def links(self, thread_id: ThreadId, start: int = 0, count: int = 100) -> tuple[int, str, list[Link]]:
        """Give journal lines as they are stored: the first position, the head before it, and the links."""
        return await self._store.links(thread_id, start, count)

    async def stage(self, thread_id: ThreadId, links: list[Link], *, first: bool) -> None:
        """Lay journal lines ready to be put back, behind those laid before; ``first`` begins anew."""
        lines = [link.to_bytes() for link in links]
        await self._commands.run("stage", [staged_key(thread_id)], ["1" if first else "", STAGED_S, *lines])

    async def restore(self, kept: Kept, *, was: str) -> Literal["restored", "exists", "buried", "incomplete"]:
        """Put a thread back with the journal that was laid ready, whole or not at all; it is looked at at once."""
        keys = keys_of(kept.thread_id)
        names = [keys.thread, keys.journal, keys.outbox, keys.due, tomb_key(kept.thread_id), staged_key(kept.thread_id)]
        args: list[str | bytes | int] = [kept.thread_id, was, kept.version, kept.checkpoint, kept.head, kept.length]
        for name, raw in kept.outbox.items():
            args += [name, raw]
        said = text(await self._commands.run("restore", names, args))
        return cast("Literal['restored', 'exists', 'buried', 'incomplete']", said)

    async def bury(self, tombstone: Tombstone) -> bool:
        """Put a tombstone in a thread's place; False if it moved on, is being worked on or has pending effects."""
        thread_id = tombstone.thread_id
        keys = keys_of(thread_id)
        names = [keys.thread, keys.journal, keys.outbox, keys.lease, keys.due, tomb_key(thread_id)]
        stone: list[str | bytes | int] = [thread_id, tombstone.version, tombstone.head, self._tombs.stored(tombstone)]
        buried = await self._commands.run("bury", names, stone)
        if not buried:
            return False
        tasks, *by_time = list_keys(team_of(thread_id))
        # On another slot, and a view: if this is lost, the list has a line too many until it leaves by itself.
        await self._commands.send([("HDEL", tasks, thread_id), *(("ZREM", key, thread_id) for key in by_time)])
        return True

    async def rewrite(self, kept: Kept, links: Mapping[int, Link]) -> bool:
        """Put other bytes in the place of a thread's checkpoint and of some links, under the same heads."""
        keys = keys_of(kept.thread_id)
        args: list[str | bytes | int] = [kept.version, kept.head, kept.checkpoint]
        for position, link in links.items():
            args += [position, link.to_bytes()]
        return bool(await self._commands.run("rewrite", [keys.thread, keys.journal, keys.outbox, keys.lease], args))

    async def erasing(self, person: PersonId) -> Erasure:
        """Keep on record, from now on, that this person's words so far are erased; no thread is left yet."""
        (time,) = await self._commands.send([("TIME",)])
        erasure = Erasure(person=person, at=server_time(listed(time)))
        await self._commands.send([("HSET", ERASED, person, self._codec.seal(ERASURE, erasure, person))])
        return erasure

    async def left(self, erasure: Erasure) -> None:
        """Keep on record which threads an erasure has left, unless a later one of this person has begun."""
        begun = self._codec.seal(ERASURE, replace(erasure, left=()), erasure.person)
        ended = self._codec.seal(ERASURE, erasure, erasure.person)
        await self._commands.run("left", [ERASED], [erasure.person, begun, ended])

    async def erasures(self) -> list[Erasure]:
        """Give what is on record: of each person the newest erasure."""
        (found,) = await self._commands.send([("HGETALL", ERASED)])
        flat = listed(found)
        with readable():
            return [
                self._codec.unseal(ERASURE, octets(raw), text(person))
                for person, raw in zip(flat[::2], flat[1::2], strict=True)
            ]

    async def tombstones(self, thread_id: ThreadId) -> list[Tombstone]:
        """Give the tombstones of a thread, oldest first."""
        with readable():
            return await self._tombs.of(thread_id)


def staged_key(thread_id: ThreadId) -> str:
    """Name the journal that is laid ready for a thread."""
    keys_of(thread_id)  # for its check of the ID
    return f"cs:{{{shard_of(thread_id)}}}:staged:{thread_id}"
