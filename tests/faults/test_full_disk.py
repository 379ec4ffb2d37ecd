"""The disk of the bot's own Redis is full: people are told in plain words, and it goes on by itself when there is room.

With a sync for each write, the server ends itself when it cannot write its log; the bot starts it again and again.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path

import pytest

from bot.playground.harness import Message
from tests.faults.disk import Disk, limited, mounted
from tests.stories.process import Bot, process
from tests.stories.stage import ADA, OPS, RITA, Stage, Task

TOLD = ("Nothing was changed.", "I can't tell whether this was recorded")
SETTLED_S = 30.0
MOST_TASKS = 20
ANSWERED_S = 3.0
Made = tuple[Stage, Bot, Disk]


@pytest.fixture(params=[mounted, limited])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """Give a disk of each kind; only root may mount one."""
    make: Callable[[Path], AbstractContextManager[Disk]] = request.param
    with ExitStack() as closing:
        try:
            made = closing.enter_context(make(tmp_path / "home"))
        except OSError as no:
            pytest.skip(f"nothing may be mounted here: {no}")
        yield made


@pytest.fixture
async def full(disk: Disk, tmp_path: Path) -> AsyncIterator[Made]:
    """Start a bot whose data lie on it."""
    async with process(tmp_path) as (stage, bot):
        await bot.start()
        yield stage, bot, disk


async def is_full(stage: Stage) -> None:
    """Ask for tasks until one can't be written: the page in which a log ends may still have room for a few."""
    rita, told = stage.slack.as_person(RITA), [""]
    for number in range(MOST_TASKS):
        before, words = len(rita.ephemerals), f"note filler-{number}"
        assert (await rita.command(OPS, "/agent", words)).ok

        def answered(before: int = before, words: str = words) -> bool:
            is_begun = any(words in message.words for message in stage.slack.channel(OPS))
            return is_begun or len(rita.ephemerals) > before

        with suppress(TimeoutError):  # accepted, and then there was no room to begin
            await stage.slack.until(answered, ANSWERED_S)
        told = [message.words for message in rita.ephemerals[before:]]
        if any(words in "".join(told) for words in TOLD):
            return
    raise AssertionError(f"the disk is not full: {told}")


async def pressed(task: Task, card: Message, *, within_s: float) -> list[str]:
    """Press Approve until there is an effect or the person is told something; give what they alone were told."""
    ada = task.stage.slack.as_person(ADA)
    before = len(ada.ephemerals)
    assert (await task.click(ADA, card, "approve")).ok
    await task.stage.slack.until(lambda: len(ada.ephemerals) > before or not task.with_button("approve"), within_s)
    return [message.words for message in ada.ephemerals[before:]]


async def test_a_click_that_can_not_be_written_is_told_so_and_does_nothing(full: Made) -> None:
    """The same card works as soon as there is room."""
    stage, bot, disk = full
    task = await stage.task("note crowded")
    card = await task.card()
    assert bot.process is not None
    disk.fill(bot.process.pid)
    await is_full(stage)
    told = "".join(await pressed(task, card, within_s=ANSWERED_S))
    assert any(words in told for words in TOLD), told
    assert "crowded" not in stage.written
    assert task.with_button("approve")
    disk.free(bot.process.pid)
    while await pressed(task, card, within_s=SETTLED_S):  # as people are told to, until it is taken
        pass
    await task.ends("succeeded", within_s=SETTLED_S)
    assert stage.written.count("crowded") == 1


async def test_a_call_that_ends_while_nothing_can_be_written_is_recorded_when_there_is_room(full: Made) -> None:
    """Nobody is asked whether it happened: whoever made the call holds its result until it is written."""
    stage, bot, disk = full
    task = await stage.task("slow crowded")
    assert (await task.click(ADA, await task.card(), "approve")).ok
    await task.card("stop")
    assert bot.process is not None
    disk.fill(bot.process.pid)
    await is_full(stage)
    (stage.folder / "go-crowded").touch()
    disk.free(bot.process.pid)
    await task.ends("succeeded", within_s=SETTLED_S)
    assert stage.written == ["began crowded", "ended crowded"]
    assert [one for one in stage.slack.channel(OPS) if "happened" in one.action_ids] == []
