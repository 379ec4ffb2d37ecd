"""What a page may ask for: one model per verb, which does what a person at that page does.

A verb's answer is `{"ok": true}` and perhaps more; what a person cannot do raises NotPossible with words for them.
"""

from abc import abstractmethod
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.playground import actions, clicks
from bot.playground.people import Person
from bot.playground.record import Delivery
from bot.playground.standin import Standin
from bot.playground.states import state_of
from bot.playground.words import Json, NotPossible, Press

Value = str | int | float | bool | tuple[str, ...] | None


class Deed(BaseModel):
    """What every verb's body has: who does it."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)
    by: str = Field(alias="as")

    @abstractmethod
    async def do(self, slack: Standin, person: Person) -> Json:
        """Do it, and give more for the answer."""


def _told(delivery: Delivery) -> Json:
    """Give the answer of a verb that was delivered to the bot."""
    if delivery.errors:
        return {"ok": False, "error": "Please look at the marked fields.", "errors": delivery.errors}
    return {} if delivery.ok else {"ok": False, "error": actions.trouble(delivery)}


class Post(Deed):
    """Write a message, in a channel or a thread."""

    channel: str
    text: str
    thread_ts: str | None = None

    async def do(self, slack: Standin, person: Person) -> Json:
        """Write it; a leading slash makes it a command, which threads do not have."""
        channel = slack.must_see(person, self.channel)
        if self.text.startswith("/"):
            word, _, rest = self.text.partition(" ")
            if self.thread_ts:
                raise NotPossible(f"{word} is not supported in threads. Sorry!")
            return _told(await actions.command(slack, person, channel, (word, rest.strip())))
        message, _ = actions.write(slack, person, channel, text=self.text, thread_ts=self.thread_ts or "")
        return {"ts": message["ts"]}


class Command(Deed):
    """Use a slash command."""

    channel: str
    command: str
    text: str = ""

    async def do(self, slack: Standin, person: Person) -> Json:
        """Use it."""
        channel = slack.must_see(person, self.channel)
        return _told(await actions.command(slack, person, channel, (self.command, self.text)))


class Container(BaseModel):
    """Where something is pressed."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    type: Literal["message", "ephemeral", "view", "home"]
    channel: str = ""
    ts: str = ""
    view_id: str | None = None


class Click(Deed):
    """Press an element, or choose in it."""

    container: Container
    block_id: str
    action_id: str
    value: Value = None
    option: Value = None
    selected: Value = None

    async def do(self, slack: Standin, person: Person) -> Json:
        """Find the element where it stands, and press it."""
        chosen = next((one for one in (self.option, self.selected, self.value) if one is not None), None)
        press = Press(action_id=self.action_id, block_id=self.block_id, raw=chosen)
        if self.container.type in {"view", "home"}:
            view = clicks.open_view(slack, person.id, self.container.view_id or "")
            return _told(await clicks.click_view(slack, person, view, press))
        channel = slack.must_reach(person, self.container.channel)
        is_ephemeral = self.container.type == "ephemeral"
        message = (
            slack.workspace.whispered(person.id, self.container.ts)
            if is_ephemeral
            else slack.workspace.find(channel.id, self.container.ts)
        )
        if message is None:
            raise NotPossible("This message is gone.")
        return _told(await clicks.click_message(slack, person, channel, message=message, press=press))


class ViewInput(Deed):
    """Type into a view without sending it."""

    view_id: str
    values: dict[str, dict[str, Value]]

    async def do(self, slack: Standin, person: Person) -> Json:
        """Keep what was typed."""
        view = clicks.open_view(slack, person.id, self.view_id)
        for block_id, typed in self.values.items():
            for action_id, raw in typed.items():
                press = Press(action_id=action_id, block_id=block_id, raw=raw)
                _, element = clicks.find_element(view["blocks"], press)
                slack.views.type_into(person.id, view, (block_id, action_id), state_of(element, raw))
        return {}


class Submit(Deed):
    """Fill in and send a modal."""

    view_id: str
    values: dict[str, Value] = {}

    async def do(self, slack: Standin, person: Person) -> Json:
        """Type the values and send it."""
        view = clicks.open_view(slack, person.id, self.view_id)
        for block_id, raw in self.values.items():
            clicks.type_value(slack, person, view, block_id=block_id, raw=raw)
        return _told(await clicks.submit(slack, person, view))


class CloseView(Deed):
    """Close the top modal, or all."""

    view_id: str
    all: bool = False

    async def do(self, slack: Standin, person: Person) -> Json:
        """Close it."""
        await clicks.close(slack, person, clicks.open_view(slack, person.id, self.view_id), everything=self.all)
        return {}


class UseShortcut(Deed):
    """Use a shortcut, on a message or globally."""

    callback_id: str
    channel: str | None = None
    ts: str | None = None

    async def do(self, slack: Standin, person: Person) -> Json:
        """Use it."""
        if not self.channel or not self.ts:
            return _told(await actions.global_shortcut(slack, person, self.callback_id))
        channel = slack.must_see(person, self.channel)
        return _told(await actions.message_shortcut(slack, person, channel, callback_id=self.callback_id, ts=self.ts))


class OpenHome(Deed):
    """Visit the app's Home."""

    async def do(self, slack: Standin, person: Person) -> Json:
        """Tell the bot; it may publish."""
        actions.open_home(slack, person)
        return {}


class EditMessage(Deed):
    """Change an own message."""

    channel: str
    ts: str
    text: str

    async def do(self, slack: Standin, person: Person) -> Json:
        """Change it."""
        actions.edit(slack, person, slack.must_see(person, self.channel), ts=self.ts, text=self.text)
        return {}


class DeleteMessage(Deed):
    """Take an own message away."""

    channel: str
    ts: str

    async def do(self, slack: Standin, person: Person) -> Json:
        """Take it away."""
        actions.delete(slack, person, slack.must_see(person, self.channel), self.ts)
        return {}


class Direct(Deed):
    """Open the direct message with the bot."""

    async def do(self, slack: Standin, person: Person) -> Json:
        """Open it."""
        return {"channel": slack.workspace.direct(person.id).id}


class Options(Deed):
    """Type into an external select."""

    view_id: str
    block_id: str
    action_id: str
    text: str = ""

    async def do(self, slack: Standin, person: Person) -> Json:
        """Ask the bot what it offers."""
        view = clicks.open_view(slack, person.id, self.view_id)
        press = Press(action_id=self.action_id, block_id=self.block_id, raw=self.text)
        return {"options": await clicks.options(slack, person, view, press)}


class Switch(Deed):
    """Be somebody else: the page connects again, nothing happens here."""

    async def do(self, slack: Standin, person: Person) -> Json:  # noqa: ARG002 - every deed has one signature
        """Do nothing."""
        return {}


VERBS: dict[str, type[Deed]] = {
    "post": Post,
    "command": Command,
    "click": Click,
    "view_input": ViewInput,
    "submit": Submit,
    "close_view": CloseView,
    "shortcut": UseShortcut,
    "open_home": OpenHome,
    "edit_message": EditMessage,
    "delete_message": DeleteMessage,
    "dm": Direct,
    "options": Options,
    "switch": Switch,
}
