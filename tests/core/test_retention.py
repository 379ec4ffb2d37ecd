"""Threads that finished long ago leave a tombstone, by themselves and once; nothing else goes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from structlog.testing import capture_logs

from agent_core.fakes import turns
from agent_core.fakes.archive import MemoryArchive
from agent_core.phases import Finished
from agent_core.ports import StoreDown
from agent_core.retention import BREATHE_EVERY, EVERY_S, FIRST_S, Retention
from agent_core.words import ThreadId
from tests.core.workshop import Workshop
from tests.examples import THREAD

DAYS = timedelta(days=90)


def kept() -> tuple[Workshop, MemoryArchive]:
    """Set up a workshop whose store is an archive as well."""
    shop = Workshop()
    archive = MemoryArchive(shop.clock)
    shop.store = archive
    shop.restarted()
    return shop, archive


@asynccontextmanager
async def retaining(shop: Workshop, archive: MemoryArchive) -> AsyncIterator[None]:
    """Have it look from time to time."""
    retention = Retention(archive, archive, shop.clock, DAYS)
    retention.start()
    try:
        yield
    finally:
        await retention.stop()


async def finished(shop: Workshop) -> None:
    """Bring a task to its end."""
    await shop.until_waiting()
    await shop.approve()
    await shop.drain()
    assert isinstance(await shop.phase(), Finished)


async def test_a_thread_goes_by_itself_when_it_has_been_kept_long_enough() -> None:
    """And not a look sooner."""
    shop, archive = kept()
    await finished(shop)
    async with retaining(shop, archive):
        await shop.clock.advance(DAYS.total_seconds() - EVERY_S)
        assert await archive.threads() == [THREAD]
        await shop.clock.advance(2 * EVERY_S)
        assert await archive.threads() == []
    (stone,) = await archive.tombstones(THREAD)
    assert stone.how == "succeeded"


async def test_what_waits_for_people_is_kept_for_ever() -> None:
    """It is not old, it waits."""
    shop, archive = kept()
    await shop.until_waiting()
    async with retaining(shop, archive):
        await shop.clock.advance(2 * DAYS.total_seconds())
    assert await archive.threads() == [THREAD]


async def test_nothing_is_looked_at_while_the_bot_comes_up() -> None:
    """It has more urgent things to do."""
    shop, archive = kept()
    await finished(shop)
    shop.clock.move(2 * DAYS.total_seconds())
    async with retaining(shop, archive):
        await shop.clock.advance(FIRST_S - 1)
        assert await archive.threads() == [THREAD]
        await shop.clock.advance(1)
        assert await archive.threads() == []


async def test_many_threads_let_others_run_in_between() -> None:
    """A look must not hold up a click."""
    shop, archive = kept()
    for nth in range(BREATHE_EVERY):
        await shop.begin(ThreadId(f"{THREAD[:-6]}{nth:06d}"))
    retention = Retention(archive, archive, shop.clock, DAYS)
    shop.clock.slept.clear()
    retention.start()
    await shop.clock.advance(FIRST_S)
    await turns(500)
    await shop.clock.advance(1)
    await turns(500)
    await retention.stop()
    assert len(shop.clock.slept) == 3, "at first, once between, and until the next look"


async def test_a_store_that_does_not_answer_is_asked_again_at_the_next_look() -> None:
    """It is said, and nothing else happens."""
    shop, archive = kept()
    await finished(shop)
    shop.clock.move(2 * DAYS.total_seconds())
    with capture_logs() as said:
        async with retaining(shop, archive):
            archive.down = StoreDown("unplugged", sent=False)
            await shop.clock.advance(FIRST_S)
            archive.down = None
            assert await archive.threads() == [THREAD]
            await shop.clock.advance(EVERY_S)
            assert await archive.threads() == []
    assert [one["event"] for one in said if one["log_level"] == "warning"] == ["threads not purged"]
    await turns()


async def test_a_defect_of_ours_does_not_end_it() -> None:
    """It is logged as one, and the next look is made."""
    shop, archive = kept()
    await finished(shop)
    shop.clock.move(2 * DAYS.total_seconds())
    archive.down = ValueError("a defect")  # type: ignore[assignment]  # raised as it is
    with capture_logs() as said:
        async with retaining(shop, archive):
            await shop.clock.advance(FIRST_S)
            archive.down = None
            await shop.clock.advance(EVERY_S)
            assert await archive.threads() == []
    assert [one["event"] for one in said if one["log_level"] == "error"] == ["threads not purged"]


async def test_a_thread_that_cannot_be_read_is_left_alone() -> None:
    """Somebody has to look at it first."""
    shop, archive = kept()
    await finished(shop)
    archive.kept[THREAD].checkpoint = b"damaged"
    assert await Retention(archive, archive, shop.clock, timedelta(0)).look() == 0
    assert await archive.threads() == [THREAD]
