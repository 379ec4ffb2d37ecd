"""Who may say yes, how many must, and in which order."""

from dataclasses import replace

import pytest

from agent_core.inputs import Approve
from agent_core.people import EVERYBODY_HERE, People, Person
from agent_core.phases import Acting
from agent_core.policy import Policy, Rule
from agent_core.rules.approvals import counts_for, whom, whom_still
from agent_core.words import Digest
from tests.core.decide.desk import Desk
from tests.core.decide.office import FINANCE, MANAGER, RULES, SECOND
from tests.examples import APPROVER, BOT, EXTERNAL, GONE, GUEST, LEAD, NOBODY_KNOWN, REQUESTER, STRANGER, person


def under(*rules: Rule) -> Desk:
    """Begin under these rules alone, with a restart proposed."""
    desk = Desk(rules=replace(RULES, policy=Policy(version="p9", default="deny", rules=rules))).start()
    desk.propose()
    return desk


def test_the_last_approval_that_is_needed_releases_the_step() -> None:
    """Two are asked for: the first yes runs nothing."""
    desk = Desk().start()
    desk.propose("deploy")
    desk.approve(APPROVER)
    assert (desk.kind, desk.runs()) == ("awaiting_approval", 0)
    desk.approve(SECOND)
    assert (desk.kind, desk.runs()) == ("acting", 1)
    assert desk.card.by == (APPROVER.id, SECOND.id)
    assert desk.card.state == "approved"


def test_one_person_counts_once() -> None:
    """Threat D11: a second click of the same person is refused."""
    desk = Desk().start()
    desk.propose("deploy")
    desk.approve(APPROVER)
    assert "You have approved this step already." in desk.refuses(desk.approval(APPROVER)).words


def test_one_click_counts_for_every_requirement_whose_set_has_the_person() -> None:
    """Two rules ask the same person: one yes is enough."""
    both = People(users=frozenset({APPROVER.id}))
    desk = under(
        Rule(name="first", decision="ask", approvers=both), Rule(name="second", decision="ask", approvers=both)
    )
    desk.approve(APPROVER)
    assert desk.kind == "acting"
    assert desk.proposal.approvals[0].counts_for == (0, 1)


def test_every_matching_rule_must_be_met() -> None:
    """A yes for one of two rules runs nothing."""
    desk = under(
        Rule(name="first", decision="ask", approvers=People(users=frozenset({APPROVER.id}))),
        Rule(name="second", decision="ask", approvers=People(users=frozenset({SECOND.id}))),
    )
    desk.approve(APPROVER)
    assert desk.kind == "awaiting_approval"
    assert whom_still(desk.proposal) == f"<@{SECOND.id}>"
    desk.approve(SECOND)
    assert desk.kind == "acting"


def test_stages_are_met_in_their_order() -> None:
    """Finance cannot say yes before the manager did."""
    desk = Desk().start()
    desk.propose("pay", amount=5000)
    no = desk.refuses(desk.approval(FINANCE))
    assert (no.words, no.instead) == (
        "It is not your turn yet: the stage before yours is not done.",
        f"Ask <@{MANAGER.id}>.",
    )
    desk.approve(MANAGER)
    desk.approve(FINANCE)
    assert desk.kind == "acting"


def test_nobody_stands_in_two_stages() -> None:
    """The manager is in both sets, and may meet one."""
    desk = Desk().start()
    desk.propose("pay", amount=5000)
    desk.approve(MANAGER)
    desk.refuses(desk.approval(MANAGER))
    assert desk.runs() == 0


def test_a_second_click_counts_where_a_later_stage_has_opened() -> None:
    """Who met another rule first is not shut out of the stage whose turn comes later."""
    desk = under(
        Rule(name="any", decision="ask", approvers=People(users=frozenset({FINANCE.id}))),
        Rule(
            name="staged",
            decision="ask",
            stages=((People(users=frozenset({MANAGER.id})), 1), (People(users=frozenset({FINANCE.id})), 1)),
        ),
    )
    desk.approve(FINANCE)
    desk.refuses(desk.approval(FINANCE))
    desk.approve(MANAGER)
    desk.approve(FINANCE)
    assert desk.kind == "acting"
    assert len(desk.proposal.approvals) == 2


@pytest.mark.parametrize("by", [GUEST, EXTERNAL, BOT, GONE, NOBODY_KNOWN, STRANGER, LEAD], ids=lambda by: by.id)
def test_who_is_in_no_set_that_is_asked_cannot_approve(by: Person) -> None:
    """Guests, outside members, bots, deactivated and unknown people, and members whom nobody asked."""
    desk = Desk().waiting()
    desk.refuses(desk.approval(by))
    desk.refuses(desk.rejection(by))
    desk.refuses(desk.edit(by, service="checkout"))


@pytest.mark.parametrize("by", [GUEST, EXTERNAL, BOT], ids=lambda by: by.id)
def test_guests_outsiders_and_bots_count_where_they_are_named(by: Person) -> None:
    """By their ID, and not by a group or a channel."""
    grouped = replace(by, groups=frozenset({"S0ONCALL"}), in_channel=True)
    wide = People(usergroups=frozenset({"S0ONCALL"}), channel_members=True)
    desk = under(Rule(name="wide", decision="ask", approvers=wide))
    desk.refuses(desk.approval(grouped))
    desk = under(Rule(name="named", decision="ask", approvers=People(users=frozenset({by.id}))))
    desk.approve(grouped)
    assert desk.kind == "acting"


def test_a_deactivated_person_never_counts_even_by_name() -> None:
    """An account that was closed decides nothing."""
    desk = under(Rule(name="named", decision="ask", approvers=People(users=frozenset({GONE.id}))))
    assert desk.refuses(desk.approval(GONE)).words == "Your account is deactivated."


def test_the_requester_does_not_approve_their_own_step() -> None:
    """Threat D10: whatever sets they are in."""
    desk = under(Rule(name="any", decision="ask", approvers=EVERYBODY_HERE))
    assert "somebody else must approve it" in desk.refuses(desk.approval(REQUESTER)).words


def test_the_requester_approves_where_policy_lets_them() -> None:
    """A team of one says so in its policy."""
    desk = under(Rule(name="any", decision="ask", approvers=EVERYBODY_HERE, not_requester=False))
    desk.approve(REQUESTER)
    assert desk.kind == "acting"


def test_one_rule_that_bars_the_requester_is_enough() -> None:
    """The strictest holds."""
    desk = under(
        Rule(name="first", decision="ask", approvers=EVERYBODY_HERE, not_requester=False),
        Rule(name="second", decision="ask", approvers=EVERYBODY_HERE),
    )
    desk.refuses(desk.approval(REQUESTER))


def test_an_approval_of_another_digest_or_version_is_refused() -> None:
    """Threats D3 and D17: the card shows something else."""
    desk = Desk().waiting()
    right = desk.approval()
    for wrong in (replace(right, digest=Digest("0" * 32)), replace(right, version=right.version + 1)):
        assert "out of date" in desk.refuses(wrong).words
    desk.give(right)
    assert desk.kind == "acting"


def test_an_approval_is_spent_once() -> None:
    """A second press, or Slack's own retry, is refused and runs nothing."""
    desk = Desk().waiting()
    press = desk.approval()
    desk.give(press)
    desk.refuses(press)
    assert desk.runs() == 1


def test_a_note_stands_with_the_approval() -> None:
    """Who, when and why stay on the card."""
    desk = Desk().waiting()
    desk.give(desk.approval(note="Go ahead."))
    assert desk.card.words == "Go ahead."
    assert desk.proposal.approvals[0].note == "Go ahead."


def test_arguments_that_do_not_fit_the_card_are_approved_from_their_last_page() -> None:
    """Threat R1: nobody decides on what was not shown."""
    desk = Desk().start()
    desk.propose("pay", amount=5000, to="x" * 3000)
    assert "do not fit the card" in desk.refuses(desk.approval(MANAGER)).words
    desk.give(desk.approval(MANAGER, seen_whole=True))
    desk.give(desk.approval(FINANCE, seen_whole=True))
    assert desk.kind == "acting"


def test_an_approval_is_taken_back_until_the_step_has_started() -> None:
    """Threat D13: before the claim it is withdrawn, after it is too late."""
    desk = Desk().start()
    desk.propose("deploy")
    desk.approve(APPROVER)
    desk.give(desk.withdrawal(APPROVER))
    assert desk.proposal.approvals == ()
    desk.approve(APPROVER)
    desk.approve(SECOND)
    desk.give(desk.withdrawal(SECOND))
    assert (desk.kind, desk.card.state, desk.outbox.keys() & {desk.task.thread_id}) == (
        "awaiting_approval", "waiting", set(),
    )  # fmt: skip
    desk.approve(SECOND)
    desk.claim()
    assert "has started already" in desk.refuses(desk.withdrawal(SECOND)).words


def test_only_an_own_approval_is_taken_back() -> None:
    """Nobody speaks for somebody else."""
    desk = Desk().start()
    desk.propose("deploy")
    desk.approve(APPROVER)
    assert desk.refuses(desk.withdrawal(SECOND)).words == "You have not approved this step."
    desk.approve(SECOND)
    assert desk.refuses(desk.withdrawal(LEAD)).words == "You have not approved this step."


def test_a_copy_of_the_card_decides_nothing() -> None:
    """Threat R16: a forwarded card is no card."""
    desk = Desk().waiting()
    desk.give(desk.posted("1772452900.000001"))
    press = Approve(by=APPROVER, digest=desk.proposal.digest, version=desk.proposal.version, card="1772452999.000009")
    assert "copy of the card" in desk.refuses(press).words
    desk.give(replace(press, card="1772452900.000001"))
    assert desk.kind == "acting"


def test_a_click_that_comes_before_slack_has_named_the_card_is_taken_as_the_cards() -> None:
    """The post's answer was slower than the person; the message that was pressed is the card."""
    desk = Desk().waiting()
    desk.give(replace(desk.approval(), card="1772452900.000001"))
    assert desk.card.ts == "1772452900.000001"
    assert isinstance(desk.phase, Acting)


def test_requirements_are_told_in_words() -> None:
    """Whom to ask, as people read it."""
    everybody = People(users=frozenset({LEAD.id}), usergroups=frozenset({"S0ONCALL"}), channel_members=True)
    assert whom(everybody) == f"<@{LEAD.id}> or <!subteam^S0ONCALL> or any member of this channel"
    assert whom(People()) == "nobody"
    desk = Desk().released()
    assert whom_still(desk.proposal) == "nobody"
    assert counts_for(desk.proposal, person("U0ELSE", groups=frozenset({"S0ONCALL"}))) == ()
