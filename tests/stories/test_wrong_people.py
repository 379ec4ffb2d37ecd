import asyncio

import pytest

from bot.playground.harness import Fault
from bot.playground.words import Json
from tests.stories.stage import ADA, LEE, OPS, RITA, TINA, Stage, Task

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def refused(task: Task, person: str, words: str, *, tool: str) -> None:
    """Have somebody approve, see that they alone are told why not, and that nothing ran."""
    card = await task.card()
    assert (await task.click(person, card, "approve")).ok
    await task.told(person, words)
    assert tool not in task.stage.written
    assert "approve" in (await task.card()).action_ids, "the card still waits for others"


async def test_whoever_asked_does_not_approve(stage: Stage) -> None:
    """Four eyes: the requester is in no set, even where every member is."""
    await refused(await stage.task("anybody mine"), RITA, "You asked for this task", tool="mine")


async def test_a_policy_may_let_the_requester_approve(stage: Stage) -> None:
    """`not_requester: false` is for teams of one."""
    task = await stage.task("own mine")
    await task.click(RITA, await task.card(), "approve")
    await task.ends("succeeded")


async def test_a_member_who_is_no_approver_does_not_approve(stage: Stage) -> None:
    """They are told whom to ask."""
    await refused(await stage.task("note stranger"), TINA, "You are not an approver of this step.", tool="stranger")


@pytest.mark.parametrize("person", ["U0GUEST", "U0EXT"])
async def test_guests_and_outside_members_do_not_approve_as_members_of_the_channel(stage: Stage, person: str) -> None:
    """They count only where they are named by ID."""
    await refused(await stage.task("anybody outside"), person, "You are not an approver", tool="outside")


async def test_nobody_but_an_approver_rejects(stage: Stage) -> None:
    """The refusal stands in the form, where it was sent."""
    task = await stage.task("note kept")
    form = await task.form(TINA, await task.card(), "reject")
    answer = await task.send(TINA, form, reason="other")
    assert "You are not an approver of this step." in answer.errors["reason"]
    await stage.slack.as_person(TINA).close_view(form)


async def test_strangers_do_not_steer(stage: Stage) -> None:
    """Pause and abort are for the requester and the approvers."""
    task = await stage.task("note steered")
    await task.click(TINA, await task.card(), "abort")
    await task.told(TINA, "Only the requester and this task's approvers may do that.")
    await refused(task, TINA, "You are not an approver", tool="steered")


async def test_a_forwarded_copy_of_a_card_decides_nothing(stage: Stage) -> None:
    """Only the card in the task's thread does."""
    task = await stage.task("note forwarded")
    card = await task.card()
    elsewhere = stage.slack.message(OPS, task.ts)
    assert elsewhere is not None

    def moved(payload: Json) -> Json:
        payload["message"]["ts"] = payload["container"]["message_ts"] = elsewhere.ts
        return payload

    stage.slack.faults.add(Fault(on="delivery:interaction", kind="mangle", change=moved))
    await task.click(ADA, card, "approve")
    await task.told(ADA, "This is a copy of the card.")
    assert "forwarded" not in stage.written


async def test_a_click_after_the_time_is_over_runs_nothing(stage: Stage) -> None:
    """Silence has denied it, whether or not the card says so already."""
    task = await stage.task("quick late")
    card = await task.card()
    await task.ends("expired")
    await task.click(ADA, card, "approve")
    await task.told(ADA, "The task is finished.")
    assert "late" not in stage.written


async def test_a_double_click_runs_the_step_once(stage: Stage) -> None:
    """An impatient thumb is no second approval."""
    task = await stage.task("note double")
    card = await task.card()
    await asyncio.gather(*(task.click(ADA, card, "approve") for _ in range(2)))
    await task.ends("succeeded")
    assert stage.written.count("double") == 1


async def test_one_person_is_not_a_quorum_of_two(stage: Stage) -> None:
    """Pressing twice is approving once."""
    task = await stage.task("pair alone")
    card = await task.card()
    await task.click(ADA, card, "approve")
    await task.card_says(card, "1 of 2")
    await task.click(ADA, card, "approve")
    await task.told(ADA, "You have approved this step already.")
    assert "alone" not in stage.written


async def test_of_two_opposite_decisions_at_once_exactly_one_holds(stage: Stage) -> None:
    """Fifty races: what ran was approved and not rejected, what was rejected did not run, and each loser is told."""
    ada, lee = stage.slack.as_person(ADA), stage.slack.as_person(LEE)
    released = []
    for number in range(50):
        task = await stage.task(f"oncall race-{number}")
        card = await task.card()
        form = await task.form(LEE, card, "reject")
        yes, nay = ada.click(card, "approve"), lee.submit(form, {"reason": "other"})
        if number % 2:
            _, no = await asyncio.gather(yes, nay)
        else:
            no, _ = await asyncio.gather(nay, yes)
        if no.errors:
            assert f"<@{ADA}> approved this step at" in no.errors["reason"]
            released.append(task)
            await lee.close_view(form)
        else:
            await task.told(ADA, "rejected this step at")
    for task in released:
        await task.ends("succeeded")
    ran = [line for line in stage.written if line.startswith("race-")]
    assert 0 < len(released) < 50
    assert sorted(ran) == sorted([(await task.checkpoint()).purpose.removeprefix("oncall ") for task in released])


async def test_guests_outside_members_and_the_deactivated_start_nothing(stage: Stage) -> None:
    """A guest is told so; Slack keeps the others from the command itself, but not from mentioning the bot."""
    guest, outside = stage.slack.as_person("U0GUEST"), stage.slack.as_person("U0EXT")
    assert (await guest.command(OPS, "/agent", "note guest")).ok
    await stage.until(lambda: any("start" in one.words for one in guest.ephemerals))
    await outside.post(OPS, "<@U0BOT> note outside")
    await stage.until(lambda: any("start" in one.words for one in outside.ephemerals))
    assert not any("note guest" in one.words for one in stage.slack.channel(OPS))
    assert not any(one.user == "U0BOT" and "note outside" in one.words for one in stage.slack.channel(OPS))


async def test_an_approver_by_user_group_counts(stage: Stage) -> None:
    """Who is on call decides; who is not, does not."""
    task = await stage.task("oncall grouped")
    await refused(task, TINA, "You are not an approver", tool="grouped")
    await task.click(LEE, await task.card(), "approve")
    await task.ends("succeeded")
