import pytest

from tests.stories.stage import ADA, OPS, RITA, TINA, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_paused_task_takes_no_decision_until_it_is_resumed(stage: Stage) -> None:
    task = await stage.task("note paused")
    card = await task.card()
    await task.click(RITA, card, "pause")
    paused = await task.card_says(card, "Paused by")
    assert "approve" not in paused.action_ids
    await task.click(ADA, card, "approve")
    await task.told(ADA, "Resume it first.")
    await task.click(RITA, await task.card("resume"), "resume")
    again = await task.card("approve")
    assert again.ts == card.ts
    await task.click(ADA, again, "approve")
    await task.ends("succeeded")
    assert stage.written.count("paused") == 1


async def test_an_aborted_task_runs_nothing_more(stage: Stage) -> None:
    task = await stage.task("note aborted")
    card = await task.card()
    await task.click(RITA, card, "abort")
    await task.ends("aborted")
    await task.click(ADA, card, "approve")
    said = await task.told(ADA, "That was at")
    assert "Aborted by" in said.words
    assert RITA in str(said.raw), "by whom, as a mention"
    assert "aborted" not in stage.written


async def test_the_menus_of_a_message_say_pause_and_abort_its_thread(stage: Stage) -> None:
    """They work on any message of the thread, the bot's cards too."""
    task = await stage.task("note menus")
    card = await task.card()
    rita = stage.slack.as_person(RITA)
    assert (await rita.shortcut("thread_status", channel=OPS, ts=card.ts)).ok
    await task.told(RITA, "awaiting approval")
    assert (await rita.shortcut("pause", channel=OPS, ts=task.ts)).ok
    await task.card("resume")
    assert (await rita.shortcut("abort", channel=OPS, ts=card.ts)).ok
    await task.ends("aborted")


async def test_a_menu_in_a_thread_without_a_task_says_so(stage: Stage) -> None:
    rita = stage.slack.as_person(RITA)
    ts = await rita.post(OPS, "no task here")
    assert (await rita.shortcut("pause", channel=OPS, ts=ts)).ok
    await stage.until(lambda: any("There is no task in this thread." in one.words for one in rita.ephemerals))


async def test_a_message_becomes_a_task_of_whoever_chose_it(stage: Stage) -> None:
    """The words are Tina's, the task is Rita's: Rita may not approve it."""
    tina, rita = stage.slack.as_person(TINA), stage.slack.as_person(RITA)
    ts = await tina.post(OPS, "note made")
    assert (await rita.shortcut("make_task", channel=OPS, ts=ts)).ok
    await stage.until(lambda: any("approve" in one.action_ids for one in stage.slack.thread(OPS, ts)))
    checkpoint = (await stage.bot.desk.runtime.store.load(f"T0COUNTER:{OPS}:{ts}")).checkpoint  # type: ignore[arg-type]  # the ID as other software spells it
    assert checkpoint is not None
    assert checkpoint.requester == RITA
    assert [(quote.author, quote.text) for quote in checkpoint.context] == [(TINA, "note made")]


async def test_a_task_is_started_from_anywhere(stage: Stage) -> None:
    rita = stage.slack.as_person(RITA)
    assert (await rita.global_shortcut("start_task")).ok
    form = rita.views[-1]
    assert set(form.inputs) == {"purpose", "channel"}
    assert (await rita.submit(form, {"purpose": "note anywhere", "channel": OPS})).errors == {}
    await stage.until(
        lambda: any(
            "note anywhere" in one.words and one.thread_ts in (None, one.ts) for one in stage.slack.channel(OPS)
        )
    )


async def test_a_task_for_a_channel_without_the_bot_is_refused_at_the_channel(stage: Stage) -> None:
    rita = stage.slack.as_person(RITA)
    await rita.global_shortcut("start_task")
    refused = await rita.submit(rita.views[-1], {"purpose": "note nowhere", "channel": "C0DEV"})
    assert "Invite me" in refused.errors["channel"]
    await rita.close_view(rita.views[-1])


async def test_words_that_fit_no_runbook_are_refused_at_the_words(stage: Stage) -> None:
    rita = stage.slack.as_person(RITA)
    await rita.global_shortcut("start_task")
    refused = await rita.submit(rita.views[-1], {"purpose": "make me a sandwich", "channel": OPS})
    assert "note" in refused.errors["purpose"]
    await rita.close_view(rita.views[-1])
