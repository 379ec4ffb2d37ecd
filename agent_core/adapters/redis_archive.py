"""The Archive port on Redis: whole threads, each put back or buried by one script.

A long journal is laid ready in pages under a key of its own that goes by itself after an hour; the script then gives it
the journal's name, which costs the same however long it is. Tombstones stand beside their thread's other keys, each
behind the head that it names, so that a script can compare heads without reading what is sealed.
"""

from collections.abc import Mapping
from typing import Literal, cast

from redis.asyncio import Redis

from agent_core.adapters.redis_client import Commands, asking, listed, number, octets, text
from agent_core.adapters.redis_keys import keys_of
from agent_core.adapters.redis_store import RedisStore, readable
from agent_core.adapters.redis_views import list_keys
from agent_core.codec import HEAD_CHARS, Codec, Link
from agent_core.ports.archive import Kept, Tombstone
from agent_core.stored import TOMBSTONE
from agent_core.words import EffectId, ThreadId, shard_of, team_of

STAGED_S = 3600
SCANNED = 1000
THREADS = "cs:{*}:thread:"


class RedisArchive:
    """Takes threads out of Redis, puts them back and buries them. The client is the caller's."""

    def __init__(self, redis: Redis, codec: Codec) -> None:
        self._redis = redis
        self._codec = codec
        self._commands = Commands(redis)
        self._store = RedisStore(redis, codec)

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
        stone = tombstone.head.encode() + self._codec.seal(TOMBSTONE, tombstone, thread_id)
        buried = await self._commands.run("bury", names, [thread_id, tombstone.version, tombstone.head, stone])
        if not buried:
            return False
        tasks, by_time, finished = list_keys(team_of(thread_id))
        # On another slot, and a view: if this is lost, the list has a line too many until it leaves by itself.
        await self._commands.send(
            [("HDEL", tasks, thread_id), *(("ZREM", key, thread_id) for key in (by_time, finished))]
        )
        return True

    async def rewrite(self, kept: Kept, links: Mapping[int, Link]) -> bool:
        """Put other bytes in the place of a thread's checkpoint and of some links, under the same heads."""
        keys = keys_of(kept.thread_id)
        args: list[str | bytes | int] = [kept.version, kept.head, kept.checkpoint]
        for position, link in links.items():
            args += [position, link.to_bytes()]
        return bool(await self._commands.run("rewrite", [keys.thread, keys.journal, keys.outbox, keys.lease], args))

    async def tombstones(self, thread_id: ThreadId) -> list[Tombstone]:
        """Give the tombstones of a thread, oldest first."""
        (found,) = await self._commands.send([("LRANGE", tomb_key(thread_id), 0, -1)])
        with readable():
            return [self._codec.unseal(TOMBSTONE, octets(raw)[HEAD_CHARS:], thread_id) for raw in listed(found)]


def tomb_key(thread_id: ThreadId) -> str:
    """Name a thread's tombstones."""
    keys_of(thread_id)  # for its check of the ID
    return f"cs:{{{shard_of(thread_id)}}}:tomb:{thread_id}"


def staged_key(thread_id: ThreadId) -> str:
    """Name the journal that is laid ready for a thread."""
    keys_of(thread_id)  # for its check of the ID
    return f"cs:{{{shard_of(thread_id)}}}:staged:{thread_id}"
