"""Who people are, as Slack knows them. Facts are kept for 60 s for a click and asked anew for a claim.

What Slack does not say is unknown, and unknown counts as nobody.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import cast

import structlog

from agent_core.errors import Refused
from agent_core.people import People, Person, PersonKind
from agent_core.ports import Clock, SurfaceBusy, SurfaceGone
from agent_core.words import ChannelId, PersonId, TeamId
from bot.slack.client import FAILURES, Slack, SlackRefused

log = structlog.get_logger(__name__)

FACTS_S = 60.0
KEPT = 10_000
AT_ONCE = 20
PAGE = 1000
PAGES = 20


class SlackDirectory:
    """Looks people, user groups and channels up, with a bounded memory of facts at most 60 s old."""

    def __init__(self, slack: Slack, clock: Clock, *, team: TeamId, usergroups: frozenset[str]) -> None:
        """Hold the client; ``usergroups`` are those that the configuration names."""
        self._slack = slack
        self._clock = clock
        self._team = team
        self._usergroups = usergroups
        self._facts: dict[tuple[str, str], tuple[float, object]] = {}

    async def look_up(self, team: TeamId, channel: ChannelId, person: PersonId, *, fresh: bool = False) -> Person:
        """Describe a person from facts at most 60 s old, or asked for now; ``unknown`` if nobody can say."""
        known = None if fresh else self.known(team, channel, person)
        if known is not None:
            return known
        try:
            user, groups, here = await self._facts_about(person, channel, fresh=fresh)
        except FAILURES as error:
            if fresh and isinstance(error, SurfaceBusy):
                raise  # a claim can wait until Slack answers; an approval is not struck for its silence
            return Person(id=person, team=team, kind="unknown", looked_up_at=self._clock.now())
        return self._described(person, team, user, groups=groups, here=here)

    def known(self, team: TeamId, channel: ChannelId, person: PersonId) -> Person | None:
        """Describe a person from facts at most 60 s old; None where Slack would have to be asked for one."""
        user, sets = self._kept("user", person, fresh=False), self._sets(channel)
        people = {name: self._kept(what, name, fresh=False) for what, name in sets}
        holding = [name for name, who in people.items() if isinstance(who, frozenset) and person in who]
        if not isinstance(user, dict) or None in people.values():
            return None
        groups = frozenset(name for name in holding if name != channel)
        return self._described(person, team, user, groups=groups, here=channel in holding)

    def _described(
        self, person: PersonId, team: TeamId, user: Mapping[str, object], *, groups: frozenset[str], here: bool
    ) -> Person:
        return Person(
            id=person,
            team=TeamId(str(user.get("team_id") or team)),
            kind=self._kind_of(user, team),
            groups=groups,
            in_channel=here,
            looked_up_at=self._clock.now(),
        )

    def _sets(self, channel: ChannelId) -> list[tuple[str, str]]:
        """Name the sets that somebody may be in: the user groups that matter, and the channel it is about."""
        groups = [("group", group) for group in self._usergroups]
        return [*groups, ("channel", channel)] if channel else groups

    async def _facts_about(
        self, person: PersonId, channel: ChannelId, *, fresh: bool
    ) -> tuple[Mapping[str, object], frozenset[str], bool]:
        """Gather account, groups and whether the person is in the channel, asking for what is not known at once."""
        if all(self._kept(what, name, fresh=fresh) is not None for what, name in self._sets(channel)):
            account = await self._user(person, fresh=fresh)  # One call at most, so there is nothing to gather.
            return account, await self._groups_of(person, fresh=fresh), await self._is_in(channel, person, fresh=fresh)
        return await asyncio.gather(
            self._user(person, fresh=fresh),
            self._groups_of(person, fresh=fresh),
            self._is_in(channel, person, fresh=fresh),
        )

    async def members(
        self, team: TeamId, channel: ChannelId, people: People, *, enough: int | None = None
    ) -> frozenset[PersonId]:
        """Resolve a set to those who would count: named, in a group, or in the channel, and not barred by kind.

        A channel may have thousands of members, and Slack is asked about each; so only until ``enough`` were found.
        """
        candidates = sorted(await self._candidates(channel, people))
        found: set[PersonId] = set()
        for at in range(0, len(candidates), AT_ONCE):
            looked_up = await asyncio.gather(
                *(self.look_up(team, channel, who) for who in candidates[at : at + AT_ONCE])
            )
            found |= {person.id for person in looked_up if person in people}
            if enough is not None and len(found) >= enough:
                break
        return frozenset(found)

    async def _candidates(self, channel: ChannelId, people: People) -> set[PersonId]:
        """Name all whom a set may mean; a group that Slack does not know has nobody in it."""
        candidates = set(people.users)
        for group in people.usergroups:
            candidates |= await self._group(group, fresh=False)
        if people.channel_members:
            with suppress(SlackRefused):
                candidates |= await self._members(channel, fresh=False)
        return candidates

    def _kind_of(self, user: Mapping[str, object], claimed: TeamId) -> PersonKind:
        """Say what kind of person an account is, the most limiting first; whom a payload places elsewhere is."""
        if user.get("deleted"):
            return "deactivated"
        if user.get("is_bot") or user.get("id") == "USLACKBOT":
            return "bot"
        # On Enterprise Grid a payload may name the organisation (E…) in the team's place.
        elsewhere = claimed != self._team and not claimed.startswith("E")
        if user.get("is_stranger") or elsewhere or user.get("team_id", self._team) != self._team:
            return "external"
        if user.get("is_restricted") or user.get("is_ultra_restricted"):
            return "guest"
        return "member" if user.get("id") else "unknown"

    async def _user(self, person: PersonId, *, fresh: bool) -> Mapping[str, object]:
        kept = self._kept("user", person, fresh=fresh)
        if isinstance(kept, dict):
            return kept
        answer = await self._slack.call("users.info", form=True, user=person)
        user = answer.get("user")
        found = cast("dict[str, object]", user) if isinstance(user, dict) else {}
        self._keep("user", person, found)
        return found

    async def _groups_of(self, person: PersonId, *, fresh: bool) -> frozenset[str]:
        found = [group for group in self._usergroups if person in await self._group(group, fresh=fresh)]
        return frozenset(found)

    async def _group(self, group: str, *, fresh: bool) -> frozenset[PersonId]:
        kept = self._kept("group", group, fresh=fresh)
        if isinstance(kept, frozenset):
            return kept
        answer: Mapping[str, object] = {}
        try:
            answer = await self._slack.call("usergroups.users.list", form=True, usergroup=group)
        except SlackRefused as no:  # one group that was deleted must not make everybody unknown
            log.warning("user group has nobody", group=group, why=no.error)
        users = answer.get("users")
        found = frozenset(PersonId(str(user)) for user in users) if isinstance(users, list) else frozenset()
        self._keep("group", group, found)
        return found

    async def is_in(self, channel: ChannelId, person: PersonId) -> bool:
        """Tell whether somebody, the bot for one, is in a channel; raise Refused if Slack can't be asked that.

        A no is asked anew: whoever was just told to invite the bot did so a moment ago. SurfaceBusy: not now.
        """
        try:
            return await self._is_in(channel, person, fresh=False) or await self._is_in(channel, person, fresh=True)
        except SurfaceGone:
            return False
        except SlackRefused as no:
            words = f"Slack does not say who is in this channel ({no.error}), so nothing was started."
            raise Refused(words, "Whoever runs me finds the cause with doctor.") from no

    async def is_public(self, channel: ChannelId) -> bool:
        """Tell whether every member of the workspace may read a channel; False if Slack does not say."""
        kept = self._kept("public", channel, fresh=False)
        if isinstance(kept, bool):
            return kept
        try:
            answer = await self._slack.call("conversations.info", form=True, channel=channel)
        except FAILURES:
            return False
        about = answer.get("channel")
        hidden = not isinstance(about, dict) or any(about.get(name) for name in ("is_private", "is_im", "is_mpim"))
        self._keep("public", channel, not hidden)
        return not hidden

    async def _is_in(self, channel: ChannelId, person: PersonId, *, fresh: bool) -> bool:
        return person in await self._members(channel, fresh=fresh)

    async def _members(self, channel: ChannelId, *, fresh: bool) -> frozenset[PersonId]:
        if not channel:
            return frozenset()  # the doctor asks about people, wherever they are
        kept = self._kept("channel", channel, fresh=fresh)
        if isinstance(kept, frozenset):
            return kept
        found: set[PersonId] = set()
        cursor: str | None = None
        for _ in range(PAGES):
            answer = await self._slack.call(
                "conversations.members", form=True, channel=channel, limit=PAGE, cursor=cursor
            )
            found |= {PersonId(str(user)) for user in cast("Sequence[object]", answer.get("members") or ())}
            about_more = answer.get("response_metadata")
            cursor = str(about_more.get("next_cursor") or "") if isinstance(about_more, dict) else ""
            if not cursor:
                break
        members = frozenset(found)
        self._keep("channel", channel, members)
        return members

    def _kept(self, what: str, name: str, *, fresh: bool) -> object:
        kept = None if fresh else self._facts.get((what, name))
        # A fact of the future was found before the clock was put back; nobody knows how old it is.
        if kept is None or not 0 <= self._clock.now().timestamp() - kept[0] <= FACTS_S:
            return None
        return kept[1]

    def _keep(self, what: str, name: str, fact: object) -> None:
        self._facts.pop((what, name), None)
        self._facts[what, name] = (self._clock.now().timestamp(), fact)
        while len(self._facts) > KEPT:
            del self._facts[next(iter(self._facts))]
