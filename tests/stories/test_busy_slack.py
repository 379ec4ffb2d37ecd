import pytest

from bot.playground.harness import Fault
from tests.stories.stage import ADA, RITA, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_tool_that_runs_is_not_ended_because_slack_is_busy(stage: Stage) -> None:
    """A card that can't be updated now is no reason to kill a call of which nobody then knows whether it happened."""
    task = await stage.task("slow busy")
    await task.click(ADA, await task.card(), "approve")
    card = await task.card("stop")
    busy = stage.slack.faults.add(Fault(on="chat.postMessage", kind="rate_limited", seconds=0.5))
    await task.click(RITA, card, "pause")
    await stage.until(lambda: busy.hits)
    (stage.folder / "go-busy").touch()
    await task.click(RITA, await task.card("resume"), "resume")
    await task.ends("succeeded")
    assert stage.written == ["began busy", "ended busy"]
