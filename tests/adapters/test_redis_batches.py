"""Commands that travel together: nobody waits in vain, and nobody gets another's reply or error."""

import asyncio
from typing import TYPE_CHECKING

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from agent_core.adapters.redis_batches import MOST, UNDER_WAY, Batches
from agent_core.fakes import turns

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 10.0


async def test_everybody_gets_their_own_reply(redis: Redis) -> None:
    """More than one batch holds, asked at once."""
    batches = Batches(redis, timeout_s=PATIENCE_S)
    words = [str(nth).encode() for nth in range(3 * MOST)]
    assert await batches.ask_all(("ECHO", word) for word in words) == words
    assert await asyncio.gather(*(batches.ask(("ECHO", word)) for word in words)) == words


class Line:
    """A connection that answers everything with OK once ``open`` is set."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    def pack_commands(self, commands: list[tuple[str, ...]]) -> list[bytes]:
        """Pack nothing."""
        del commands
        return []

    async def send_packed_command(self, packed: list[bytes]) -> None:
        """Send nothing."""

    async def read_response(self, *, timeout: float) -> bytes:  # noqa: ASYNC109 - the client's own name
        """Answer as soon as it may."""
        del timeout
        await self.open.wait()
        return b"OK"


class Exchange:
    """A client and its pool, whose ``released`` is called when the first connection comes back."""

    def __init__(self, line: Line) -> None:
        self.connection_pool = self
        self.line = line
        self.released: Callable[[], object] | None = None

    async def get_connection(self) -> Line:
        """Give the one connection to everybody."""
        return self.line

    async def release(self, line: Line) -> None:
        """Take it back."""
        del line
        if self.released is not None:
            asyncio.get_running_loop().call_soon(self.released)
            self.released = None


async def test_who_asks_while_the_last_batches_end_is_not_left_behind() -> None:
    """Nobody asks after them, whose batch would take theirs along."""
    exchange = Exchange(Line())
    batches = Batches(exchange, timeout_s=PATIENCE_S)  # type: ignore[arg-type]  # it has what is used of a client
    asked = [asyncio.create_task(batches.ask(("PING",))) for _ in range(UNDER_WAY)]
    await turns(2)
    exchange.released = lambda: asked.append(asyncio.create_task(batches.ask(("PING",))))
    exchange.line.open.set()
    await turns(10)
    assert [reply.done() for reply in asked] == [True] * (UNDER_WAY + 1)


async def test_a_refused_command_fails_alone(redis: Redis) -> None:
    """A batch is no transaction."""
    batches = Batches(redis, timeout_s=PATIENCE_S)
    commands = (("ECHO", "1"), ("NOSUCH",), ("ECHO", "2"))
    tasks = [asyncio.create_task(batches.ask(command)) for command in commands]
    first, wrong, last = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, last) == (b"1", b"2")
    assert isinstance(wrong, ResponseError)
    with pytest.raises(ResponseError, match="unknown command"):
        await batches.ask_all(commands)


@pytest.mark.parametrize("place", range(UNDER_WAY + 2))
async def test_who_stops_waiting_disturbs_nobody(redis: Redis, place: int) -> None:
    """A listener that ran out of its time leaves a reply that is nobody else's, wherever its command travels."""
    batches = Batches(redis, timeout_s=PATIENCE_S)
    words = [str(nth).encode() for nth in range(UNDER_WAY + 2)]
    tasks = [asyncio.create_task(batches.ask(("ECHO", word))) for word in words]
    await turns(2)
    tasks.pop(place).cancel()
    words.pop(place)
    async with asyncio.timeout(PATIENCE_S):
        assert await asyncio.gather(*tasks) == words
        assert await batches.ask(("ECHO", "next")) == b"next"
