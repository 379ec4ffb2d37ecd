from dataclasses import replace

import pytest

from agent_core.adapters.models.runbook import RunbookModel
from agent_core.adapters.models.runbook_course import MAX_JUMPS
from agent_core.adapters.models.runbook_values import Check, Step, When
from agent_core.errors import Refused
from agent_core.inputs import Ask, Done, GiveUp, Propose, Unclear
from agent_core.ports import ModelDown
from agent_core.proposal import Outcome, canonical
from tests.adapters.models.desk import RESTARTING, TOOLS, Desk, desk, of

CART = canonical({"service": "cart"})
CHECKOUT = canonical({"service": "checkout"})


async def test_the_steps_are_proposed_in_order_and_then_it_is_done() -> None:
    """The shipped example, from the first step to the end."""
    task = desk(RESTARTING)
    look = await task.proposed()
    assert (look.tool, look.args_json, look.thought) == ("read_status", CHECKOUT, "See whether it is down.")
    await task.ran(look, "inactive")
    restart = await task.proposed()
    assert (restart.tool, restart.args_json, restart.expect) == ("restart_service", CHECKOUT, "is active again")
    await task.ran(restart)
    again = await task.proposed()
    assert (again.tool, again.thought) == ("read_status", "This is step 3 of 3 of restart-service (read_status).")
    await task.ran(again, "active")
    done = await task.ask()
    assert done == Done(words="All 3 steps of restart-service are done.")
    assert await task.ask() == done


async def test_the_same_situation_gets_the_same_reply() -> None:
    """A reply that was lost is asked for again, by any process: nothing is kept but the notes."""
    task = desk(RESTARTING)
    one = await task.model.next(task.situation())
    other = await RunbookModel((RESTARTING,), TOOLS).next(task.situation())
    assert one == other
    step = await task.proposed()
    assert await task.proposed() == step  # Nothing ran, so the same step is still the one that stands next.


def test_words_that_no_runbook_knows_are_refused_before_anything_begins() -> None:
    """The person is told the words that there are."""
    model = RunbookModel((RESTARTING,), TOOLS)
    model.accepts("please restart the cart")
    with pytest.raises(Refused, match="No runbook fits"):
        model.accepts("make coffee")


async def test_of_several_runbooks_a_person_chooses() -> None:
    """It asks with the names as buttons and takes a name, a number or a part of one name."""
    for words, tool in (("Other-Book", "scale"), ("2", "scale"), ("1.", "read_status"), ("restart", "read_status")):
        other = of(Step(tool="scale", args={"size": "small", "now": True}), match="restart", name="other-book")
        task = desk(RESTARTING, other)
        asked = await task.ask()
        assert isinstance(asked, Ask)
        assert asked.options == ("restart-service", "other-book")
        task.says("neither, I think")
        assert isinstance(await task.ask(), Ask)
        task.says(words)
        assert (await task.proposed()).tool == tool


async def test_an_answer_that_could_be_either_is_asked_again() -> None:
    """“book” is a part of both names, and 3 is none of the two."""
    task = desk(of(Step(tool="read_status"), name="book-a"), of(Step(tool="read_status"), name="book-b"), purpose="go")
    await task.ask()
    for words in ("book", "3", "0", "!"):
        task.says(words)
        reply = await task.ask()
        assert isinstance(reply, Ask)
        assert reply.text.startswith(f"“{words}” is none of them. Several runbooks fit")
        assert "1. book-a, 2. book-b" in reply.text


async def test_what_the_match_does_not_give_is_asked_for() -> None:
    """With the step's own question, or a plain one; choices are buttons."""
    task = desk(
        of(
            Step(tool="read_status", args={"service": "{name}"}, ask={"service": "Which service?"}),
            Step(tool="restart_service", args={"service": "{other}"}),
            Step(tool="scale"),
            Step(tool="notify", args={"text": "{service} by {who}", "token": "t"}),
        ),
        purpose="go",
    )
    assert await task.ask() == Ask(text="Which service?")
    task.says("cart")
    step = await task.proposed()
    assert step.args_json == CART
    await task.ran(step)
    assert await task.ask() == Ask(text="What should service be?")
    task.says("service: checkout")
    step = await task.proposed()
    assert step.args_json == CHECKOUT
    await task.ran(step)
    assert await task.ask() == Ask(text="What should size be?", options=("small", "large"))
    task.says("large")
    assert await task.ask() == Ask(text="What should now be?", options=("true", "false"))
    task.says("Yes")
    step = await task.proposed()
    assert step.args_json == '{"now":true,"size":"large"}'
    await task.ran(step)
    assert await task.ask() == Ask(text="What should service be?")
    task.says("cart: the big one")
    assert await task.ask() == Ask(text="What should who be?")
    task.says("ann")
    assert (await task.proposed()).args_json == '{"text":"cart: the big one by ann","token":"t"}'


async def test_a_question_may_name_the_placeholder() -> None:
    """One question for a value that stands within an argument."""
    step = Step(tool="notify", args={"text": "for {who}", "token": "t"}, ask={"who": "For whom?"})
    assert await desk(of(step), purpose="go").ask() == Ask(text="For whom?")


async def test_a_value_that_does_not_fit_is_asked_for_again_with_the_reason() -> None:
    """The schema is the judge, of answers as of the words that began the task."""
    book = of(Step(tool="read_status", args={"service": "{service}"}), match=r"go (?P<service>\S+)")
    task = desk(book, purpose="go a_b")
    asked = await task.ask()
    assert asked == Ask(text="service must match ^[a-z0-9-]+$. What should service be?")
    task.says("still not!")
    assert await task.ask() == asked
    task.says("Cart")
    assert (await task.proposed()).args_json == CART


async def test_values_take_the_type_of_the_schema_and_defaults_are_left_alone() -> None:
    """A number in words becomes a number; what has a default is asked for only where there is a question."""
    book = of(Step(tool="read_logs", args={"service": "cart", "lines": "{lines}"}), match=r"go ?(?P<lines>\d+)?")
    assert (await desk(book, purpose="go 50").proposed()).args_json == '{"lines":50,"service":"cart"}'
    assert (await desk(book, purpose="go").proposed()).args_json == '{"lines":20,"service":"cart"}'
    asks = of(Step(tool="read_logs", args={"service": "cart"}, ask={"lines": "How many?"}))
    assert await desk(asks, purpose="go").ask() == Ask(text="How many?")


async def test_a_step_whose_condition_does_not_hold_is_passed_over() -> None:
    """Also where the step that it looks at never ran."""
    steps = (
        Step(id="look", tool="read_status", args={"service": "cart"}),
        Step(
            tool="restart_service",
            args={"service": "cart"},
            when=When(step="look", check=Check(stdout_contains="down")),
        ),
        Step(tool="scale", when=When(step="2", check=Check(exit_code=0))),
    )
    for stdout, reply in (("down", "restart_service"), ("up", None)):
        task = desk(of(*steps), purpose="go")
        await task.ran(await task.proposed(), stdout)
        if reply:
            assert (await task.proposed()).tool == reply
        else:
            assert isinstance(await task.ask(), Done)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("failed", "failed with exit code 1"),
        ("timed_out", "ran out of time"),
        ("stopped", "was stopped"),
        ("not_started", "could not start"),
    ],
)
async def test_a_failed_step_stops_the_runbook(outcome: Outcome, words: str) -> None:
    """Stop is what holds where nothing else is said."""
    task = desk(RESTARTING)
    await task.ran(await task.proposed(), outcome=outcome)
    assert await task.ask() == GiveUp(
        words=f"Step 1 of 3 of restart-service (“look”, read_status) {words}, and the runbook stops there."
    )


async def test_a_forbidden_step_is_a_failed_step() -> None:
    """It never ran and was not scored, but its result is among the recent ones."""
    task = desk(RESTARTING)
    task.denied(await task.proposed())
    reply = await task.ask()
    assert isinstance(reply, GiveUp)
    assert "was not run (rule 1)" in reply.words


async def test_a_failure_may_be_passed_over_or_answered_by_another_step() -> None:
    """``continue`` goes on, an ID goes there, and nothing goes round for ever."""
    book = of(
        Step(id="try", tool="read_status", args={"service": "cart"}, on_failure="mend"),
        Step(tool="scale", args={"size": "small", "now": True}),
        Step(id="mend", tool="restart_service", args={"service": "cart"}, on_failure="continue"),
        Step(tool="read_logs", args={"service": "cart"}, on_failure="try"),
    )
    task = desk(book, purpose="go")
    tools = []
    reply = await task.ask()
    while isinstance(reply, Propose):
        tools.append(reply.tool)
        await task.ran(reply, outcome="failed")
        reply = await task.ask()
    assert tools[:4] == ["read_status", "restart_service", "read_logs", "read_status"]
    assert isinstance(reply, GiveUp)
    assert f"answered {MAX_JUMPS} times" in reply.words


async def test_a_step_about_which_nobody_could_tell_is_proposed_anew() -> None:
    """An outcome that stays unknown is neither done nor failed."""
    task = desk(RESTARTING)
    step = await task.proposed()
    await task.ran(step, outcome="unknown")
    assert await task.proposed() == step


async def test_a_step_that_was_skipped_is_behind_us() -> None:
    """The core may end a step so, without running it."""
    task = desk(RESTARTING)
    await task.ran(await task.proposed(), outcome="skipped")
    assert (await task.proposed()).tool == "restart_service"


async def test_an_edited_argument_holds_for_the_later_steps_that_share_it() -> None:
    """Who edits the service means the service, not the step; a literal argument stays this step's own."""
    task = desk(
        of(
            Step(tool="read_logs", args={"service": "{service}", "lines": 5}),
            Step(tool="read_logs", args={"service": "{service}", "lines": 5}),
            match="go (?P<service>[a-z]+)",
        ),
        purpose="go checkout",
    )
    await task.ran(await task.proposed(), args={"service": "cart", "lines": 7})
    assert (await task.proposed()).args_json == '{"lines":5,"service":"cart"}'


@pytest.mark.parametrize(
    "words",
    ["service: cart", "use cart instead of checkout", "service: cart instead of checkout", "cart, not Checkout"],
)
async def test_a_correction_changes_the_argument_here_and_later(words: str) -> None:
    """The next steps would otherwise act on what was just corrected."""
    task = desk(RESTARTING)
    task.corrects(await task.proposed(), words)
    step = await task.proposed()
    assert step.args_json == CART
    await task.ran(step)
    assert (await task.proposed()).args_json == CART


async def test_several_arguments_are_corrected_at_once_and_of_a_literal_only_this_step() -> None:
    """A slot is shared; what the runbook fixes is changed for one step."""
    logs = Step(tool="read_logs", args={"service": "{service}", "lines": 5})
    task = desk(of(logs, logs, match="go (?P<service>[a-z]+)"), purpose="go checkout")
    task.corrects(await task.proposed(), "service: cart, lines: 50")
    step = await task.proposed()
    assert step.args_json == '{"lines":50,"service":"cart"}'
    await task.ran(step)
    assert (await task.proposed()).args_json == '{"lines":5,"service":"cart"}'


async def test_a_correction_may_name_what_a_later_step_uses() -> None:
    """It is checked against the tool that will take it."""
    task = desk(
        of(
            Step(tool="read_status", args={"service": "cart"}),
            Step(tool="read_logs", args={"service": "cart", "lines": "{count}"}),
        ),
        purpose="go",
    )
    step = await task.proposed()
    task.corrects(step, "count: many")
    unclear = await task.ask()
    assert isinstance(unclear, Unclear)
    assert "lines must be a whole number" in unclear.words
    task.corrects(step, "count: 50")
    assert await task.proposed() == step
    task.corrects(step, "60 instead of 50")
    await task.ran(await task.proposed())
    assert (await task.proposed()).args_json == '{"lines":60,"service":"cart"}'


async def test_a_correction_of_an_edited_step_keeps_the_edit() -> None:
    """It changes what it names, and what it names is what the card shows."""
    task = desk(
        of(Step(tool="read_logs", args={"service": "{service}", "lines": 5}), match="go (?P<service>[a-z]+)"),
        purpose="go checkout",
    )
    task.corrects(await task.proposed(), "cart instead of search", args={"service": "search", "lines": 7})
    assert (await task.proposed()).args_json == '{"lines":7,"service":"cart"}'


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("have a coffee", "I did not understand “have a coffee”."),
        ("service: NO WAY", "service must match"),
        ("service: checkout", "changes nothing"),
        ("cart instead of search", "Nothing here is “search”."),
    ],
)
async def test_what_is_not_understood_leaves_the_proposal_and_names_the_forms(words: str, why: str) -> None:
    """The person learns which words do work, on the arguments of this very step."""
    task = desk(RESTARTING)
    step = await task.proposed()
    task.corrects(step, words)
    reply = await task.ask()
    assert isinstance(reply, Unclear)
    assert why in reply.words
    assert reply.words.endswith(
        "To change this step, reply “service: …” (now checkout). Or say “use … instead of checkout”."
    )
    await task.ran(step)
    assert (await task.proposed()).tool == "restart_service"


async def test_a_secret_value_is_not_repeated() -> None:
    """The card hides it, so the words about the card do."""
    task = desk(of(Step(tool="notify", args={"token": "s3cret"}, ask={"text": "What?"})), purpose="go")
    assert await task.ask() == Ask(text="What?")
    task.says("Hello")
    task.corrects(await task.proposed(), "hm")
    reply = await task.ask()
    assert isinstance(reply, Unclear)
    assert "“token: …” (hidden)" in reply.words
    assert "s3cret" not in reply.words


async def test_a_step_without_arguments_says_that_there_is_nothing_to_change() -> None:
    """No form would work, so none is offered."""
    task = desk(of(Step(tool="sync")), purpose="go")
    task.corrects(await task.proposed(), "service: cart")
    reply = await task.ask()
    assert isinstance(reply, Unclear)
    assert reply.words.endswith("sync takes no arguments, so there is nothing to change in this step.")


async def test_words_that_came_before_the_first_step_are_told_with_what_is_missing() -> None:
    """The question that follows carries both."""
    task = desk(of(Step(tool="read_status")), purpose="go")
    task.says("quickly", about="correction")
    reply = await task.ask()
    assert isinstance(reply, Ask)
    assert reply.text == (
        "I did not understand “quickly”. To change this step, reply “service: …” (not set). What should service be?"
    )


async def test_an_answer_for_a_tool_that_is_gone_ends_the_task_with_words() -> None:
    """The configuration may change while people think."""
    task = desk(of(Step(tool="read_status")), purpose="go")
    await task.ask()
    task.says("cart")
    reply = (await RunbookModel((of(Step(tool="read_status")),), {}).next(task.situation())).reply
    assert isinstance(reply, GiveUp)


async def test_words_that_came_while_a_step_ran_are_taken_for_the_next_or_told_not_understood() -> None:
    """No reply is swallowed: the next card says so."""
    task = desk(RESTARTING)
    step = await task.proposed()
    task.says("be careful", about="correction")
    await task.ran(step)
    restart = await task.proposed()
    assert restart.thought.startswith("I did not understand “be careful”. To change this step, reply “service: …”")
    assert restart.thought.endswith("It does not answer.")
    task.says("service: cart", about="correction")
    await task.ran(restart)
    look = await task.proposed_after_words("service changed, so I look again first")
    assert (look.tool, look.args_json) == ("read_status", CART)
    await task.ran(look)
    restart = await task.proposed()
    assert (restart.tool, restart.args_json) == ("restart_service", CART), "nobody has restarted this one"


async def test_words_after_the_last_step_change_nothing_and_are_told_so() -> None:
    """There is nothing left that they could change."""
    task = desk(of(Step(tool="read_status", args={"service": "cart"})), purpose="go")
    await task.ran(await task.proposed())
    task.says("service: checkout", about="correction")
    reply = await task.ask()
    assert isinstance(reply, Done)
    assert reply.words.startswith("No step is left that “service: checkout” could change.")


@pytest.mark.parametrize("about", ["override", "edit", "unknown_resolved"])
async def test_words_that_are_the_core_s_own_business_change_nothing(about: str) -> None:
    """They show in the score, or in the step's result."""
    task = desk(RESTARTING)
    step = await task.proposed()
    task.says("service: cart", about=about)
    assert await task.proposed() == step


async def rejected() -> Desk:
    """Reject the restart of the shipped example."""
    task = desk(RESTARTING)
    await task.ran(await task.proposed(), "inactive")
    task.rejects(await task.proposed(), "wrong target: not now")
    asked = await task.ask()
    assert isinstance(asked, Ask)
    assert (asked.about, asked.options) == ("rejected", ())
    assert asked.text == (
        "restart_service was rejected. Reply “service: …” (now checkout) to change it, “skip” to go on without it, or"
        " “stop” to end the task."
    )
    return task


async def test_after_a_rejection_the_step_may_be_skipped() -> None:
    """The runbook goes on behind it."""
    task = await rejected()
    task.says("Skip it.")
    step = await task.ask()
    # The last step makes the very call of the first, which nobody rejected.
    assert getattr(step, "tool", "") == "read_status"


async def test_after_a_rejection_the_task_may_be_stopped() -> None:
    """Then it ends as rejected, not as failed."""
    task = await rejected()
    task.says("stop")
    task.says("service: cart")
    reply = await task.ask()
    assert isinstance(reply, GiveUp)
    assert reply.how == "rejected"


@pytest.mark.parametrize("words", ["service: cart", "service = cart", "use cart instead of checkout"])
async def test_after_a_rejection_an_argument_may_be_changed(words: str) -> None:
    """That is a new call, and so a new proposal."""
    task = await rejected()
    task.says(words)
    look = await task.proposed_after_words("I look again first")
    assert (look.tool, look.args_json) == ("read_status", CART)
    await task.ran(look)
    step = await task.proposed()
    assert (step.tool, step.args_json) == ("restart_service", CART)


async def test_after_a_rejection_other_words_are_asked_again() -> None:
    """A person who says “hm” has not decided anything."""
    task = await rejected()
    for words in ("hm", "service: checkout", "service: ***"):
        task.says(words)
        reply = await task.ask()
        assert isinstance(reply, Ask)
        assert reply.about == "rejected"
    task.says("skip")
    assert (await task.proposed()).tool == "read_status"


async def test_a_rejected_call_is_not_proposed_again_by_another_step() -> None:
    """It is the same call, whichever step would make it."""
    task = desk(RESTARTING)
    task.rejects(await task.proposed())
    await task.ask()
    task.says("skip")
    await task.ran(await task.proposed())
    reply = await task.ask()
    assert isinstance(reply, Ask)
    assert reply.about == "rejected"
    task.says("skip")
    assert isinstance(await task.ask(), Done)


async def test_a_correction_to_a_rejected_call_leaves_the_proposal_as_it_is() -> None:
    """Nobody can talk the agent back into what was refused."""
    task = desk(RESTARTING)
    task.rejects(await task.proposed())
    await task.ask()
    task.says("service: cart")
    step = await task.proposed()
    task.corrects(step, "service: checkout")
    reply = await task.ask()
    assert isinstance(reply, Unclear)
    assert reply.words.startswith("A person rejected exactly that call before.")
    assert await task.proposed() == step


async def test_a_step_that_the_core_refuses_is_a_question_not_a_loop() -> None:
    """A runbook would say the same again; a person can say something else."""
    task = desk(RESTARTING)
    await task.proposed()
    task.says("service: must be known", about="refused")
    reply = await task.ask()
    assert isinstance(reply, Ask)
    assert "could not be proposed (service: must be known)" in reply.text
    task.says("service: cart")
    assert (await task.proposed()).args_json == CART


async def test_a_rejection_of_nothing_is_not_asked_about() -> None:
    """It came too late: the step had a result already."""
    task = desk(RESTARTING)
    step = await task.proposed()
    await task.ran(step)
    task.says("not now", about="rejection")
    assert (await task.proposed()).tool == "restart_service"


async def test_what_is_no_longer_configured_ends_the_task_with_words() -> None:
    """The configuration may change between two steps."""
    task = desk(RESTARTING)
    await task.proposed()
    shorter = replace(RESTARTING, steps=RESTARTING.steps[1:])
    for model, words in (
        (RunbookModel((), TOOLS), "The runbook “restart-service” is not configured any more."),
        (RunbookModel((shorter,), TOOLS), "restart-service has no step “look” any more."),
        (RunbookModel((RESTARTING,), {}), "The step “look” of restart-service, or its tool, is not configured"),
    ):
        reply = (await model.next(task.situation())).reply
        assert isinstance(reply, GiveUp)
        assert reply.words.startswith(words)


async def test_a_task_that_fits_no_runbook_any_more_ends_with_words() -> None:
    """It was accepted by a configuration that has changed since."""
    reply = await desk(RESTARTING, purpose="make coffee").ask()
    assert isinstance(reply, GiveUp)
    assert reply.words.startswith("No runbook fits these words.")


@pytest.mark.parametrize("memory", ['{"line": 3}', "Looked at the status.", "[]"])
async def test_another_actor_s_task_is_not_taken_over_midway(memory: str) -> None:
    """Beginning from the first step would do things twice."""
    task = desk(RESTARTING)
    task.checkpoint = replace(task.checkpoint, memory=memory)
    assert isinstance(await task.ask(), GiveUp)


async def test_values_that_would_burst_the_notes_are_refused() -> None:
    """The checkpoint is bounded, whatever people type."""
    steps = (Step(tool="notify", args={"text": "".join(f"{{s{n}}}" for n in range(10)), "token": "t"}),)
    task = desk(of(*steps), purpose="go")
    for _ in range(9):
        await task.ask()
        task.says("x" * 2000)
    with pytest.raises(ModelDown, match="16 KB"):
        await task.ask()
