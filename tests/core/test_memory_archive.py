import pytest

from agent_core.codec import Codec
from agent_core.fakes import FakeClock
from agent_core.fakes.archive import MemoryArchive
from agent_core.words import ThreadId
from tests.examples import KEY, NOON
from tests.laws.archive_laws import ArchiveLaws, Scene


@pytest.fixture
def scene() -> Scene:
    """Give one store as both sides."""
    clock = FakeClock(NOON)
    archive = MemoryArchive(clock, Codec(KEY))

    async def settle(thread_id: ThreadId) -> None:
        archive.kept[thread_id].outbox = {}

    async def later() -> None:
        clock.move(1)

    return Scene(store=archive, archive=archive, settle=settle, later=later)


class TestMemoryArchive(ArchiveLaws):
    """The archive in memory keeps the laws."""
