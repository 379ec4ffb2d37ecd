"""A running embedded server and its client, for the tests of its several sides."""

import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis, from_url

from agent_core.adapters.embedded_server import EmbeddedServer, start

NO_SYSTEM_SERVER = "/nowhere"


@asynccontextmanager
async def running(home: Path, *, watched: bool = False) -> AsyncIterator[EmbeddedServer]:
    """Give a server that is stopped at the end."""
    server = await start(home, search_path=NO_SYSTEM_SERVER, watched=watched)
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def client_of(server: EmbeddedServer) -> AsyncIterator[Redis]:
    """Give a client that is closed at the end."""
    client = from_url(server.secret_url)
    try:
        yield client
    finally:
        await client.aclose()


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)
