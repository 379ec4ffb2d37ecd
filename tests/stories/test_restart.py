import signal
from functools import partial
from pathlib import Path

from bot.playground.harness import Person
from tests.stories.process import process
from tests.stories.stage import ADA, RITA, Task

VERDICTS = ("happened", "not_happened", "try_again")
SETTLED_S = 40.0  # two leases of the death, and a start


def has_more(person: Person, before: int) -> bool:
    """Tell whether somebody was told something since."""
    return len(person.ephemerals) > before


async def waits(task: Task) -> None:
    """Wait until lists show that a task waits for people."""
    rita = task.stage.slack.as_person(RITA)
    listed = False
    while not listed:
        before = len(rita.ephemerals)
        assert (await rita.command(task.channel, "/agent", "status")).ok
        await task.stage.until(partial(has_more, rita, before))
        listed = any(task.id in line and "awaiting approval" in line for line in rita.ephemerals[-1].words.split("•"))


async def test_after_a_kill_the_same_card_still_works(tmp_path: Path) -> None:
    """Nothing lives in the process: the decision is made on what is stored."""
    async with process(tmp_path) as (stage, bot):
        await bot.start()
        task = await stage.task("note survivor")
        card = await task.card()
        await waits(task)
        await bot.kill()
        failed = await task.click(ADA, card, "approve")
        assert not failed.ok
        await bot.start()
        assert (await task.click(ADA, card, "approve")).ok
        await task.ends("succeeded", within_s=SETTLED_S)  # the bot may have died with the thread's lease in its hand
        assert stage.written == ["survivor"]
        assert len([one for one in task.messages if "Done: note" in one.words]) == 1
        assert stage.slack.violations == []


async def test_what_ran_when_the_bot_was_killed_is_asked_about_and_settled_by_people(tmp_path: Path) -> None:
    """A `once` tool is never started again by itself. Three tasks, three answers."""
    async with process(tmp_path) as (stage, bot):
        await bot.start()
        tasks = {verdict: await stage.task(f"slow {verdict.replace('_', '-')}") for verdict in VERDICTS}
        for task in tasks.values():
            await task.click(ADA, await task.card(), "approve")
        for task in tasks.values():
            await task.card("stop")
        await bot.kill()
        began = list(stage.written)
        await bot.start()
        cards = {}
        for verdict, task in tasks.items():
            cards[verdict] = await task.card("happened", within_s=SETTLED_S)
            assert set(VERDICTS) <= cards[verdict].action_ids
        assert stage.written == began, "nothing was started again"
        for verdict, task in tasks.items():
            assert (await task.click(ADA, cards[verdict], verdict)).ok
        await tasks["happened"].ends("succeeded")
        await tasks["not_happened"].ends("failed")
        again = await tasks["try_again"].card("approve")
        assert again.ts != cards["try_again"].ts
        (tmp_path / "go-try-again").touch()
        await tasks["try_again"].click(ADA, again, "approve")
        await tasks["try_again"].ends("succeeded")
        assert stage.written[-1] == "ended try-again"
        assert stage.slack.violations == []


async def test_ctrl_c_says_what_waits_and_how_to_go_on(tmp_path: Path) -> None:
    """Nobody has to fear that a restart costs them something."""
    async with process(tmp_path) as (stage, bot):
        await bot.start()
        task = await stage.task("note waiting")
        await task.card()
        await waits(task)
        started = bot.process
        assert started is not None
        started.send_signal(signal.SIGINT)
        code, out, _ = await bot.ended()
        assert code == 0
        assert "Open tasks, all of them kept: 1. Those that wait for people: 1." in out
        assert "Start the bot again" in out


async def test_a_wrong_configuration_does_not_start_and_names_file_line_and_key(tmp_path: Path) -> None:
    """Exit code 2, and what was expected."""
    async with process(tmp_path) as (_, bot):
        path = tmp_path / "countersign.yml"
        path.write_text(f"{path.read_text()}surprise: 1\n")
        line = len(path.read_text().splitlines())
        await bot.run()
        code, _, errors = await bot.ended()
        assert code == 2
        assert f"{path}:{line}: surprise: " in errors
        assert "retention_days" in errors, "it says which keys there are"
        assert "Traceback" not in errors


async def test_a_refused_token_does_not_start(tmp_path: Path) -> None:
    """Exit code 2, with where to find the right one; no other secret is said."""
    async with process(tmp_path) as (_, bot):
        bot.more = {"SLACK_BOT_TOKEN": "xoxb-not-this-one"}
        await bot.run()
        code, _, errors = await bot.ended()
        assert code == 2
        assert "SLACK_BOT_TOKEN" in errors
        assert "invalid_auth" in errors
        assert "xoxb-not-this-one" not in errors


async def test_a_port_that_is_taken_is_said_in_words(tmp_path: Path) -> None:
    """Exit code 1: nothing is configured wrongly."""
    async with process(tmp_path) as (stage, bot):
        bot.more = {"COUNTERSIGN_PORT": stage.slack.url.rstrip("/").rpartition(":")[2]}
        await bot.run()
        code, _, errors = await bot.ended()
        assert code == 1
        assert "Is another bot running?" in errors
