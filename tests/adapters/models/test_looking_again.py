import pytest

from agent_core.adapters.models.runbook_values import Check, Step, When
from agent_core.proposal import canonical
from tests.adapters.models.desk import RESTARTING, desk, of

CART = canonical({"service": "cart"})
LOOK = Step(id="look", tool="read_status", args={"service": "{service}"})
COND = When(step="look", check=Check(stdout_contains="locked"))


async def test_a_correction_looks_again_before_it_acts_on_something_else() -> None:
    """“It does not answer” is to be true of the service that the card names."""
    task = desk(RESTARTING)
    await task.ran(await task.proposed(), "inactive")
    restart = await task.proposed()
    task.corrects(restart, "service: cart")
    look = await task.proposed_after_words("step 1 of 3 of restart-service (“look”, read_status)")
    assert (look.tool, look.args_json) == ("read_status", CART)
    await task.ran(look, "inactive")
    step = await task.proposed()
    assert (step.tool, step.args_json, step.thought) == ("restart_service", CART, "It does not answer.")


async def test_after_looking_again_a_condition_is_judged_anew() -> None:
    """What was passed over for one service may be needed for the other, and its check counts."""
    unlock = Step(tool="restart_service", args={"service": "{service}"}, when=COND, check=Check(stdout_contains="ok"))
    scale = Step(tool="scale", args={"size": "{service}", "now": True})
    task = desk(of(LOOK, unlock, scale, match="go (?P<service>[a-z]+)"), purpose="go small")
    await task.ran(await task.proposed(), "free")
    task.corrects(await task.proposed(), "service: large")
    await task.ran(await task.proposed_after_words("service changed"), "locked")
    assert (await task.proposed()).tool == "restart_service"


@pytest.mark.parametrize(
    "between",
    [
        Step(tool="restart_service", args={"service": "search"}),
        Step(tool="sync"),
        Step(tool="scale", args={"size": "small", "now": True}),
    ],
)
async def test_what_people_approved_is_not_done_again_for_a_correction(between: Step) -> None:
    """Going back must not repeat a deed, only looks."""
    last = Step(tool="restart_service", args={"service": "{service}"})
    task = desk(of(LOOK, between, last, match="go (?P<service>[a-z]+)"), purpose="go checkout")
    await task.ran(await task.proposed())
    await task.ran(await task.proposed())
    task.corrects(await task.proposed(), "service: cart")
    step = await task.proposed()
    assert (step.tool, step.args_json) == ("restart_service", CART)


async def test_a_look_that_the_correction_does_not_touch_is_passed_on_the_way_back() -> None:
    """It may be made again: it only looks."""
    book = of(
        LOOK,
        Step(tool="read_logs", args={"service": "search"}),
        Step(tool="restart_service", args={"service": "{service}"}),
        match="go (?P<service>[a-z]+)",
    )
    task = desk(book, purpose="go checkout")
    await task.ran(await task.proposed())
    await task.ran(await task.proposed())
    task.corrects(await task.proposed(), "service: cart")
    assert (await task.proposed_after_words("step 1 of 3")).args_json == CART


async def test_words_that_were_not_understood_are_told_with_the_going_back() -> None:
    """No reply is swallowed."""
    task = desk(RESTARTING)
    await task.ran(await task.proposed())
    step = await task.proposed()
    task.says("be quick", about="correction")
    task.corrects(step, "service: cart")
    await task.proposed_after_words("I did not understand “be quick”", "I look again first")
