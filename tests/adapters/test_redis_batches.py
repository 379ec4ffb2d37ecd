"""Commands that travel together: nobody waits in vain, and nobody gets another's reply or error."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from agent_core.adapters.redis_batches import MOST, Batches
from agent_core.adapters.redis_client import connect
from agent_core.adapters.redis_pools import NotSent
from agent_core.fakes import turns

PATIENCE_S = 10.0
TURNS = 12


async def test_everybody_gets_their_own_reply(redis: Redis) -> None:
    """More than one batch holds, asked at once."""
    batches = Batches(redis, timeout_s=PATIENCE_S)
    words = [str(nth).encode() for nth in range(3 * MOST)]
    assert await batches.ask_all(("ECHO", word) for word in words) == words
    assert await asyncio.gather(*(batches.ask(("ECHO", word)) for word in words)) == words


async def test_whoever_asks_at_any_turn_is_answered(redis: Redis) -> None:
    """Also who asks while the last batch ends, after whom nobody asks."""
    batches = Batches(redis, timeout_s=PATIENCE_S)
    for nth in range(TURNS):
        first = asyncio.create_task(batches.ask(("ECHO", "first")))
        await turns(nth)
        async with asyncio.timeout(PATIENCE_S):
            assert (await batches.ask(("ECHO", "last")), await first) == (b"last", b"first")


async def test_all_batches_go_over_one_connection(redis: Redis) -> None:
    """To take one from the pool costs more than to use it."""
    batches = Batches(redis, timeout_s=PATIENCE_S)
    used = {await batches.ask(("CLIENT", "ID")) for _ in range(TURNS)}
    assert len(used) == 1


async def test_a_connection_that_the_server_closed_costs_nobody_an_error(redis: Redis) -> None:
    """The next command is sent on a new one; nothing was sent on the old one, so nothing can have happened twice."""
    batches, other = Batches(redis, timeout_s=PATIENCE_S), Batches(redis, timeout_s=PATIENCE_S)
    closed = await batches.ask(("CLIENT", "ID"))
    await other.ask(("CLIENT", "KILL", "ID", str(closed)))
    await turns(TURNS)
    assert await batches.ask(("CLIENT", "ID")) != closed


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


@pytest.mark.parametrize("place", range(3))
async def test_who_stops_waiting_disturbs_nobody(redis: Redis, place: int) -> None:
    """A listener that ran out of its time leaves a reply that is nobody else's, wherever its command travels."""
    batches = Batches(redis, timeout_s=PATIENCE_S)
    words = [str(nth).encode() for nth in range(3)]
    tasks = [asyncio.create_task(batches.ask(("ECHO", word))) for word in words]
    await turns(2)
    tasks.pop(place).cancel()
    words.pop(place)
    async with asyncio.timeout(PATIENCE_S):
        assert await asyncio.gather(*tasks) == words
        assert await batches.ask(("ECHO", "next")) == b"next"


async def test_where_no_connection_can_be_had_everybody_is_told_at_once() -> None:
    """A thousand clicks at a Redis that hangs wait for one connection, not for one after the other, batch by batch."""
    met: list[asyncio.StreamWriter] = []

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(writer)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        redis = connect(f"redis://:secret@127.0.0.1:{server.sockets[0].getsockname()[1]}")
        batches = Batches(redis, timeout_s=PATIENCE_S)
        asking = [batches.ask(("ECHO", str(nth))) for nth in range(8 * MOST)]
        told = await asyncio.gather(*asking, return_exceptions=True)
        await redis.aclose()
    assert {type(error) for error in told} == {NotSent}
    assert len(met) == 1
