import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager

import pytest
import pytest_asyncio

from agent_core.adapters.key_file import make_key
from bot.playground.harness import OFF, Call, Delivery, Fault, Setup, running
from tests.stories.server import Server, own_server
from tests.stories.stage import ADA, OPS, RITA, TINA, Stage, on_stage, settings_for
from tests.stories.world import furnished

pytestmark = pytest.mark.asyncio(loop_scope="module")
SOON_S = 1.5


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Give a Redis that can be taken away."""
    with own_server() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Run the bot on that Redis; what is slow on purpose here is no violation."""
    folder = tmp_path_factory.mktemp("stage")
    (folder / "home").mkdir()
    make_key(folder / "home" / "key")
    async with running(Setup(rates=OFF, lenient=frozenset({"ack_budget"}))) as slack:
        settings = settings_for(slack, folder / "home", furnished(folder), redis_url=server.url)
        async with on_stage(slack, settings, folder) as stage:
            yield stage


@pytest.fixture(params=["gone", "silent"])
def trouble(request: pytest.FixtureRequest) -> str:
    """Say how the store fails: nobody is there, or somebody who does not answer."""
    return str(request.param)


@contextmanager
def failing(server: Server, trouble: str) -> Iterator[None]:
    """Let the store fail for a while."""
    server.kill() if trouble == "gone" else server.freeze()
    try:
        yield
    finally:
        server.start() if trouble == "gone" else server.thaw()


async def told_soon(stage: Stage, person: str, words: tuple[str, ...], doing: Awaitable[Delivery]) -> None:
    """Do something, and see that who did it is soon told one of these."""
    told = stage.slack.as_person(person)
    before, began = len(told.ephemerals), time.perf_counter()
    assert (await doing).ok
    await stage.until(lambda: len(told.ephemerals) > before)
    assert time.perf_counter() - began < SOON_S
    assert any(one in told.ephemerals[-1].words for one in words)


NOTHING, UNCLEAR = "Nothing was changed.", "I can't tell whether this was recorded"
# A silent store may have been told, or there was no connection left on which to tell it anything.
WORDS = {"gone": (NOTHING,), "silent": (NOTHING, UNCLEAR)}


async def test_a_click_while_the_store_fails_is_told_so_soon_and_does_nothing_by_halves(
    stage: Stage, server: Server, trouble: str
) -> None:
    """The same card works as soon as the store does."""
    task = await stage.task(f"note click-{trouble}")
    card = await task.card()
    with failing(server, trouble):
        await told_soon(stage, ADA, WORDS[trouble], task.click(ADA, card, "approve"))
    assert f"click-{trouble}" not in stage.written
    await task.click(ADA, card, "approve")
    await task.ends("succeeded")
    assert stage.written.count(f"click-{trouble}") == 1


async def test_a_form_sent_while_the_store_fails_says_so_at_its_first_input(
    stage: Stage, server: Server, trouble: str
) -> None:
    """It stays open with all that was typed, and can be sent again."""
    task = await stage.task(f"note form-{trouble}")
    card = await task.card()
    form = await task.form(ADA, card, "reject")
    with failing(server, trouble):
        began = time.perf_counter()
        answer = await task.send(ADA, form, reason="other", note="Not today.")
        assert any(words in answer.errors["reason"] for words in WORDS[trouble])
        assert time.perf_counter() - began < SOON_S
    assert (await task.send(ADA, form)).errors == {}
    await task.card_says(card, "Not today.")


async def test_a_command_while_the_store_fails_starts_nothing(stage: Stage, server: Server, trouble: str) -> None:
    """The person may type it again without having two tasks."""
    with failing(server, trouble):
        typed = stage.slack.as_person(TINA).command(OPS, "/agent", f"note typed-{trouble}")
        await told_soon(stage, TINA, WORDS[trouble], typed)
    task = await stage.task(f"note typed-{trouble}", by=TINA)
    await task.card()
    posted = [
        one
        for one in stage.slack.channel(OPS)
        if f"note typed-{trouble}" in one.words and one.thread_ts in (None, one.ts)
    ]
    assert len(posted) == 1


async def test_an_event_while_the_store_fails_is_asked_for_again_and_taken_once(stage: Stage, server: Server) -> None:
    """A reply in a thread is never swallowed: Slack sends it again, and again."""
    task = await stage.task("note retried")
    card = await task.card()

    def tries() -> list[Delivery]:
        sent = [one for one in stage.slack.deliveries if one.event_type == "message"]
        return [one for one in sent if one.payload["event"].get("text") == "line: heard"]

    with failing(server, "gone"):
        await task.reply(RITA, "line: heard")
        await stage.until(lambda: len(tries()) == 2)
        assert [one.status for one in tries()] == [503, 503]
    stage.slack.clock.advance(61)
    newer = await task.card(besides=card)
    assert "heard" in newer.words
    assert [one.status for one in tries()] == [503, 503, 200]
    assert [one.text for one in (await task.checkpoint()).messages] == ["line: heard"]


async def test_a_post_whose_answer_was_lost_is_not_posted_twice(stage: Stage) -> None:
    """The thread, and for a task's first message the channel, is read before anything is posted again."""
    for _ in range(2):
        stage.slack.faults.add(Fault(on="chat.postMessage", kind="drop_after", times=1))
    rita = stage.slack.as_person(RITA)
    assert (await rita.command(OPS, "/agent", "note lost-answer")).ok

    def posted(words: str) -> list[str]:
        return [one.ts for one in stage.slack.channel(OPS) if words in one.words and one.user == "U0BOT"]

    await stage.until(lambda: any("lost-answer" in one.words for one in stage.slack.messages_with_button("approve")))
    await stage.until(lambda: len(stage.slack.calls_of("conversations.replies")) > 0)
    card = next(one for one in stage.slack.messages_with_button("approve") if "lost-answer" in one.words)
    await stage.slack.as_person(ADA).click(card, "approve")
    await stage.until(lambda: any("Finished:" in one.text for one in stage.slack.thread(OPS, str(card.thread_ts))))

    def done() -> list[str]:
        return [one.ts for one in stage.slack.thread(OPS, str(card.thread_ts)) if "Done: note" in one.words]

    await stage.until(done)
    assert len(done()) == 1
    assert len(posted("note lost-answer")) == 2, "the parent and the last message name the task, and nothing else"


async def test_slack_is_left_alone_for_as_long_as_it_asks(stage: Stage) -> None:
    """429 with Retry-After: no post in that channel before."""
    task = await stage.task("note limited")
    card = await task.card()
    stage.slack.faults.add(Fault(on="chat.update", kind="rate_limited", seconds=1.0))
    await task.click(ADA, card, "approve")
    await task.ends("succeeded")

    def calls() -> list[Call]:
        updates = [one for one in stage.slack.calls_of("chat.update") if one.args.get("ts") == card.ts]
        limited = [index for index, one in enumerate(updates) if one.status == 429]
        return updates[limited[0] :] if limited else []

    await stage.until(lambda: len(calls()) > 1)
    assert calls()[1].at - calls()[0].at >= 1.0
    assert stage.written.count("limited") == 1


async def test_a_form_that_slack_does_not_open_in_time_is_said_and_changes_nothing(stage: Stage) -> None:
    """The trigger is spent then; another press gets another."""
    task = await stage.task("note slow-form")
    card = await task.card()
    stage.slack.faults.add(Fault(on="views.open", kind="slow_before", seconds=2.5))
    assert (await task.click(ADA, card, "reject")).ok
    await task.told(ADA, "Press again.")
    stage.slack.faults.clear()


async def test_nobody_is_believed_whom_slack_cannot_name(stage: Stage) -> None:
    """Identity fails closed: the click counts for nothing, and the person is told that it was not them."""
    task = await stage.task("oncall nameless")
    card = await task.card()
    stage.slack.faults.add(Fault(on="users.info", kind="error", error="internal_error", times=None))
    await task.click("U0GUEST", card, "approve")
    await task.told("U0GUEST", "Slack could not say who you are just now.")
    stage.slack.faults.clear()
    assert "nameless" not in stage.written
