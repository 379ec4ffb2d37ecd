"""A person's words go; who did what, and when, stays; nobody else's words are touched."""

from dataclasses import replace

import pytest

from agent_core.inputs import Correct, Input, ModelReplied, Reject, actor_of
from agent_core.people import Person
from agent_core.records import Decided, Entry, Learned
from agent_core.words_erased import GONE, line_without, task_without, without_notes, without_words_of
from tests.examples import (
    APPROVED,
    APPROVER,
    CARD,
    CHECKPOINTS,
    INPUTS,
    LEAD,
    MESSAGE,
    NOTE,
    PROPOSE,
    RECORDS,
    REQUESTER,
    SCORE,
    WAITING,
    WORK_ID,
    entry,
)

TYPED = ("purpose", "text", "note", "why", "when", "do")


@pytest.mark.parametrize("given", [given for given in INPUTS if actor_of(given)], ids=lambda given: given.kind)
def test_what_a_person_typed_is_gone_and_what_they_did_stays(given: Input) -> None:
    """Kind, decision, time and name are the record."""
    by = getattr(given, "by", None)
    assert isinstance(by, Person)
    bare = without_words_of(by.id, given)
    assert (bare.kind, actor_of(bare)) == (given.kind, by.id)
    for name in TYPED:
        typed = getattr(given, name, "")
        assert getattr(bare, name, "") == (GONE if typed else typed)
    assert getattr(bare, "args_json", None) == getattr(given, "args_json", None)
    assert without_words_of(by.id, bare) == bare


@pytest.mark.parametrize("given", INPUTS, ids=lambda given: given.kind)
def test_nobody_elses_words_are_touched(given: Input) -> None:
    """Erasing one person's must not thin out another's."""
    assert without_words_of(REQUESTER.id, replace_by(given)) == replace_by(given)


def replace_by(given: Input) -> Input:
    """Have somebody else do it, where somebody does; what quotes or holds the requester's own is left out."""
    if given.kind in ("fork", "rewind", "open", "start"):
        return Correct(by=LEAD, text="Mine.")
    return given if actor_of(given) != REQUESTER.id else Correct(by=LEAD, text="Mine.")


def test_words_that_were_written_down_from_theirs_go_too() -> None:
    """Records, messages, notes on approvals, reasons, quotes, cards and the task's own words."""
    approver = without_words_of(
        APPROVER.id, Decided(digest=APPROVED.digest, how="approved", by=(APPROVER.id,), words="x")
    )
    assert approver.words == GONE
    assert without_words_of(LEAD.id, Learned(lesson=SCORE.digest, words="x", by=LEAD.id)).words == GONE  # type: ignore[arg-type]  # any name will do
    assert without_words_of(APPROVER.id, APPROVED).approvals[0].note == GONE
    assert without_words_of(LEAD.id, replace(SCORE, overridden_by=LEAD.id, why="x")).why == GONE
    assert without_words_of(LEAD.id, replace(CARD, by=(LEAD.id,), words="x")).words == GONE
    task = task_without(REQUESTER.id, WAITING)
    assert (task.purpose, task.messages[0].text, task.memory) == (GONE, GONE, "")
    assert task.context == WAITING.context
    assert task_without(LEAD.id, WAITING).context[0].text == GONE
    assert MESSAGE.by == REQUESTER.id


def test_a_rejections_note_goes_and_its_reason_of_five_stays() -> None:
    """A choice from a list is a decision."""
    given = Reject(by=APPROVER, digest=APPROVED.digest, version=1, reason="too_risky", note="Not on a Friday!")
    bare = without_words_of(APPROVER.id, given)
    assert (bare.reason, bare.note) == ("too_risky", GONE)


def test_our_own_sentences_about_somebody_stay() -> None:
    """A note says why we refused, in our words."""
    assert NOTE.by is not None
    assert line_without(NOTE.by, NOTE) == NOTE


def test_a_models_notes_go_and_its_reply_stays() -> None:
    """They may repeat anything that it heard."""
    line = entry(4, ModelReplied(effect_id=WORK_ID, reply=PROPOSE, memory="She said x."))
    bare = without_notes(line)
    assert isinstance(bare, Entry)
    assert isinstance(bare.input, ModelReplied)
    assert (bare.input.memory, bare.input.reply) == (None, PROPOSE)
    assert without_notes(entry(4)) == entry(4)
    assert without_notes(NOTE) == NOTE


@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda checkpoint: checkpoint.phase.kind)
def test_a_stranger_has_no_words(checkpoint: object) -> None:
    """The very same value comes back."""
    stranger = LEAD.id.replace("LEAD", "STRANGER")
    assert without_words_of(stranger, checkpoint) is checkpoint  # type: ignore[arg-type]  # an ID is a str
    assert all(without_words_of(stranger, record) is record for record in RECORDS)  # type: ignore[arg-type]  # the same
