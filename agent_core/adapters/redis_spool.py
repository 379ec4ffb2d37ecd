"""The Spool port on Redis: one sealed value for each call that printed something for longer than a second."""

import re

from pydantic import TypeAdapter
from redis.asyncio import Redis

from agent_core.adapters.redis_client import Commands, octets
from agent_core.codec import Codec, Unreadable
from agent_core.errors import Broken
from agent_core.shapes import EXACT, Shape

TAIL: Shape[str] = Shape("tail", lambda: TypeAdapter(tuple[str], config=EXACT))
KEPT_S = 7 * 24 * 3600
KEY = re.compile(r"[0-9a-f]{1,64}-[0-9]{1,20}(-readback)?")


class RedisSpool:
    """The Spool port."""

    def __init__(self, redis: Redis, codec: Codec) -> None:
        self._commands = Commands(redis)
        self._codec = codec

    async def keep(self, key: str, text: str) -> None:
        """Keep this in the place of what was kept for the call of this idempotency key."""
        await self._commands.send([("SET", spool_key(key), self._codec.seal(TAIL, text, key), "EX", KEPT_S)])

    async def newest(self, key: str) -> str:
        """Give what is kept for a call, or nothing; what can't be read is nothing, since it only helps to look."""
        (raw,) = await self._commands.send([("GET", spool_key(key))])
        try:
            return self._codec.unseal(TAIL, octets(raw), key) if raw is not None else ""
        except Unreadable:
            return ""


def spool_key(key: str) -> str:
    """Name the place of one call."""
    if not KEY.fullmatch(key):
        raise Broken("an idempotency key has its pattern before it reaches the store", length=len(key))
    return f"cs:tail:{key}"
