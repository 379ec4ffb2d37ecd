"""What ran when the bot was killed, where the tool can be asked whether it happened."""

import signal
from pathlib import Path

import pytest

from agent_core.adapters.key_file import make_key
from tests.adapters.polling import until
from tests.stories.process import Bot, process
from tests.stories.server import own_server
from tests.stories.stage import ADA, Stage, Task
from tests.stories.test_restart import SETTLED_S


async def ended(task: Task, how: str) -> None:
    """Wait for a task's end for as long as it may take after a death."""
    await task.stage.slack.until(lambda: f"Finished: {how}" in task.words, SETTLED_S)


async def written(stage: Stage, line: str) -> None:
    """Wait until a tool has written a line."""

    async def is_there() -> bool:
        return line in stage.written

    await until(is_there, line)


async def test_after_a_kill_a_call_is_read_back_and_done_or_proposed_anew(tmp_path: Path) -> None:
    """One had its effect when the bot died, the other had not; neither is started again by itself."""
    async with process(tmp_path) as (stage, bot):
        await bot.start()
        done, undone = await stage.task("order now-done"), await stage.task("order undone")
        for task in (done, undone):
            await task.click(ADA, await task.card(), "approve")
        for task in (done, undone):
            await task.card("stop")
        await written(stage, "ordered now-done")
        await bot.kill()
        assert "ordered undone" not in stage.written
        await bot.start()
        await ended(done, "succeeded")
        assert "find says that it happened." in done.words
        again = await undone.card("approve", within_s=SETTLED_S)
        assert "find says that it did not happen. The step is proposed anew." in undone.words
        (tmp_path / "go-undone").touch()
        await undone.click(ADA, again, "approve")
        await ended(undone, "succeeded")
        orders = [line for line in stage.written if line.startswith("ordered")]
        assert orders == ["ordered now-done", "ordered undone"]
        assert stage.slack.violations == []


@pytest.mark.slow
async def test_a_worker_that_was_stopped_for_longer_than_its_lease_can_not_commit(tmp_path: Path) -> None:
    """Threat X3: another has asked people meanwhile; what the first one brings comes late, and counts no more."""
    make_key(tmp_path / "key")
    with own_server() as redis:
        async with process(tmp_path) as (stage, first):
            second = Bot(stage.slack, tmp_path)
            first.more = second.more = {"REDIS_URL": redis.url, "COUNTERSIGN_KEY_FILE": str(tmp_path / "key")}
            try:
                await frozen_and_thawed(stage, first, second)
            finally:
                await second.kill()


async def frozen_and_thawed(stage: Stage, first: Bot, second: Bot) -> None:
    """Freeze one bot in a call for longer than its lease; the call itself goes on to its end."""
    await first.start()
    task = await stage.task("slow frozen")
    await task.click(ADA, await task.card(), "approve")
    await task.card("stop")
    await written(stage, "began frozen")
    assert first.process is not None
    first.process.send_signal(signal.SIGSTOP)
    await second.start()
    card = await task.card("happened", within_s=SETTLED_S)
    (stage.folder / "go-frozen").touch()
    await written(stage, "ended frozen")
    first.process.send_signal(signal.SIGCONT)
    assert (await task.click(ADA, card, "not_happened")).ok
    await ended(task, "failed")
    assert stage.written == ["began frozen", "ended frozen"]
