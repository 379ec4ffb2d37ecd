"""A thread goes out into a file and comes back paused; a file that is not what was written does not come back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings, strategies as st
from redis.asyncio import Redis

from agent_core.adapters.redis_keys import keys_of
from agent_core.bundle import NotThisThread, read, written
from agent_core.codec import Codec
from agent_core.inputs import Approve, Pause, Resume, ToolStarted
from agent_core.phases import AwaitingApproval, Finished, OutcomeUnknown, Paused
from agent_core.ports.archive import Kept
from agent_core.records import Note
from agent_core.rules.endings import pending_work
from bot.threads.moving import NotMoved, pages, put_back, taken_out
from bot.threads.purging import purged
from bot.threads.reading import past_of
from bot.threads.told import told_stone
from tests.bot.threads.bench import Bench, bench_on
from tests.core.decide.office import RULES
from tests.core.test_codec_chain import LINKS
from tests.examples import APPROVER, EFFECTS, KEY, REQUESTER, THREAD, WORK_ID, new_task

LONG_AGO = timedelta(days=90)


@pytest.fixture
def bench(redis: Redis) -> Bench:
    """Begin with nothing kept."""
    return bench_on(redis)


async def moved(bench: Bench) -> list[str]:
    """Take the thread out, lose everything, and put it back."""
    lines = await taken_out(bench.opened, THREAD)
    await bench.redis.flushall()
    await put_back(bench.opened, read(lines, bench.opened.codec), RULES)
    return lines


async def test_a_thread_that_waits_comes_back_paused_and_goes_on_when_it_is_resumed(bench: Bench) -> None:
    """After a lost disk: the same card, the same proposal, and nothing has begun by itself."""
    digest, version = await bench.waiting()
    await moved(bench)
    phase = await bench.shop.phase()
    assert isinstance(phase, Paused)
    approve = Approve(by=APPROVER, digest=digest, version=version)
    assert "paused" in (await bench.shop.refused(approve)).words
    await bench.shop.give(Resume(by=REQUESTER))
    assert isinstance(await bench.shop.phase(), AwaitingApproval)
    await bench.shop.approve()
    await bench.shop.drain()
    assert isinstance(await bench.shop.phase(), Finished)
    assert [call.tool for call in bench.shop.tools.calls] == ["read_status", "restart_service"]


async def test_the_journal_says_that_it_was_put_back_and_still_replays(bench: Bench) -> None:
    """One line more, chained behind the others."""
    await bench.waiting()
    before = await bench.shop.lines()
    await moved(bench)
    after = await bench.shop.lines()
    assert after[:-1] == before
    past = await past_of(bench.opened, THREAD, RULES)
    assert (past.broken, past.difference) == ("", None)
    assert past.relived[-1].line == after[-1]
    assert [entry_.input.kind for entry_ in after[-1:] if not isinstance(entry_, Note)] == ["restored"]


async def test_a_finished_thread_comes_back_as_it_ended(bench: Bench) -> None:
    """With a note, and no version more."""
    await bench.finished()
    task = await bench.shop.task()
    await moved(bench)
    assert await bench.shop.task() == task
    assert (await bench.shop.notes())[-1].what == "restored"
    assert (await past_of(bench.opened, THREAD, RULES)).difference is None


async def test_a_thread_that_is_there_is_never_overwritten(bench: Bench) -> None:
    """The file may be older."""
    await bench.waiting()
    lines = await taken_out(bench.opened, THREAD)
    await bench.shop.give(Pause(by=REQUESTER))
    task = await bench.shop.task()
    with pytest.raises(NotMoved, match="never put over one"):
        await put_back(bench.opened, read(lines, bench.opened.codec), RULES)
    assert await bench.shop.task() == task


async def test_another_key_reads_nothing(bench: Bench) -> None:
    """Whoever finds the file has no thread, and can forge none."""
    await bench.finished()
    lines = await taken_out(bench.opened, THREAD)
    with pytest.raises(NotThisThread, match=r"Line 2 of the file: .*another key"):
        read(lines, Codec(bytes(32)))


@pytest.fixture(scope="module")
def sound() -> list[str]:
    """Give a sound file, made without a server."""
    codec = Codec(KEY)
    task = replace(new_task(), version=len(LINKS) - 1)
    kept = Kept(
        thread_id=THREAD,
        version=task.version,
        head=LINKS[-1].head,
        length=len(LINKS),
        checkpoint=codec.encode(task),
        outbox={WORK_ID: codec.encode_effect(WORK_ID, EFFECTS[1])},
    )
    return list(written(kept, LINKS, codec))


def test_a_sound_file_is_read_whole(sound: list[str]) -> None:
    """No false alarms."""
    bundle = read(sound, Codec(KEY))
    assert list(bundle.links) == LINKS
    assert bundle.kept.head == LINKS[-1].head
    assert len(bundle.outbox) == 1


@settings(max_examples=200, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), nth=st.integers(0, 10_000))
def test_a_changed_byte_is_refused_at_its_own_line(sound: list[str], at: float, bit: int, nth: int) -> None:
    """Wherever it is: in the header, the checkpoint, an effect, a link, the seal, or between them."""
    number = nth % len(sound)
    raw = bytearray(sound[number].encode())
    raw[int(at * len(raw))] ^= 1 << bit
    changed = "".join((*sound[:number], raw.decode("ascii", "surrogateescape"), *sound[number + 1 :]))
    with pytest.raises(NotThisThread) as no:
        read(changed.splitlines(keepends=True), Codec(KEY))
    known_later = number == 0  # the first line says what the others are held against
    assert no.value.line == number + 1 or known_later


@given(nth=st.integers(0, 10_000))
def test_a_line_that_is_missing_is_refused(sound: list[str], nth: int) -> None:
    """Also the last."""
    number = nth % len(sound)
    with pytest.raises(NotThisThread):
        read([*sound[:number], *sound[number + 1 :]], Codec(KEY))


@given(one=st.integers(0, 10_000), other=st.integers(0, 10_000))
def test_two_lines_that_were_exchanged_are_refused(sound: list[str], one: int, other: int) -> None:
    """Order is part of the record."""
    first, second = one % len(sound), other % len(sound)
    if first == second:
        return
    lines = list(sound)
    lines[first], lines[second] = lines[second], lines[first]
    with pytest.raises(NotThisThread):
        read(lines, Codec(KEY))


def test_something_after_the_seal_is_refused(sound: list[str]) -> None:
    """The seal is the end."""
    with pytest.raises(NotThisThread, match="Something follows the seal"):
        read([*sound, sound[-1]], Codec(KEY))


async def test_an_older_checkpoint_of_the_same_thread_is_not_taken(bench: Bench) -> None:
    """It is sealed for this thread, and is not what the journal led to."""
    await bench.waiting()
    older = await taken_out(bench.opened, THREAD)
    await bench.shop.give(Pause(by=REQUESTER))
    newer = await taken_out(bench.opened, THREAD)
    with pytest.raises(NotThisThread, match="Line 2 of the file: The checkpoint is of version"):
        read([newer[0], older[1], *newer[2:]], bench.opened.codec)


async def test_a_damaged_thread_is_not_taken_out_and_the_line_is_named(bench: Bench) -> None:
    """A file is a promise that it can come back."""
    await bench.finished()
    key = keys_of(THREAD).journal
    (raw,) = await bench.redis.lrange(key, 2, 2)
    assert isinstance(raw, bytes)
    await bench.redis.lset(key, 2, raw[:-1] + bytes([raw[-1] ^ 1]))  # type: ignore[arg-type]  # any bytes are a value
    with pytest.raises(NotThisThread, match="Line 2 of the journal"):
        await taken_out(bench.opened, THREAD)


async def test_a_call_that_ran_when_it_was_taken_out_is_asked_about(redis: Redis) -> None:
    """It may have happened; its worker is not ours to ask."""
    bench = bench_on(redis)
    await bench.waiting()
    await bench.shop.approve()
    checkpoint = await bench.shop.task()
    (work,) = pending_work(checkpoint)
    phase = checkpoint.phase
    assert phase.kind == "acting"
    person = replace(APPROVER, looked_up_at=(await bench.opened.store.load(THREAD)).now)
    await bench.shop.give(ToolStarted(effect_id=work, digest=phase.proposal.digest, worker="gone", approvers=(person,)))
    await moved(bench)
    back = await bench.shop.phase()
    assert isinstance(back, Paused)
    assert isinstance(back.was, OutcomeUnknown)


def test_a_long_journal_is_laid_ready_in_pages_that_hold_all_of_it() -> None:
    """In order, none left out, none twice."""
    links = [replace(link, line=link.line * 5000) for link in LINKS]
    cut = list(pages(links))
    assert len(cut) > 1
    assert [link for page in cut for link in page] == links


async def test_only_what_finished_long_ago_is_purged(bench: Bench) -> None:
    """What waits for people waits as long as they like."""
    await bench.waiting()
    assert [one async for one in purged(bench.opened, timedelta(0), dry=False)] == []
    await bench.shop.approve()
    await bench.shop.drain()
    assert [one async for one in purged(bench.opened, LONG_AGO, dry=False)] == []
    head = (await bench.opened.store.load(THREAD)).head
    ((name, words),) = [one async for one in purged(bench.opened, timedelta(0), dry=True)]
    assert (name, words.startswith("would be purged: succeeded on ")) == (THREAD, True)
    assert (await bench.opened.store.load(THREAD)).head == head
    ((_, words),) = [one async for one in purged(bench.opened, timedelta(0), dry=False)]
    assert words.startswith("purged: succeeded on ")
    (stone,) = await bench.opened.archive.tombstones(THREAD)
    assert (stone.head, stone.how) == (head, "succeeded")
    assert head in told_stone(stone)
    assert await bench.opened.archive.threads() == []


async def test_a_purged_thread_comes_back_from_its_file_and_from_no_other(bench: Bench) -> None:
    """The tombstone's head tells which state was buried."""
    await bench.waiting()
    older = await taken_out(bench.opened, THREAD)
    await bench.shop.approve()
    await bench.shop.drain()
    newest = await taken_out(bench.opened, THREAD)
    assert [one async for one in purged(bench.opened, timedelta(0), dry=False)]
    with pytest.raises(NotMoved, match="another head"):
        await put_back(bench.opened, read(older, bench.opened.codec), RULES)
    await put_back(bench.opened, read(newest, bench.opened.codec), RULES)
    assert isinstance(await bench.shop.phase(), Finished)


async def test_a_damaged_thread_is_not_purged(bench: Bench) -> None:
    """Somebody has to look at it first."""
    await bench.finished()
    await bench.redis.hset(keys_of(THREAD).thread, "checkpoint", "damaged")
    assert [one async for one in purged(bench.opened, timedelta(0), dry=False)] == []
