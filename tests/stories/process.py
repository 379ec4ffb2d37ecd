"""The bot as a process of its own, started as an operator starts it, so that a story can kill it at any moment."""

import asyncio
import re
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.playground.harness import OFF, Setup, Slack, running
from tests.stories.stage import Stage
from tests.stories.world import furnished

ROOT = Path(__file__).parents[2]
UP = re.compile(r"http://127\.0\.0\.1:(\d+)/slack/events")
PATH = "/usr/bin:/bin"


@dataclass(slots=True)
class Bot:
    """``python -m bot <command>`` with an environment of its own; nothing of ours is in it."""

    slack: Slack
    folder: Path
    program: tuple[str, ...] = ("-m", "bot")
    more: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    said: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """What a real deployment gives."""
        return {
            "PATH": PATH,
            "SLACK_BOT_TOKEN": self.slack.secrets.bot_token,
            "SLACK_SIGNING_SECRET": self.slack.secrets.signing_secret,
            "SLACK_API_URL": self.slack.api_url,
            "COUNTERSIGN_CONFIG": str(self.folder / "countersign.yml"),
            "COUNTERSIGN_HOME": str(self.folder / "home"),
            "COUNTERSIGN_PORT": "0",
            **self.more,
        }

    async def run(self, *words: str) -> asyncio.subprocess.Process:
        """Start a command."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self.program,
            *(words or ("run",)),
            cwd=ROOT,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return self.process

    async def start(self) -> None:
        """Start the bot and wait until it is up; Slack finds it from then on."""
        process = await self.run()
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        found = UP.search(line)
        if found is None:
            _, errors = await process.communicate()
            raise AssertionError(f"the bot did not start: {line}{errors.decode()}")
        self.slack.events_url = found[0]

    async def ended(self) -> tuple[int, str, str]:
        """Wait for its end; give the exit code and what it said."""
        assert self.process is not None
        out, errors = await self.process.communicate()
        code = self.process.returncode
        assert code is not None
        self.process = None
        return code, out.decode(), errors.decode()

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            await self.ended()


@asynccontextmanager
async def process(folder: Path, *, agent: str = "") -> AsyncGenerator[tuple[Stage, Bot]]:
    """Give Slack with a bot beside it that was not started yet."""
    furnished(folder, agent=agent)
    async with running(Setup(rates=OFF, lenient=frozenset({"ack_budget"}))) as slack:
        bot = Bot(slack, folder)
        try:
            yield Stage(slack, None, folder), bot
        finally:
            await bot.kill()
