import asyncio

import pytest
from hypothesis import given, strategies as st

from agent_core.adapters.places import Places
from agent_core.fakes import turns
from agent_core.words import ChannelId

BUSY, QUIET, OTHER = ChannelId("C0BUSY"), ChannelId("C0QUIET"), ChannelId("C0OTHER")


class Guests:
    """Those who hold a place or wait for one."""

    def __init__(self, most: int, share: int) -> None:
        self.places = Places(most, share)
        self.inside: list[tuple[ChannelId, asyncio.Event]] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, channel: ChannelId, how_many: int = 1) -> None:
        """Ask for places."""
        self.tasks += [asyncio.create_task(self._stay(channel)) for _ in range(how_many)]
        await turns(5)

    async def _stay(self, channel: ChannelId) -> None:
        async with self.places.place(channel):
            here = (channel, asyncio.Event())
            self.inside.append(here)
            try:
                await here[1].wait()
            finally:
                self.inside.remove(here)

    async def go(self, nth: int = 0) -> None:
        """Let one of those who hold a place leave it."""
        self.inside[nth][1].set()
        await turns(5)

    @property
    def channels(self) -> list[ChannelId]:
        """Say who holds a place."""
        return [channel for channel, _ in self.inside]

    async def end(self) -> None:
        """Send everybody away."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_no_channel_takes_every_place() -> None:
    """A hundred long calls in one channel keep nobody else from being served at once."""
    guests = Guests(4, 2)
    await guests.come(BUSY, 100)
    assert guests.channels == [BUSY, BUSY]
    await guests.come(QUIET)
    assert guests.channels == [BUSY, BUSY, QUIET]
    await guests.end()


async def test_channels_take_turns() -> None:
    """Who comes after a hundred of another channel waits for one of them, not for all."""
    guests = Guests(1, 1)
    await guests.come(BUSY, 100)
    await guests.come(QUIET, 2)
    await guests.come(OTHER)
    seen = []
    for _ in range(6):
        await guests.go()
        seen += guests.channels
    assert seen == [BUSY, QUIET, OTHER, BUSY, QUIET, BUSY]
    await guests.end()


async def test_a_place_given_in_the_moment_of_a_cancel_is_not_lost() -> None:
    """A worker that stops some waits loses none of its places."""
    guests = Guests(1, 1)
    await guests.come(BUSY, 2)
    guests.inside[0][1].set()
    await turns(1)
    assert not guests.inside
    guests.tasks[1].cancel()
    await turns(5)
    await guests.come(QUIET)
    assert guests.channels == [QUIET]
    await guests.end()


@given(moves=st.lists(st.one_of(st.sampled_from([BUSY, QUIET, OTHER]), st.integers(0, 9)), max_size=60))
def test_there_are_never_more_inside_than_places_and_never_a_place_that_stands_empty(
    moves: list[ChannelId | int],
) -> None:
    """Whoever may enter is inside: a place is free only while every channel that waits has its share."""

    async def play() -> None:
        guests = Guests(3, 2)
        came: dict[ChannelId, int] = {}
        for move in moves:
            if isinstance(move, str):
                came[move] = came.get(move, 0) + 1
                await guests.come(move)
            elif guests.inside:
                channel = guests.inside[move % len(guests.inside)][0]
                came[channel] -= 1
                await guests.go(move % len(guests.inside))
            inside = guests.channels
            assert len(inside) <= 3
            assert all(inside.count(channel) <= 2 for channel in came)
            if len(inside) < 3:
                assert all(inside.count(channel) == min(2, wanted) for channel, wanted in came.items())
        await guests.end()

    asyncio.run(play())


@pytest.mark.parametrize(("held", "expected"), [(1, False), (2, True)])
async def test_a_channel_knows_when_it_has_its_share(held: int, *, expected: bool) -> None:
    """Then a job is let go, and another worker may have it."""
    guests = Guests(3, 2)
    await guests.come(BUSY, held)
    assert guests.places.has_its_share(BUSY) is expected
    await guests.end()
