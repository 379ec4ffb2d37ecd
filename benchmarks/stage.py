"""What every benchmark stands on: Redis with fsync always, the light stand-in for Slack, and what a side is told."""

import secrets
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import aiohttp

from agent_core.adapters import embedded_server
from agent_core.adapters.key_file import make_key
from benchmarks.slack import APPROVERS, TEAM, Slack
from benchmarks.wire import Json
from bot.app import listen


class Server(Protocol):
    """A Redis of the benchmark's own."""

    @property
    def secret_url(self) -> str:
        """Its address, with the password."""

    def describe(self) -> str:
        """Say which it is."""

    async def stop(self) -> None:
        """End it."""


Starts = Callable[[Path], Awaitable[Server]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What stands before any side is started. ``given`` is what each side is told first."""

    folder: Path
    server: Server
    slack: Slack
    http: aiohttp.ClientSession
    given: Json

    @property
    def server_words(self) -> str:
        """Say which Redis it is, without where it keeps its data."""
        return f"{self.server.describe().partition(' (')[0]}, appendfsync always"


@asynccontextmanager
async def stage(folder: Path, starts: Starts = embedded_server.start) -> AsyncGenerator[Stage]:
    """Start Redis and the stand-in, and end them at the end."""
    async with AsyncExitStack() as closing:
        server = await starts(folder / "redis")
        closing.push_async_callback(server.stop)
        slack = Slack()
        port = await listen(slack.app(), "127.0.0.1", 0, closing)
        given: Json = {
            "api_url": f"http://127.0.0.1:{port}/api/",
            "token": f"xoxb-{secrets.token_hex(12)}",
            "secret": secrets.token_hex(16),
            "redis_url": server.secret_url,
            "team": TEAM,
            "approvers": APPROVERS,
            "home": str(folder),
            "key_file": str(folder / "key"),
        }
        make_key(folder / "key")
        http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        closing.push_async_callback(http.close)
        yield Stage(folder=folder, server=server, slack=slack, http=http, given=given)


@asynccontextmanager
async def fresh_stage(starts: Starts = embedded_server.start) -> AsyncGenerator[Stage]:
    """Give a stage in a folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as name:
        async with stage(Path(name), starts) as found:
            yield found
