"""What several payloads have in common: people, places, and what was chosen in a form element.

Everything is frozen, ignores fields that it does not know, and takes null for whatever Slack may leave out.
"""

import json
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt

from bot.payloads.ids import Id, MaybeId, Name, Text, Ts

Choice = str | list[str] | None


class Part(BaseModel):
    """Set how every model here reads: frozen, tolerant of more, silent about values in errors."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Payload(Part):
    """Be anything that Slack sends us; each kind answers these questions in its own way."""

    api_app_id: MaybeId = None

    @property
    def workspace(self) -> str | None:
        """Name the workspace through whose installation this came, where it says so."""
        return None

    @property
    def named_team(self) -> str | None:
        """Name the workspace that the payload itself puts first; another one than ours in a shared channel."""
        return self.workspace

    @property
    def organisation(self) -> str | None:
        """Name the organisation of the installation, where it says so."""
        return None

    @property
    def actor(self) -> str | None:
        """Name the person who did it."""
        return None

    @property
    def actor_team(self) -> str | None:
        """Name the workspace that the person belongs to."""
        return None

    @property
    def dedupe_id(self) -> str:
        """Name the fact, and not its delivery: the same for every repetition."""
        raise NotImplementedError


class User(Part):
    """A person as an interaction names one; names are for display and change, so they are not read."""

    id: Id
    team_id: MaybeId = None


class Team(Part):
    """A workspace."""

    id: Id
    enterprise_id: MaybeId = None


class Enterprise(Part):
    """An organisation on Enterprise Grid."""

    id: Id


class Channel(Part):
    """A conversation of any sort."""

    id: Id
    name: Text = ""


class Metadata(Part):
    """What we hung on a message when we posted it."""

    event_type: Text = ""
    event_payload: Mapping[str, object] = {}


class File(Part):
    """A file that somebody shared; only that it was there, and its name for display."""

    id: Name
    name: Text = ""


class Message(Part):
    """The message that an interaction came from, as it stood on the screen."""

    ts: Ts
    thread_ts: Ts | None = None
    text: Text = ""
    user: MaybeId = None
    bot_id: MaybeId = None
    app_id: MaybeId = None
    metadata: Metadata | None = None
    files: tuple[File, ...] | None = None


class Container(Part):
    """Where an element was pressed: a message, an attachment of one, or a view."""

    type: Text = ""
    message_ts: Ts | None = None
    thread_ts: Ts | None = None
    channel_id: MaybeId = None
    view_id: Name | None = None
    is_ephemeral: StrictBool | None = None


class Option(Part):
    """One choice of a select, of radio buttons, of checkboxes or of an overflow menu."""

    value: Text = ""


class Element(Part):
    """What stands in one form element, whatever sort it is."""

    type: Text = ""
    value: str | None = None
    selected_option: Option | None = None
    selected_options: tuple[Option, ...] | None = None
    selected_date: str | None = None
    selected_time: str | None = None
    selected_date_time: StrictInt | None = None
    selected_user: MaybeId = None
    selected_users: tuple[Id, ...] | None = None
    selected_channel: MaybeId = None
    selected_channels: tuple[Id, ...] | None = None
    selected_conversation: MaybeId = None
    selected_conversations: tuple[Id, ...] | None = None
    rich_text_value: Mapping[str, object] | None = None

    @property
    def chosen(self) -> Choice:
        """Give what was typed or picked: a list where several may be picked, None where nothing was."""
        for several in (self.selected_users, self.selected_channels, self.selected_conversations):
            if several is not None:
                return list(several)
        if self.selected_options is not None:
            return [option.value for option in self.selected_options]
        if self.selected_option is not None:
            return self.selected_option.value
        return self._single()

    def _single(self) -> str | None:
        """Give the one value of an element that can hold only one."""
        if self.selected_date_time is not None:
            return str(self.selected_date_time)
        if self.rich_text_value is not None:
            return json.dumps(self.rich_text_value)
        singles = (
            self.value,
            self.selected_date,
            self.selected_time,
            self.selected_user,
            self.selected_channel,
            self.selected_conversation,
        )
        return next((single for single in singles if single is not None), None)


class State(Part):
    """What stands in the inputs of a view or a message, by block and then by action."""

    values: Mapping[str, Mapping[str, Element]] | None = None


class ViewBlock(Part):
    """A block of a view, as far as an error needs to find its place."""

    type: Text = ""
    block_id: Text = ""


class View(Part):
    """A modal or the Home tab."""

    id: Name
    type: Name = "modal"
    team_id: MaybeId = None
    callback_id: Text = ""
    private_metadata: Text = ""
    hash: str | None = None
    root_view_id: Name | None = None
    previous_view_id: Name | None = None
    app_installed_team_id: MaybeId = None
    blocks: tuple[ViewBlock, ...] | None = None
    state: State | None = None

    def values(self) -> dict[str, Choice]:
        """Flatten the state to one value for each block; our elements are alone in theirs."""
        blocks = (self.state.values if self.state else None) or {}
        return {
            block_id: next((element.chosen for element in elements.values()), None)
            for block_id, elements in blocks.items()
        }

    @property
    def first_input(self) -> str | None:
        """Name the first input block, the only kind at which Slack shows an error."""
        blocks = self.blocks or ()
        return next((block.block_id for block in blocks if block.type == "input" and block.block_id), None)
