"""How one stand-in is set up: where the bot listens, how strict it is, which secrets both sides share."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bot.playground.clock import Clock
from bot.playground.people import Channel, Command, Person, Shortcut, Usergroup
from bot.playground.seeds import COMMANDS, PEOPLE, SCOPES, SHORTCUTS, SUBSCRIPTIONS, USERGROUPS, channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the bot must know to talk to this workspace, and the page to talk to this server."""

    bot_token: str
    app_token: str
    signing_secret: str
    page_token: str


def new_secrets() -> Secrets:
    """Make secrets that nobody has seen."""
    return Secrets(
        bot_token=f"xoxb-{secrets.token_hex(20)}",
        app_token=f"xapp-1-{secrets.token_hex(20)}",
        signing_secret=secrets.token_hex(16),
        page_token=secrets.token_urlsafe(24),
    )


def secrets_under(home: Path) -> Secrets:
    """Read the secrets of this home, made at the first start so that bot and page survive a restart."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "slack-secrets.json"
    if path.exists():
        return Secrets(**json.loads(path.read_text()))
    made = new_secrets()
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(made), indent=1))
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How rate limits hold: Slack's tiers times `factor`, and so many posts at once in a channel."""

    factor: float
    burst: int
    enabled: bool = True


GENEROUS = Rates(factor=20, burst=60)  # a demo, or a test that is about something else
STRICT = Rates(factor=1, burst=3)  # what Slack promises, and no more
OFF = Rates(factor=1, burst=1, enabled=False)


BANNER = "This is the playground: Slack's rules on this machine, and nobody else can see it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Everything that differs between one stand-in and another."""

    events_url: str = ""
    socket_mode: bool = False
    home: Path | None = None
    scopes: frozenset[str] | None = None
    subscriptions: frozenset[str] = SUBSCRIPTIONS
    rates: Rates = GENEROUS
    lenient: frozenset[str] = frozenset()  # names of rules (record.RULES) that are not to be recorded
    answer_within_s: float = 3.0  # Slack's own; shorter only to test lateness quickly
    budget_ms: float = 1000.0  # slower answers are a violation though Slack would take them
    should_escape: bool = True
    edit_window_s: float | None = None  # the workspace's own rule on how long messages may be changed
    home_tab: bool = True
    messages_tab: bool = True
    people: tuple[Person, ...] = PEOPLE
    channels: tuple[Channel, ...] = field(default_factory=channels)
    usergroups: tuple[Usergroup, ...] = USERGROUPS
    commands: tuple[Command, ...] = COMMANDS
    shortcuts: tuple[Shortcut, ...] = SHORTCUTS
    secrets: Secrets | None = None
    clock: Clock | None = None
    banner: str = BANNER
    guide: str = ""  # JSON for the page; empty: its own
    kept_calls: int | None = None  # None keeps all, which is what a test wants and a demo does not

    @property
    def granted(self) -> frozenset[str]:
        """Give the scopes of the bot token."""
        return SCOPES if self.scopes is None else self.scopes
