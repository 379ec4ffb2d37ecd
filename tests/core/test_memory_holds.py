"""The locks and the emergency stop in memory keep the laws of those on Redis."""

import pytest

from agent_core.codec import Codec
from agent_core.fakes import FakeClock, MemoryLocks, MemoryStore, MemorySwitch
from agent_core.ports import Quarantined
from tests.examples import KEY, NOON
from tests.laws.holds_laws import TEAM, Damage, Later, LocksLaws, SwitchLaws, flipped


@pytest.fixture
def clock() -> FakeClock:
    """Begin at noon."""
    return FakeClock(NOON)


class TestMemoryLocks(LocksLaws):
    """The locks in memory."""

    @pytest.fixture
    def locks(self, clock: FakeClock) -> MemoryLocks:
        """Begin with no lock held."""
        return MemoryLocks(clock)

    @pytest.fixture
    def later(self, clock: FakeClock) -> Later:
        """Let time go by."""

        async def go_by(seconds: float) -> None:
            clock.move(seconds)

        return go_by


class TestMemorySwitch(SwitchLaws):
    """The emergency stop in memory."""

    @pytest.fixture
    def store(self, clock: FakeClock) -> MemoryStore:
        """Begin with an empty store."""
        return MemoryStore(clock, Codec(KEY))

    @pytest.fixture
    def switch(self, store: MemoryStore, clock: FakeClock) -> MemorySwitch:
        """Begin with the stop never pulled."""
        return MemorySwitch(store, clock, Codec(KEY))

    @pytest.fixture
    def damage(self, switch: MemorySwitch) -> Damage:
        """Change the last byte."""

        async def change() -> None:
            switch.kept[TEAM][-1] = flipped(switch.kept[TEAM][-1])

        return change

    async def test_a_damaged_log_is_told(self, switch: MemorySwitch) -> None:
        """Who stopped everything is a matter of record."""
        await switch.switch(TEAM, is_stopped=True, by="U0ONE")
        switch.kept[TEAM][0] += b"x"
        with pytest.raises(Quarantined):
            await switch.log(TEAM)
