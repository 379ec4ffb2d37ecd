"""Drives the stand-in from a test, in the test's own process: people as objects, waits without sleeping.

`async with running(Setup(events_url=...)) as slack:` gives a Slack on a free port, the same application that
`python -m bot.playground` serves. What it hands out (Message, View) is a snapshot of what is on a screen.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from bot.playground import actions
from bot.playground.app import listen, make_app
from bot.playground.clock import Clock
from bot.playground.courier import Parcel
from bot.playground.faults import Fault, Faults, Gate
from bot.playground.harness_person import Person
from bot.playground.people import PersonKind
from bot.playground.record import Call, Delivery, Violation
from bot.playground.screens import Message, View
from bot.playground.setup import GENEROUS, OFF, STRICT, Rates, Secrets, Setup
from bot.playground.standin import Standin
from bot.playground.words import Json, NotPossible, copied

__all__ = [
    "GENEROUS",
    "OFF",
    "STRICT",
    "Call",
    "Clock",
    "Delivery",
    "Fault",
    "Gate",
    "Message",
    "NotPossible",
    "Person",
    "Rates",
    "Secrets",
    "Setup",
    "Slack",
    "View",
    "Violation",
    "running",
]


class Slack:
    """The stand-in as a test sees it."""

    def __init__(self, standin: Standin) -> None:
        self.standin = standin
        self.clock: Clock = standin.clock
        self.faults: Faults = standin.faults
        self.secrets: Secrets = standin.secrets
        self.url = standin.url
        self.api_url = standin.url + "api/"

    @property
    def events_url(self) -> str:
        """Give where the bot listens."""
        return self.standin.courier.events_url

    @events_url.setter
    def events_url(self, url: str) -> None:
        self.standin.courier.events_url = url

    @property
    def calls(self) -> list[Call]:
        """Give every Web API call so far."""
        return list(self.standin.record.calls)

    def calls_of(self, method: str) -> list[Call]:
        """Give the calls of one method so far."""
        return [call for call in self.standin.record.calls if call.method == method]

    @property
    def deliveries(self) -> list[Delivery]:
        """Give every delivery to the bot so far."""
        return list(self.standin.record.deliveries)

    @property
    def violations(self) -> list[Violation]:
        """Give what was broken though Slack would have said nothing."""
        return list(self.standin.record.violations)

    def as_person(self, user: str) -> Person:
        """Sit down in front of this person's screen."""
        return Person(self.standin, user)

    def channel(self, channel: str) -> list[Message]:
        """Give everything in a channel, threads included, oldest first."""
        stored = self.standin.workspace.messages.get(channel, {})
        return [Message(channel, copied(message)) for message in stored.values()]

    def thread(self, channel: str, thread_ts: str) -> list[Message]:
        """Give a thread, the root first."""
        thread = self.standin.workspace.thread(channel, thread_ts)
        return [Message(channel, copied(message)) for message in thread]

    def message(self, channel: str, ts: str) -> Message | None:
        """Give one message as it is now."""
        found = self.standin.workspace.find(channel, ts)
        return Message(channel, copied(found)) if found else None

    def messages_with_button(self, action_id: str) -> list[Message]:
        """Give the messages that can be pressed there, menus included, oldest first, channel by channel."""
        everywhere = [message for channel in self.standin.workspace.messages for message in self.channel(channel)]
        return [message for message in everywhere if action_id in message.action_ids]

    async def until(self, predicate: Callable[[], object], timeout: float = 5) -> None:  # noqa: ASYNC109 - a test's patience
        """Return as soon as this holds; looked at again whenever something changes here."""
        await self.standin.record.until(predicate, timeout)

    async def unfurl(self, channel: str, ts: str) -> list[Delivery]:
        """Show a link's preview: a message_changed that nobody made."""
        told = actions.unfurl(self.standin, self.standin.workspace.channels[channel], ts)
        return list(await asyncio.gather(*told))

    async def send_event(self, body: Json) -> Delivery:
        """Deliver a whole wrapper as it is, with retries: app_rate_limited, or one made up."""
        return await self.standin.events.start(body)

    async def handshake(self) -> bool:
        """Ask for the challenge as Slack does when a URL is saved; say whether it came back."""
        challenge = secrets.token_urlsafe(24)
        body: Json = {"token": "word", "challenge": challenge, "type": "url_verification"}
        parcel = Parcel(family="event", kind="url_verification", payload=body)
        delivery = await self.standin.courier.deliver(parcel)
        return delivery.ok and challenge in delivery.body

    def change_person(self, user: str, kind: PersonKind) -> None:
        """Make somebody a guest, a deactivated person, a member again."""
        people = self.standin.workspace.people
        people[user] = replace(people[user], kind=kind)

    def set_members(self, channel: str, users: set[str]) -> None:
        """Let exactly these be in a channel."""
        place = self.standin.workspace.channels[channel]
        place.members = set(users)
        self.standin.workspace.keep_channel(place)

    def set_group(self, group: str, users: tuple[str, ...]) -> None:
        """Let exactly these be in a user group."""
        groups = self.standin.workspace.usergroups
        groups[group] = replace(groups[group], users=users)

    def archive(self, channel: str) -> None:
        """Archive a channel."""
        place = self.standin.workspace.channels[channel]
        place.is_archived = True
        self.standin.workspace.keep_channel(place)

    def grant(self, scopes: frozenset[str]) -> None:
        """Let the bot token have exactly these scopes."""
        self.standin.grant(scopes)

    async def uninstall(self, *, revoked_first: bool = False) -> list[Delivery]:
        """Remove the app, and tell it in either order."""
        told = actions.uninstall(self.standin, revoked_first=revoked_first)
        return list(await asyncio.gather(*told))


@asynccontextmanager
async def running(setup: Setup | None = None) -> AsyncIterator[Slack]:
    """Run a stand-in on a free port until the block ends."""
    standin = Standin(setup or Setup())
    runner = await listen(standin, make_app(standin))
    try:
        yield Slack(standin)
    finally:
        await standin.close()
        await runner.cleanup()
