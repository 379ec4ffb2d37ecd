"""Names that nobody without the key can make, and what is kept of what is too long."""

from dataclasses import replace

import pytest

from agent_core.proposal import Call
from agent_core.rules.brief import KEPT_BYTES, brief_args, brief_card
from agent_core.rules.digests import digest_of, keyed, state_of
from agent_core.words import PersonId, TeamId, ThreadId
from tests.examples import CALL, CARD, KEY, REQUESTER, RUN, TEAM, THREAD

LONG = '{"to":"' + "x" * KEPT_BYTES + '"}'
USUAL: dict[str, object] = {
    "thread_id": THREAD, "requester": REQUESTER.id, "step": 1, "call": CALL, "policy_version": "p1",
}  # fmt: skip


def digest(facts: dict[str, object] | None = None, key: bytes = KEY) -> str:
    """Name a proposal."""
    return digest_of(key, **{**USUAL, **(facts or {})})  # type: ignore[arg-type]  # facts are its own parts


@pytest.mark.parametrize(
    "facts",
    [
        {"thread_id": ThreadId(f"{THREAD}0")},
        {"requester": PersonId("U0OTHER")},
        {"step": 2},
        {"policy_version": "p2"},
        {"call": replace(CALL, tool="other")},
        {"call": replace(CALL, fingerprint="other")},
        {"call": replace(CALL, args_json='{"service":"cart "}')},
    ],
    ids=["thread", "requester", "step", "policy", "tool", "fingerprint", "arguments"],
)
def test_a_digest_names_all_that_a_proposal_rests_on(facts: dict[str, object]) -> None:
    """Threat D6: change any part of it, and it is another."""
    assert digest(facts) != digest()
    assert digest() == digest()


def test_a_digest_is_made_with_the_key() -> None:
    """32 hex digits that only we can make; a long key counts with what blake2b takes of it."""
    assert digest(key=b"another key") != digest()
    assert len(digest()) == 32
    assert len(keyed(bytes(100), "x")) == 32


def test_a_state_is_named_by_team_tool_arguments_and_features() -> None:
    """So that a lesson is about exactly this, in whichever task."""
    assert state_of(TEAM, "t", "{}", "{}") == state_of(TEAM, "t", "{}", "{}")
    others = {
        state_of(TeamId("T1"), "t", "{}", "{}"), state_of(TEAM, "u", "{}", "{}"), state_of(TEAM, "t", '{"a":1}', "{}"),
        state_of(TEAM, "t", "{}", '{"a":1}'),
    }  # fmt: skip
    assert len(others | {state_of(TEAM, "t", "{}", "{}")}) == 5


def test_only_long_arguments_are_left_out() -> None:
    """With the number of their bytes."""
    assert brief_args(CALL.args_json) == CALL.args_json
    assert brief_args(LONG) == f'{{"left out":"{len(LONG)} bytes"}}'


def test_a_closed_card_keeps_neither_proposal_nor_run_that_is_long() -> None:
    """And what it has not got stays absent."""
    call = Call(tool="pay", args_json=LONG, fingerprint="f")
    assert CARD.proposal is not None
    card = replace(CARD, proposal=replace(CARD.proposal, call=call), run=replace(RUN, call=call))
    made = brief_card(card)
    assert made.proposal is not None
    assert made.run is not None
    assert made.proposal.call.args == made.run.call.args == {"left out": f"{len(LONG)} bytes"}
    assert brief_card(replace(CARD, proposal=None)).proposal is None
