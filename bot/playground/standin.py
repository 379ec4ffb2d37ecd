"""The stand-in as one thing: every part of Slack that this process plays, made once from a Setup.

The Web API (`api/`), what people do (`actions.py`) and the page all work on this object. It starts nothing by itself.
"""

from dataclasses import dataclass

from bot.playground.clock import Clock
from bot.playground.courier import Courier
from bot.playground.disk import Disk
from bot.playground.events import Events
from bot.playground.faults import Faults
from bot.playground.people import Channel, Person
from bot.playground.record import Record
from bot.playground.setup import Secrets, Setup, new_secrets, secrets_under
from bot.playground.tickets import Limits, Tickets
from bot.playground.views import Views
from bot.playground.words import APP_ID, BOT_ID, BOT_NAME, BOT_USER_ID, TEAM_ID, Json, NotPossible
from bot.playground.workspace import Workspace


@dataclass(slots=True)
class Standing:
    """Whether the app is still installed, and its token still good."""

    is_installed: bool = True
    is_expired: bool = False


class Standin:
    """Slack, as far as one app in one workspace can see it."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.secrets = setup.secrets or self._own_secrets(setup)
        self.clock = setup.clock or Clock()
        self.faults = Faults()
        self.record = Record(lenient=setup.lenient, kept=setup.kept_calls)
        self.disk = Disk(setup.home)
        self.workspace = Workspace(setup, self.clock, self.disk)
        self.views = Views(self.workspace, self.disk)
        self.tickets = Tickets(self.clock)
        self.limits = Limits(self.clock, setup.rates)
        self.courier = Courier(setup, self.secrets, clock=self.clock, faults=self.faults, record=self.record)
        self.events = Events(setup, self.clock, self.courier)
        self.standing = Standing()
        self.scopes = setup.granted
        self.uploads: dict[str, Json] = {}
        self.url = ""  # http://127.0.0.1:<port>/, known once it listens
        self.workspace.watch(lambda _: self.record.changed())

    @staticmethod
    def _own_secrets(setup: Setup) -> Secrets:
        return secrets_under(setup.home) if setup.home else new_secrets()

    async def close(self) -> None:
        """Stop what is under way and put the rest on disk."""
        self.faults.clear()
        await self.events.close()
        await self.courier.close()
        self.disk.close()

    def grant(self, scopes: frozenset[str]) -> None:
        """Let the bot token have exactly these scopes from now on."""
        self.scopes = scopes
        self.events.granted = scopes

    def must_know(self, user: str) -> Person:
        """Give a person who can act here, or say why they cannot."""
        person = self.workspace.person(user)
        if person is None:
            raise NotPossible(f"There is nobody with the id {user}.")
        if person.kind == "deactivated":
            raise NotPossible(f"{person.real_name} is deactivated and can do nothing.")
        return person

    def must_see(self, person: Person, channel_id: str) -> Channel:
        """Give a channel that this person is in, or say that they are not."""
        channel = self.workspace.channels.get(channel_id)
        if channel is None or person.id not in channel.members:
            raise NotPossible(f"{person.real_name} is not in this conversation.")
        return channel

    def must_reach(self, person: Person, channel_id: str) -> Channel:
        """Give a channel whose buttons this person can press: a member's, or a public one they look into."""
        channel = self.workspace.channels.get(channel_id)
        if channel is not None and channel.kind == "public" and person.kind == "member":
            return channel
        return self.must_see(person, channel_id)

    def by_bot(self, fields: Json) -> Json:
        """Give a message of our app, with what Slack puts around it."""
        return {
            "user": BOT_USER_ID,
            "bot_id": BOT_ID,
            "app_id": APP_ID,
            "team": TEAM_ID,
            "bot_profile": {
                "id": BOT_ID,
                "app_id": APP_ID,
                "user_id": BOT_USER_ID,
                "name": BOT_NAME,
                "deleted": False,
                "updated": 1700000000,
                "team_id": TEAM_ID,
            },
        } | fields

    def permalink(self, channel: str, message: Json) -> str:
        """Give the link to a message; a reply's names its thread."""
        link = f"{self.url}archives/{channel}/p{message['ts'].replace('.', '')}"
        root = message.get("thread_ts", message["ts"])
        return link if root == message["ts"] else f"{link}?thread_ts={root}&cid={channel}"
