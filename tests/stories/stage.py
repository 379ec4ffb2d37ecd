"""A bot on a stage: the real bot with its own Redis, and the strict stand-in for Slack, in one process."""

import textwrap
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.app import Running, running as bot_running
from bot.config import Settings, load
from bot.playground.harness import Setup, Slack, running as slack_running

CONFIG = """
version: 1
agent: {model: "scripted:script.jsonl"}
tools:
  - name: note
    description: Write a line into a file.
    argv: [./write, "{line}"]
    args: {line: {type: string, maxLength: 200}}
    risk: high
  - name: look
    description: Read the file.
    argv: [./look]
    risk: low
policy:
  rules:
    - {tools: [look], decision: allow}
    - {tools: ["*"], risk: [high], decision: ask, approvers: {users: [U0APPROVER, U0LEAD]}, timeout_s: 600}
runbooks: []
"""
WRITE = '#!/bin/sh\necho "$1" >> "$(dirname "$0")/written"\necho wrote "$1"\n'
LOOK = '#!/bin/sh\ncat "$(dirname "$0")/written" 2>/dev/null || echo nothing\n'


@dataclass(frozen=True, slots=True)
class Stage:
    """The stand-in, the bot, and the folder in which the tools work."""

    slack: Slack
    bot: Running
    folder: Path

    @property
    def written(self) -> list[str]:
        """What the tools really did."""
        file = self.folder / "written"
        return file.read_text().splitlines() if file.exists() else []


def furnish(folder: Path, script: str, config: str = CONFIG) -> Path:
    """Write a configuration, its script and its tools."""
    (folder / "countersign.yml").write_text(config)
    (folder / "script.jsonl").write_text(textwrap.dedent(script).strip() + "\n")
    for name, text in (("write", WRITE), ("look", LOOK)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder / "countersign.yml"


def settings_for(slack: Slack, home: Path, config: Path) -> Settings:
    """Give the bot what a real deployment would, and nothing else."""
    return Settings(
        slack_bot_token=SecretStr(slack.secrets.bot_token),
        slack_signing_secret=SecretStr(slack.secrets.signing_secret),
        slack_api_url=slack.api_url,
        countersign_config=config,
        countersign_home=home,
        countersign_port=0,
    )


@asynccontextmanager
async def staged(
    folder: Path, script: str, *, config: str = CONFIG, setup: Setup | None = None
) -> AsyncGenerator[Stage]:
    """Put both on the stage."""
    path = furnish(folder, script, config)
    async with slack_running(setup or Setup()) as slack:
        settings = settings_for(slack, folder / "home", path)
        async with bot_running(settings, load(path)) as bot:
            slack.events_url = f"http://127.0.0.1:{bot.port}/slack/events"
            yield Stage(slack, bot, folder)
