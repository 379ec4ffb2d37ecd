"""A person's words leave finished threads, and the chain over what is left still holds."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from agent_core.adapters.redis_keys import keys_of
from agent_core.bundle import read
from agent_core.inputs import Correct, OverridePhi
from agent_core.phases import Finished
from agent_core.words_erased import GONE
from bot.threads.erasing import erased_words
from bot.threads.moving import NotMoved, put_back, taken_out
from bot.threads.purging import purged
from bot.threads.reading import past_of
from bot.threads.text import told, told_difference
from tests.bot.threads.bench import Bench, bench_on
from tests.bot.threads.test_reading import TELLER
from tests.core.decide.office import RULES
from tests.core.workshop import step
from tests.examples import APPROVER, LEAD, REQUESTER, TASK_LINE, TEAM, THREAD

SAID = "Use the staging one, my phone is 555-0100."


@pytest.fixture
def bench(redis: Redis) -> Bench:
    """Have a task that somebody corrects."""
    return bench_on(redis, step(), step(service="checkout"))


async def corrected(bench: Bench) -> None:
    """Correct the task and bring it to its end."""
    await bench.shop.until_waiting()
    await bench.shop.give(Correct(by=REQUESTER, text=SAID))
    await bench.shop.drain()


async def finished(bench: Bench) -> None:
    """Approve what waits."""
    await bench.shop.approve()
    await bench.shop.drain()
    while not isinstance(await bench.shop.phase(), Finished):
        await bench.shop.approve()
        await bench.shop.drain()


async def erase(bench: Bench, *, dry: bool = False) -> list[str]:
    """Erase the requester's words."""
    return [words async for _, words in erased_words(bench.opened, REQUESTER.id, dry=dry)]


async def stored(bench: Bench) -> bytes:
    """Give all that is stored of the thread, as it stands, unpacked."""
    lines = [repr(line) for line in await bench.shop.lines()]
    return (repr(await bench.shop.task()) + "".join(lines)).encode()


async def test_words_go_from_the_whole_thread_and_its_chain_still_holds(bench: Bench) -> None:
    """Who corrected, and when, stays; each changed line keeps its head."""
    await corrected(bench)
    await finished(bench)
    head = (await bench.opened.store.load(THREAD)).head
    assert b"555-0100" in await stored(bench)
    await bench.opened.index.put(TASK_LINE)
    (said,) = await erase(bench)
    assert said.startswith("erased: ")
    assert b"555-0100" not in await stored(bench)
    past = await past_of(bench.opened, THREAD, None)
    assert (past.broken, past.head) == ("", head)
    assert past.erased > 0
    text = told(past, TELLER, "x")
    assert f"correct by {REQUESTER.id}" in text
    assert f"text: {GONE}" in text
    assert f"Words were erased from {past.erased} lines" in text
    assert f"approve by {APPROVER.id}" in text
    assert (await bench.opened.index.tasks(TEAM))[0].purpose == GONE


async def test_only_says_which_threads_hold_words_when_it_is_only_asked(bench: Bench) -> None:
    """Nothing is changed."""
    await corrected(bench)
    await finished(bench)
    before = await bench.redis.lrange(keys_of(THREAD).journal, 0, -1)
    (said,) = await erase(bench, dry=True)
    assert said.startswith("would be erased: ")
    assert await bench.redis.lrange(keys_of(THREAD).journal, 0, -1) == before


async def test_a_thread_that_goes_on_keeps_its_words(bench: Bench) -> None:
    """The agent still needs them; the operator is told."""
    await corrected(bench)
    (said,) = await erase(bench)
    assert "it still goes on" in said
    assert b"555-0100" in await stored(bench)


async def test_whoever_said_nothing_is_found_nowhere(bench: Bench) -> None:
    """No false alarms."""
    await corrected(bench)
    await finished(bench)
    assert [one async for one in erased_words(bench.opened, LEAD.id, dry=False)] == []


async def test_a_second_erasing_finds_nothing_more(bench: Bench) -> None:
    """It may be run as often as one likes."""
    await corrected(bench)
    await finished(bench)
    await erase(bench)
    before = await bench.redis.lrange(keys_of(THREAD).journal, 0, -1)
    await erase(bench)
    assert await bench.redis.lrange(keys_of(THREAD).journal, 0, -1) == before


async def test_a_thread_without_somebodys_words_still_replays(bench: Bench) -> None:
    """What was said is the same everywhere, so the same is decided."""
    await corrected(bench)
    await finished(bench)
    await erase(bench)
    assert (await past_of(bench.opened, THREAD, RULES)).difference is None


async def test_where_the_words_decided_a_replay_names_the_erasing_as_what_may_be_the_reason(bench: Bench) -> None:
    """A sentence that was made with them is not made again without."""
    await corrected(bench)
    await finished(bench)
    await bench.shop.give(OverridePhi(by=LEAD, phi=4.0, why="My phone is 555-0100."))
    await bench.shop.drain()
    assert [one async for one in erased_words(bench.opened, LEAD.id, dry=False)]
    past = await past_of(bench.opened, THREAD, RULES)
    assert past.difference is not None
    assert f"Words were erased from {past.erased} lines, and that may be why." in told_difference(past)


async def test_a_thread_without_somebodys_words_still_goes_out_and_comes_back(bench: Bench) -> None:
    """It is as whole as it was."""
    await corrected(bench)
    await finished(bench)
    await erase(bench)
    lines = await taken_out(bench.opened, THREAD)
    await bench.redis.flushall()
    await put_back(bench.opened, read(lines, bench.opened.codec), RULES)
    assert (await past_of(bench.opened, THREAD, None)).broken == ""


async def test_a_damaged_thread_is_left_and_said(bench: Bench) -> None:
    """Nobody knows what stands in it."""
    await corrected(bench)
    await finished(bench)
    key = keys_of(THREAD).journal
    (raw,) = await bench.redis.lrange(key, 2, 2)
    assert isinstance(raw, bytes)
    await bench.redis.lset(key, 2, raw[:-1] + bytes([raw[-1] ^ 1]))  # type: ignore[arg-type]  # any bytes are a value
    (said,) = await erase(bench)
    assert said.startswith("left: Line 2 of the journal")


async def buried(bench: Bench) -> None:
    """Purge what has finished."""
    assert [one async for one in purged(bench.opened, timedelta(0), dry=False)]


@pytest.mark.parametrize("is_purged_first", [True, False])
async def test_words_that_were_erased_do_not_come_back_with_an_older_file(
    bench: Bench,
    is_purged_first: bool,  # noqa: FBT001 - a column
) -> None:
    """Whether the thread was erased and then purged, or was gone already when its words were erased everywhere."""
    await corrected(bench)
    await finished(bench)
    lines = await taken_out(bench.opened, THREAD)
    head = (await bench.opened.store.load(THREAD)).head
    if is_purged_first:
        await buried(bench)
    await erase(bench)
    if not is_purged_first:
        await buried(bench)
    assert await put_back(bench.opened, read(lines, bench.opened.codec), RULES) > 0
    assert b"555-0100" not in await stored(bench)
    assert "555-0100" not in "".join(await taken_out(bench.opened, THREAD))
    past = await past_of(bench.opened, THREAD, None)
    assert past.broken == ""
    assert past.erased > 0
    assert head in {link.head for link in read(await taken_out(bench.opened, THREAD), bench.opened.codec).links}


async def test_a_file_from_after_the_erasing_comes_back_as_it_is(bench: Bench) -> None:
    """There is nothing left to be taken out."""
    await corrected(bench)
    await finished(bench)
    await erase(bench)
    lines = await taken_out(bench.opened, THREAD)
    await buried(bench)
    assert await put_back(bench.opened, read(lines, bench.opened.codec), RULES) == 0


async def test_what_was_said_after_the_erasing_comes_back(bench: Bench) -> None:
    """A person whose words were erased may go on to work here."""
    await erase(bench)
    await corrected(bench)
    await finished(bench)
    lines = await taken_out(bench.opened, THREAD)
    await buried(bench)
    assert await put_back(bench.opened, read(lines, bench.opened.codec), RULES) == 0
    assert b"555-0100" in await stored(bench)


async def test_a_file_of_a_task_that_needs_erased_words_is_refused(bench: Bench) -> None:
    """It was written while the task went on; then it ended, and its words were erased."""
    await corrected(bench)
    lines = await taken_out(bench.opened, THREAD)
    await finished(bench)
    await erase(bench)
    await bench.redis.delete(keys_of(THREAD).thread, keys_of(THREAD).journal)
    with pytest.raises(NotMoved, match="erased after it was written"):
        await put_back(bench.opened, read(lines, bench.opened.codec), RULES)
    assert (await bench.opened.store.load(THREAD)).checkpoint is None


async def test_a_thread_that_the_erasing_left_comes_back_with_its_words(bench: Bench) -> None:
    """It went on, so nothing of it was erased."""
    await corrected(bench)
    await erase(bench)
    lines = await taken_out(bench.opened, THREAD)
    await bench.redis.delete(keys_of(THREAD).thread, keys_of(THREAD).journal)
    assert await put_back(bench.opened, read(lines, bench.opened.codec), RULES) == 0
    assert b"555-0100" in await stored(bench)
