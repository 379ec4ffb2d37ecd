"""A Redis cluster: each command goes to the master that has its keys, and travels there with what others ask of it.

All keys of one script share a slot (redis_keys.py), so a thread lives on one master whole. Where a slot has moved, the
server that had it says so and has done nothing, so the command is sent again to the one that has it. A master that
can't be reached is looked for anew, once: until its replica is promoted, its threads can't be asked for; others can.

``redis+cluster://[user:password@]host:port`` names any one node (``rediss+…`` for TLS); the others are learnt from it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Self, TypeAlias, cast

from redis.asyncio import Redis
from redis.crc import key_slot
from redis.exceptions import AskError, MovedError, RedisError

from agent_core.adapters.redis_batches import Batches, Command, Reply
from agent_core.adapters.redis_pools import TIMEOUT_S, NotSent, Pool

CLUSTER_SCHEMES = ("redis+cluster", "rediss+cluster")
MOVES = 5  # of a slot, while one command is on its way
Address: TypeAlias = tuple[str, int]
Range: TypeAlias = tuple[int, int, tuple[bytes, int], *tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Node:
    """One master: a client of its own, and what is sent there together."""

    client: Redis
    batches: Batches


class Masters:
    """Which master has which slot, as the nodes themselves say; asked again when that turns out to be wrong."""

    def __init__(self, seed: Pool, pool_at: Callable[[Address], Pool]) -> None:
        """Hold the way to one node, and how a pool for any other is made."""
        client = Redis(connection_pool=seed)
        self._seed = Node(client, Batches(client, timeout_s=TIMEOUT_S))
        self._pool_at = pool_at
        self._nodes: dict[Address, Node] = {}
        self._slots: list[tuple[int, int, Address]] = []
        self._learning = asyncio.Lock()
        self.learnt = 0

    async def of(self, command: Command) -> Node:
        """Find the master that has a command's keys; one without keys goes to that of the first slot."""
        if not self._slots:
            await self.learn(self.learnt)
        slot = slot_of(command)
        for first, last, address in self._slots:
            if first <= slot <= last:
                return self.at(address)
        raise NotSent(f"No master has slot {slot}.")

    def at(self, address: Address) -> Node:
        """Give the node at an address."""
        if address not in self._nodes:
            client = Redis(connection_pool=self._pool_at(address))
            self._nodes[address] = Node(client, Batches(client, timeout_s=TIMEOUT_S))
        return self._nodes[address]

    async def learn(self, seen: int, *, best: Address | None = None) -> None:
        """Ask the nodes who has what, unless somebody has done so since ``seen``; raise NotSent if none answers.

        ``best`` is where the newest is known.
        """
        async with self._learning:
            if self.learnt != seen:
                return
            first = [self.at(best)] if best else []
            for node in [*first, *self._nodes.values(), self._seed]:
                try:
                    reply = await node.batches.ask(("CLUSTER", "SLOTS"))
                except (RedisError, OSError):
                    continue
                self._slots = [
                    (first, last, (host.decode(), port)) for first, last, (host, port, *_), *_ in slots(reply)
                ]
                self.learnt += 1
                return
            raise NotSent("No node of the cluster answers.")

    async def all(self) -> list[Redis]:
        """Give a client of each master."""
        await self.learn(self.learnt)
        return [self.at(address).client for address in sorted({address for _, _, address in self._slots})]

    async def aclose(self) -> None:
        """Close every connection."""
        for node in [self._seed, *self._nodes.values()]:
            await node.client.connection_pool.aclose()


def slots(reply: Reply) -> list[Range]:
    """Take a reply that is a list of ranges of slots: first, last, its master (host, port, ...), its replicas."""
    return cast("list[Range]", reply)


def slot_of(command: Command) -> int:
    """Give the slot of a command's first key; its others, if any, are in the same."""
    at = 3 if str(command[0]) in {"EVAL", "EVALSHA"} else 1
    if at >= len(command):
        return 0
    key = command[at]
    return int(key_slot(key if isinstance(key, bytes) else str(key).encode()))


class ClusterClient(Redis):
    """A client whose scripts and commands ``Commands`` sends to the masters that have their keys."""

    masters: Masters

    @classmethod
    def over(cls, seed: Pool, pool_at: Callable[[Address], Pool]) -> Self:
        """Make a client that knows one node."""
        client = cls(connection_pool=seed)
        client.masters = Masters(seed, pool_at)
        return client

    async def scan_iter(self, *words: object, **options: object) -> AsyncIterator[bytes]:  # type: ignore[override]  # it passes on whatever the client takes
        """Go through the keys of every master."""
        for client in await self.masters.all():
            async for key in client.scan_iter(*words, **options):  # type: ignore[arg-type]  # as they came
                yield key

    async def aclose(self, close_connection_pool: bool | None = None) -> None:  # noqa: FBT001 - the client's own signature
        """Close every connection."""
        await super().aclose(close_connection_pool)
        await self.masters.aclose()


class ClusterBatches:
    """Sends what is asked to the masters; asked as ``Batches`` is."""

    def __init__(self, masters: Masters) -> None:
        """Hold who has what."""
        self._masters = masters

    async def ask(self, command: Command) -> Reply:
        """Send a command to the master that has its keys and give its reply, or raise the client's error."""
        refused: RedisError = NotSent("The cluster moves these keys again and again.")
        for _ in range(MOVES):
            node, seen = await self._masters.of(command), self._masters.learnt
            try:
                return await node.batches.ask(command)
            except MovedError as moved:  # it did not run
                refused = moved
                await self._masters.learn(seen, best=(moved.host, moved.port))
            except AskError as asked:
                refused = asked
                other = self._masters.at((asked.host, asked.port)).batches
                return (await other.ask_all([("ASKING",), command]))[1]
            except NotSent as lost:
                refused = lost
                await self._masters.learn(seen)
                if await self._masters.of(command) is node:
                    raise
        raise NotSent(str(refused)) from refused

    async def ask_all(self, commands: Iterable[Command]) -> list[Reply]:
        """Send commands, each to its master, and give their replies, or raise the client's error for one of them."""
        return list(await asyncio.gather(*(self.ask(command) for command in commands)))


async def servers_of(redis: Redis) -> list[Redis]:
    """Give a client of each server that takes decisions: the one, or every master of a cluster."""
    return await redis.masters.all() if isinstance(redis, ClusterClient) else [redis]
