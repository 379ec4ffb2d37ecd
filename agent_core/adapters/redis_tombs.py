"""Tombstones on Redis: beside their thread's other keys, each behind the head that it names.

So a script can compare heads without reading what is sealed.
"""

from agent_core.adapters.redis_client import Commands, listed, octets
from agent_core.adapters.redis_keys import keys_of
from agent_core.codec import HEAD_CHARS, Codec
from agent_core.ports.archive import Tombstone
from agent_core.stored import TOMBSTONE
from agent_core.words import ThreadId, shard_of


class Tombs:
    """Reads tombstones, and writes them as they are stored."""

    def __init__(self, commands: Commands, codec: Codec) -> None:
        self._commands = commands
        self._codec = codec

    async def of(self, thread_id: ThreadId, *, newest: int = 0) -> list[Tombstone]:
        """Give a thread's tombstones, oldest first, or only so many of the newest; raise Unreadable."""
        (found,) = await self._commands.send([("LRANGE", tomb_key(thread_id), -newest, -1)])
        return [self._codec.unseal(TOMBSTONE, octets(raw)[HEAD_CHARS:], thread_id) for raw in listed(found)]

    def stored(self, tombstone: Tombstone) -> bytes:
        """Write a tombstone."""
        return tombstone.head.encode() + self._codec.seal(TOMBSTONE, tombstone, tombstone.thread_id)


def tomb_key(thread_id: ThreadId) -> str:
    """Name a thread's tombstones."""
    keys_of(thread_id)  # for its check of the ID
    return f"cs:{{{shard_of(thread_id)}}}:tomb:{thread_id}"
