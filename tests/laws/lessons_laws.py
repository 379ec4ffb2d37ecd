"""What every Lessons log keeps to. An implementation's tests subclass LessonsLaws and give a ``lessons`` fixture."""

import asyncio
from dataclasses import replace

from agent_core.ports import Lessons
from agent_core.words import TeamId
from tests.examples import LESSON, OVERRIDE, TEAM

OTHER_TEAM = TeamId("T0OTHER")


class LessonsLaws:
    """Laws of append and of."""

    async def test_a_team_that_taught_nothing_has_an_empty_log(self, lessons: Lessons) -> None:
        """Asking makes none."""
        assert await lessons.of(TEAM) == ()

    async def test_lessons_come_back_in_the_order_they_were_taught(self, lessons: Lessons) -> None:
        """Later words weigh against earlier ones, so order is part of what was said."""
        taught = tuple(replace(LESSON, key=str(nth), text=f"Lesson {nth}.") for nth in range(12))
        for lesson in (*taught, OVERRIDE):
            assert await lessons.append(lesson)
        assert await lessons.of(TEAM) == (*taught, OVERRIDE)

    async def test_a_lesson_is_learned_once(self, lessons: Lessons) -> None:
        """The effect that teaches may be performed twice."""
        assert await lessons.append(LESSON)
        assert not await lessons.append(replace(LESSON, text="Said again."))
        assert await lessons.of(TEAM) == (LESSON,)

    async def test_one_lesson_taught_by_ten_workers_is_one(self, lessons: Lessons) -> None:
        """Nor does it count twice when they race."""
        assert sum(await asyncio.gather(*(lessons.append(LESSON) for _ in range(10)))) == 1
        assert await lessons.of(TEAM) == (LESSON,)

    async def test_what_is_added_between_two_looks_is_seen(self, lessons: Lessons) -> None:
        """A rule holds from the next step, in every process, however often the log was read before."""
        await lessons.append(LESSON)
        assert await lessons.of(TEAM) == (LESSON,)
        await lessons.append(OVERRIDE)
        for _ in range(2):
            assert await lessons.of(TEAM) == (LESSON, OVERRIDE)

    async def test_looks_at_once_see_each_lesson_once(self, lessons: Lessons) -> None:
        """Two tasks that think at the same time share one process."""
        await lessons.append(LESSON)
        await lessons.append(OVERRIDE)
        looks = await asyncio.gather(*(lessons.of(TEAM) for _ in range(10)))
        assert set(looks) == {(LESSON, OVERRIDE)}
        assert await lessons.of(TEAM) == (LESSON, OVERRIDE)

    async def test_teams_do_not_learn_from_each_other(self, lessons: Lessons) -> None:
        """One installation today; several some day."""
        await lessons.append(LESSON)
        await lessons.append(replace(LESSON, team=OTHER_TEAM))
        assert await lessons.of(TEAM) == (LESSON,)
        assert await lessons.of(OTHER_TEAM) == (replace(LESSON, team=OTHER_TEAM),)
