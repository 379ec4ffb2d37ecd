"""Why people are asked: the policy's rules, what was taught, and what Φ rests on. Pure."""

from collections.abc import Iterator

from agent_core.checkpoint import Card
from agent_core.proposal import Proposal, Score
from bot.blocks.args import Veil, args_of
from bot.blocks.cards.parts import credited, labelled, said, whom
from bot.blocks.cards.view import ROOMS
from bot.blocks.kit import Block, bold, line, modal, rich, words

ROOM = ROOMS[0]
LINE_CHARS = 600
ITEMS = 20


def why_asked_modal(card: Card, metadata: str, veil: Veil) -> Block:
    """Say why a step was asked about, or not, and why its score is as it is."""
    parts: list[Block] = []
    if card.proposal:
        parts.extend(of_policy(veil, card.proposal))
    if card.score:
        parts.extend(of_score(veil, card.score))
    return modal(
        "why_asked",
        "Why asked?",
        metadata,
        [rich(*parts or [line(words("There is nothing more to say about this card."))])],
    )


def of_policy(veil: Veil, proposal: Proposal) -> Iterator[Block]:
    """Say what policy and people's rules made of the step."""
    args = proposal.call.args
    yield line(bold("Allowed by policy." if proposal.allowed else "Policy asks people."))
    for rule in proposal.because[:ITEMS] if not proposal.requirements else ():
        yield labelled("Rule", *said(veil.over(rule, args), LINE_CHARS))
    for need in proposal.requirements[:ITEMS]:  # each named by its rule
        asked = [words(f": {need.quorum} of "), *whom(need.approvers, ROOM)]
        yield labelled("Rule", *said(need.rule, LINE_CHARS), *asked)
    for lesson in proposal.taught[:ITEMS]:
        yield labelled("Taught", *said(lesson, LINE_CHARS))
    yield labelled("Policy version", *said(proposal.policy_version, LINE_CHARS))


def of_score(veil: Veil, score: Score) -> Iterator[Block]:
    """Say what the score rests on."""
    args = args_of(score.args_json)
    yield labelled("Φ", words(f"{score.before:.2f} → {score.after:.2f}, the critic said {score.raw:.2f}"))
    for because in score.because[:ITEMS]:
        yield labelled("Because", *credited(veil.over(because, args), LINE_CHARS))
    if score.why:
        yield labelled("Overridden because", *said(veil.over(score.why, args), LINE_CHARS))
