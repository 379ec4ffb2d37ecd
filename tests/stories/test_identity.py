import asyncio

import pytest

from bot.playground.harness import Fault
from tests.stories.stage import ADA, LEE, OPS, PATIENCE_S, RITA, Stage, Task

pytestmark = pytest.mark.asyncio(loop_scope="module")


def a_minute_later(stage: Stage) -> None:
    """Let nothing be known any more of who people are: facts are kept for 60 s."""
    stage.bot.desk.directory._facts.clear()  # noqa: SLF001 - a minute is too long for a story


async def held_at_the_claim(stage: Stage, task: Task, person: str, method: str = "users.info") -> Fault:
    """Have somebody approve, and hold what Slack says of them at the claim."""
    card = await task.card()
    fault = stage.slack.faults.add(
        Fault(on=method, kind="hold_before", match=lambda args: args.get("user", person) == person)
    )
    assert (await task.click(person, card, "approve")).ok
    async with asyncio.timeout(PATIENCE_S):
        await fault.gate.reached.wait()
    return fault


async def test_who_is_deactivated_between_click_and_claim_has_approved_nothing(stage: Stage) -> None:
    """The step is not run and waits for somebody else."""
    task = await stage.task("note deactivated")
    fault = await held_at_the_claim(stage, task, ADA)
    stage.slack.change_person(ADA, "deactivated")
    fault.gate.opened.set()
    await task.says("no longer counts")
    card = await task.card("approve")
    assert "deactivated" not in stage.written
    stage.slack.change_person(ADA, "member")
    a_minute_later(stage)
    await task.click(LEE, card, "approve")
    await task.ends("succeeded")
    assert stage.written.count("deactivated") == 1


async def test_who_left_the_group_between_click_and_claim_has_approved_nothing(stage: Stage) -> None:
    """Who is on call is asked afresh, not remembered."""
    task = await stage.task("oncall handed-over")
    fault = await held_at_the_claim(stage, task, ADA, method="usergroups.users.list")
    stage.slack.set_group("S0ONCALL", (LEE,))
    fault.gate.opened.set()
    await task.says("no longer counts")
    assert "handed-over" not in stage.written
    await task.click(LEE, await task.card("approve"), "approve")
    await task.ends("succeeded")
    stage.slack.set_group("S0ONCALL", (ADA, LEE))
    a_minute_later(stage)


async def test_while_slack_does_not_answer_at_the_claim_nothing_runs(stage: Stage) -> None:
    """The claim can wait; nobody is believed meanwhile, and no approval is struck for Slack's silence."""
    task = await stage.task("note unanswered")
    card = await task.card()
    silent = stage.slack.faults.add(Fault(on="users.info", kind="error", error="internal_error", times=None))
    assert (await task.click(ADA, card, "approve")).ok
    await stage.until(lambda: silent.hits > 1)
    assert "unanswered" not in stage.written
    stage.slack.faults.clear()
    await task.ends("succeeded")
    assert stage.written.count("unanswered") == 1


async def test_an_approval_can_be_taken_back_until_the_claim(stage: Stage) -> None:
    """And not after: then it is too late, and said so."""
    task = await stage.task("note withdrawn")
    fault = await held_at_the_claim(stage, task, ADA)
    card = await task.card("withdraw")
    assert (await task.click(ADA, card, "withdraw")).ok
    fault.gate.opened.set()
    back = await task.card("approve")
    assert "withdrawn" not in stage.written
    await task.click(ADA, back, "approve")
    await task.ends("succeeded")


async def test_a_step_that_nobody_may_approve_is_not_run_and_the_thread_says_so(stage: Stage) -> None:
    """A set that resolves to nobody is not asked, and never means yes."""
    stage.slack.set_group("S0ONCALL", ("U0GONE",))
    a_minute_later(stage)
    task = await stage.task("oncall nobody")
    await task.says("nobody can approve it")
    await task.ends("failed")
    assert "nobody" not in stage.written
    stage.slack.set_group("S0ONCALL", (ADA, LEE))
    a_minute_later(stage)


async def test_home_shows_what_waits_for_me_and_what_i_started_with_links(stage: Stage) -> None:
    """It links to the cards, where the decisions are made."""
    task = await stage.task("note at-home")
    card = await task.card()
    link = f"p{card.ts.replace('.', '')}"
    ada, rita = stage.slack.as_person(ADA), stage.slack.as_person(RITA)

    async def home(person: str) -> str:
        await stage.slack.as_person(person).open_home()
        view = stage.slack.as_person(person).home
        assert view is not None
        return str(view.raw)

    while link not in await home(ADA):
        assert ada.home is not None
    shown = ada.home
    assert shown is not None
    assert (
        shown.words.index("What waits for you") < shown.words.index("at-home") < shown.words.index("What you started")
    )
    assert not shown.action_ids & {"approve", "reject"}
    await home(RITA)
    mine = rita.home
    assert mine is not None
    assert mine.words.index("What you started") < mine.words.index("at-home")
    assert OPS in str(mine.raw)
