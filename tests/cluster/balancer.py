"""What stands before several bots: passes Slack's connections on in turn, and past those that do not listen."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

CHUNK = 65536


class Balancer:
    """One address for many ports on this machine."""

    def __init__(self) -> None:
        """Begin with nobody behind it."""
        self.ports: list[int] = []
        self.port = 0

    async def open(self) -> asyncio.Server:
        """Listen."""
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection to the next bot that takes it."""
        for _ in range(len(self.ports)):
            self.ports.append(self.ports.pop(0))
            try:
                theirs, ours = await asyncio.open_connection("127.0.0.1", self.ports[-1])
            except OSError:
                continue
            await asyncio.gather(relay(reader, ours), relay(theirs, writer))
            return
        writer.close()


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until nothing comes, then close the other side as well."""
    with suppress(ConnectionError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def balancing() -> AsyncGenerator[Balancer]:
    """Run a balancer until the block ends."""
    balancer = Balancer()
    server = await balancer.open()
    try:
        yield balancer
    finally:
        server.close()
