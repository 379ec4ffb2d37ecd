import pytest

from agent_core.codec import Codec
from agent_core.fakes import MemoryIndex, MemoryLessons
from agent_core.ports import Quarantined
from tests.examples import KEY, LESSON, TASK_LINE, TEAM
from tests.laws.index_laws import KEPT, IndexLaws, line
from tests.laws.lessons_laws import LessonsLaws


class TestMemoryLessons(LessonsLaws):
    """The log in memory keeps the laws."""

    @pytest.fixture
    def lessons(self) -> MemoryLessons:
        """Begin with nothing taught."""
        return MemoryLessons(Codec(KEY))

    async def test_a_damaged_lesson_is_not_passed_over(self, lessons: MemoryLessons) -> None:
        """It may be the rule that forbids."""
        await lessons.append(LESSON)
        lessons.kept[TEAM][LESSON.id] += b"x"
        with pytest.raises(Quarantined):
            await lessons.of(TEAM)


class TestMemoryIndex(IndexLaws):
    """The list in memory keeps the laws."""

    @pytest.fixture
    def index(self) -> MemoryIndex:
        """Begin with no tasks."""
        return MemoryIndex(Codec(KEY), finished_kept=KEPT)

    async def test_a_damaged_line_is_left_out_and_the_others_are_shown(self, index: MemoryIndex) -> None:
        """A list is a view; the thread itself says what is wrong with it."""
        await index.put(TASK_LINE)
        await index.put(line(1))
        index.kept[TASK_LINE.thread_id] += b"x"
        assert await index.tasks(TEAM) == [line(1)]
