"""A person in front of their screen, as a test plays them: each method is one thing a person does.

A Message or View is acted on as it was when it was looked at: an old screen still has its old buttons.
"""

import asyncio

from bot.playground import actions, clicks, people
from bot.playground.blocks import elements_of
from bot.playground.messages import Told
from bot.playground.record import Delivery
from bot.playground.screens import Message, View
from bot.playground.standin import Standin
from bot.playground.words import Json, Press, Raw, copied


class Person:
    """Somebody with a screen in front of them."""

    def __init__(self, slack: Standin, user: str) -> None:
        self._slack = slack
        self.id = user

    @property
    def _who(self) -> people.Person:
        return self._slack.must_know(self.id)

    def _channel(self, channel: str) -> people.Channel:
        return self._slack.must_see(self._who, channel)

    async def command(self, channel: str, command: str, text: str = "") -> Delivery:
        """Use a slash command."""
        return await actions.command(self._slack, self._who, self._channel(channel), (command, text))

    async def post(self, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Write a message; return its ts once the bot was told (or could not be)."""
        message, told = actions.write(
            self._slack, self._who, self._channel(channel), text=text, thread_ts=thread_ts or ""
        )
        await self._told(told)
        return str(message["ts"])

    async def edit(self, channel: str, ts: str, text: str) -> None:
        """Change an own message."""
        await self._told(actions.edit(self._slack, self._who, self._channel(channel), ts=ts, text=text))

    async def delete(self, channel: str, ts: str) -> None:
        """Take an own message away."""
        await self._told(actions.delete(self._slack, self._who, self._channel(channel), ts))

    @staticmethod
    async def _told(told: Told) -> list[Delivery]:
        return list(await asyncio.gather(*told))

    async def click(
        self, target: Message | View | str, action_id: str, option: Raw = None, *, block_id: str = ""
    ) -> Delivery:
        """Press a button, or choose an option, in a message or view (given by itself, or a view by its id).

        An action that stands in the overflow menu `more` is found there by the option's value.
        A Message or View is pressed as it was when it was looked at: an old screen still has its old buttons.
        """
        if isinstance(target, Message):
            where, chosen = self._place(target.blocks, action_id, option)
            channel = self._slack.must_reach(self._who, target.channel)
            return await clicks.click_message(
                self._slack,
                self._who,
                channel,
                message=target.raw,
                press=Press(action_id=where, block_id=block_id, raw=chosen),
            )
        view = self._open_view(target)
        where, chosen = self._place(view["blocks"], action_id, option)
        return await clicks.click_view(
            self._slack, self._who, view, Press(action_id=where, block_id=block_id, raw=chosen)
        )

    @staticmethod
    def _place(blocks: list[Json], action_id: str, option: Raw) -> tuple[str, Raw]:
        """Give the action_id and the option: an id that is no element may be an option of a menu."""
        elements = [one for block in blocks for one in elements_of(block)]
        if option is None and not any(one.get("action_id") == action_id for one in elements):
            for one in elements:
                if one["type"] == "overflow" and action_id in {item["value"] for item in one["options"]}:
                    return one["action_id"], action_id
        return action_id, option

    def _open_view(self, view: View | str) -> Json:
        return clicks.open_view(self._slack, self.id, view.id if isinstance(view, View) else view)

    def set_value(self, view: View | str, block_id: str, value: Raw) -> None:
        """Type or choose in an input, without sending."""
        clicks.type_value(self._slack, self._who, self._open_view(view), block_id=block_id, raw=value)

    async def dispatch(self, view: View | str, block_id: str, value: Raw) -> Delivery:
        """Type or choose in an input that tells the bot at once (dispatch_action)."""
        shown = self._open_view(view)
        action_id = next(
            (block["element"]["action_id"] for block in shown["blocks"] if block["block_id"] == block_id), ""
        )
        return await clicks.click_view(
            self._slack, self._who, shown, Press(action_id=action_id, block_id=block_id, raw=value)
        )

    async def submit(self, view: View | str, values: dict[str, Raw] | None = None) -> Delivery:
        """Fill a modal in by block_id and send it; the delivery's `errors` are what stands at the fields."""
        for block_id, value in (values or {}).items():
            self.set_value(view, block_id, value)
        return await clicks.submit(self._slack, self._who, self._open_view(view))

    async def close_view(self, view: View | str, *, everything: bool = False) -> Delivery | None:
        """Close a modal, or with the X the whole stack."""
        return await clicks.close(self._slack, self._who, self._open_view(view), everything=everything)

    async def options(self, view: View | str, action_id: str, typed: str) -> list[Json]:
        """Type into an external select and see what it offers."""
        shown = self._open_view(view)
        return await clicks.options(self._slack, self._who, shown, Press(action_id=action_id, raw=typed))

    async def shortcut(self, callback_id: str, *, channel: str, ts: str) -> Delivery:
        """Use a shortcut on a message."""
        place = self._channel(channel)
        return await actions.message_shortcut(self._slack, self._who, place, callback_id=callback_id, ts=ts)

    async def global_shortcut(self, callback_id: str) -> Delivery:
        """Use a global shortcut."""
        return await actions.global_shortcut(self._slack, self._who, callback_id)

    async def open_home(self, tab: str = "home") -> list[Delivery]:
        """Visit the app's Home."""
        return await self._told(actions.open_home(self._slack, self._who, tab))

    def dm(self) -> str:
        """Give the id of the direct message with the bot, opened on first use."""
        return self._slack.workspace.direct(self.id).id

    @property
    def views(self) -> list[View]:
        """Give the open modals, the newest last."""
        return [View(copied(view)) for view in self._slack.views.stack(self.id)]

    @property
    def home(self) -> View | None:
        """Give the published Home."""
        home = self._slack.views.home(self.id)
        return View(copied(home)) if home else None

    @property
    def ephemerals(self) -> list[Message]:
        """Give what only this person sees, the newest last."""
        shown = self._slack.workspace.ephemerals
        return [Message(one["channel"], copied(one)) for one in shown if one["for_user"] == self.id]
