"""Calls that are cut short, locks between tasks, and the emergency stop, as people meet them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.playground.harness import OFF, Setup
from tests.stories.stage import ADA, LEE, OPS, RITA, TINA, Stage, Task, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Start a bot that Lee may stop."""
    folder = tmp_path_factory.mktemp("stage")
    async with staged(folder, more="operators: {users: [U0LEAD]}", setup=Setup(rates=OFF)) as stage:
        yield stage


async def answered(stage: Stage, person: str, text: str, words: str) -> str:
    """Use the command and give what the person alone is told; it has these words."""
    who = stage.slack.as_person(person)
    before = len(who.ephemerals)
    assert (await who.command(OPS, "/agent", text)).ok
    await stage.until(lambda: len(who.ephemerals) > before)
    said = who.ephemerals[before].words
    assert words in said
    return said


async def running(stage: Stage, words: str) -> Task:
    """Start a task and have its step run."""
    task = await stage.task(words)
    await task.click(ADA, await task.card(), "approve")
    await task.card("stop")
    return task


def go(stage: Stage, word: str) -> None:
    """Let a slow tool end."""
    (stage.folder / f"go-{word}").touch()


async def test_a_step_that_ran_out_of_time_may_have_happened_and_people_say(stage: Stage) -> None:
    """A time-out is not a no."""
    task = await stage.task("brief late")
    await task.click(ADA, await task.card(), "approve")
    card = await task.card("happened")
    assert "was ended after 0.5 s. It may have happened." in card.words
    assert {"happened", "not_happened", "try_again"} <= card.action_ids
    await task.click(RITA, card, "happened")
    await task.ends("succeeded")


async def test_one_task_at_a_time_holds_a_lock_and_the_other_waits_for_it(stage: Stage) -> None:
    """Its card links to the task that it waits for; then it goes on by itself."""
    first = await running(stage, "locked one")
    second = await stage.task("locked two")
    await second.click(ADA, await second.card(), "approve")
    await second.says("is in use.")
    assert "began two" not in stage.written
    assert first.ts.replace(".", "") in str(second.messages)
    go(stage, "two")
    go(stage, "one")
    await first.ends("succeeded")
    await second.ends("succeeded")
    begun = [line for line in stage.written if line.split()[1] in ("one", "two")]
    assert begun == ["began one", "ended one", "began two", "ended two"]


async def test_an_operator_stops_everything_and_lifts_it_again(stage: Stage) -> None:
    """What runs ends; what was approved waits and says by whom; nothing begins; everybody else is refused."""
    runs = await running(stage, "slow through")
    waits = await stage.task("note held")
    card = await waits.card()
    await answered(stage, TINA, "stop-all", "You may not stop or resume everything")
    said = await answered(stage, LEE, "stop-all", "Everything was stopped by")
    assert "/agent resume-all" in said
    await answered(stage, LEE, "stop-all", "Everything was stopped by")
    await answered(stage, RITA, "note another", "Everything was stopped by")
    assert (await waits.click(ADA, card, "approve")).ok
    await waits.card_says(card, "Everything was stopped by")
    go(stage, "through")
    await runs.ends("succeeded")
    assert "held" not in stage.written
    await answered(stage, TINA, "resume-all", "You may not stop or resume everything")
    await answered(stage, LEE, "resume-all", "The stop was lifted by")
    await waits.ends("succeeded")
    assert stage.written.count("held") == 1
    log = await stage.bot.desk.switch.log(stage.bot.desk.team)
    assert [(line.what, line.by) for line in log] == [("stop_all", LEE), ("resume_all", LEE)]


async def test_the_home_tab_has_the_switch_for_operators_and_the_news_for_everybody(stage: Stage) -> None:
    """Pressed by somebody who is no operator, it does nothing: their page may be an old one."""
    lee, rita = stage.slack.as_person(LEE), stage.slack.as_person(RITA)
    for who in (lee, rita):
        await who.open_home()
    await stage.until(lambda: lee.home and rita.home)
    assert lee.home is not None
    assert "stop_all" in lee.home.action_ids
    assert rita.home is not None
    assert "stop_all" not in rita.home.action_ids
    assert (await lee.click(lee.home, "stop_all")).ok
    await stage.until(lambda: lee.home and "resume_all" in lee.home.action_ids)
    await rita.open_home()
    await stage.until(lambda: rita.home and "Everything is stopped." in rita.home.words)
    assert (await lee.click(lee.home, "resume_all")).ok
    await stage.until(lambda: lee.home and "stop_all" in lee.home.action_ids)
