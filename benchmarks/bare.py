"""The floor of a step and of a timer: one script over a bare client.

A step compares a version and writes a checkpoint and a line. A timer is a member of a sorted set, which a loop reads as
it comes due and takes out, one script for each.
"""

import asyncio
from itertools import count
from statistics import median
from time import perf_counter
from typing import cast

from redis.asyncio import Redis

from agent_core.adapters.system_clock import SystemClock
from benchmarks.wire import Json, orders, tell

KEYS = ["cs:{0}:thread:floor", "cs:{0}:journal:floor"]
CHECKPOINT, LINE = b"c" * 1000, b"l" * 400
STEP = """
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'checkpoint', ARGV[2])
redis.call('RPUSH', KEYS[2], ARGV[3])
return 1
"""
DUE = "floor:due"
FIRE = """
local time = redis.call('TIME')
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], 'fired')
return {time[1], time[2]}
"""
SWEEP_S, SWEPT, NEVER = 0.05, 500, 1e11


class Bare:
    """A bare client and its scripts."""

    def __init__(self, redis: Redis) -> None:
        """Hold the client."""
        self._redis = redis
        self._step = redis.register_script(STEP)
        self._fire = redis.register_script(FIRE)
        self._versions = count()
        self._names = count()

    async def steps(self, how_many: int) -> Json:
        """Write so many steps, one after the other."""
        times = []
        for _ in range(how_many):
            began = perf_counter()
            await self._step(keys=KEYS, args=[next(self._versions), CHECKPOINT, LINE])
            times.append((perf_counter() - began) * 1000)
        return {"wall_ms": median(times)} if times else {}

    async def timers(self, due: list[float]) -> Json:
        """Have so many members due at these times; take each as it comes, and say how late."""
        if not due:
            return {}
        for at in range(0, len(due), SWEPT):
            await self._redis.zadd(DUE, {f"m{next(self._names)}": score for score in due[at : at + SWEPT]})
        left, late = sum(score < NEVER for score in due), list[float]()
        while len(late) < left:
            late += await self._swept()
            await SystemClock().sleep(SWEEP_S)
        return {"late_s": late}

    async def _swept(self) -> list[float]:
        seconds, micros = await self._redis.time()
        now = seconds + micros / 1e6
        found = cast(
            "list[tuple[bytes, float]]",
            await self._redis.zrange(DUE, "-inf", now, byscore=True, offset=0, num=SWEPT, withscores=True),
        )
        times = await asyncio.gather(*(self._fire(keys=[DUE, "floor:fired"], args=[name]) for name, _ in found))
        pairs = zip(times, found, strict=True)
        return [int(time[0]) + int(time[1]) / 1e6 - score for time, (_, score) in pairs]


async def main() -> None:
    """Follow orders."""
    asked = orders()
    given = await anext(asked)
    async with Redis.from_url(given["redis_url"], max_connections=SWEPT * 2) as redis:
        bare = Bare(redis)
        await redis.ping()
        tell({"url": ""})
        async for order in asked:
            tell({**await bare.steps(order.get("steps", 0)), **await bare.timers(order.get("timers", []))})


if __name__ == "__main__":
    asyncio.run(main())
