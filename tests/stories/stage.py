"""A bot on a stage: the real bot with its own Redis, and the strict stand-in for Slack, in one process.

Which course a task takes is chosen by its words: `tests/stories/world.py` has a runbook for each.
"""

import textwrap
from collections.abc import AsyncGenerator, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog
from pydantic import SecretStr
from structlog.testing import capture_logs

from agent_core.checkpoint import Checkpoint
from agent_core.words import ThreadId
from bot.app import Running, running as bot_running
from bot.config import Settings, load
from bot.playground.harness import Delivery, Message, Setup, Slack, View, running as slack_running
from bot.playground.words import BOT_USER_ID, TEAM_ID, Raw
from bot.threads.served import drawing
from tests.stories.world import furnished

PATIENCE_S = 10.0
RITA, ADA, LEE, TINA = "U0RITA", "U0APPROVER", "U0LEAD", "U0TINA"
OPS, DEV = "C0OPS", "C0DEV"


@dataclass(slots=True)
class Stage:
    """The stand-in, the bot, and the folder in which the tools work."""

    slack: Slack
    running: Running | None  # none: the bot is a process of its own
    folder: Path
    said: list[MutableMapping[str, object]] = field(default_factory=list)

    @property
    def bot(self) -> Running:
        """The bot in this process."""
        assert self.running is not None
        return self.running

    @property
    def written(self) -> list[str]:
        """What the tools really did."""
        file = self.folder / "written"
        return file.read_text().splitlines() if file.exists() else []

    async def until(self, holds: Callable[[], object]) -> None:
        """Return as soon as it holds; looked at again at each change in Slack."""
        await self.slack.until(holds, PATIENCE_S)

    async def task(self, words: str, *, by: str = RITA, channel: str = OPS) -> "Task":
        """Start a task with the slash command and find its thread."""
        known = {message.ts for message in self.slack.channel(channel)}
        delivery = await self.slack.as_person(by).command(channel, "/agent", words)
        assert delivery.ok
        assert delivery.body == ""

        def root() -> Message | None:
            new = [one for one in self.slack.channel(channel) if one.ts not in known]
            roots = (one for one in new if one.thread_ts in (None, one.ts) and one.user == BOT_USER_ID)
            return next((one for one in roots if words in one.words), None)

        await self.until(root)
        parent = root()
        assert parent is not None
        return Task(self, channel, parent.ts)

    async def check(self) -> None:
        """Hold the bot to what must be true of every story."""
        record = self.slack.standin.record
        violations, errors = list(record.violations), [one for one in self.said if one["log_level"] == "error"]
        failed = [delivery for delivery in record.deliveries if delivery.status == 500]
        record.violations.clear()
        record.deliveries.clear()
        self.said.clear()
        assert violations == [], violations
        assert errors == [], errors
        assert failed == [], failed


@dataclass(frozen=True, slots=True)
class Task:
    """One task's thread as people see it."""

    stage: Stage
    channel: str
    ts: str

    @property
    def id(self) -> ThreadId:
        """Its ID."""
        return ThreadId(f"{TEAM_ID}:{self.channel}:{self.ts}")

    @property
    def messages(self) -> list[Message]:
        """The thread as it is now."""
        return self.stage.slack.thread(self.channel, self.ts)

    @property
    def words(self) -> str:
        """All that stands in it."""
        return "\n".join(f"{message.text}\n{message.words}" for message in self.messages)

    def with_button(self, action: str) -> list[Message]:
        """Give the messages on which this can be pressed, oldest first."""
        return [message for message in self.messages if action in message.action_ids]

    async def until(self, holds: Callable[["Task"], object]) -> None:
        """Return as soon as it holds of this task."""
        await self.stage.until(lambda: holds(self))

    async def card(
        self, action: str = "approve", *, besides: Message | None = None, within_s: float = PATIENCE_S
    ) -> Message:
        """Wait for a card on which this can be pressed; the newest, and another than ``besides``."""

        def found() -> list[Message]:
            return [one for one in self.with_button(action) if besides is None or one.ts != besides.ts]

        await self.stage.slack.until(found, within_s)
        return found()[-1]

    async def card_says(self, card: Message, words: str) -> Message:
        """Wait until a card says this, and give it as it then is."""

        def now() -> Message:
            return next(one for one in self.messages if one.ts == card.ts)

        await self.stage.until(lambda: words in now().words)
        return now()

    async def says(self, words: str) -> None:
        """Wait until this stands somewhere in the thread."""
        await self.until(lambda task: words in task.words)

    async def ends(self, how: str, *, within_s: float = PATIENCE_S) -> Message:
        """Wait for the last message; it says how the task ended, and no card seems to wait any more."""

        def last() -> list[Message]:
            return [message for message in self.messages if message.text.startswith("Finished:")]

        await self.stage.slack.until(last, within_s)
        assert last()[-1].text.startswith(f"Finished: {how} · Φ ")
        await self.stage.until(lambda: not self.with_button("approve"))
        return last()[-1]

    async def click(self, person: str, card: Message, action: str, option: Raw = None) -> Delivery:
        """Have somebody press something."""
        return await self.stage.slack.as_person(person).click(card, action, option)

    async def form(self, person: str, card: Message, action: str) -> View:
        """Have somebody press a button that opens a form, and give the form."""
        assert (await self.click(person, card, action)).ok
        await self.stage.until(lambda: self.stage.slack.as_person(person).views)
        return self.stage.slack.as_person(person).views[-1]

    async def send(self, person: str, view: View, **values: Raw) -> Delivery:
        """Fill a form in and send it."""
        return await self.stage.slack.as_person(person).submit(view, dict(values))

    async def reply(self, person: str, text: str) -> str:
        """Write in the thread."""
        return await self.stage.slack.as_person(person).post(self.channel, text, self.ts)

    async def told(self, person: str, words: str) -> Message:
        """Wait until one person, and nobody else, is told something in this thread."""

        def heard() -> list[Message]:
            mine = (one for one in self.stage.slack.as_person(person).ephemerals if one.thread_ts == self.ts)
            return [one for one in mine if words in one.words]

        await self.stage.until(heard)
        assert words not in self.words
        return heard()[-1]

    async def checkpoint(self) -> Checkpoint:
        """Give the task as it is stored."""
        found = (await self.stage.bot.desk.runtime.store.load(self.id)).checkpoint
        assert found is not None
        return found


def settings_for(slack: Slack, home: Path, config: Path, *, socket: bool = False, redis_url: str = "") -> Settings:
    """Give the bot what a real deployment would, and nothing else; with a Redis of its own, the key is in ``home``."""
    return Settings(
        redis_url=SecretStr(redis_url) if redis_url else None,
        countersign_key_file=home / "key" if redis_url else None,
        slack_bot_token=SecretStr(slack.secrets.bot_token),
        slack_signing_secret=None if socket else SecretStr(slack.secrets.signing_secret),
        slack_app_token=SecretStr(slack.secrets.app_token) if socket else None,
        slack_api_url=slack.api_url,
        countersign_config=config,
        countersign_home=home,
        countersign_port=0,
    )


def unhurried(setup: Setup) -> Setup:
    """Hold answers to Slack's own 3 s: how much faster they are shows in benchmarks, not beside other tests."""
    return replace(setup, lenient=setup.lenient | {"ack_budget"})


@asynccontextmanager
async def staged(
    folder: Path, *, agent: str = "", more: str = "", script: str = "", setup: Setup | None = None
) -> AsyncGenerator[Stage]:
    """Put both on the stage; ``agent`` and ``more`` go into the configuration, ``script`` replaces the runbooks."""
    path = furnished(folder, agent=agent, more=more, script=textwrap.dedent(script).strip())
    socket = setup is not None and setup.socket_mode
    async with (
        slack_running(unhurried(setup or Setup())) as slack,
        on_stage(slack, settings_for(slack, folder / "home", path, socket=socket), folder) as stage,
    ):
        yield stage


@asynccontextmanager
async def on_stage(slack: Slack, settings: Settings, folder: Path) -> AsyncGenerator[Stage]:
    """Run the bot, also anew on what an earlier one left."""
    structlog.reset_defaults()
    with capture_logs() as said:
        async with bot_running(settings, load(settings.countersign_config), pages=drawing) as bot:
            slack.events_url = f"http://{settings.countersign_host}:{bot.port}/slack/events"
            yield Stage(slack, bot, folder, said)
