import pytest

from agent_core.phases import AwaitingApproval
from agent_core.records import Note
from tests.stories.stage import ADA, LEE, OPS, RITA, TINA, Stage, Task

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_reject_asks_for_the_reason_and_it_stands_on_the_card(stage: Stage) -> None:
    """The reason is what the requester reads; the step is not run."""
    task = await stage.task("note rejected")
    card = await task.card()
    form = await task.form(ADA, card, "reject")
    assert set(form.inputs) == {"reason", "note"}
    assert (await task.send(ADA, form, reason="wrong_target", note="Not *this* one.")).errors == {}
    spent = await task.card_says(card, "Not *this* one.")
    assert "wrong target" in spent.words
    assert "approve" not in spent.action_ids
    assert "rejected" not in stage.written


async def test_a_rejected_runbook_step_can_be_skipped(stage: Stage) -> None:
    task = await stage.task("note skipped")
    form = await task.form(ADA, await task.card(), "reject")
    await task.send(ADA, form, reason="not_now")
    question = await task.card("skip_step")
    assert {"answer", "skip_step", "stop"} <= question.action_ids
    await task.click(RITA, question, "skip_step")
    await task.ends("failed")
    assert "skipped" not in stage.written


async def test_a_rejected_runbook_step_can_end_the_task(stage: Stage) -> None:
    task = await stage.task("note stopped")
    form = await task.form(ADA, await task.card(), "reject")
    await task.send(ADA, form, reason="too_risky")
    await task.click(ADA, await task.card("skip_step"), "stop")
    await task.ends("rejected")
    assert "stopped" not in stage.written


async def test_a_rejected_runbook_step_is_proposed_anew_with_another_argument(stage: Stage) -> None:
    task = await stage.task("note wrong")
    card = await task.card()
    form = await task.form(ADA, card, "reject")
    await task.send(ADA, form, reason="wrong_target")
    answering = await task.form(RITA, await task.card("answer"), "answer")
    await task.send(RITA, answering, answer="line: right")
    await task.click(ADA, await task.card(besides=card), "approve")
    await task.ends("succeeded")
    assert "right" in stage.written
    assert "wrong" not in stage.written


async def test_an_edit_is_a_new_proposal_and_the_old_card_decides_nothing(stage: Stage) -> None:
    """What was approved on the old card was another call."""
    task = await stage.task("note before")
    card = await task.card()
    form = await task.form(RITA, card, "edit")
    assert set(form.inputs) == {"arg:line", "note"}
    assert (await task.send(RITA, form, **{"arg:line": "after", "note": "A better word."})).errors == {}
    newer = await task.card(besides=card)
    assert "before" in newer.words
    assert "after" in newer.words
    assert "A better word." in newer.words
    await task.click(ADA, card, "approve")
    await task.told(ADA, "edited this step at")
    assert "approve" not in (await task.card_says(card, "Edited")).action_ids
    await task.click(ADA, newer, "approve")
    await task.ends("succeeded")
    assert "after" in stage.written
    assert "before" not in stage.written


async def test_what_does_not_fit_the_schema_is_said_at_its_field_and_nothing_is_lost(stage: Stage) -> None:
    task = await stage.task("tune organ")
    form = await task.form(ADA, await task.card(), "edit")
    assert set(form.inputs) == {"arg:service", "arg:count", "arg:mode", "arg:dry", "note"}
    wrong = await task.send(ADA, form, **{"arg:service": "Big Organ", "arg:count": "7"})
    assert list(wrong.errors) == ["arg:service"]
    assert stage.slack.as_person(ADA).views[-1].state["arg:count"]["value"]["value"] == "7"
    fixed = await task.send(ADA, form, **{"arg:service": "piano", "arg:mode": "bold", "arg:dry": "true"})
    assert fixed.errors == {}
    await task.says("piano")
    checkpoint = await task.checkpoint()
    assert isinstance(checkpoint.phase, AwaitingApproval)
    assert checkpoint.phase.proposal.call.args == {"count": 7, "dry": True, "mode": "bold", "service": "piano"}


async def test_an_edit_that_changes_nothing_is_refused_in_the_form(stage: Stage) -> None:
    task = await stage.task("note same")
    form = await task.form(ADA, await task.card(), "edit")
    refused = await task.send(ADA, form)
    assert "These are the arguments that it has already." in next(iter(refused.errors.values()))


async def test_a_form_whose_card_was_decided_meanwhile_says_so_and_keeps_what_was_typed(stage: Stage) -> None:
    task = await stage.task("oncall meanwhile")
    card = await task.card()
    form = await task.form(ADA, card, "reject")
    await task.click(LEE, card, "approve")
    await task.ends("succeeded")
    late = await task.send(ADA, form, reason="other", note="Typed with care.")
    assert "approved this step at" in late.errors["reason"]
    assert stage.slack.as_person(ADA).views[-1].state["note"]["value"]["value"] == "Typed with care."
    await stage.slack.as_person(ADA).close_view(form)


async def test_of_two_needed_approvals_one_can_be_withdrawn(stage: Stage) -> None:
    """A half-full quorum is no decision, and the card stays the same card."""
    task = await stage.task("pair quorum")
    card = await task.card()
    await task.click(ADA, card, "approve")
    half = await task.card_says(card, "1 of 2")
    assert "withdraw" in half.action_ids
    await task.click(ADA, half, "withdraw")
    back = await task.card_says(card, "took the approval back")
    assert "withdraw" not in back.action_ids
    await task.click(LEE, back, "approve")
    assert "quorum" not in stage.written
    await task.click(TINA, card, "approve")
    last = await task.ends("succeeded")
    assert "quorum" in stage.written
    assert {"U0LEAD", "U0TINA"} <= {name for name in (LEE, TINA) if name in str(last.blocks)}


async def noted(task: Task) -> list[Note]:
    """Give what the journal notes of looks."""
    desk = task.stage.bot.desk
    await desk.settled()
    lines = await desk.runtime.store.journal(task.id)
    return [line for line in lines if isinstance(line, Note) and line.what == "viewed"]


async def test_who_opened_a_decisions_form_is_noted(stage: Stage) -> None:
    """An auditor asks on what evidence somebody decided."""
    task = await stage.task("note looked")
    card = await task.card()
    for action in ("reject", "edit", "override_phi"):
        await stage.slack.as_person(TINA).close_view(await task.form(TINA, card, action))
    assert [(note.by, note.words.split(",")[0]) for note in await noted(task)] == [
        (TINA, "reject"),
        (TINA, "edit"),
        (TINA, "override_phi"),
    ]


async def test_why_asked_names_the_rule(stage: Stage) -> None:
    task = await stage.task("note why")
    form = await task.form(TINA, await task.card(), "why_asked")
    assert "rule 2" in form.words
    await stage.slack.as_person(TINA).close_view(form)


async def test_why_a_step_went_as_it_did_is_told_by_its_name(stage: Stage) -> None:
    """Rule, people, outcome and score: to whoever may see the channel."""
    task = await stage.task("note explained")
    await task.click(ADA, await task.card(), "approve")
    await task.ends("succeeded")
    tina = stage.slack.as_person(TINA)

    async def asked(text: str) -> str:
        known = len(tina.ephemerals)
        assert (await tina.command(OPS, "/agent", text)).ok
        await stage.until(lambda: len(tina.ephemerals) > known)
        return tina.ephemerals[-1].words

    told = await asked(f"why {task.id}#1")
    for words in ("Step 1: note", "rule 2", "It was approved by", "It succeeded, exit code 0", "Φ 0.0 → "):
        assert words in told
    assert "Policy allowed it" in await asked(f"why {task.ts}#2")
    assert "No step 9" in await asked(f"why {task.id}#9")


async def test_a_long_argument_is_approved_on_its_last_page_only(stage: Stage) -> None:
    """Nobody signs what they have not seen."""
    task = await stage.task("long text")
    card = await task.card("view_full")
    assert "approve" not in card.action_ids
    ada = stage.slack.as_person(ADA)
    await task.click(ADA, card, "view_full")
    await stage.until(lambda: ada.views)
    seen = 1
    while "approve" not in ada.views[-1].action_ids:
        assert (await ada.click(ada.views[-1], "page_next")).ok
        seen += 1
    assert seen > 2
    assert "page_prev" in ada.views[-1].action_ids
    assert (await ada.click(ada.views[-1], "approve")).ok
    await task.ends("succeeded")
    await ada.close_view(ada.views[-1])
    views = [note.words.split(",")[0] for note in await noted(task) if note.by == ADA]
    assert views == [f"view_full page {page} of {seen}" for page in range(1, seen + 1)]


async def test_all_that_a_tool_printed_can_be_read_page_by_page(stage: Stage) -> None:
    """The card shows how it began; nobody had to approve this step, and everybody may read it."""
    task = await stage.task("talk much")
    await task.ends("succeeded")
    rita = stage.slack.as_person(RITA)
    await task.click(RITA, await task.card("view_full"), "view_full")
    await stage.until(lambda: rita.views)
    words = ""
    while "page_next" in rita.views[-1].action_ids:
        assert (await rita.click(rita.views[-1], "page_next")).ok
        words += rita.views[-1].words
    await rita.close_view(rita.views[-1])
    assert "1\n2\n3\n" in words
    assert "3998\n3999\n4000" in words


async def test_the_tool_that_runs_can_be_stopped(stage: Stage) -> None:
    task = await stage.task("slow halted")
    await task.click(ADA, await task.card(), "approve")
    card = await task.card("stop")
    assert (await task.click(RITA, card, "stop")).ok
    asked = await task.card("happened")
    assert "Stopped by" in asked.words
    assert (await task.click(RITA, asked, "not_happened")).ok
    await task.ends("failed")
    assert "ended halted" not in stage.written


async def test_the_agents_question_is_answered_in_a_form(stage: Stage) -> None:
    task = await stage.task("please write")
    question = await task.card("answer")
    form = await task.form(RITA, question, "answer")
    assert "Which line?" in form.words
    await task.send(RITA, form, answer="asked-for")
    await task.card_says(question, "asked-for")
    await task.click(ADA, await task.card(), "approve")
    await task.ends("succeeded")
    assert "asked-for" in stage.written
