"""What happens in the workspace: messages, mentions, the Home tab, the end of the installation.

Slack sends one mention as two events, a ``message`` and an ``app_mention``, with different event IDs; so both are named
by team, channel and ts. Everything else is named by its event ID, which is the same on each retry.
"""

from typing import Literal

from pydantic import StrictBool, StrictInt

from bot.payloads.ids import Fact, Id, MaybeId, Name, Text, Ts
from bot.payloads.parts import File, Part, Payload

DIRECT = frozenset({"im", "app_home"})


class Authorization(Part):
    """One installation that could see the event; Slack names one of several, so nothing is decided by it."""

    team_id: str | None = None
    enterprise_id: str | None = None
    user_id: str | None = None
    is_enterprise_install: StrictBool | None = None


class Inner(Part):
    """What every event has inside its wrapper."""

    type: Name


class Envelope(Payload):
    """What is wrapped around every event."""

    type: Name
    event: Inner
    authorizations: tuple[Authorization, ...] | None = None
    team_id: MaybeId = None
    enterprise_id: MaybeId = None
    context_team_id: MaybeId = None
    context_enterprise_id: MaybeId = None
    event_id: Fact
    event_time: StrictInt | None = None
    is_ext_shared_channel: StrictBool | None = None

    @property
    def workspace(self) -> str | None:
        """Name the installation that it came through: in a shared channel ``team_id`` may be the other side."""
        return self.context_team_id or self.team_id

    @property
    def named_team(self) -> str | None:
        """Name the workspace that the wrapper puts first."""
        return self.team_id or self.context_team_id

    @property
    def organisation(self) -> str | None:
        """Name the organisation by the same rule; beside a team, the plain one may be the sender's."""
        return self.context_enterprise_id or (None if self.workspace else self.enterprise_id)

    @property
    def dedupe_id(self) -> str:
        """Name the event."""
        return self.event_id


class Said(Inner):
    """A message as an event carries it."""

    user: Id
    text: Text = ""
    ts: Ts
    channel: Id
    thread_ts: Ts | None = None
    channel_type: Text = ""
    subtype: str | None = None
    team: MaybeId = None
    user_team: MaybeId = None
    files: tuple[File, ...] | None = None


class Spoken(Envelope):
    """Something that a person said where we can hear it."""

    event: Said

    @property
    def actor(self) -> str | None:
        """Name who said it."""
        return self.event.user

    @property
    def actor_team(self) -> str | None:
        """Name the person's workspace; on Enterprise Grid Slack may put the organisation there."""
        return self.event.user_team or self.event.team

    @property
    def channel_id(self) -> str:
        """Name where it was said."""
        return self.event.channel

    @property
    def thread_ts(self) -> str:
        """Name the message that the thread hangs under; a message outside of any is its own."""
        return self.event.thread_ts or self.event.ts

    @property
    def is_reply(self) -> bool:
        """Tell a reply from a message that opens a thread, which names itself once it has replies."""
        return self.thread_ts != self.event.ts

    @property
    def is_direct(self) -> bool:
        """Tell a direct message to the bot."""
        return self.event.channel_type in DIRECT

    @property
    def dedupe_id(self) -> str:
        """Name the message, the same for both events that it comes as."""
        return f"{self.workspace}:{self.event.channel}:{self.event.ts}"


class MessageEvent(Spoken):
    """A message in a channel that we are in, or a direct one."""

    kind: Literal["message"] = "message"


class AppMention(Spoken):
    """A message that names the bot."""

    kind: Literal["app_mention"] = "app_mention"


class Gone(Part):
    """A message that is no more: where it hung and whose it was."""

    thread_ts: Ts | None = None
    user: MaybeId = None
    bot_id: MaybeId = None


class Deletion(Inner):
    """The inner event of a deleted message."""

    subtype: str | None = None
    channel: Id
    deleted_ts: Ts
    previous_message: Gone


class BotMessageDeleted(Envelope):
    """A message that a bot posted was deleted: if it was our card, the proposal needs a new one."""

    kind: Literal["bot_message_deleted"] = "bot_message_deleted"
    event: Deletion

    @property
    def channel_id(self) -> str:
        """Name where it was."""
        return self.event.channel

    @property
    def thread_ts(self) -> str:
        """Name the message that the thread hangs under; a message outside of any is its own."""
        return self.event.previous_message.thread_ts or self.event.deleted_ts


class HomeView(Part):
    """The Home tab that we published earlier."""

    id: Name
    hash: str | None = None


class Opened(Inner):
    """A visit to the bot's own page."""

    user: Id
    channel: MaybeId = None
    tab: Text = ""
    view: HomeView | None = None


class AppHomeOpened(Envelope):
    """Somebody looks at the bot's own page."""

    kind: Literal["app_home_opened"] = "app_home_opened"
    event: Opened

    @property
    def actor(self) -> str | None:
        """Name who looks."""
        return self.event.user


class Tokens(Part):
    """Whose tokens died; either list may be missing."""

    oauth: tuple[str, ...] | None = None
    bot: tuple[str, ...] | None = None


class Revoked(Inner):
    """The inner event of revoked tokens."""

    tokens: Tokens


class TokensRevoked(Envelope):
    """Tokens of this installation stopped working."""

    kind: Literal["tokens_revoked"] = "tokens_revoked"
    event: Revoked


class AppUninstalled(Envelope):
    """The installation is gone; no API call works any more."""

    kind: Literal["app_uninstalled"] = "app_uninstalled"


class AppRateLimited(Payload):
    """Slack left out events of one minute because there were too many."""

    kind: Literal["app_rate_limited"] = "app_rate_limited"
    team_id: MaybeId = None
    minute_rate_limited: StrictInt

    @property
    def workspace(self) -> str | None:
        """Name the workspace whose events are missing."""
        return self.team_id

    @property
    def dedupe_id(self) -> str:
        """Name the minute."""
        return f"limited:{self.team_id}:{self.minute_rate_limited}"


class UrlVerification(Payload):
    """Slack asks whether this address is ours, by a word to be repeated."""

    kind: Literal["url_verification"] = "url_verification"
    challenge: str

    @property
    def dedupe_id(self) -> str:
        """Name the question."""
        return "url_verification"
