"""The demo's three parts as they are started: the playground, the services' keeper, the bot.

Each gets an environment made here and nothing of ours, so that no token of a real workspace and no Redis of somebody
else reaches them. The bot is told where Slack is by ``SLACK_API_URL`` and cannot tell the difference.
"""

import asyncio
import json
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.demo.child import Child
from bot.demo.kept import Part

HOST = "127.0.0.1"
HERE = Path(__file__).parent
READY_S = 60.0
TICK_S = 0.1
OK = 200
BANNER = "This is the demo: Slack's rules on this machine. The services, logs and flags are real files and processes."
RUN = (sys.executable, "-m", "bot", "run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the demo is: its folder, and its ports."""

    home: Path
    port: int
    bot_port: int

    @property
    def world(self) -> Path:
        """The folder of the services, logs and flags."""
        return self.home / "world"

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://{HOST}:{self.port}/"

    def log(self, name: str) -> Path:
        """Name a part's log."""
        return self.home / "logs" / f"{name}.log"


def free_port(wanted: int) -> int:
    """Give the port that is wanted if it is free, else one that is."""
    for port in (wanted, 0):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((HOST, port))
            except OSError:
                continue
            return int(tried.getsockname()[1])
    raise OSError("no port is free")


def environment() -> dict[str, str]:
    """Give the little that every part needs."""
    return {"PATH": os.defpath, "PYTHONPATH": str(HERE.parent.parent), "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def playground(place: Place) -> Part:
    """Describe the stand-in for Slack and its page."""
    events = f"http://{HOST}:{place.bot_port}/slack/events"

    async def ready(child: Child) -> bool:
        return "ready" in (await child.first_line(READY_S) or "")

    return Part(
        name="playground",
        argv=(sys.executable, "-m", "bot.playground", "--port", str(place.port), "--events-url", events,
              "--home", str(place.home / "playground"), "--guide", str(HERE / "guide.json"), "--banner", BANNER),
        env=environment(),
        log=place.log("playground"),
        ready=ready,
        grace_s=5.0,
    )  # fmt: skip


def services(place: Place) -> Part:
    """Describe the keeper of the demo's services."""

    async def ready(child: Child) -> bool:
        return await child.first_line(READY_S) is not None

    return Part(
        name="services",
        argv=(sys.executable, "-m", "bot.demo.keeper", str(place.world)),
        env=environment(),
        log=place.log("services"),
        ready=ready,
        grace_s=10.0,
    )


def bot(place: Place, argv: tuple[str, ...] = RUN) -> Part:
    """Describe the bot. The playground has to have run, for it makes the secrets that both share."""
    secrets = json.loads((place.home / "playground" / "slack-secrets.json").read_text("utf-8"))

    async def ready(child: Child) -> bool:
        return await answers(child, f"http://{HOST}:{place.bot_port}/readyz")

    return Part(
        name="bot",
        argv=argv,
        env={
            **environment(),
            "SLACK_API_URL": f"{place.url}api/",
            "SLACK_BOT_TOKEN": secrets["bot_token"],
            "SLACK_SIGNING_SECRET": secrets["signing_secret"],
            "COUNTERSIGN_CONFIG": str(place.world / "countersign.yml"),
            "COUNTERSIGN_HOME": str(place.home),
            "COUNTERSIGN_HOST": HOST,
            "COUNTERSIGN_PORT": str(place.bot_port),
        },
        log=place.log("bot"),
        ready=ready,
        grace_s=15.0,
    )


async def answers(child: Child, url: str) -> bool:
    """Wait until a URL answers 200; False if the process ends or takes too long."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + READY_S
    timeout = aiohttp.ClientTimeout(total=1.0)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as http:
        while loop.time() < give_up_at:
            try:
                async with http.get(url) as answer:
                    if answer.status == OK:
                        return True
            except (aiohttp.ClientError, TimeoutError):
                pass  # nobody listens yet
            if await child.ended_within(TICK_S):
                return False
    return False
