"""Several servers on this machine: a master with a replica behind three Sentinels, and a cluster of three masters.

All of them are the binary that the bot itself would take; each listens on a port of its own that was free just now.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.adapters.polling import until
from tests.cluster.kit import CONF, PASSWORD
from tests.conftest import server_program

SERVICE = "tasks"
SLOTS = 16384
LIMIT_S = 30.0
DOWN_AFTER_MS = 500
BUS = 10_000


def free_ports(how_many: int) -> list[int]:
    """Find ports that nobody listens on; a cluster's nodes also talk to each other at the port 10,000 above."""
    with ExitStack() as held:
        ports: list[int] = []
        while len(ports) < how_many:
            one, bus = (held.enter_context(socket.socket()) for _ in range(2))
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            if port + BUS < 2**16:
                bus.bind(("127.0.0.1", port + BUS))
                ports.append(port)
        return ports


@dataclass(slots=True)
class Node:
    """One server; as a Sentinel it watches over others."""

    folder: Path
    port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    watches: int = 0
    _process: asyncio.subprocess.Process | None = None

    def client(self) -> Redis:
        """Connect to it."""
        return Redis(host="127.0.0.1", port=self.port, password=None if self.watches else PASSWORD)

    async def ask(self, *command: str | int) -> object:
        """Send it one command."""
        async with self.client() as client:
            return cast("object", await client.execute_command(*command))  # type: ignore[no-untyped-call]  # not typed there

    def words(self) -> list[str]:
        """Give its command line; a Sentinel keeps its own state in its file."""
        if self.watches:
            file = self.folder / "sentinel.conf"
            file.write_text(
                f"port {self.port}\nbind 127.0.0.1\ndir {self.folder}\n"
                f"sentinel monitor {SERVICE} 127.0.0.1 {self.watches} 2\n"
                f"sentinel auth-pass {SERVICE} {PASSWORD}\n"
                f"sentinel down-after-milliseconds {SERVICE} {DOWN_AFTER_MS}\n"
                f"sentinel failover-timeout {SERVICE} 3000\n"
            )
            return [str(file), "--sentinel"]
        settings = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(self.folder), "requirepass": PASSWORD}
        settings |= {"masterauth": PASSWORD, "repl-diskless-sync-delay": "0", **self.settings}
        file = self.folder / "redis.conf"  # of its own: at a fail-over a server rewrites the file that it was given
        file.write_text(f"include {CONF}\n")
        return [str(file), *(word for name, value in settings.items() for word in (f"--{name}", *value.split()))]

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = await asyncio.create_subprocess_exec(
            server_program(), *self.words(), stdout=asyncio.subprocess.DEVNULL
        )
        await until(self.answers, f"the server at port {self.port}", limit_s=LIMIT_S)

    async def answers(self) -> bool:
        """Tell whether it takes commands."""
        try:
            return bool(await self.ask("PING"))
        except (RedisError, OSError):
            return False

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            self._process = None


@dataclass(frozen=True, slots=True)
class Watched:
    """A master with a replica, and three Sentinels that watch over them."""

    master: Node
    replica: Node
    sentinels: tuple[Node, ...]

    @property
    def url(self) -> str:
        """Name the Sentinels and the service."""
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://:{PASSWORD}@{hosts}/{SERVICE}/0"

    async def is_promoted(self) -> bool:
        """Tell whether the replica is the master now."""
        return "role:master" in info(await self.replica.ask("INFO", "replication"))


@dataclass(frozen=True, slots=True)
class Clustered:
    """Three masters that share the slots."""

    nodes: tuple[Node, ...]

    @property
    def url(self) -> str:
        """Name one of them."""
        return f"redis+cluster://:{PASSWORD}@127.0.0.1:{self.nodes[0].port}"

    async def ids(self) -> list[str]:
        """Give the name by which the cluster knows each node."""
        return [text(await node.ask("CLUSTER", "MYID")) for node in self.nodes]


def text(reply: object) -> str:
    """Read a reply that is text."""
    return reply.decode() if isinstance(reply, bytes) else str(reply)


@asynccontextmanager
async def started(how_many: int, closing: AsyncExitStack) -> AsyncGenerator[list[Node]]:
    """Give nodes with a folder and a port each; they are ended with the block."""
    nodes = [Node(Path(closing.enter_context(TemporaryDirectory(prefix="cs-"))), port) for port in free_ports(how_many)]
    try:
        yield nodes
    finally:
        for node in nodes:
            await node.kill()


@asynccontextmanager
async def watched() -> AsyncGenerator[Watched]:
    """Run a master, its replica and three Sentinels until the block ends."""
    async with AsyncExitStack() as closing:
        master, replica, *sentinels = await closing.enter_async_context(started(5, closing))
        replica.settings = {"replicaof": f"127.0.0.1 {master.port}"}
        await master.start()
        await replica.start()

        async def is_linked() -> bool:
            return "master_link_status:up" in info(await replica.ask("INFO", "replication"))

        await until(is_linked, "the replica's link", limit_s=LIMIT_S)
        for sentinel in sentinels:
            sentinel.watches = master.port
            await sentinel.start()

        async def are_agreed() -> bool:
            said = [info(await sentinel.ask("INFO", "sentinel")) for sentinel in sentinels]
            return all("slaves=1,sentinels=3" in one for one in said)

        await until(are_agreed, "what the Sentinels know", limit_s=LIMIT_S)
        yield Watched(master, replica, tuple(sentinels))


def info(reply: object) -> str:
    """Write what the client has read of INFO as it was sent."""
    if not isinstance(reply, dict):
        return text(reply)
    return "\n".join(
        f"{name}:" + (",".join(f"{key}={one}" for key, one in value.items()) if isinstance(value, dict) else str(value))
        for name, value in reply.items()
    )


@asynccontextmanager
async def clustered() -> AsyncGenerator[Clustered]:
    """Run three masters that share the slots until the block ends."""
    async with AsyncExitStack() as closing:
        nodes = await closing.enter_async_context(started(3, closing))
        for nth, node in enumerate(nodes):
            node.settings = {"cluster-enabled": "yes", "cluster-node-timeout": "1000"}
            await node.start()
            await node.ask("CLUSTER", "SET-CONFIG-EPOCH", nth + 1)
            first, last = (SLOTS * edge // len(nodes) for edge in (nth, nth + 1))
            await node.ask("CLUSTER", "ADDSLOTSRANGE", first, last - 1)
            await node.ask("CLUSTER", "MEET", "127.0.0.1", nodes[0].port)

        async def is_whole() -> bool:
            said = [info(await node.ask("CLUSTER", "INFO")) for node in nodes]
            return all("cluster_state:ok" in one and "cluster_known_nodes:3" in one for one in said)

        await until(is_whole, "a whole cluster", limit_s=LIMIT_S)
        yield Clustered(tuple(nodes))
