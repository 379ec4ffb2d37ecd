"""What several folders of tests need: a real Redis on a private socket, started once, emptied for each test."""

import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from redis.asyncio import Redis

from agent_core.adapters.embedded.binary import candidates
from agent_core.adapters.redis_client import connect

pytest_plugins = ["tests.plugins.golden", "tests.plugins.screenshots", "tests.plugins.seeds", "tests.plugins.slow"]
READY = "Ready to accept connections"
# How long an example takes says how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def server_program() -> str:
    """Find a server as the bot does: the system's own, or the one that comes with us."""
    (path, _), *_ = candidates(None)
    return str(path)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Start a server for the whole run and give its URL."""
    with tempfile.TemporaryDirectory(prefix="cs-") as home:  # Short: a socket's path has 108 bytes at most.
        socket = Path(home) / "s"
        settings = {"port": "0", "unixsocket": str(socket), "dir": home, "save": "", "appendonly": "no"}
        command = [server_program(), *(word for name, value in settings.items() for word in (f"--{name}", value))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                assert any(READY in line for line in server.stdout), "the server did not start"
                yield f"unix://{socket}"
            finally:
                server.kill()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """Give a client with our settings and an empty server behind it."""
    client = connect(redis_url)
    await client.flushall()
    yield client
    await client.aclose()
