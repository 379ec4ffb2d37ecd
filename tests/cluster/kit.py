"""A deployment on one machine: Redis, processes that serve, processes that work, Slack before them; each can be killed.

The server has the settings of deploy/redis.conf and a password, the bots are started as an operator starts them, and
Slack is the strict stand-in in this process, which reaches the bots through a balancer.
"""

import asyncio
import re
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from agent_core.adapters.key_file import make_key
from bot.playground.harness import OFF, Setup, Slack, running
from bot.playground.words import BOT_USER_ID
from tests.cluster.balancer import Balancer, balancing
from tests.conftest import READY, server_program
from tests.stories.process import PATH, ROOT
from tests.stories.stage import DEV, Stage
from tests.stories.world import furnished

CONF = ROOT / "deploy" / "redis.conf"
UP = "Countersign is up: "
SERVES = re.compile(r"http://127\.0\.0\.1:(\d+)/slack/events")
ADMIN = re.compile(r"admin http://127\.0\.0\.1:(\d+)/metrics")
PASSWORD = "of-this-test-alone"  # noqa: S105 - it guards a socket in a private folder


@dataclass(slots=True)
class Store:
    """A server with the settings that we ship, on a private socket; started again, it has what it had."""

    folder: Path
    _process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Its address, the same after every start."""
        return f"unix://:{PASSWORD}@{self.folder / 's'}"

    async def start(self) -> None:
        """Start it and wait until it answers."""
        words = {"port": "0", "unixsocket": str(self.folder / "s"), "dir": str(self.folder), "requirepass": PASSWORD}
        self._process = await asyncio.create_subprocess_exec(
            server_program(),
            str(CONF),
            *(word for name, value in words.items() for word in (f"--{name}", value)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        while READY not in (line := (await self._process.stdout.readline()).decode()):
            assert line, "the server did not start"

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            await self._process.communicate()
            self._process = None


@dataclass(slots=True)
class Member:
    """One process of the deployment."""

    role: str
    name: str
    process: asyncio.subprocess.Process
    log: Path
    port: int = 0
    admin_port: int = 0

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """Tell it to stop, as a deployment does, and give its exit code once it has."""
        self.process.terminate()
        return await self.process.wait()

    @property
    def said(self) -> str:
        """What it has logged."""
        return self.log.read_text()


@dataclass(slots=True)
class Cluster:
    """All of it."""

    slack: Slack
    store: Store
    balancer: Balancer
    folder: Path
    program: tuple[str, ...] = ("-m", "bot")
    members: list[Member] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def stage(self) -> Stage:
        """Slack and the tools' folder, as stories use them."""
        return Stage(self.slack, None, self.folder)

    def of(self, role: str) -> list[Member]:
        """Give the members of one role that run."""
        return [one for one in self.members if one.role == role and one.process.returncode is None]

    async def add(self, role: str) -> Member:
        """Start one more process and wait until it is up."""
        name = f"{role}-{next(self._numbers)}"
        log = self.folder / f"{name}.log"
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self.program,
                role,
                cwd=ROOT,
                env=self.environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        member = Member(role, name, process, log)
        self.members.append(member)
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        assert line.startswith(UP), f"{name} did not start: {line}{member.said}"
        serves, admin = SERVES.search(line), ADMIN.search(line)
        member.port, member.admin_port = (int(found[1]) if found else 0 for found in (serves, admin))
        if member.port:
            self.balancer.ports.append(member.port)
        return member

    async def replace(self, member: Member) -> Member:
        """Kill a member and start another in its place."""
        await member.kill()
        return await self.add(member.role)

    @property
    def environment(self) -> dict[str, str]:
        """What every process of a real deployment gets."""
        return {
            "PATH": PATH,
            "SLACK_BOT_TOKEN": self.slack.secrets.bot_token,
            "SLACK_SIGNING_SECRET": self.slack.secrets.signing_secret,
            "SLACK_API_URL": self.slack.api_url,
            "REDIS_URL": self.store.url,
            "COUNTERSIGN_CONFIG": str(self.folder / "countersign.yml"),
            "COUNTERSIGN_HOME": str(self.folder / "home"),
            "COUNTERSIGN_KEY_FILE": str(self.folder / "key"),
            "COUNTERSIGN_PORT": "0",
            "COUNTERSIGN_ADMIN_PORT": "0",
        }


@asynccontextmanager
async def deployed(
    folder: Path,
    *,
    furnish: Callable[[Path], Path] = furnished,
    program: tuple[str, ...] = ("-m", "bot"),
    **members: int,
) -> AsyncGenerator[Cluster]:
    """Run a deployment until the block ends: so many members of each role, or two that serve and two that work."""
    furnish(folder)
    make_key(folder / "key")
    async with AsyncExitStack() as closing:
        home = closing.enter_context(TemporaryDirectory(prefix="cs-"))  # short: a socket's path has 108 bytes at most
        store = Store(Path(home))
        await store.start()
        closing.push_async_callback(store.kill)
        slack = await closing.enter_async_context(running(Setup(rates=OFF, lenient=frozenset({"ack_budget"}))))
        balancer = await closing.enter_async_context(balancing())
        slack.events_url = f"http://127.0.0.1:{balancer.port}/slack/events"
        slack.set_members(DEV, slack.standin.workspace.channels[DEV].members | {BOT_USER_ID})
        cluster = Cluster(slack, store, balancer, folder, program)

        async def end() -> None:
            for member in cluster.members:
                await member.kill()

        closing.push_async_callback(end)
        roles = [role for role, many in ({"serve": 2, "work": 2} | members).items() for _ in range(many)]
        await asyncio.gather(*(cluster.add(role) for role in roles))
        yield cluster
