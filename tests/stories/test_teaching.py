import re
from pathlib import Path

import pytest

from bot.playground.harness import Fault, running
from bot.playground.harness_person import Person
from bot.playground.words import Json
from tests.stories.stage import ADA, OPS, TINA, Stage, on_stage, settings_for
from tests.stories.world import furnished

pytestmark = pytest.mark.asyncio(loop_scope="module")
TRANSLATED = {"6.5": 6.5, "7,25": 7.25, " 3 ": 3.0, "0": 0.0}
LESSON = re.compile(r"heuristic:[0-9a-f]+")


def typing(stage: Stage, typed: str) -> None:
    """Send this as the number, whatever Slack's own client would let through: a payload is only text."""

    def change(payload: Json) -> Json:
        payload["view"]["state"]["values"]["phi"]["value"]["value"] = typed
        return payload

    stage.slack.faults.add(Fault(on="delivery:interaction", kind="mangle", change=change))


@pytest.mark.parametrize("typed", list(TRANSLATED))
async def test_a_persons_phi_becomes_the_score(stage: Stage, typed: str) -> None:
    """With a point or a comma, as people write."""
    task = await stage.task("note scored")
    card = await task.card()
    form = await task.form(TINA, card, "override_phi")
    assert set(form.inputs) == {"phi", "why"}
    typing(stage, typed)
    assert (await task.send(TINA, form, phi="1", why="I looked.")).errors == {}
    assert (await task.checkpoint()).phi == TRANSLATED[typed]
    assert "approve" in (await task.card()).action_ids, "a score approves nothing"


@pytest.mark.parametrize("typed", ["10.01", "-1", "ten", "6.555", "1e1", "NaN", "", "٣"])
async def test_what_is_no_phi_is_refused_at_its_field(stage: Stage, typed: str) -> None:
    task = await stage.task("note unscored")
    form = await task.form(TINA, await task.card(), "override_phi")
    typing(stage, typed)
    refused = await task.send(TINA, form, phi="1", why="I looked.")
    assert list(refused.errors) == ["phi"]
    assert (await task.checkpoint()).phi is None
    await stage.slack.as_person(TINA).close_view(form)


async def test_the_preview_follows_what_is_typed(stage: Stage) -> None:
    task = await stage.task("note previewed")
    form = await task.form(TINA, await task.card(), "teach")
    assert set(form.inputs) == {"when", "do", "scope", "expires"}
    tina = stage.slack.as_person(TINA)
    tina.set_value(form, "when", "tool = note")
    assert (await tina.dispatch(form, "do", "deny")).ok
    await stage.until(lambda: "It would have changed 1 of this task's 1 steps." in tina.views[-1].words)
    assert tina.views[-1].state["when"]["value"]["value"] == "tool = note"
    await tina.close_view(form)


async def test_a_rule_that_looks_exact_and_is_not_is_refused_at_its_field(stage: Stage) -> None:
    task = await stage.task("note vague")
    form = await task.form(TINA, await task.card(), "teach")
    refused = await task.send(TINA, form, when="always", do="deny")
    assert list(refused.errors) == ["when"]
    await stage.slack.as_person(TINA).close_view(form)


async def test_a_denied_call_is_not_proposed_again_in_this_thread(stage: Stage) -> None:
    task = await stage.task("both one and two")
    card = await task.card()
    form = await task.form(TINA, card, "teach")
    taught = await task.send(TINA, form, when="tool = note, line = two", do="deny", scope="thread", expires="7d")
    assert taught.errors == {}
    await task.says("It is obeyed from the next step.")
    await task.click(ADA, card, "approve")
    await task.says("forbidden, as taught by")
    await task.ends("failed")
    assert "one" in stage.written
    assert "two" not in stage.written


async def test_a_taught_argument_is_set_in_a_later_task(stage: Stage) -> None:
    """Nobody has to say the same thing twice."""
    first = await stage.task("note cart")
    form = await first.form(TINA, await first.card(), "teach")
    await first.send(TINA, form, when="tool = note, line = cart", do="set line = basket", scope="channel")
    await first.says("It is obeyed from the next step.")
    later = await stage.task("note cart")
    card = await later.card()
    assert "basket" in card.words
    await later.click(ADA, card, "approve")
    await later.ends("succeeded")
    assert "basket" in stage.written
    assert "cart" not in stage.written


async def test_the_menu_of_a_message_teaches_too(stage: Stage) -> None:
    task = await stage.task("note menu")
    await task.card()
    tina = stage.slack.as_person(TINA)
    assert (await tina.shortcut("teach", channel=OPS, ts=task.ts)).ok
    assert (await tina.submit(tina.views[-1], {"do": "Be brief.", "scope": "thread"})).errors == {}
    await task.says("The agent is told from the next step.")


async def test_what_was_taught_is_listed_explained_and_taken_back(stage: Stage) -> None:
    task = await stage.task("note listed")
    form = await task.form(TINA, await task.card(), "teach")
    await task.send(TINA, form, when="tool = note, line = listed", do="deny", scope="channel")
    await task.says("line = listed")
    tina = stage.slack.as_person(TINA)

    async def asked(text: str, words: str) -> str:
        assert (await tina.command(OPS, "/agent", text)).ok
        await stage.until(lambda: any(words in one.words for one in tina.ephemerals))
        return next(one.words for one in reversed(tina.ephemerals) if words in one.words)

    before, _, _ = (await asked("learned", "line = listed")).partition("line = listed")
    lesson = LESSON.findall(before)[-1]
    assert "By" in await asked(f"why {lesson}", f"{lesson}: when")
    await asked(f"forget {lesson}", "is taken back")
    await task.says(f"took the lesson {lesson} back")
    again = await stage.task("note listed")
    await again.card()


async def test_what_was_taught_in_a_private_channel_is_not_told_outside_of_it(stage: Stage) -> None:
    """A list that everybody may ask for must not carry a private channel's words out of it."""
    task = await stage.task("note hidden", channel="G0PRIV")
    form = await task.form(ADA, await task.card(), "teach")
    await task.send(ADA, form, when="tool = note, line = hidden", do="deny", scope="channel")
    await task.says("line = hidden")
    tina, ada = stage.slack.as_person(TINA), stage.slack.as_person(ADA)
    lesson = next(one.id for one in await stage.bot.desk.lessons.of(stage.bot.desk.team) if one.channel == "G0PRIV")

    async def asked(person: Person, text: str) -> str:
        known = len(person.ephemerals)
        assert (await person.command(OPS, "/agent", text)).ok
        await stage.until(lambda: len(person.ephemerals) > known)
        return person.ephemerals[-1].words

    assert "line = hidden" in await asked(ada, "learned")
    assert "line = hidden" not in await asked(tina, "learned")
    assert "There is no lesson" in await asked(tina, f"why {lesson}")
    for person, sees in ((ada, True), (tina, False)):
        await person.open_home()
        home = person.home
        assert home is not None
        assert (lesson in home.words) is sees


async def test_a_preview_that_comes_too_late_is_no_error(stage: Stage) -> None:
    """Whoever types on has another view by then; Slack's word for it is no defect of ours."""
    task = await stage.task("note hasty")
    form = await task.form(TINA, await task.card(), "teach")
    stage.slack.faults.add(Fault(on="views.update", kind="error", error="hash_conflict"))
    assert (await stage.slack.as_person(TINA).dispatch(form, "do", "deny")).ok
    await stage.slack.as_person(TINA).close_view(form)


async def test_a_lesson_holds_after_a_restart(tmp_path: Path) -> None:
    """What people taught is a fact in the store, not a memory of a process."""
    path = furnished(tmp_path)
    async with running() as slack:
        settings = settings_for(slack, tmp_path / "home", path)
        async with on_stage(slack, settings, tmp_path) as first:
            task = await first.task("note cart")
            form = await task.form(TINA, await task.card(), "teach")
            await task.send(TINA, form, when="tool = note, line = cart", do="deny", scope="team", expires="never")
            await task.says("It is obeyed from the next step.")
        async with on_stage(slack, settings, tmp_path) as second:
            later = await second.task("note cart")
            await later.says("forbidden, as taught by")
            await later.ends("failed")
            await second.check()
