"""P11: a policy that changed while a card waited. The same or laxer runs on, anything else is asked again."""

from dataclasses import replace

import pytest

from agent_core.people import EVERYBODY_HERE, People
from agent_core.policy import Verdict, is_stricter
from agent_core.proposal import Escalation, Requirement
from agent_core.words import PersonId

ANN = People(users=frozenset({PersonId("U0ANN")}))
BOB = People(users=frozenset({PersonId("U0BOB")}))
BOTH = People(users=ANN.users | BOB.users)
ONCALL = People(usergroups=frozenset({"S0ONCALL"}))
ASK = Verdict(decision="ask", requirements=(Requirement(rule="r", approvers=ANN),))


def asking(*requirements: Requirement) -> Verdict:
    """Ask for these requirements."""
    return replace(ASK, requirements=requirements)


def staged(*sets: People) -> Verdict:
    """Ask these sets one after another."""
    return asking(*(Requirement(rule="s", approvers=one, stage=nth) for nth, one in enumerate(sets)))


ONE, TWO = Requirement(rule="one", approvers=ANN), Requirement(rule="two", approvers=BOB)
ALLOW, DENY = Verdict(decision="allow"), Verdict(decision="deny")
HELP = Escalation(after_s=60, to=BOB)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ALLOW, ALLOW), (ASK, ALLOW), (DENY, ALLOW), (DENY, ASK), (DENY, DENY), (ASK, ASK),
        (asking(ONE, TWO), asking(TWO, ONE)), (asking(ONE, TWO), asking(ONE)),
        (asking(replace(ONE, quorum=2)), asking(ONE)), (asking(ONE), asking(replace(ONE, approvers=BOTH))),
        (asking(ONE), asking(replace(ONE, rule="renamed"))), (staged(ANN, BOB), staged(ANN, BOB)),
        (staged(ANN, BOB), staged(BOTH, BOB)), (staged(ANN, BOB), asking(TWO)),
        (replace(ASK, not_requester=True), replace(ASK, not_requester=False)),
        (replace(ASK, not_editor=True), replace(ASK, not_editor=False)),
        (replace(ASK, timeout_s=60), replace(ASK, timeout_s=90)), (replace(ASK, remind_s=60), ASK),
        (ASK, replace(ASK, escalate=HELP)), (replace(ASK, escalate=HELP), replace(ASK, escalate=HELP)),
        (replace(ASK, escalate=HELP), replace(ASK, escalate=Escalation(after_s=30, to=BOTH))),
    ],
)  # fmt: skip
def test_the_same_or_laxer_runs_on(old: Verdict, new: Verdict) -> None:
    """Whoever satisfied the old verdict satisfies the new one for sure."""
    assert not is_stricter(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ALLOW, ASK), (ALLOW, DENY), (ASK, DENY), (asking(ONE), asking(ONE, TWO)), (asking(ONE), asking(TWO)),
        (asking(ONE), asking(replace(ONE, quorum=2))), (asking(replace(ONE, approvers=BOTH)), asking(ONE)),
        (asking(replace(ONE, approvers=EVERYBODY_HERE)), asking(replace(ONE, approvers=BOTH))),
        (asking(replace(ONE, approvers=ONCALL)), asking(replace(ONE, approvers=EVERYBODY_HERE))),
        (asking(replace(ONE, approvers=BOTH, quorum=2)), staged(ANN, BOB)), (asking(ONE, TWO), staged(ANN, BOB)),
        (staged(BOB, ANN), staged(ANN, BOB)), (staged(ANN, BOB, ONCALL), staged(ANN, BOB)),
        (replace(ASK, not_requester=False), replace(ASK, not_requester=True)),
        (replace(ASK, not_editor=False), replace(ASK, not_editor=True)),
        (replace(ASK, timeout_s=90), replace(ASK, timeout_s=60)), (replace(ASK, escalate=HELP), ASK),
        (replace(ASK, escalate=HELP), replace(ASK, escalate=Escalation(after_s=90, to=BOB))),
        (replace(ASK, escalate=HELP), replace(ASK, escalate=Escalation(after_s=60, to=ANN))),
    ],
)  # fmt: skip
def test_stricter_or_not_to_be_compared_asks_again(old: Verdict, new: Verdict) -> None:
    """P11: an approval under the old policy does not carry what the new one asks for."""
    assert is_stricter(old, new)
