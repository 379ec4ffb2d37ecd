import asyncio
from itertools import permutations

import pytest

from agent_core.words import ThreadId
from bot.playground.harness import Fault
from tests.stories.stage import ADA, DEV, LEE, OPS, RITA, TINA, Stage, Task

pytestmark = pytest.mark.asyncio(loop_scope="module")
BOT = "<@U0BOT>"


async def begun(stage: Stage, channel: str, ts: str) -> Task:
    """Find the task under a message once it is there."""
    task = Task(stage, channel, ts)
    await task.until(lambda one: any(message.user == "U0BOT" for message in one.messages))
    return task


async def test_a_mention_in_a_channel_is_one_task_though_it_comes_as_two_events(stage: Stage) -> None:
    """Slack sends it as a message and as a mention."""
    ts = await stage.slack.as_person(RITA).post(OPS, f"{BOT} note mentioned")
    task = await begun(stage, OPS, ts)
    await task.click(ADA, await task.card(), "approve")
    await task.ends("succeeded")
    assert stage.written.count("mentioned") == 1
    assert "Ended" not in task.messages[0].words, "what somebody wrote stays as it is"
    assert len([one for one in task.messages if one.text.startswith("Finished:")]) == 1


@pytest.mark.parametrize(("first", "second"), list(permutations(("message", "app_mention"))))
async def test_the_two_events_of_a_mention_may_come_in_either_order(stage: Stage, first: str, second: str) -> None:
    """The later one changes nothing, also where the task is further by then."""
    words = f"note {first.replace('_', '-')}-first"
    late = stage.slack.faults.add(
        Fault(
            on="delivery:event",
            kind="delay",
            seconds=60,
            match=lambda one: one["event"]["type"] == second and words in one["event"].get("text", ""),
        )
    )
    posting = asyncio.create_task(stage.slack.as_person(RITA).post(OPS, f"{BOT} {words}"))
    await stage.until(
        lambda: late.hits and any(words[5:] in one.words for one in stage.slack.messages_with_button("approve"))
    )
    stage.slack.clock.advance(61)
    task = await begun(stage, OPS, await posting)
    assert len(task.with_button("approve")) == 1
    assert (await task.checkpoint()).purpose == words


async def test_in_somebody_elses_thread_what_was_said_before_is_quoted_with_its_authors(stage: Stage) -> None:
    """As data: what others said earlier is nobody's instruction."""
    tina = stage.slack.as_person(TINA)
    root = await tina.post(OPS, "The cart is down.")
    await stage.slack.as_person(LEE).post(OPS, "Again?", root)
    await stage.slack.as_person(RITA).post(OPS, f"{BOT} note quoted", root)
    task = await begun(stage, OPS, root)
    await task.card()
    checkpoint = await task.checkpoint()
    assert checkpoint.requester == RITA
    assert checkpoint.purpose == "note quoted"
    assert [(quote.author, quote.text) for quote in checkpoint.context] == [
        (TINA, "The cart is down."),
        (LEE, "Again?"),
    ]


async def test_a_direct_message_is_a_task(stage: Stage) -> None:
    """Nobody else sees it; its requester may approve where policy says so."""
    rita = stage.slack.as_person(RITA)
    ts = await rita.post(rita.dm(), "own direct")
    task = await begun(stage, rita.dm(), ts)
    await task.click(RITA, await task.card(), "approve")
    await task.ends("succeeded")
    assert "direct" in stage.written


async def test_in_its_thread_the_bot_understands_the_words_of_the_command(stage: Stage) -> None:
    """Slack has no slash commands in threads."""
    task = await stage.task("note steered")
    card = await task.card()
    await task.reply(RITA, f"{BOT} pause")
    await task.card("resume")
    await task.reply(RITA, f"{BOT} resume")
    await task.card("approve")
    await task.reply(RITA, f"{BOT} status")
    await task.told(RITA, "awaiting approval")
    await task.reply(RITA, f"{BOT} help")
    await task.told(RITA, "/agent <task in words>")
    await task.reply(RITA, f"{BOT} abort")
    await task.ends("aborted")
    assert "approve" not in (await task.card_says(card, "Closed")).action_ids


async def test_a_correction_makes_a_new_proposal(stage: Stage) -> None:
    """The old card decides nothing any more."""
    task = await stage.task("note checkout")
    card = await task.card()
    await task.reply(RITA, "use basket instead of checkout")
    newer = await task.card(besides=card)
    assert "basket" in newer.words
    await task.click(ADA, card, "approve")
    await task.told(ADA, "corrected this step at")
    await task.click(ADA, newer, "approve")
    await task.ends("succeeded")
    assert "basket" in stage.written
    assert "checkout" not in stage.written


async def test_a_correction_has_the_agent_look_again_before_it_proposes(stage: Stage) -> None:
    """What the card says is so, is so of what the card names."""
    task = await stage.task("checked checkout")
    card = await task.card()
    await task.reply(RITA, "line: cart")
    newer = await task.card(besides=card)
    assert "cart" in newer.words
    assert "line changed, so I look again first" in task.words
    assert [one.words.count("Allowed by policy") for one in task.messages].count(1) == 2
    await task.click(ADA, newer, "approve")
    await task.ends("succeeded")
    assert "cart" in stage.written


async def test_what_is_not_understood_is_said_and_the_card_stays(stage: Stage) -> None:
    """A reply is never swallowed, and never guessed at."""
    task = await stage.task("note plain")
    card = await task.card()
    await task.reply(RITA, "make it snappy and blue")
    await task.says("reply “line: …”")
    assert (await task.card()).ts == card.ts


async def test_a_question_leaves_the_card_as_it_is_and_is_answered(stage: Stage) -> None:
    """An approver may ask without deciding."""
    task = await stage.task("note asked")
    card = await task.card()
    await task.reply(ADA, "Why this step?")
    await task.says("It is needed.")
    assert (await task.card()).ts == card.ts
    await task.click(ADA, card, "approve")
    await task.ends("succeeded")


@pytest.mark.parametrize("words", ["ok", "LGTM!", "yes please", "no", "👍", f"{BOT} approve"])
async def test_bare_assent_and_dissent_decide_nothing_and_show_the_way_to_the_card(stage: Stage, words: str) -> None:
    """Told once, though a mention comes twice."""
    task = await stage.task("note bare")
    card = await task.card()
    before = len(stage.slack.as_person(ADA).ephemerals)
    await task.reply(ADA, words)
    told = await task.told(ADA, "Words in the thread never decide a step.")
    assert f"p{card.ts.replace('.', '')}" in str(told.blocks)
    assert len(stage.slack.as_person(ADA).ephemerals) == before + 1
    assert "bare" not in stage.written


async def test_a_remark_to_somebody_else_is_none_of_the_bots_business(stage: Stage) -> None:
    """Nothing is said, nothing changes."""
    task = await stage.task("note remark")
    await task.card()
    version = (await task.checkpoint()).version
    await task.reply(RITA, f"<@{LEE}> use basket instead of remark")
    await task.reply(RITA, "line: later")
    await task.says("later")
    messages = (await task.checkpoint()).messages
    assert [one.text for one in messages] == ["line: later"]
    assert version < (await task.checkpoint()).version


async def test_others_are_told_alone_who_may_correct(stage: Stage) -> None:
    """`corrections.by` is the requester, the approvers and whom the task names."""
    task = await stage.task("note foreign")
    card = await task.card()
    await task.reply(TINA, "line: mine")
    await task.told(TINA, "Corrections come from the requester")
    assert (await task.card()).ts == card.ts
    assert "mine" not in card.words


async def test_an_answer_in_the_thread_is_the_answer(stage: Stage) -> None:
    """The agent waits for one, so that is what the reply is; even a bare word."""
    task = await stage.task("please write")
    await task.card("answer")
    await task.reply(RITA, "ok")
    await task.click(ADA, await task.card(), "approve")
    await task.ends("succeeded")
    assert "ok" in stage.written


async def test_edits_deletions_previews_joins_and_other_bots_are_no_input(stage: Stage) -> None:
    """Only what a person says now counts."""
    task = await stage.task("note quiet")
    await task.card()
    ts = await task.reply(RITA, f"<@{LEE}> look")
    version = (await task.checkpoint()).version
    rita = stage.slack.as_person(RITA)
    await rita.edit(OPS, ts, "line: edited")
    await stage.slack.unfurl(OPS, ts)
    await rita.delete(OPS, ts)
    await stage.slack.as_person("U0OTHERBOT").post(OPS, "line: robot", task.ts)
    await stage.slack.as_person("U0OTHERBOT").post(OPS, f"{BOT} note robot")
    assert (await task.checkpoint()).version == version
    assert not any("robot" in one.words and one.user == "U0BOT" for one in stage.slack.channel(OPS))


async def test_a_deleted_card_that_still_waits_is_posted_anew(stage: Stage) -> None:
    """Without it nobody could decide; with two, somebody might on the wrong one."""
    task = await stage.task("note deleted")
    card = await task.card()
    await stage.slack.as_person("U0BOT").delete(OPS, card.ts)
    newer = await task.card(besides=card)
    assert len(task.with_button("approve")) == 1
    await task.click(ADA, newer, "approve")
    await task.ends("succeeded")


async def test_a_mention_in_a_channel_without_the_bot_reaches_nobody(stage: Stage) -> None:
    """Slack does not deliver it; the command is delivered, and its user is told to invite the bot."""
    rita = stage.slack.as_person(RITA)
    ts = await rita.post(DEV, f"{BOT} note unheard")
    assert (await stage.bot.desk.runtime.store.load(ThreadId(f"T0COUNTER:{DEV}:{ts}"))).checkpoint is None
