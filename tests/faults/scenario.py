"""One deployment under load and under fire, from its start to the count of what became of it."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from agent_core.adapters.redis_client import connect
from tests.adapters.polling import until
from tests.cluster.kit import deployed
from tests.faults.chance import Chance
from tests.faults.crowd import CLOCK, PATIENCE_S, Crowd
from tests.faults.killers import Killer
from tests.faults.verdict import Verdict, judged
from tests.faults.world import furnish

Fire = Callable[[Killer], Coroutine[None, None, None]]
LOOK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Which processes there are, and what happens to them, all of it at once."""

    name: str
    members: Mapping[str, int]
    fires: tuple[Fire, ...]
    program: tuple[str, ...] = ("-m", "bot")


async def played(scenario: Scenario, folder: Path, seed: int | None = None) -> Verdict:
    """Play a scenario and give the verdict."""
    chance = Chance(seed)
    members = {"serve": 0, "work": 0} | dict(scenario.members)
    async with deployed(folder, furnish=furnish, program=scenario.program, **members) as cluster:
        killer, crowd, enough = Killer(cluster, chance), Crowd(cluster.slack, folder, chance), asyncio.Event()
        asking = asyncio.create_task(crowd.ask_until(enough))
        await asyncio.gather(*(fire(killer) for fire in scenario.fires))
        enough.set()
        await asking
        verdict = Verdict(name=scenario.name, seed=chance.seed, faults=killer.faults)
        verdict.lost += await undone(cluster.store.url, crowd)
        await asyncio.gather(*(member.kill() for member in cluster.members))
        return await judged(verdict, crowd, folder, redis_url=cluster.store.url, key_file=folder / "key")


async def undone(redis_url: str, crowd: Crowd) -> list[str]:
    """Wait until every task has ended and nothing is left to be done; name what is, if it takes too long."""
    redis = connect(redis_url)

    async def is_over() -> bool:
        if all(task.done() for task in crowd.seen_to) and not await due(redis):
            return True
        await CLOCK.sleep(LOOK_S)
        return False

    try:
        await until(is_over, "the end of all work", limit_s=PATIENCE_S)
    except AssertionError as still:
        return [str(still), *(f"{key!r} is due" for key in await due(redis))]
    finally:
        await redis.aclose()
    return []


async def due(redis: Redis) -> list[bytes]:
    """List the shards in which something is due, now or later."""
    return [key async for key in redis.scan_iter(match="cs:*:due", count=10_000)]
