import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from agent_core.adapters.redis_client import CONNECTIONS, connect, refusal
from agent_core.adapters.redis_store import RedisStore
from agent_core.codec import Codec
from agent_core.ports import StoreDown
from agent_core.transition import Transition
from tests.examples import KEY, THREAD, entry, new_task


class OddServer:
    """Speaks just enough of Redis to be connected to; what it does with a script is the test's choice."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.scripts = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer commands until a script comes, then answer as told, or hang up on None."""
        while (header := await reader.readline()).startswith(b"*"):
            words = [await self.word(reader) for _ in range(int(header[1:]))]
            if words[0] != b"EVALSHA":
                writer.write(b"+PONG\r\n" if words[0] == b"PING" else b"+OK\r\n")
                continue
            self.scripts += 1
            if self.answer is None:
                break
            writer.write(self.answer)
        writer.close()

    @staticmethod
    async def word(reader: asyncio.StreamReader) -> bytes:
        """Read one word of a command."""
        size = int((await reader.readline())[1:])
        return (await reader.readexactly(size + 2))[:-2]


@asynccontextmanager
async def odd(server: OddServer, tmp_path: Path) -> AsyncIterator[RedisStore]:
    """Give a store on an odd server."""
    socket = tmp_path / "odd"
    listening = await asyncio.start_unix_server(server.serve, socket)
    client = connect(f"unix://{socket}")
    try:
        yield RedisStore(client, Codec(KEY))
    finally:
        await client.aclose()
        listening.close()
        await listening.wait_closed()


async def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    """People are told that nothing was changed, which is sure."""
    client = connect("redis://127.0.0.1:1")
    with pytest.raises(StoreDown, match="cannot be reached") as caught:
        await RedisStore(client, Codec(KEY)).load(THREAD)
    assert not caught.value.sent
    await client.aclose()


async def test_a_lost_reply_is_said_to_be_unknown_and_not_asked_for_again(tmp_path: Path) -> None:
    """The client's own retries would run the script up to eleven times."""
    server = OddServer(None)
    async with odd(server, tmp_path) as store:
        with pytest.raises(StoreDown) as caught:
            await store.load(THREAD)
    assert caught.value.sent
    assert server.scripts == 1


async def test_a_server_that_does_not_answer_is_given_up_soon(tmp_path: Path) -> None:
    """Slack gives three seconds, and the person must be told within them."""
    server = OddServer(b"")
    started = asyncio.get_running_loop().time()
    async with odd(server, tmp_path) as store:
        with pytest.raises(StoreDown) as caught:
            await store.load(THREAD)
    assert caught.value.sent
    assert server.scripts == 1
    assert asyncio.get_running_loop().time() - started < 1.2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"-LOADING Redis is loading the dataset in memory\r\n", "still loading"),
        (b"-MISCONF Errors writing to the AOF file\r\n", "cannot write to its disk"),
        (b"-BUSY Redis is busy running a script.\r\n", "busy with a script"),
        (b"-NOAUTH Authentication required.\r\n", "wants a password"),
        (b"-ERR Error running script: @user_script: 5: -OOM command not allowed\r\n", "out of memory"),
    ],
)
async def test_what_the_server_refused_whole_was_not_done(tmp_path: Path, answer: bytes, words: str) -> None:
    """Its refusals are answers: nothing has to be looked up."""
    async with odd(OddServer(answer), tmp_path) as store:
        with pytest.raises(StoreDown, match=words) as caught:
            await store.load(THREAD)
    assert not caught.value.sent


async def commit_refused(store: RedisStore) -> StoreDown:
    """Try to begin a task and give the reason why it was not."""
    before = await store.load(THREAD)
    with pytest.raises(StoreDown) as caught:
        await store.commit(before, Transition(checkpoint=new_task()), entry(1))
    return caught.value


async def test_a_full_server_writes_all_of_a_commit_or_nothing(redis: Redis) -> None:
    """Lua has no roll-back: a script that stopped half way would leave half a task."""
    await redis.config_set("maxmemory", "1")
    try:
        refused = await commit_refused(RedisStore(redis, Codec(KEY)))
    finally:
        await redis.config_set("maxmemory", "0")
    assert (refused.sent, str(refused)) == (False, "Redis is out of memory.")
    assert await redis.keys("*") == []


async def test_a_replica_takes_no_decision(redis: Redis) -> None:
    """After a fail-over the old master is one."""
    await redis.replicaof("127.0.0.1", "1")
    try:
        refused = await commit_refused(RedisStore(redis, Codec(KEY)))
    finally:
        await redis.replicaof("NO", "ONE")
    assert (refused.sent, str(refused)) == (False, "This Redis is a read-only replica.")


async def test_a_wrong_password_is_named(redis_url: str) -> None:
    """The operator reads this in the log, and nothing was sent."""
    client = connect(redis_url, password="wrong", username="nobody")  # noqa: S106 - that it is wrong is the point
    with pytest.raises(StoreDown, match="invalid username-password pair") as caught:
        await RedisStore(client, Codec(KEY)).load(THREAD)
    assert not caught.value.sent
    await client.aclose()


async def test_a_burst_waits_for_a_connection(redis: Redis) -> None:
    """More callers than connections are served in turn, not refused."""
    store = RedisStore(redis, Codec(KEY))
    loads = await asyncio.gather(*(store.load(THREAD) for _ in range(4 * CONNECTIONS)))
    assert len(loads) == 4 * CONNECTIONS


async def test_a_connection_that_died_in_the_pool_is_replaced_unseen(redis: Redis, redis_url: str) -> None:
    """Redis was restarted between two clicks; nobody needs to know."""
    store = RedisStore(redis, Codec(KEY))
    await store.load(THREAD)
    async with connect(redis_url) as other:
        assert await other.client_kill_filter(_type="normal", skipme=True) == 1
        await other.ping()
    assert (await store.load(THREAD)).checkpoint is None


def test_an_error_that_is_not_known_is_no_refusal() -> None:
    """Then it is a defect of ours, or unknown; never 'nothing was changed'."""
    assert refusal(ResponseError("ERR value is not an integer")) is None
