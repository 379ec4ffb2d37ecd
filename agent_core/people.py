"""Who somebody is, as looked up a moment ago, and whether a set of people contains them. Pure.

The rule kept here: unknown is nobody. Guests, outside members and bots count only where they are named by ID, and a
deactivated or unknown person never counts.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent_core.words import PersonId, TeamId

PersonKind = Literal["member", "guest", "external", "bot", "deactivated", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person as Slack described them at ``looked_up_at`` (aware UTC)."""

    id: PersonId
    team: TeamId
    kind: PersonKind
    groups: frozenset[str] = frozenset()
    in_channel: bool = False
    looked_up_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A set of people: the union of named users, user groups (``S…``) and, if set, all members of the channel."""

    users: frozenset[PersonId] = frozenset()
    usergroups: frozenset[str] = frozenset()
    channel_members: bool = False

    def __contains__(self, person: Person) -> bool:
        """Tell whether this person counts, failing closed."""
        if person.kind in ("deactivated", "unknown"):
            return False
        if person.id in self.users:
            return True
        if person.kind != "member":
            return False
        return bool(person.groups & self.usergroups) or (self.channel_members and person.in_channel)


EVERYBODY_HERE = People(channel_members=True)
NOBODY = People()
