"""How late the work is: by how much the thread that has waited longest for a worker is overdue.

A thread that is being drained is due when its lease ends, so it does not count. The figure is what more workers would
bring down, and so what a deployment may be scaled by.
"""

from redis.asyncio import Redis

from agent_core.adapters.redis_client import Commands, listed, octets, server_time
from agent_core.adapters.redis_keys import DUE_KEYS

MICROSECONDS = 1_000_000


class RedisDue:
    """Looks at the due index. The client is the caller's."""

    def __init__(self, redis: Redis) -> None:
        """Hold the client."""
        self._commands = Commands(redis)

    async def lag_s(self) -> float:
        """Give the seconds since which the longest overdue thread is due, 0 where none is; raise StoreDown."""
        *earliest, time = await self._commands.send(
            [*(("ZRANGE", key, 0, 0, "WITHSCORES") for key in DUE_KEYS), ("TIME",)]
        )
        now = server_time(listed(time)).timestamp()
        firsts = [float(octets(listed(first)[1])) / MICROSECONDS for first in earliest if first]
        return max(0.0, now - min(firsts, default=now))
