"""The team-wide views in memory: the log of lessons and the list of tasks, as bytes."""

from typing import TYPE_CHECKING

from agent_core.codec import LEFT_ALONE, Codec, Unreadable
from agent_core.fakes.clock import turns
from agent_core.fakes.store import FAKE_KEY
from agent_core.lesson import Lesson
from agent_core.ports import Quarantined, TaskLine
from agent_core.stored import TASK_LINE
from agent_core.words import LessonId, TeamId, ThreadId, team_of

if TYPE_CHECKING:
    from datetime import datetime

FINISHED_KEPT = 1000


class MemoryLessons:
    """The Lessons port in memory."""

    def __init__(self, codec: Codec | None = None) -> None:
        self._codec = codec or Codec(FAKE_KEY)
        self.kept: dict[TeamId, dict[LessonId, bytes]] = {}

    async def append(self, lesson: Lesson) -> bool:
        """Add a lesson, or say False if one of its ID is there."""
        raw = self._codec.encode_lesson(lesson)
        await turns()
        log = self.kept.setdefault(lesson.team, {})
        if lesson.id in log:
            return False
        log[lesson.id] = raw
        return True

    async def of(self, team: TeamId) -> tuple[Lesson, ...]:
        """Give the whole log, oldest first."""
        await turns()
        try:
            return tuple(self._codec.decode_lesson(raw, team) for raw in self.kept.get(team, {}).values())
        except Unreadable as error:
            raise Quarantined(error.words, LEFT_ALONE) from error


class MemoryIndex:
    """The Index port in memory; finished tasks beyond the newest ``finished_kept`` of a team are dropped."""

    def __init__(self, codec: Codec | None = None, *, finished_kept: int = FINISHED_KEPT) -> None:
        self._codec = codec or Codec(FAKE_KEY)
        self._finished_kept = finished_kept
        self._order: dict[ThreadId, tuple[int, datetime, bool]] = {}
        self._removed: dict[ThreadId, int] = {}
        self.kept: dict[ThreadId, bytes] = {}

    async def put(self, line: TaskLine) -> None:
        """Keep this line, unless one of a newer version is there."""
        raw = self._codec.seal(TASK_LINE, line, line.thread_id)
        await turns()
        name = line.thread_id
        if self._version(name) > line.version:
            return
        self._removed.pop(name, None)
        self.kept[name] = raw
        self._order[name] = (line.version, line.updated_at, line.phase == "finished")
        finished = [other for other in self._newest_first(team_of(name)) if self._order[other][2]]
        for other in finished[self._finished_kept :]:
            del self.kept[other], self._order[other]

    async def remove(self, line: TaskLine) -> None:
        """Take this line's task out of the list, unless a newer version is there; an older one does not come back."""
        await turns()
        name = line.thread_id
        if self._version(name) > line.version:
            return
        self.kept.pop(name, None)
        self._order.pop(name, None)
        self._removed.pop(name, None)
        self._removed[name] = line.version
        ours = [other for other in self._removed if team_of(other) == team_of(name)]
        for other in ours[: -self._finished_kept]:
            del self._removed[other]

    def _version(self, name: ThreadId) -> int:
        """Give the newest version that was told of a task, as far as it is known."""
        return self._order[name][0] if name in self._order else self._removed.get(name, 0)

    async def tasks(self, team: TeamId, *, limit: int = 200) -> list[TaskLine]:
        """Give the team's tasks, newest change first; a line that cannot be read is left out."""
        await turns()
        lines = []
        for name in self._newest_first(team)[:limit]:
            try:
                lines.append(self._codec.unseal(TASK_LINE, self.kept[name], name))
            except Unreadable:  # A view: the thread itself says what is wrong with it.
                continue
        return lines

    def _newest_first(self, team: TeamId) -> list[ThreadId]:
        ours = [name for name in self._order if team_of(name) == team]
        return sorted(ours, key=lambda name: (self._order[name][1], name), reverse=True)
