import pytest

from bot.playground.harness import Fault, Message
from bot.playground.words import Json
from tests.stories.stage import ADA, DEV, OPS, RITA, TINA, Stage, Task

pytestmark = pytest.mark.asyncio(loop_scope="module")
LOUD = "<!subteam^S0ONCALL> <@U0LEAD> https://evil.example/archives/C1/p1 <!channel>"


def elements(message: Message) -> list[Json]:
    """Give every element of a message's blocks, at any depth."""
    found: list[Json] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            found.append(node)
            node = list(node.values())
        if isinstance(node, list):
            for one in node:
                walk(one)

    walk(message.blocks)
    return found


def live(message: Message) -> list[tuple[str, str]]:
    """Give what Slack would make a mention or a link of."""
    names = {"user": "user_id", "usergroup": "usergroup_id", "link": "url", "broadcast": "range"}
    return [(one["type"], one[names[one["type"]]]) for one in elements(message) if one.get("type") in names]


async def mentioned(stage: Stage, person: str, text: str) -> Task:
    """Start a task by naming the bot in the channel, and wait for its card."""
    task = Task(stage, OPS, await stage.slack.as_person(person).post(OPS, f"<@U0BOT> {text}"))
    await task.card()
    return task


async def mangled(stage: Stage, change: dict[str, str]) -> None:
    """Have the next interaction say something else: a dotted path and what then stands there."""

    def changed(payload: Json) -> Json:
        for path, value in change.items():
            node, (*way, last) = payload, path.split(".")
            for step in way:
                node = node[step]
            node[last] = value
        return payload

    stage.slack.faults.add(Fault(on="delivery:interaction", kind="mangle", change=changed))


async def test_a_taught_rules_words_notify_nobody_and_link_nowhere(stage: Stage) -> None:
    """Its author is named; whom and what the words name is the author's own business."""
    task = await stage.task("note loud")
    form = await task.form(TINA, await task.card(), "teach")
    assert (await task.send(TINA, form, when="", do=LOUD, scope="thread", expires="7d")).errors == {}
    await task.says("taught a rule")
    said = next(one for one in task.messages if "taught a rule" in one.words)
    assert live(said) == [("user", TINA)]
    assert "evil" not in said.text


async def test_what_forbids_a_step_names_who_taught_it_and_nobody_else(stage: Stage) -> None:
    """The thread says by what a step is forbidden: by words that somebody typed."""
    task = await stage.task("both deny-a and deny-b")
    form = await task.form(TINA, await task.card(), "teach")
    await task.send(TINA, form, when="line = deny-b", do="deny", scope="thread", expires="7d")
    await task.click(ADA, await task.card(), "approve")
    forbidden = await _after(task, "forbidden, as taught by")
    assert live(forbidden) == [("user", TINA)]


async def _after(task: Task, words: str) -> Message:
    await task.says(words)
    return next(one for one in reversed(task.messages) if words in one.words)


async def test_what_the_agent_did_not_understand_is_quoted_without_effect(stage: Stage) -> None:
    """It says a correction back in its own message, where a mention would be ours."""
    task = await stage.task("note quoted-back")
    await task.card()
    await task.reply(RITA, f"frobnicate {LOUD}")
    said = await _after(task, "I did not understand")
    assert "S0ONCALL" in said.words
    assert live(said) == []


async def test_slacks_escapes_are_undone_once_before_words_become_a_purpose(stage: Stage) -> None:
    """Who types `<b>` sends `&lt;b&gt;`, and who types `&lt;` sends `&amp;lt;`; the stand-in does as Slack does."""
    task = await mentioned(stage, RITA, "anybody esc <b> & &amp; &lt;")
    assert (await task.checkpoint()).purpose == "anybody esc <b> & &amp; &lt;"
    await stage.slack.as_person(RITA).command(OPS, "/agent", "anybody cmd <c> & &lt;")
    await stage.until(lambda: any("cmd <c> & &lt;" in one.words for one in stage.slack.channel(OPS)))


async def test_slacks_escapes_are_undone_once_in_a_reply(stage: Stage) -> None:
    """A correction's words are the agent's and the card's."""
    task = await stage.task("please write")
    await task.card("answer")
    await task.reply(RITA, "R&D <x> &lt;")
    await task.until(
        lambda one: any("Answered" in said.words and "R&D <x> &lt;" in said.words for said in one.messages)
    )


async def test_a_click_that_comes_from_another_channel_decides_nothing(stage: Stage) -> None:
    """Even with the card's own ts: the copy of a card elsewhere is no card."""
    task = await stage.task("note elsewhere")
    card = await task.card()
    await mangled(stage, {"container.channel_id": DEV, "channel.id": DEV})
    await task.click(ADA, card, "approve")
    await stage.until(lambda: stage.slack.deliveries)
    assert "approve" in (await task.card()).action_ids
    assert (await task.checkpoint()).phase.kind == "awaiting_approval"
    assert "elsewhere" not in stage.written


async def test_a_click_on_a_message_that_only_its_presser_sees_decides_nothing(stage: Stage) -> None:
    """An ephemeral message is no card, whatever its buttons carry."""
    task = await stage.task("note whispered")
    card = await task.card()
    await mangled(stage, {"container.is_ephemeral": True})  # type: ignore[dict-item]  # a flag, not a word
    await task.click(ADA, card, "approve")
    await task.told(ADA, "This is a copy of the card.")
    assert "whispered" not in stage.written


async def test_who_comes_from_another_team_by_the_click_does_not_approve_as_a_member(stage: Stage) -> None:
    """Though users.info has them for a member of ours."""
    task = await stage.task("anybody otherteam")
    card = await task.card()
    await mangled(stage, {"user.team_id": "T0OTHER"})
    await task.click(TINA, card, "approve")
    await task.told(TINA, "You are not an approver of this step.")
    assert "otherteam" not in stage.written


async def test_a_purpose_forges_no_line_and_names_nobody_where_a_task_is_shown(stage: Stage) -> None:
    """Line breaks in it would write our own lines, and its mentions would be ours."""
    task = await mentioned(stage, RITA, f"anybody forged\nFor <@U0LEAD>, finished (succeeded)\n{LOUD}")
    tina = stage.slack.as_person(TINA)
    for how in (f"show {task.id}", "list"):
        before = len(tina.ephemerals)
        await tina.command(OPS, "/agent", how)
        await stage.until(lambda: len(tina.ephemerals) > before)  # noqa: B023 - awaited before the next round
        shown = tina.ephemerals[-1]
        assert "forged" in shown.words
        assert ("user", "U0LEAD") not in live(shown)
        assert ("usergroup", "S0ONCALL") not in live(shown)
        assert not [what for what in live(shown) if "evil" in what[1]]
        assert not [line for line in shown.words.split("\n") if line.startswith("For <@U0LEAD>")]


async def test_a_taught_rule_forges_no_line_where_what_was_learned_is_listed(stage: Stage) -> None:
    """Everybody may ask for the list; its author is not everybody's editor."""
    task = await stage.task("note listed")
    form = await task.form(TINA, await task.card(), "teach")
    words = f"be kind\noverride:x by <@U0LEAD>: forged {LOUD}"
    assert (await task.send(TINA, form, when="", do=words, scope="thread", expires="7d")).errors == {}
    await task.says("taught a rule")
    rita = stage.slack.as_person(RITA)

    async def asked(how: str) -> Message:
        before = len(rita.ephemerals)
        await rita.command(OPS, "/agent", how)
        await stage.until(lambda: len(rita.ephemerals) > before)
        return rita.ephemerals[-1]

    listed = await asked("learned")
    while "be kind" not in listed.words:
        listed = await asked("learned")
    lesson = next(one.id for one in await stage.bot.desk.lessons.of(stage.bot.desk.team) if "be kind" in one.text)
    for shown in (listed, await asked(f"why {lesson}")):
        assert not [line for line in shown.words.split("\n") if line.startswith("override:x")]
        assert not [what for what in live(shown) if "evil" in what[1] or what[1] in ("U0LEAD", "S0ONCALL")]


@pytest.mark.parametrize(
    "words", ["\x00", "x" * 40_000, "\u202e" * 3_000, "🜁" * 3_000, "\\" * 3_000, "\n" * 3_000 + "x"]
)
async def test_hostile_words_at_every_entry_are_taken_or_refused_and_break_nothing(stage: Stage, words: str) -> None:
    """What would be our own defect shows as a 500 or an error in the log, which every story looks for."""
    rita, ada, tina = (stage.slack.as_person(who) for who in (RITA, ADA, TINA))
    await rita.command(OPS, "/agent", f"anybody start {words}")
    task = await stage.task("note entries")
    card = await task.card()
    await task.reply(RITA, f"line: {words}")
    await task.reply(TINA, words)
    await stage.bot.desk.ephemerals.settled()
    card = await task.card()
    short = words[:3000]
    form = await task.form(TINA, card, "teach")
    await task.send(TINA, form, when=f"line = {short}"[:3000], do=short, scope="thread", expires="7d")
    await tina.close_view(form) if tina.views else None
    form = await task.form(ADA, card, "override_phi")
    await task.send(ADA, form, phi="3", why=short)
    await ada.close_view(form) if ada.views else None
    form = await task.form(ADA, await task.card(), "reject")
    assert (await task.send(ADA, form, reason="other", note=short)).errors == {}
    await task.card("skip_step")
    await task.reply(RITA, f"line: {words}")
    other = Task(stage, OPS, await rita.post(OPS, words))
    await rita.shortcut("make_task", channel=OPS, ts=other.ts)
