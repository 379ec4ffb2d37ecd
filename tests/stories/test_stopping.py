"""The emergency stop from the command line, beside a bot that runs and beside none."""

from pathlib import Path

from tests.stories.process import Bot, process
from tests.stories.stage import ADA


async def said(bot: Bot, *words: str) -> tuple[int, str, str]:
    """Run a command beside the bot to its end."""
    beside = Bot(bot.slack, bot.folder)
    await beside.run(*words)
    return await beside.ended()


async def test_the_command_line_stops_everything_and_lifts_it_beside_a_running_bot(tmp_path: Path) -> None:
    """Slack need not be reached for it; the cards say who it was."""
    async with process(tmp_path) as (stage, bot):
        await bot.start()
        task = await stage.task("note later")
        card = await task.card()
        code, out, _ = await said(bot, "stop-all")
        assert (code, "Everything was stopped by the command line (" in out) == (0, True)
        await task.click(ADA, card, "approve")
        await task.card_says(card, "Everything was stopped by the command line")
        assert stage.written == []
        code, out, _ = await said(bot, "resume-all", "--team", task.id.split(":")[0])
        assert (code, "The stop was lifted by the command line (" in out) == (0, True)
        await task.ends("succeeded")
        assert stage.written == ["later"]
        assert stage.slack.violations == []


async def test_what_can_not_be_stopped_is_said(tmp_path: Path) -> None:
    """No key, no store; no task, no workspace; and what is no workspace's ID is none."""
    async with process(tmp_path) as (_, bot):
        code, _, errors = await said(bot, "stop-all")
        assert (code, "it has no key" in errors) == (1, True)
        await bot.start()
        await bot.kill()
        code, _, errors = await said(bot, "stop-all")
        assert (code, "Name it: --team" in errors) == (1, True)
        code, _, errors = await said(bot, "stop-all", "--team", "not:a team")
        assert (code, "--team" in errors) == (2, True)
        code, out, _ = await said(bot, "stop-all", "--team", "T0OTHER")
        assert (code, out.startswith("T0OTHER: Everything was stopped")) == (0, True)
