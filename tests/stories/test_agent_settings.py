from pathlib import Path

from tests.stories.stage import ADA, OPS, RITA, TINA, staged

TWO_NOTES = """
{"tool": "note", "args": {"line": "one"}, "thought": "First.", "expect": "a line"}
{"tool": "note", "args": {"line": "two"}, "thought": "Second.", "expect": "a line"}
{"done": "Both are there."}
"""


async def test_where_scores_are_reviewed_the_task_waits_for_somebody_to_accept_each(tmp_path: Path) -> None:
    """`review_scores`: the score card shows Φ before and after, Δ, evidence and confidence."""
    async with staged(tmp_path, agent="review_scores: true") as stage:
        task = await stage.task("oncall reviewed")
        await task.click(ADA, await task.card(), "approve")
        review = await task.card("accept_score")
        for words in ("→", "Δ", "Evidence", "Confidence"):
            assert words in review.words
        await task.click(TINA, review, "accept_score")
        await task.ends("succeeded")
        assert "Accepted by" in (await task.card_says(review, "Accepted by")).words
        await stage.check()


async def test_a_score_under_review_can_be_overridden_instead(tmp_path: Path) -> None:
    """The person's figure stands, with the person's name; the task goes on by it."""
    async with staged(tmp_path, agent="review_scores: true", script=TWO_NOTES) as stage:
        task = await stage.task("write both")
        await task.click(ADA, await task.card(), "approve")
        review = await task.card("accept_score")
        form = await task.form(TINA, review, "override_phi")
        assert (await task.send(TINA, form, phi="9.5", why="It is all there.")).errors == {}
        last = await task.ends("succeeded")
        assert "Φ 9.5" in last.text
        assert stage.written == ["one"]
        await stage.check()


async def test_after_so_many_steps_the_task_asks_whether_to_go_on(tmp_path: Path) -> None:
    """`ask_every_steps`: nothing is proposed until somebody resumes."""
    async with staged(tmp_path, agent="ask_every_steps: 1", script=TWO_NOTES) as stage:
        task = await stage.task("write both")
        first = await task.card()
        await task.click(ADA, first, "approve")
        paused = await task.card("resume")
        assert "1 steps are done. Go on?" in paused.words
        assert task.with_button("approve") == []
        await task.click(RITA, paused, "resume")
        await task.click(ADA, await task.card(besides=first), "approve")
        await task.click(RITA, await task.card("resume", besides=paused), "resume")
        await task.until(lambda one: any(message.text.startswith("Finished:") for message in one.messages))
        assert stage.written == ["one", "two"]
        await stage.check()


async def test_a_used_up_budget_is_extended_by_an_approver(tmp_path: Path) -> None:
    """Working time counts, waiting for people does not."""
    async with staged(tmp_path, agent="budget: {wall_s: 0.001}", script=TWO_NOTES) as stage:
        task = await stage.task("write both")
        first = await task.card()
        await task.click(ADA, first, "approve")
        question = await task.card("extend_budget")
        await task.click(RITA, question, "extend_budget")
        await task.told(RITA, "You may not extend this task's budget.")
        await task.click(ADA, question, "extend_budget")
        await task.card_says(question, "Budget extended.")
        await stage.check()


async def test_a_used_up_budget_may_end_the_task_instead(tmp_path: Path) -> None:
    """The offer has both buttons."""
    async with staged(tmp_path, agent="budget: {wall_s: 0.001}", script=TWO_NOTES) as stage:
        task = await stage.task("write both")
        await task.click(ADA, await task.card(), "approve")
        question = await task.card("extend_budget")
        await task.click(RITA, question, "abort")
        await task.ends("aborted")
        assert stage.written == ["one"]
        await stage.check()


async def test_nobody_has_more_open_tasks_than_are_allowed_however_quickly_they_start_them(tmp_path: Path) -> None:
    """A task counts from the moment it is recorded, not from when it is first drawn."""
    async with staged(tmp_path, more="limits: {waiting_per_requester: 2}") as stage:
        rita = stage.slack.as_person(RITA)
        for nth in range(5):
            assert (await rita.command(OPS, "/agent", f"note number-{nth}")).ok
        await stage.until(lambda: len(rita.ephemerals) == 3)
        assert all("You have 2 open tasks already." in said.words for said in rita.ephemerals)
        await stage.check()


async def test_tasks_that_have_ended_leave_room_for_others(tmp_path: Path) -> None:
    """Also for those who began each with the slash command, whose opening is a thread of its own."""
    async with staged(tmp_path, more="limits: {waiting_per_requester: 2}") as stage:
        for nth in range(4):
            task = await stage.task(f"note number-{nth}")
            await task.click(ADA, await task.card(), "approve")
            await task.ends("succeeded")
        await stage.check()
