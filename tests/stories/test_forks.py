import pytest

from tests.stories.stage import ADA, LEE, OPS, RITA, TINA, Stage, Task

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def noted(stage: Stage, word: str) -> Task:
    """Have a line written and looked at."""
    task = await stage.task(f"note {word}")
    assert (await task.click(ADA, await task.card(), "approve")).ok
    await task.ends("succeeded")
    return task


async def forked(stage: Stage, by: str, task: Task, step: int) -> Task:
    """Fork a task and find the new thread."""
    known = {message.ts for message in stage.slack.channel(OPS)}
    assert (await stage.slack.as_person(by).command(OPS, "/agent", f"fork {task.id} {step}")).ok

    def new() -> list[str]:
        return [one.ts for one in stage.slack.channel(OPS) if one.ts not in known and one.words.startswith("Task:")]

    await stage.until(new)
    return Task(stage, OPS, new()[0])


async def test_a_fork_has_a_thread_of_its_own_and_asks_again_about_what_was_done(stage: Stage) -> None:
    """Nothing is done twice unasked; whoever approves reads that it happened, when and where."""
    task = await noted(stage, "forked")
    fork = await forked(stage, LEE, task, 0)
    card = await fork.card()
    assert f"This very call was already made as step 1 of {task.id}" in card.words
    await fork.says(f"Forked from step 0 of {task.id}")
    assert stage.written.count("forked") == 1
    assert (await fork.click(ADA, card, "approve")).ok
    await fork.ends("succeeded")
    assert stage.written.count("forked") == 2
    assert (await fork.checkpoint()).requester == LEE


async def test_a_fork_goes_on_where_the_other_task_was_after_that_step(stage: Stage) -> None:
    """What was done before it is not done again."""
    task = await noted(stage, "onward")
    fork = await forked(stage, RITA, task, 1)
    await fork.ends("succeeded")
    assert stage.written.count("onward") == 1


async def test_who_names_no_step_of_the_task_is_told_which_there_are(stage: Stage) -> None:
    """To them alone, and nothing is posted."""
    task = await noted(stage, "nostep")
    before = len(stage.slack.channel(OPS))
    person = stage.slack.as_person(TINA)
    told = len(person.ephemerals)
    assert (await person.command(OPS, "/agent", f"fork {task.id} 7")).ok
    await stage.until(lambda: len(person.ephemerals) > told)
    assert "Name a step from 1 to 2, or 0 for its beginning." in person.ephemerals[-1].words
    assert len(stage.slack.channel(OPS)) == before
