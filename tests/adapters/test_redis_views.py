import pytest
from redis.asyncio import Redis

from agent_core.adapters.redis_keys import team_key
from agent_core.adapters.redis_views import RedisIndex, RedisLessons
from agent_core.codec import Codec
from agent_core.errors import Broken
from agent_core.ports import Quarantined
from agent_core.words import TeamId
from tests.examples import KEY, LESSON, OVERRIDE, TASK_LINE, TEAM
from tests.laws.index_laws import KEPT, IndexLaws, line
from tests.laws.lessons_laws import LessonsLaws


class TestRedisLessons(LessonsLaws):
    """The log on Redis keeps the laws, and reads what it has read no second time."""

    @pytest.fixture
    def lessons(self, redis: Redis) -> RedisLessons:
        """Begin with nothing taught."""
        return RedisLessons(redis, Codec(KEY))

    async def test_another_process_sees_the_same_log(self, lessons: RedisLessons, redis: Redis) -> None:
        """What one taught, all obey."""
        other = RedisLessons(redis, Codec(KEY))
        assert await other.of(TEAM) == ()
        await lessons.append(LESSON)
        assert await other.of(TEAM) == (LESSON,)

    async def test_a_second_look_fetches_only_what_was_added(self, lessons: RedisLessons) -> None:
        """The log only grows, and every step looks at it."""
        await lessons.append(LESSON)
        (read,) = await lessons.of(TEAM)
        await lessons.append(OVERRIDE)
        again, _ = await lessons.of(TEAM)
        assert again is read

    async def test_a_log_that_was_put_back_is_read_anew(self, lessons: RedisLessons, redis: Redis) -> None:
        """After a restore the process must not go on with what it remembers."""
        for lesson in (LESSON, OVERRIDE):
            await lessons.append(lesson)
        await lessons.of(TEAM)
        await redis.lpop(team_key(TEAM, "lessons"))
        assert await lessons.of(TEAM) == (OVERRIDE,)

    async def test_a_damaged_lesson_is_not_passed_over(self, lessons: RedisLessons, redis: Redis) -> None:
        """It may be the rule that forbids."""
        await lessons.append(LESSON)
        await redis.lset(team_key(TEAM, "lessons"), 0, "damaged")
        with pytest.raises(Quarantined):
            await lessons.of(TEAM)


class TestRedisIndex(IndexLaws):
    """The list on Redis keeps the laws."""

    @pytest.fixture
    def index(self, redis: Redis) -> RedisIndex:
        """Begin with no tasks."""
        return RedisIndex(redis, Codec(KEY), finished_kept=KEPT)

    async def test_a_damaged_line_is_left_out_and_the_others_are_shown(self, index: RedisIndex, redis: Redis) -> None:
        """A list is a view; the thread itself says what is wrong with it."""
        await index.put(TASK_LINE)
        await index.put(line(1))
        await redis.hset(team_key(TEAM, "tasks"), TASK_LINE.thread_id, "3:damaged")
        assert await index.tasks(TEAM) == [line(1)]

    async def test_dropped_tasks_leave_nothing_behind(self, index: RedisIndex, redis: Redis) -> None:
        """In none of the keys, whether they finished or were removed."""
        for nth in range(KEPT + 5):
            await index.remove(line(nth, version=3))
        for nth in range(KEPT):
            await index.put(line(nth + 5, version=4))
        assert await redis.zcard(team_key(TEAM, "tasks:removed")) == 0
        for nth in range(KEPT + 5):
            await index.put(line(nth, phase="finished", version=5))
        assert await redis.hlen(team_key(TEAM, "tasks")) == KEPT
        assert await redis.zcard(team_key(TEAM, "tasks:at")) == KEPT
        assert await redis.zcard(team_key(TEAM, "tasks:finished")) == KEPT


@pytest.mark.parametrize("crafted", ["", "T}:x", "T:lessons", "T 1", "T\n"])
def test_a_crafted_team_makes_no_key(crafted: str) -> None:
    """A team's name must not reach into another's views."""
    with pytest.raises(Broken):
        team_key(TeamId(crafted), "lessons")
