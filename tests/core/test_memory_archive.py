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
    archive = MemoryArchive(FakeClock(NOON), Codec(KEY))

    async def settle(thread_id: ThreadId) -> None:
        archive.kept[thread_id].outbox = {}

    return Scene(store=archive, archive=archive, settle=settle)


class TestMemoryArchive(ArchiveLaws):
    """The archive in memory keeps the laws."""
