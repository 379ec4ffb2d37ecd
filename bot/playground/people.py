"""Who and what is in the workspace: people, channels, user groups, and the app's own commands and shortcuts.

Values only. `shown` methods give the object that Slack's Web API gives for them.
"""

from dataclasses import dataclass, field
from typing import Literal

from bot.playground.words import OTHER_TEAM_DOMAIN, OTHER_TEAM_ID, TEAM_DOMAIN, TEAM_ID, Json

PersonKind = Literal["member", "guest", "external", "deactivated", "bot"]
ChannelKind = Literal["public", "private", "im"]

HINTS: dict[PersonKind, str] = {
    "member": "A member of this workspace.",
    "guest": "A guest: sees only the channels they were invited to.",
    "external": "From another organisation: may write and click here, but not use commands or shortcuts.",
    "deactivated": "Deactivated: can do nothing.",
    "bot": "Another app's bot.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody, or some bot, who writes and clicks."""

    id: str
    name: str
    real_name: str
    kind: PersonKind = "member"
    bot_id: str = ""
    app_id: str = ""

    @property
    def team_id(self) -> str:
        """Give the workspace they belong to."""
        return OTHER_TEAM_ID if self.kind == "external" else TEAM_ID

    @property
    def team_domain(self) -> str:
        """Give that workspace's domain."""
        return OTHER_TEAM_DOMAIN if self.kind == "external" else TEAM_DOMAIN

    def shown(self) -> Json:
        """Give the user object of users.info."""
        user: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": self.kind == "deactivated",
            "profile": {
                "real_name": self.real_name,
                "display_name": self.name,
                "real_name_normalized": self.real_name,
                "team": self.team_id,
            },
            "is_bot": self.kind == "bot",
            "updated": 1700000000,
            "is_app_user": False,
        }
        if self.kind == "deactivated":
            return user  # Slack leaves the rest out for them
        if self.kind == "external":
            return user | {"is_stranger": True, "tz": "Etc/UTC", "tz_label": "UTC", "tz_offset": 0}
        if self.kind == "bot":
            user["profile"] |= {"bot_id": self.bot_id, "api_app_id": self.app_id}
        return user | {
            "tz": "Etc/UTC",
            "tz_label": "UTC",
            "tz_offset": 0,
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.kind == "guest",
            "is_ultra_restricted": False,
        }


@dataclass(slots=True, kw_only=True)
class Channel:
    """A conversation: a channel, or a direct message with the bot."""

    id: str
    name: str
    kind: ChannelKind
    members: set[str] = field(default_factory=set)
    is_archived: bool = False
    is_shared: bool = False
    with_user: str = ""

    @property
    def event_kind(self) -> str:
        """Give what message events call this kind."""
        return {"public": "channel", "private": "group", "im": "im"}[self.kind]

    @property
    def scope_kind(self) -> str:
        """Give the first word of the scopes for this kind."""
        return {"public": "channels", "private": "groups", "im": "im"}[self.kind]

    @property
    def command_name(self) -> str:
        """Give the name that a slash command and an interaction see."""
        return {"public": self.name, "private": "privategroup", "im": "directmessage"}[self.kind]

    def kept(self) -> Json:
        """Give it as the disk keeps it."""
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "members": sorted(self.members),
            "is_archived": self.is_archived,
            "is_shared": self.is_shared,
            "with_user": self.with_user,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Usergroup:
    """A named set of people that can be mentioned."""

    id: str
    handle: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command of the app."""

    command: str
    usage_hint: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """A shortcut of the app: on a message, or anywhere."""

    callback_id: str
    name: str
    type: Literal["message", "global"]
