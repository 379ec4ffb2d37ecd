"""The team-wide views on Redis: the log of lessons, and the list of tasks. Both can be rebuilt from journals."""

import structlog
from redis.asyncio import Redis

from agent_core.adapters.redis_client import Commands, listed, micros, number, octets, text
from agent_core.adapters.redis_keys import keys_of, team_key
from agent_core.adapters.redis_words import readable
from agent_core.codec import Codec, Unreadable
from agent_core.lesson import Lesson
from agent_core.ports import TaskLine
from agent_core.stored import TASK_LINE
from agent_core.words import TeamId, ThreadId, team_of

FINISHED_KEPT = 1000

log = structlog.get_logger(__name__)


class RedisLessons:
    """The Lessons port. What was read is kept in this process, so that a look costs only what was added since."""

    def __init__(self, redis: Redis, codec: Codec) -> None:
        self._codec = codec
        self._commands = Commands(redis)
        self._read: dict[TeamId, tuple[Lesson, ...]] = {}

    async def append(self, lesson: Lesson) -> bool:
        """Add a lesson, or say False if one of its ID is there."""
        keys = [team_key(lesson.team, "lessons"), team_key(lesson.team, "lessons:ids")]
        return bool(await self._commands.run("learn", keys, [lesson.id, self._codec.encode_lesson(lesson)]))

    async def of(self, team: TeamId) -> tuple[Lesson, ...]:
        """Give the whole log, oldest first."""
        read = self._read.get(team, ())
        key = team_key(team, "lessons")
        length, added = listed(await self._commands.run("lessons", [key], [len(read)]))
        if number(length) < len(read):  # Another log stands there now: restored, or begun anew.
            read = ()
            (added,) = await self._commands.send([("LRANGE", key, 0, -1)])
        with readable():
            read += tuple(self._codec.decode_lesson(octets(raw), team) for raw in listed(added))
        self._read[team] = read
        return read


class RedisIndex:
    """The Index port. Unfinished tasks all stay in it; of the finished ones, the newest ``finished_kept``.

    Of as many that were removed the version is known, so that a worker that comes late does not put one back.
    """

    def __init__(self, redis: Redis, codec: Codec, *, finished_kept: int = FINISHED_KEPT) -> None:
        self._codec = codec
        self._commands = Commands(redis)
        self._finished_kept = finished_kept

    async def put(self, line: TaskLine) -> None:
        """Keep this line, unless one of a newer version is there."""
        keys_of(line.thread_id)  # for its check of the ID, from which the team's key is made
        finished = "1" if line.phase == "finished" else ""
        sealed = self._codec.seal(TASK_LINE, line, line.thread_id)
        await self._commands.run(
            "list_task",
            list_keys(team_of(line.thread_id)),
            [line.thread_id, line.version, sealed, micros(line.updated_at), finished, self._finished_kept],
        )

    async def remove(self, line: TaskLine) -> None:
        """Take this line's task out of the list, unless a newer version is there; an older one does not come back."""
        keys_of(line.thread_id)  # for its check of the ID, from which the team's key is made
        keys = list_keys(team_of(line.thread_id))
        await self._commands.run(
            "unlist_task", keys, [line.thread_id, line.version, micros(line.updated_at), self._finished_kept]
        )

    async def tasks(self, team: TeamId, *, limit: int = 200) -> list[TaskLine]:
        """Give the team's tasks, newest change first; a line that cannot be read is left out."""
        found = listed(await self._commands.run("tasks", list_keys(team)[:2], [limit]))
        lines = []
        for name, kept in zip(found[::2], found[1::2], strict=True):
            thread_id = ThreadId(text(name))
            _, _, raw = octets(kept).partition(b":")
            try:
                lines.append(self._codec.unseal(TASK_LINE, raw, thread_id))
            except Unreadable as error:  # A view: the thread itself says what is wrong with it.
                log.warning("task line left out", thread_id=thread_id, why=error.words)
        return lines


def list_keys(team: TeamId) -> list[str]:
    """Name the keys of a team's list: the lines, all by time, the finished ones by time, the removed ones by time."""
    return [team_key(team, f"tasks{what}") for what in ("", ":at", ":finished", ":removed")]
