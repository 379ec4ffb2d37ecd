from dataclasses import replace

import pytest

from agent_core.worker import line_of
from tests.stories.stage import ADA, DEV, OPS, RITA, TINA, Stage, Task

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def answered(stage: Stage, person: str, text: str, words: str, *, channel: str = OPS) -> str:
    """Use the command and give what the person alone is told; it has these words."""
    who = stage.slack.as_person(person)
    before = len(who.ephemerals)
    assert (await who.command(channel, "/agent", text)).ok
    await stage.until(lambda: len(who.ephemerals) > before)
    said = who.ephemerals[before].words
    assert words in said
    return said


async def listed(stage: Stage, person: str, text: str, task: Task) -> str:
    """Ask for a list in which a task is that has its thread."""
    return await answered(stage, person, text, task.id)


def links(stage: Stage, task: Task) -> dict[str, str]:
    """Give the three ways to name a task."""
    url = f"{stage.slack.url}archives/{task.channel}/p{task.ts.replace('.', '')}"
    return {"permalink": url, "ID": task.id, "ts": task.ts}


@pytest.mark.parametrize("text", ["help", "HELP", ""])
async def test_help_says_what_there_is(stage: Stage, text: str) -> None:
    """Also where nothing was typed."""
    assert "/agent status" in await answered(stage, TINA, text, "/agent <task in words>")


async def test_a_task_that_fits_no_runbook_is_told_which_there_are_before_anything_is_posted(stage: Stage) -> None:
    """Nobody else sees a task that could not begin."""
    before = len(stage.slack.channel(OPS))
    said = await answered(stage, RITA, "make me a sandwich", "No runbook")
    assert "note <line>" in said
    assert len(stage.slack.channel(OPS)) == before


async def test_where_the_bot_is_not_nothing_starts_and_the_person_is_told_to_invite_it(stage: Stage) -> None:
    """And once it was invited, the next try works at once."""
    await answered(stage, RITA, "note uninvited", "Invite me with /invite", channel=DEV)
    assert stage.slack.channel(DEV) == []
    stage.slack.set_members(DEV, {"U0BOT", RITA, ADA})
    task = await stage.task("note invited", channel=DEV)
    await task.click(ADA, await task.card(), "approve")
    await task.ends("succeeded")
    stage.slack.set_members(DEV, {RITA, ADA})


async def test_status_lists_my_open_tasks_here_and_nobody_elses(stage: Stage) -> None:
    """With ID and link, so that each can be shown or aborted."""
    mine, other = await stage.task("note my-own"), await stage.task("note not-mine", by=TINA)
    await mine.card()
    await other.card()
    said = await listed(stage, RITA, "status", mine)
    assert "note my-own" in said
    assert "not-mine" not in said
    assert "You have no open tasks here." in await answered(stage, ADA, "status", "no open tasks")


async def test_a_task_whose_tool_runs_for_long_is_listed_as_running(stage: Stage) -> None:
    """Whoever asks while it runs must not be told that there is nothing."""
    task = await stage.task("slow long-run")
    await task.click(ADA, await task.card(), "approve")
    await task.card("stop")
    assert "acting" in await listed(stage, RITA, "status", task)
    (stage.folder / "go-long-run").touch()
    await task.ends("succeeded")


async def test_status_says_how_a_task_stands_now_and_not_how_it_was_listed(stage: Stage) -> None:
    """The list is fed at the end of a drain, a moment after the card was shown."""
    waiting, ended = await stage.task("note still-waiting"), await stage.task("note has-ended")
    await ended.click(ADA, await ended.card(), "approve")
    await ended.ends("succeeded")
    await waiting.card()
    for task in (waiting, ended):
        loaded = await stage.bot.desk.runtime.store.load(task.id)
        assert loaded.checkpoint is not None
        late = replace(line_of(loaded.checkpoint, loaded), phase="scoring", version=loaded.checkpoint.version + 100)
        await stage.bot.desk.index.put(late)
    said = await listed(stage, RITA, "status", waiting)
    assert "awaiting approval" in said
    assert "scoring" not in said
    assert ended.id not in said


async def test_list_shows_the_open_tasks_that_one_may_see(stage: Stage) -> None:
    """What goes on in a private channel is for its members."""
    public, private = await stage.task("note in-public"), await stage.task("note in-private", channel="G0PRIV")
    await public.card()
    await private.card()
    assert public.id in await listed(stage, ADA, "list", private)
    assert private.id not in await listed(stage, TINA, "list", public)
    await answered(stage, TINA, f"show {private.id}", "You are not in that task's channel.")


@pytest.mark.parametrize("name", ["permalink", "ID", "ts"])
async def test_a_task_is_shown_by_its_link_its_id_or_its_ts(stage: Stage, name: str) -> None:
    """However somebody has it at hand."""
    task = await stage.task("note shown")
    await task.card()
    said = await answered(stage, TINA, f"show {links(stage, task)[name]}", "note shown")
    assert "awaiting approval" in said
    assert task.id in said


@pytest.mark.parametrize("name", ["permalink", "ID", "ts"])
async def test_a_task_is_paused_resumed_and_aborted_by_name(stage: Stage, name: str) -> None:
    """From the channel, where the thread may be far up."""
    task = await stage.task("note steered")
    await task.card()
    named = links(stage, task)[name]
    await answered(stage, RITA, f"pause {named}", "Done.")
    await task.card("resume")
    await answered(stage, RITA, f"resume {named}", "Done.")
    await task.card("approve")
    await answered(stage, RITA, f"abort {named}", "Done.")
    await task.ends("aborted")


async def test_the_link_of_a_card_names_its_task_too(stage: Stage) -> None:
    """People copy the link of what they look at."""
    task = await stage.task("note linked")
    card = await task.card()
    url = f"{stage.slack.url}archives/{OPS}/p{card.ts.replace('.', '')}?thread_ts={task.ts}&cid={OPS}"
    await answered(stage, TINA, f"show {url}", "note linked")


async def test_words_that_only_begin_like_a_subcommand_are_a_task(stage: Stage) -> None:
    """It is a subcommand only if the whole text fits its form."""
    await answered(stage, TINA, "status of the world", "No runbook")
    await answered(stage, TINA, "pause", "No runbook")
    task = await stage.task("please write help")
    await task.card("answer")


async def test_what_names_no_task_or_lesson_is_refused_in_words(stage: Stage) -> None:
    """With what to do instead."""
    await answered(stage, TINA, "show 1234567890.123456", "There is no task in this thread.")
    await answered(stage, TINA, "show T0OTHER:C0OPS:1234567890.123456", "names no task")
    await answered(stage, TINA, "why heuristic:0000000000", "There is no lesson")
    await answered(stage, TINA, "why T0COUNTER:C0OPS:1.1#2", "There is no task in this thread.")
    await answered(stage, TINA, "forget heuristic:0000000000", "There is no lesson")
    await answered(stage, TINA, "rules", "There are no allow rules.")


@pytest.mark.parametrize("text", ["stats", "delegate all to somebody"])
async def test_what_this_version_cannot_do_is_said_and_is_no_task(stage: Stage, text: str) -> None:
    """A person who stops all must not have started something instead."""
    await answered(stage, TINA, text, "can't do that yet")
