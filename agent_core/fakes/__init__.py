"""In-memory ports, shipped for every test: they keep the same laws as the real ones, and record what was asked of them.

The store and its views keep encoded bytes, so that what would not survive Redis fails here too. The world's fakes are
programmed by plain attributes and never sleep: what waits, waits for an event or for a clock that the test moves.
"""

from agent_core.fakes.clock import FakeClock, turns
from agent_core.fakes.holds import MemoryLocks, MemorySwitch
from agent_core.fakes.people import FakeDirectory, FakeEngine
from agent_core.fakes.store import MemoryStore
from agent_core.fakes.surface import FakeSurface, Posted, ReplyLost
from agent_core.fakes.views import MemoryIndex, MemoryLessons
from agent_core.fakes.work import FakeCritic, FakeModel, FakeTools

__all__ = [
    "FakeClock",
    "FakeCritic",
    "FakeDirectory",
    "FakeEngine",
    "FakeModel",
    "FakeSurface",
    "FakeTools",
    "MemoryIndex",
    "MemoryLessons",
    "MemoryLocks",
    "MemoryStore",
    "MemorySwitch",
    "Posted",
    "ReplyLost",
    "turns",
]
