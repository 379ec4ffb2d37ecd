import asyncio
import gzip
import json
import tracemalloc

import pytest

from bot.guard import Limits
from tests.bot.guard.door import JSON, PATH, Door, event, open_door, sign

LIMIT = 512 * 1024
MIB = 1024 * 1024
CHUNKED = "Transfer-Encoding: chunked\r\n"


def padded(size: int) -> bytes:
    """Give a good event of exactly so many bytes."""
    return json.dumps(event()).encode().ljust(size)


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413), (6 * MIB, 413)])
async def test_g5_a_body_may_have_512_kib_and_no_more(door: Door, size: int, status: int) -> None:
    """Slack sends less; a larger one only fills the memory."""
    assert (await door.knock(padded(size)))[0] == status


async def test_g5_a_length_that_is_only_announced_is_refused_by_its_header(door: Door) -> None:
    """Nobody waits for a gigabyte to come."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nContent-Length: 1000000000\r\n\r\n"
    assert await door.raw(head.encode()) == 413


async def test_g5_a_body_without_a_length_is_counted_while_it_comes(door: Door) -> None:
    """A chunked body announces nothing."""
    body = padded(LIMIT + 1)

    async def chunks() -> bytes:
        head = "".join(f"{name}: {value}\r\n" for name, value in sign(body).items())
        start = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n{head}\r\n"
        return start.encode() + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"

    assert await door.raw(await chunks()) == 413


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity", "gzip, gzip", "x"])
async def test_g5_no_encoded_body_is_taken(door: Door, encoding: str) -> None:
    """Slack sends none, and inflating is how a small body becomes a large one."""
    body = json.dumps(event()).encode()
    assert await door.raw_post(body, [("Content-Encoding", encoding.encode()), ("Content-Type", JSON.encode())]) == 415


async def test_g5_a_bomb_is_not_inflated(door: Door) -> None:
    """24 MiB of zeros travel as 24 KiB."""
    bomb = gzip.compress(bytes(24 * MIB))
    tracemalloc.start()
    try:
        status, _ = await door.knock(bomb, {**sign(bomb), "Content-Encoding": "gzip"})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert status == 415
    assert peak < 2 * MIB


async def test_g6_stalled_bodies_are_given_up_and_hold_nobody_else_up() -> None:
    """Fifty connections that announce a body and never send it."""
    body = json.dumps(event()).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in sign(body).items())
    start = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nContent-Length: 9\r\n{head}\r\n{{"
    loop = asyncio.get_running_loop()
    async with open_door(Limits(body_s=0.4)) as door, asyncio.TaskGroup() as stalled:
        answers = [stalled.create_task(door.raw(start.encode())) for _ in range(50)]
        began = loop.time()
        assert (await door.tell(event()))[0] == 200
        assert loop.time() - began < 0.3
    assert [answer.result() for answer in answers] == [408] * 50


async def test_g6_a_stalled_connection_is_closed_soon() -> None:
    """The answer alone would leave the socket open for whatever it sends next."""
    body = json.dumps(event()).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in sign(body).items())
    async with open_door(Limits(body_s=0.1)) as door, asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n{head}\r\n".encode())
        answered = await reader.read()  # to the end of the connection
        writer.close()
    assert b" 408 " in answered


@pytest.mark.parametrize("rest", [b"5\r\nabcde\r\nzz\r\n", None], ids=["a chunk of no size", "a closed connection"])
async def test_a_body_that_breaks_off_is_no_error_of_ours(rest: bytes | None, caplog: pytest.LogCaptureFixture) -> None:
    """The server says that it is reading; then what comes is no body, or nothing."""
    head = "".join(f"{name}: {value}\r\n" for name, value in sign(b"abcde").items())
    start = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{CHUNKED}{head}\r\n"
    async with open_door(Limits(body_s=0.3)) as door, asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        try:
            writer.write(start.encode())
            assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
            writer.write(rest or b"")
        finally:
            if rest is None:
                writer.close()
            await door.turned_away.wait()
            writer.close()
    (refusal,) = door.refused
    assert (refusal.status, refusal.reason) in {(400, "body"), (408, "body_time")}
    assert not [line for line in caplog.records if line.levelname == "ERROR"]
    assert not door.behind.seen


RAW = {
    "length and chunked": f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n{CHUNKED}\r\n0\r\n\r\n",
    "two lengths": f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "a length that is no number": f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd",
    "another coding": f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "GET": f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n",
    "PUT": f"PUT {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "DELETE": f"DELETE {PATH} HTTP/1.1\r\nHost: x\r\n\r\n",
    "a made up method": f"BREW {PATH} HTTP/1.1\r\nHost: x\r\n\r\n",
    "a longer path": f"POST {PATH}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "a doubled slash": "POST //slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "a path that climbs": "POST /x/../../etc/passwd HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "another case": "POST /Slack/Events HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "a folded header": f"POST {PATH} HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n",
    "a NUL in a header": f"POST {PATH} HTTP/1.1\r\nHost: x\r\nA: b\0c\r\nContent-Length: 0\r\n\r\n",
    "a space before the colon": f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length : 0\r\n\r\n",
    "a huge header": f"POST {PATH} HTTP/1.1\r\nHost: x\r\nA: {'b' * 20000}\r\n\r\n",
    "a thousand headers": f"POST {PATH} HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n" * 1000 + "\r\n",
    "no HTTP at all": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("sort", RAW)
async def test_g19_odd_requests_end_at_the_door(door: Door, sort: str) -> None:
    """One parser, one path, one method; two lengths are a request within a request."""
    assert await door.raw(RAW[sort].encode("latin-1")) in {0, 400, 401, 404, 405}
    assert not door.behind.seen
