"""What every Index keeps to. An implementation's tests give an ``index`` fixture that keeps KEPT finished tasks."""

from dataclasses import replace
from datetime import timedelta

from agent_core.ports import Index, TaskLine
from agent_core.words import TeamId, ThreadId
from tests.examples import NOON, TASK_LINE, TEAM

KEPT = 3


def line(nth: int, *, phase: str = "thinking", version: int = 1) -> TaskLine:
    """Make the line of the nth task, which changed in the nth minute."""
    thread_id = ThreadId(f"{TEAM}:C0STAGING:1772452800.{nth:06d}")
    return replace(
        TASK_LINE, thread_id=thread_id, phase=phase, version=version, updated_at=NOON + timedelta(minutes=nth)
    )


class IndexLaws:
    """Laws of put, remove and tasks."""

    async def test_a_team_without_tasks_has_an_empty_list(self, index: Index) -> None:
        """Asking makes none."""
        assert await index.tasks(TEAM) == []

    async def test_a_line_comes_back_as_it_was(self, index: Index) -> None:
        """Home shows it without loading the task."""
        await index.put(TASK_LINE)
        assert await index.tasks(TEAM) == [TASK_LINE]

    async def test_the_newest_change_comes_first(self, index: Index) -> None:
        """Whatever the order in which workers told of it."""
        for nth in (2, 0, 3, 1):
            await index.put(line(nth))
        assert await index.tasks(TEAM) == [line(3), line(2), line(1), line(0)]
        assert await index.tasks(TEAM, limit=2) == [line(3), line(2)]

    async def test_a_newer_version_replaces_an_older_one(self, index: Index) -> None:
        """And one of the same version may be told again."""
        await index.put(line(1, version=9))
        newer = replace(line(1, version=10), updated_at=NOON + timedelta(hours=1))
        for _ in range(2):
            await index.put(newer)
        assert await index.tasks(TEAM) == [newer]

    async def test_an_older_version_replaces_nothing(self, index: Index) -> None:
        """A slow worker's line comes late: ten is newer than nine, though not in the alphabet."""
        newer = line(1, version=10)
        await index.put(newer)
        await index.put(line(1, version=9))
        assert await index.tasks(TEAM) == [newer]

    async def test_the_oldest_finished_tasks_leave_the_list(self, index: Index) -> None:
        """It stays small for ever, and what still goes on stays in it for ever."""
        await index.put(line(0))
        for nth in range(1, KEPT + 3):
            await index.put(line(nth, phase="finished"))
        kept = await index.tasks(TEAM)
        assert kept == [*(line(nth, phase="finished") for nth in range(KEPT + 2, 2, -1)), line(0)]

    async def test_a_task_counts_as_finished_once_it_is(self, index: Index) -> None:
        """Every task is first listed while it runs."""
        for nth in range(KEPT + 2):
            await index.put(line(nth))
        for nth in range(KEPT + 2):
            await index.put(line(nth, phase="finished", version=2))
        assert len(await index.tasks(TEAM)) == KEPT

    async def test_a_task_that_was_removed_is_not_in_the_list(self, index: Index) -> None:
        """An opening has led to its task, and takes no place of a finished one."""
        for nth in range(KEPT):
            await index.put(line(nth, phase="finished"))
        for nth in range(KEPT, 3 * KEPT):
            await index.put(line(nth, phase="opening"))
            await index.remove(line(nth, version=3))
        assert await index.tasks(TEAM) == [line(nth, phase="finished") for nth in range(KEPT - 1, -1, -1)]

    async def test_a_removed_task_does_not_come_back_with_an_older_line(self, index: Index) -> None:
        """Whoever opened it lists it a moment after a worker was done with it; it would be listed for ever."""
        await index.remove(line(1, version=3))
        await index.put(line(1, phase="opening"))
        assert await index.tasks(TEAM) == []
        await index.put(line(1, version=4))
        assert await index.tasks(TEAM) == [line(1, version=4)]

    async def test_a_task_is_not_removed_by_an_older_line(self, index: Index) -> None:
        """It went on meanwhile."""
        await index.put(line(1, version=4))
        await index.remove(line(1, version=3))
        assert await index.tasks(TEAM) == [line(1, version=4)]

    async def test_teams_do_not_see_each_others_tasks(self, index: Index) -> None:
        """One installation today; several some day."""
        other = replace(TASK_LINE, thread_id=ThreadId("T0OTHER:C0STAGING:1772452800.000100"))
        await index.put(TASK_LINE)
        await index.put(other)
        assert await index.tasks(TEAM) == [TASK_LINE]
        assert await index.tasks(TeamId("T0OTHER")) == [other]
