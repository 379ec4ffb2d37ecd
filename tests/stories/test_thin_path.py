import pytest

from tests.stories.stage import ADA, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_approved_step_runs_once_and_the_task_says_how_it_ended(stage: Stage) -> None:
    """Command, card, approve, tool, finish: the spine."""
    task = await stage.task("note hello")
    card = await task.card("approve")
    assert stage.written == []
    assert (await task.click(ADA, card, "approve")).ok
    last = await task.ends("succeeded")
    assert stage.written == ["hello"]
    assert "approved by" in last.words
    await task.until(lambda one: "succeeded · Φ " in one.messages[0].words)
