import pytest

from agent_core.errors import Refused
from agent_core.people import People, PersonKind
from agent_core.ports import SurfaceBusy
from agent_core.words import ChannelId, PersonId
from bot.playground.harness import Fault
from tests.bot.slack.office import TEAM, Office

OPS, DEV, PRIVATE = ChannelId("C0OPS"), ChannelId("C0DEV"), ChannelId("G0PRIV")
ADA, BOT = PersonId("U0APPROVER"), PersonId("U0BOT")


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        ("U0RITA", "member"),
        ("U0GUEST", "guest"),
        ("U0EXT", "external"),
        ("U0GONE", "deactivated"),
        ("U0OTHERBOT", "bot"),
        ("U0NOSUCH", "unknown"),
    ],
)
async def test_a_person_is_what_slack_says_and_unknown_where_it_says_nothing(
    office: Office, who: str, kind: PersonKind
) -> None:
    """Unknown counts as nobody everywhere."""
    assert (await office.directory.look_up(TEAM, OPS, PersonId(who))).kind == kind


async def test_facts_are_at_most_a_minute_old_at_a_click(office: Office) -> None:
    """Within the minute Slack is not asked again; after it, it is."""
    assert (await office.directory.look_up(TEAM, OPS, ADA)).kind == "member"
    office.standin.change_person(ADA, "deactivated")
    office.clock.move(59.0)
    assert (await office.directory.look_up(TEAM, OPS, ADA)).kind == "member"
    office.clock.move(2.0)
    assert (await office.directory.look_up(TEAM, OPS, ADA)).kind == "deactivated"


async def test_somebody_is_known_without_asking_only_while_every_fact_about_them_is(office: Office) -> None:
    """An account without its groups, or without the channel, would be somebody else to policy."""
    assert office.directory.known(TEAM, OPS, ADA) is None
    described = await office.directory.look_up(TEAM, OPS, ADA)
    assert office.directory.known(TEAM, OPS, ADA) == described
    assert office.directory.known(TEAM, DEV, ADA) is None
    await office.directory.look_up(TEAM, DEV, ADA)
    office.clock.move(59.0)
    assert office.directory.known(TEAM, DEV, ADA) is not None
    office.clock.move(2.0)
    assert office.directory.known(TEAM, DEV, ADA) is None


async def test_a_fact_is_asked_for_anew_after_the_clock_was_put_back(office: Office) -> None:
    """Nobody knows how old it is; by that clock it would count until the hour is over that was set back."""
    await office.directory.look_up(TEAM, OPS, ADA)
    office.clock.move(-3600.0)
    assert office.directory.known(TEAM, OPS, ADA) is None


async def test_facts_for_a_claim_are_asked_for_now(office: Office) -> None:
    """Kind, groups and membership alike."""
    known = await office.directory.look_up(TEAM, OPS, ADA)
    assert (known.kind, known.groups, known.in_channel) == ("member", frozenset({"S0ONCALL"}), True)
    office.standin.change_person(ADA, "guest")
    office.standin.set_group("S0ONCALL", ())
    office.standin.set_members(OPS, {BOT})
    fresh = await office.directory.look_up(TEAM, OPS, ADA, fresh=True)
    assert (fresh.kind, fresh.groups, fresh.in_channel) == ("guest", frozenset(), False)


async def test_at_a_click_somebody_whom_slack_cannot_describe_now_is_unknown(office: Office) -> None:
    """Nothing is approved by them."""
    office.standin.faults.add(Fault(on="usergroups.users.list", kind="status", status=500))
    assert (await office.directory.look_up(TEAM, OPS, ADA)).kind == "unknown"


async def test_a_claim_waits_while_slack_is_busy(office: Office) -> None:
    """An approval is not struck for Slack's silence."""
    office.standin.faults.add(Fault(on="users.info", kind="rate_limited", seconds=3.0))
    with pytest.raises(SurfaceBusy):
        await office.directory.look_up(TEAM, OPS, ADA, fresh=True)


async def test_a_set_resolves_to_those_who_would_count(office: Office) -> None:
    """Named guests count, the deactivated never, members of the channel only as members."""
    named = People(users=frozenset({PersonId("U0GUEST"), PersonId("U0GONE")}))
    assert await office.directory.members(TEAM, OPS, named) == {"U0GUEST"}
    assert await office.directory.members(TEAM, OPS, People(usergroups=frozenset({"S0ONCALL"}))) == {ADA, "U0LEAD"}
    here = await office.directory.members(TEAM, OPS, People(channel_members=True))
    assert here == {"U0RITA", ADA, "U0LEAD", "U0TINA"}


async def test_whoever_was_just_invited_is_in_the_channel(office: Office) -> None:
    """A no is asked anew, so that nobody who did as told is told again."""
    assert not await office.directory.is_in(DEV, BOT)
    office.standin.set_members(DEV, {BOT, ADA})
    assert await office.directory.is_in(DEV, BOT)


async def test_a_private_channel_is_not_public_nor_is_one_of_which_slack_says_nothing(office: Office) -> None:
    """What cannot be said is treated as hidden."""
    assert await office.directory.is_public(OPS)
    assert await office.directory.is_public(OPS), "it is remembered"
    assert not await office.directory.is_public(PRIVATE)
    assert not await office.directory.is_public(ChannelId("C0NOSUCH"))
    assert len(office.standin.calls_of("conversations.info")) == 3


async def test_where_slack_does_not_say_who_is_in_a_channel_nobody_is_told_to_invite_the_bot(office: Office) -> None:
    """It may be in it already; what is wrong is another thing."""
    office.standin.faults.add(Fault(on="conversations.members", kind="error", error="unknown_method"))
    with pytest.raises(Refused, match="does not say who is in this channel"):
        await office.directory.is_in(OPS, BOT)


async def test_people_can_be_looked_up_where_no_channel_is_meant(office: Office) -> None:
    """The doctor asks who could approve at all; nobody is a member of nowhere."""
    ada = await office.directory.look_up(TEAM, ChannelId(""), ADA)
    assert (ada.kind, ada.in_channel) == ("member", False)
    assert office.standin.calls_of("conversations.members") == []
