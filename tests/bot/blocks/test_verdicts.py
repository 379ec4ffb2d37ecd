from dataclasses import replace

import pytest

from bot.blocks.cards.step import is_verdict
from tests.bot.blocks.faces import FACES
from tests.examples import APPROVER, LEAD

DONE = next(view for view in FACES.values() if view.card.state == "done")


@pytest.mark.parametrize("said", ["Accepted by {}.", "Overridden by {}.", "It happened, says {}."])
def test_a_verdict_of_ours_is_shown_with_whoever_gave_it(said: str) -> None:
    """Every decision leaves who and why on the card, a score's too."""
    words = said.format(f"<@{APPROVER.id}>")
    assert is_verdict(replace(DONE, card=replace(DONE.card, words=words, by=(APPROVER.id,))))


@pytest.mark.parametrize("words", ["", "Looks right.", f"Accepted by <@{LEAD.id}>.", "Accepted by somebody."])
def test_a_persons_words_never_pass_for_a_verdict(words: str) -> None:
    """Nobody speaks for somebody else on a card."""
    assert not is_verdict(replace(DONE, card=replace(DONE.card, words=words, by=(APPROVER.id,))))
