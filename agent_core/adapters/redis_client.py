"""A Redis client that never repeats a command by itself, and says of each failure whether the command was sent.

A lost reply says nothing about what happened, so nothing is retried here: whoever asked reads back by its own token.
Time-outs are short, because Slack waits three seconds for a click. Scripts run by their hash; only where the server
does not know one yet, which means that it did not run, is it sent whole. Times in Redis are whole microseconds since
1970.
"""

import asyncio
import hashlib
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import cast
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.exceptions import (
    NoScriptError,
    RedisError,
    ResponseError,
)

from agent_core.adapters.redis_batches import Batches, Command, Reply
from agent_core.adapters.redis_cluster import CLUSTER_SCHEMES, Address, ClusterBatches, ClusterClient
from agent_core.adapters.redis_pools import TIMEOUT_S, NotSent, Pool, pool_of
from agent_core.errors import Broken
from agent_core.ports import StoreDown

CONNECTIONS = 64
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CARRIERS: WeakKeyDictionary[Redis, Batches] = WeakKeyDictionary()

REFUSALS = {
    "OOM": "Redis is out of memory.",
    "READONLY": "This Redis is a read-only replica.",
    "LOADING": "Redis is still loading its data.",
    "MISCONF": "Redis cannot write to its disk.",
    "NOAUTH": "Redis wants a password.",
    "NOPERM": "The Redis user may not run what we need.",
    "WRONGPASS": "Redis does not accept the password.",
    "BUSY": "Redis is busy with a script.",
    "MASTERDOWN": "This Redis has lost its master.",
    "NOREPLICAS": "Redis has too few replicas to accept writes.",
    "CLUSTERDOWN": "The Redis cluster is down.",
    "TRYAGAIN": "The Redis cluster is moving these keys.",
    "UNBLOCKED": "Redis changed its role.",
}
"""Errors with which Redis refuses a command whole, by their first word."""


def connect(
    url: str, *, username: str | None = None, password: str | None = None, connections: int = CONNECTIONS
) -> Redis:
    """Make a client for this URL; it connects when it is first used and closes its own connections.

    The URL is a server's, or names Sentinels (redis_pools.py) or a cluster (redis_cluster.py); ValueError otherwise.
    """
    given = {"username": username, "password": password}
    credentials = {name: value for name, value in given.items() if value is not None}
    scheme, _, rest = url.partition("://")
    if scheme not in CLUSTER_SCHEMES:
        return Redis.from_pool(pool_of(url, connections=connections, **credentials))
    node_url = f"{scheme.removesuffix('+cluster')}://{rest}"

    def pool_at(address: Address) -> Pool:
        host, port = address
        pool = pool_of(node_url, connections=connections, **credentials)
        pool.connection_kwargs |= {"host": host, "port": port}
        return pool

    return ClusterClient.over(pool_of(node_url, connections=connections, **credentials), pool_at)


@contextmanager
def asking() -> Generator[None]:
    """Turn the client's errors into StoreDown, which says whether the command was sent; let no cancel be lost."""
    task = asyncio.current_task()
    cancels = task.cancelling() if task else 0
    try:
        yield
    except NotSent as error:
        why = refusal(error.__cause__ or error) or str(error)
        raise StoreDown(f"Redis cannot be reached: {why}", sent=False) from error
    except (RedisError, OSError) as error:
        words = refusal(error)
        if words is not None:
            raise StoreDown(words, sent=False) from error
        if isinstance(error, ResponseError):
            raise Broken("Redis takes every command of ours", kind=type(error).__name__) from error
        raise StoreDown(f"Redis did not answer: {error}", sent=True) from error
    finally:
        # Until Python 3.12 the wait_for with which the client sends forgets a cancel that comes as it ends; whoever
        # stops this task would wait for it for ever.
        if task is not None and task.cancelling() > cancels:
            raise asyncio.CancelledError


def refusal(error: BaseException) -> str | None:
    """Say why Redis refused a command whole, if that is what it did."""
    text = str(error)
    code = getattr(error, "status_code", None) or text.partition(" ")[0]
    if code in REFUSALS:
        return REFUSALS[code]
    # Before 7.0 an error inside a script is told as the script's own, with the cause in it.
    return next((words for code, words in REFUSALS.items() if f" -{code} " in text), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One of our scripts, and the hash by which a server knows it."""

    text: str
    sha: str


@cache
def script_of(name: str) -> Script:
    """Read one of our scripts."""
    text = resources.files("agent_core.adapters").joinpath("lua", f"{name}.lua").read_text("utf-8")
    return Script(text=text, sha=hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


class Commands:
    """Runs our scripts by name, and plain commands together; both travel with what other tasks ask."""

    def __init__(self, redis: Redis) -> None:
        self._batches = batches_of(redis)

    async def run(self, name: str, keys: Sequence[str], args: Sequence[str | bytes | int] = ()) -> Reply:
        """Run a script and give its reply; raise StoreDown or Broken."""
        script = script_of(name)
        with asking():
            try:
                return await self._batches.ask(("EVALSHA", script.sha, len(keys), *keys, *args))
            except NoScriptError:
                return await self._batches.ask(("EVAL", script.text, len(keys), *keys, *args))

    async def send(self, commands: Iterable[Command]) -> list[Reply]:
        """Send commands together and give their replies; raise StoreDown or Broken."""
        with asking():
            return await self._batches.ask_all(commands)


def batches_of(redis: Redis) -> Batches | ClusterBatches:
    """Give what carries this client's commands, so that all that share a client share round trips as well."""
    if isinstance(redis, ClusterClient):
        return ClusterBatches(redis.masters)
    return CARRIERS.setdefault(redis, Batches(redis, timeout_s=TIMEOUT_S))


def listed(reply: Reply) -> list[Reply]:
    """Take a reply that is a list."""
    return cast("list[Reply]", reply)


def octets(reply: Reply) -> bytes:
    """Take a reply that is a string of bytes; nothing is an empty one."""
    return cast("bytes", reply or b"")


def text(reply: Reply) -> str:
    """Take a reply that is text; nothing is an empty one."""
    return octets(reply).decode()


def number(reply: Reply) -> int:
    """Take a reply that is a whole number, in whichever form; nothing is 0."""
    return int(cast("bytes | int", reply or 0))


def micros(at: datetime | None) -> int | str:
    """Write a time as Redis keeps it; no time is an empty string."""
    return "" if at is None else (at - EPOCH) // MICROSECOND


def server_time(time: Sequence[Reply]) -> datetime:
    """Read what Redis's TIME said."""
    seconds, microseconds = time
    return EPOCH + timedelta(seconds=number(seconds), microseconds=number(microseconds))
