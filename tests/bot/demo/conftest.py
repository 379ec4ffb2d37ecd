import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent_core.adapters.system_clock import SystemClock
from bot.demo.furnish import furnish
from bot.demo.keeper import Keeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a program printed, and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Make a world whose services warm up at once, in a folder with a space in its name."""
    folder = tmp_path / "the world"
    furnish(folder, SystemClock().now(), warm_up_s=0)
    return folder


@pytest.fixture
async def kept(world: Path) -> AsyncIterator[Path]:
    """Keep the world's services for one test."""
    stop = asyncio.Event()
    keeper = Keeper(world)
    running = asyncio.create_task(keeper.run(stop))
    async with asyncio.timeout(20):
        await keeper.ready.wait()
    yield world
    stop.set()
    await running


Tool = Callable[..., Awaitable[Ran]]


@pytest.fixture
def tool(world: Path, tmp_path: Path) -> Tool:
    """Run one of the agent's programs as the bot does: by its path, elsewhere, with an empty environment."""

    async def run(name: str, *words: object) -> Ran:
        process = await asyncio.create_subprocess_exec(
            str(world / "tools" / name),
            *map(str, words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={},
            cwd=tmp_path,
        )
        out, err = await process.communicate()
        return Ran(code=process.returncode or 0, out=out.decode(), err=err.decode())

    return run


READYZ = """
import http.server, os, signal, sys
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *words):
        pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
assert os.environ["SLACK_BOT_TOKEN"].startswith("xoxb-") and "HOME" not in os.environ
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["COUNTERSIGN_PORT"])), Answers)
print("a bot that only says it is ready", flush=True)
server.serve_forever()
"""


@pytest.fixture
def small_bot(tmp_path: Path) -> tuple[str, ...]:
    """Give the command of a program that is ready at once, in the bot's place."""
    file = tmp_path / "small_bot.py"
    file.write_text(READYZ)
    return (sys.executable, str(file))
