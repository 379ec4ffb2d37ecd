"""A rolling upgrade with cards waiting: processes of an older build and of this one, at work on one Redis.

One deployment is upgraded half way and stays so for most of these tests; another is upgraded from beginning to end.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from agent_core.adapters.key_file import read_key
from agent_core.adapters.redis_client import connect
from agent_core.adapters.redis_keys import keys_of
from agent_core.adapters.redis_store import RedisStore
from agent_core.checkpoint import NEWEST_SCHEMA
from agent_core.codec import Codec
from agent_core.words import ThreadId
from tests.cluster.kit import Cluster, Member, deployed
from tests.deploy.older import older_build, program_of
from tests.stories.stage import ADA, LEE, OPS, Task
from tests.stories.world import furnished

pytestmark = pytest.mark.asyncio(loop_scope="module")
NEWER = NEWEST_SCHEMA + 1


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """A deployment in which processes of both builds run, and those of each that serve."""

    cluster: Cluster
    before: Member
    after: Member

    def through(self, member: Member) -> None:
        """Have Slack's requests go to one member."""
        self.cluster.balancer.ports[:] = [member.port]

    async def begun(self, member: Member, words: str) -> Task:
        """Start a task through one member, up to its card."""
        self.through(member)
        task = await self.cluster.stage.task(words)
        await task.card()
        return task

    async def pressed(self, member: Member, task: Task, by: str = ADA) -> None:
        """Approve through one member."""
        self.through(member)
        assert (await task.click(by, await task.card(), "approve")).ok

    async def told(self, member: Member, text: str, words: str) -> None:
        """Use the command through one member, as an operator, and hear this."""
        self.through(member)
        who = self.cluster.slack.as_person(LEE)
        known = len(who.ephemerals)
        assert (await who.command(OPS, "/agent", text)).ok
        await self.cluster.stage.until(lambda: len(who.ephemerals) > known)
        assert words in who.ephemerals[-1].words


def operated(folder: Path) -> Path:
    """Furnish a folder for a bot that somebody may stop."""
    return furnished(folder, more="operators: {users: [U0LEAD]}")


@asynccontextmanager
async def older_deployment(folder: Path, older: Path) -> AsyncIterator[tuple[Cluster, Member]]:
    """Run a deployment of the older build, and give its member that serves."""
    async with deployed(folder, furnish=operated, program=program_of(older), serve=1, work=1) as cluster:
        (serving,) = cluster.of("serve")
        yield cluster, serving


async def joined(cluster: Cluster, before: Member) -> Upgrade:
    """Add members of this build beside those that run."""
    cluster.program = ("-m", "bot")
    await cluster.add("work")
    return Upgrade(cluster=cluster, before=before, after=await cluster.add("serve"))


@pytest.fixture(scope="module")
def older() -> Iterator[Path]:
    """Give an older build."""
    with older_build() as build:
        yield build


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(older: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Upgrade]:
    """Run both builds for the whole file."""
    async with older_deployment(tmp_path_factory.mktemp("half"), older) as (cluster, before):
        yield await joined(cluster, before)


@pytest_asyncio.fixture(loop_scope="module")
async def half(shared: Upgrade) -> AsyncIterator[Upgrade]:
    """Give the upgrade that is half way, and see that Slack had nothing to complain of."""
    yield shared
    assert shared.cluster.slack.violations == []


async def test_processes_of_two_builds_are_up(half: Upgrade, older: Path) -> None:
    """Else nothing would be shown here."""
    commands = [command_of(member) for member in half.cluster.members]
    assert [str(older) in command for command in commands] == [True, True, False, False]


async def test_cards_that_wait_through_an_upgrade_are_decided_by_whichever_version(tmp_path: Path, older: Path) -> None:
    """Before it, while both are up, and when the older ones have gone: nothing is lost, and nothing done twice."""
    async with older_deployment(tmp_path, older) as (cluster, before):
        words = ("one", "two", "three", "four", "five", "six")
        early = Upgrade(cluster=cluster, before=before, after=before)
        tasks = {word: await early.begun(before, f"note {word}") for word in words[:4]}
        both = await joined(cluster, before)
        tasks |= {word: await both.begun(both.after, f"note {word}") for word in words[4:]}
        for word, member in (("one", before), ("two", both.after), ("five", before), ("six", both.after)):
            await both.pressed(member, tasks[word])
        for word in ("one", "two", "five", "six"):
            await tasks[word].ends("succeeded")
        for member in cluster.members[:2]:
            assert await member.stop() == 0
        for word in ("three", "four"):
            await both.pressed(both.after, tasks[word])
            await tasks[word].ends("succeeded")
        assert sorted(cluster.stage.written) == sorted(words)
        assert cluster.slack.violations == []
        assert not [one.name for one in cluster.members if "Traceback" in one.said]


async def test_of_two_people_who_press_through_different_versions_one_decides(half: Upgrade) -> None:
    """The compare-and-set is the store's, whoever asks."""
    for nth, (first, second) in enumerate(((half.before, half.after), (half.after, half.before))):
        task = await half.begun(first, f"note pair-{nth}")
        card = await task.card()
        half.through(first)
        assert (await task.click(ADA, card, "approve")).ok
        half.through(second)
        assert (await task.click(LEE, card, "approve")).ok
        await task.ends("succeeded")
        assert half.cluster.stage.written.count(f"pair-{nth}") == 1


async def test_the_stop_is_obeyed_by_either_whoever_pulls_and_lifts_it(half: Upgrade) -> None:
    """An emergency may come in the middle of an upgrade."""
    for pulling, lifting in ((half.before, half.after), (half.after, half.before)):
        word = f"stop-{pulling.name}"
        task = await half.begun(half.before, f"note {word}")
        await half.told(pulling, "stop-all", "Everything was stopped")
        await half.pressed(lifting, task)
        await task.until(lambda task: "Waits. Everything was stopped" in task.words)
        assert word not in half.cluster.stage.written
        await half.told(lifting, "resume-all", "The stop was lifted")
        await task.ends("succeeded")
        assert half.cluster.stage.written.count(word) == 1


@pytest.mark.parametrize("which", ["before", "after"])
async def test_what_a_version_to_come_has_written_is_refused_with_words(half: Upgrade, which: str) -> None:
    """By either build; it is left as it is, and whoever wrote it goes on with it."""
    task = await half.begun(half.before, f"note to-come-{which}")
    card = await task.card()
    raw = await rewritten(half.cluster, task.id)
    half.through(half.before if which == "before" else half.after)
    who = half.cluster.slack.as_person(ADA)
    known = len(who.ephemerals)
    await task.click(ADA, card, "approve")
    await half.cluster.stage.until(lambda: len(who.ephemerals) > known)
    assert f"was written by a newer version (schema {NEWER}" in who.ephemerals[-1].words
    assert await stored(half.cluster, task.id) == raw
    assert f"to-come-{which}" not in half.cluster.stage.written


def command_of(member: Member) -> str:
    """Say how a member was started, as the system knows it."""
    return Path(f"/proc/{member.process.pid}/cmdline").read_text()


async def rewritten(cluster: Cluster, thread_id: ThreadId) -> bytes:
    """Put a checkpoint in a thread's place as a version to come would write it."""
    key = read_key(cluster.folder / "key")
    redis = connect(cluster.store.url)
    loaded = await RedisStore(redis, Codec(key)).load(thread_id)
    assert loaded.checkpoint is not None
    raw = Codec(key, schema=NEWER).encode(replace(loaded.checkpoint, memory="of a version to come"))
    await redis.hset(keys_of(thread_id).thread, "checkpoint", raw)
    await redis.aclose()
    return raw


async def stored(cluster: Cluster, thread_id: ThreadId) -> bytes | str | None:
    """Give the checkpoint as it is stored."""
    redis = connect(cluster.store.url)
    raw = await redis.hget(keys_of(thread_id).thread, "checkpoint")
    await redis.aclose()
    return raw
