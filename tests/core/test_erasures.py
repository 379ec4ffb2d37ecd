"""What was erased does not come back with what a thread still had to do."""

from dataclasses import replace

from agent_core.codec import Codec
from agent_core.effects import Learn, Say
from agent_core.erasures import stripping
from agent_core.ports.archive import Erasure
from agent_core.words import PersonId
from agent_core.words_erased import GONE
from tests.examples import KEY, LESSON, NOON, THREAD


def test_a_lesson_that_was_still_to_be_learned_comes_without_its_authors_words() -> None:
    """The file was written before it had reached the log; what others and we ourselves said stays."""
    found = stripping(THREAD, (), [Erasure(person=LESSON.author, at=NOON)], Codec(KEY))
    bare = found.bare(Learn(lesson=replace(LESSON, text="My phone is 555-0100.")))
    assert isinstance(bare, Learn)
    assert (bare.lesson.text, bare.lesson.id) == (GONE, LESSON.id)
    for other in (Learn(lesson=replace(LESSON, author=PersonId("U0OTHER"))), Say(words="Paused by <@U0OTHER>.")):
        assert found.bare(other) == other
