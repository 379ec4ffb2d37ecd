"""What people do with the bot directly: commands, clicks, modals, shortcuts.

The facts that outlive a delivery are named by the trigger ID; a closed view has none and is named by itself.
"""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, StrictBool

from bot.payloads.ids import Fact, Id, Malformed, MaybeId, Name, Text, Ts
from bot.payloads.keys import ButtonValue, ViewKey
from bot.payloads.parts import (
    Channel,
    Choice,
    Container,
    Element,
    Enterprise,
    Message,
    Payload,
    State,
    Team,
    User,
    View,
)

OVERFLOW = "more"  # the menu whose options are action IDs and whose block carries the button value


class SlashCommand(Payload):
    """A slash command, which Slack sends as plain form fields."""

    kind: Literal["slash_command"] = "slash_command"
    team_id: Id
    enterprise_id: MaybeId = None
    channel_id: Id
    channel_name: Text = ""
    user_id: Id
    command: Name
    text: Text = ""
    trigger_id: Fact
    response_url: str | None = None

    @property
    def workspace(self) -> str | None:
        """Name the workspace that it was typed in."""
        return self.team_id

    @property
    def organisation(self) -> str | None:
        """Name the organisation that it was typed in."""
        return self.enterprise_id

    @property
    def actor(self) -> str | None:
        """Name who typed it."""
        return self.user_id

    @property
    def actor_team(self) -> str | None:
        """Name the workspace: only its own people can use our command."""
        return self.team_id

    @property
    def dedupe_id(self) -> str:
        """Name the one time that it was sent."""
        return self.trigger_id


class Interaction(Payload):
    """Something that came as a form's ``payload``."""

    type: Name
    user: User
    team: Team | None = None
    enterprise: Enterprise | None = None

    @property
    def workspace(self) -> str | None:
        """Name the team, or for an organisation's installation, which names none, the person's."""
        return self.named_team or self.user.team_id

    @property
    def named_team(self) -> str | None:
        """Name the team that the payload names."""
        return self.team.id if self.team else None

    @property
    def organisation(self) -> str | None:
        """Name the organisation by either of the two places that can hold it."""
        if self.enterprise:
            return self.enterprise.id
        return self.team.enterprise_id if self.team else None

    @property
    def actor(self) -> str | None:
        """Name who did it."""
        return self.user.id

    @property
    def actor_team(self) -> str | None:
        """Name the person's own workspace, which in a shared channel may be another."""
        return self.user.team_id


class Action(Element):
    """One element that was pressed or changed."""

    action_id: Name
    block_id: Text = ""
    action_ts: Ts | None = None

    @property
    def name(self) -> str:
        """Name what was asked for, whether it was a button or an entry of the overflow menu."""
        if self.action_id == OVERFLOW and self.selected_option:
            return self.selected_option.value
        return self.action_id

    @cached_property
    def button(self) -> ButtonValue:
        """Read what the button was drawn for, or raise Malformed."""
        if self.action_id == OVERFLOW:
            return ButtonValue.parse(self.block_id)
        if self.value is None:
            raise Malformed("actions.value")
        return ButtonValue.parse(self.value)


class BlockActions(Interaction):
    """A press or a change in a message, an ephemeral message, a modal or the Home tab."""

    kind: Literal["block_actions"] = "block_actions"
    actions: Annotated[tuple[Action, ...], Field(min_length=1)]
    trigger_id: Fact
    container: Container = Container()
    channel: Channel | None = None
    message: Message | None = None
    view: View | None = None
    state: State | None = None
    response_url: str | None = None

    @property
    def workspace(self) -> str | None:
        """Name the workspace in which the view was opened, else the team."""
        return (self.view.app_installed_team_id if self.view else None) or super().workspace

    @property
    def action(self) -> Action:
        """Give the one action; Slack has never been seen to send more."""
        return self.actions[0]

    @property
    def channel_id(self) -> str | None:
        """Name the channel; a view has none."""
        return self.container.channel_id or (self.channel.id if self.channel else None)

    @property
    def message_ts(self) -> str | None:
        """Name the message that holds the element."""
        return self.container.message_ts or (self.message.ts if self.message else None)

    @property
    def thread_ts(self) -> str | None:
        """Name the message that the thread hangs under; a message outside of any is its own."""
        hung = self.container.thread_ts or (self.message.thread_ts if self.message else None)
        return hung or self.message_ts

    @property
    def dedupe_id(self) -> str:
        """Name the one press."""
        return self.trigger_id


class OfView(Interaction):
    """Something that happened to a modal as a whole."""

    view: View

    @property
    def workspace(self) -> str | None:
        """Name the workspace in which the modal was opened, else the team."""
        return self.view.app_installed_team_id or super().workspace

    @property
    def callback_id(self) -> str:
        """Name the modal."""
        return self.view.callback_id

    @property
    def private_metadata(self) -> str:
        """Give what we hung on it."""
        return self.view.private_metadata

    @property
    def key(self) -> ViewKey:
        """Read what the modal was opened for, or raise Malformed."""
        return ViewKey.parse(self.view.private_metadata)

    def values(self) -> dict[str, Choice]:
        """Give what stands in each block."""
        return self.view.values()


class ViewSubmission(OfView):
    """A modal that was sent."""

    kind: Literal["view_submission"] = "view_submission"
    trigger_id: Fact

    @property
    def dedupe_id(self) -> str:
        """Name the one time that it was sent."""
        return self.trigger_id


class ViewClosed(OfView):
    """A modal that was closed without being sent."""

    kind: Literal["view_closed"] = "view_closed"
    is_cleared: StrictBool | None = None

    @property
    def dedupe_id(self) -> str:
        """Name the view: it closes once."""
        return f"closed:{self.view.id}"


class MessageShortcut(Interaction):
    """An entry of a message's menu."""

    kind: Literal["message_shortcut"] = "message_shortcut"
    callback_id: Name
    trigger_id: Fact
    channel: Channel
    message: Message
    message_ts: Ts | None = None
    response_url: str | None = None

    @property
    def thread_ts(self) -> str:
        """Name the message that the thread hangs under; a message outside of any is its own."""
        return self.message.thread_ts or self.message.ts

    @property
    def dedupe_id(self) -> str:
        """Name the one time that it was chosen."""
        return self.trigger_id


class GlobalShortcut(Interaction):
    """An entry of the workspace's menu; it comes from no channel."""

    kind: Literal["global_shortcut"] = "global_shortcut"
    callback_id: Name
    trigger_id: Fact
    action_ts: Ts | None = None

    @property
    def dedupe_id(self) -> str:
        """Name the one time that it was chosen."""
        return self.trigger_id


class BlockSuggestion(Interaction):
    """A request for the options of a select while somebody types in it."""

    kind: Literal["block_suggestion"] = "block_suggestion"
    action_id: Name
    block_id: Text = ""
    value: Text = ""
    view: View | None = None

    @property
    def dedupe_id(self) -> str:
        """Name the question: answering it twice changes nothing."""
        return f"suggestion:{self.user.id}:{self.action_id}"
