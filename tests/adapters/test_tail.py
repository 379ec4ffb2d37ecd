"""What a call printed before its worker was lost can be read afterwards."""

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis

from agent_core.adapters.redis_spool import RedisSpool, spool_key
from agent_core.adapters.tools.command import CommandTool
from agent_core.adapters.tools.tail import TAIL_CHARS, Tail
from agent_core.adapters.tools.toolbox import Runner, Toolbox, fingerprint_of
from agent_core.codec import Codec
from agent_core.errors import Broken
from agent_core.fakes import FakeClock, turns
from agent_core.fakes.spool import MemorySpool
from agent_core.ports import StoreDown
from agent_core.proposal import Call
from agent_core.rules.book import ToolSpec
from tests.adapters.polling import until
from tests.examples import KEY, NOON

NAME = f"{'d1' * 16}-3"
SCHEMA = '{"type":"object","properties":{},"additionalProperties":false}'


def talking(script: str) -> tuple[Toolbox, Call]:
    """Make a toolbox with one command, and the call of it."""
    runner: Runner = CommandTool(name="talk", argv=("sh", "-c", script), config_dir=Path(__file__).parent)
    spec = ToolSpec(name="talk", description="", schema_json=SCHEMA, fingerprint=fingerprint_of(runner))
    return Toolbox({"talk": runner}, {"talk": spec}), Call(tool="talk", args_json="{}", fingerprint=spec.fingerprint)


async def test_what_a_call_prints_is_kept_while_it_runs() -> None:
    """Every second, while more comes; its newest characters only."""
    clock, spool = FakeClock(NOON), MemorySpool()
    (box, call), stop = talking("echo first; sleep 1000"), asyncio.Event()
    running = asyncio.create_task(box.spooling(spool, clock).run(call, key=NAME, stop=stop))

    async def is_kept() -> bool:
        await clock.advance(1.0)
        return spool.kept == {NAME: "first\n"}

    await until(is_kept, "what was printed")
    stop.set()
    assert (await running).output.stdout == "first\n"
    assert spool.kept == {NAME: "first\n"}


async def test_a_call_that_is_over_at_once_writes_nothing() -> None:
    """Most are."""
    clock, spool = FakeClock(NOON), MemorySpool()
    box, call = talking("echo quick")
    assert (await box.spooling(spool, clock).run(call, key=NAME, stop=asyncio.Event())).output.stdout == "quick\n"
    assert spool.kept == {}


async def test_the_newest_is_what_is_kept() -> None:
    """The end of a log says how far it came."""
    async with Tail(MemorySpool(), FakeClock(NOON), NAME) as tail:
        tail.add("stdout", "x" * TAIL_CHARS)
        tail.add("stderr", "the end\n")
        assert len(tail.text) == TAIL_CHARS
        assert tail.text.endswith("xthe end\n")


async def test_what_comes_after_a_silence_is_kept_at_once() -> None:
    """The first second is the call's, not that of its first word."""
    clock, spool = FakeClock(NOON), MemorySpool()
    async with Tail(spool, clock, NAME) as tail:
        await clock.advance(5.0)
        tail.add("stdout", "first\n")
        await clock.advance(0.0)
        assert spool.kept == {NAME: "first\n"}
        tail.add("stdout", "second\n")
        await clock.advance(0.5)
        assert spool.kept == {NAME: "first\n"}
        await clock.advance(0.5)
        assert spool.kept == {NAME: "first\nsecond\n"}


async def test_a_call_that_prints_nothing_has_nobody_who_writes() -> None:
    """A function's result is all that it says, and it says it at its end."""
    before = asyncio.all_tasks()
    async with Tail(MemorySpool(), FakeClock(NOON), NAME):
        assert asyncio.all_tasks() == before


async def test_a_spool_that_does_not_answer_does_not_end_the_call() -> None:
    """The call matters more."""

    class Gone(MemorySpool):
        tried = 0

        async def keep(self, key: str, text: str) -> None:
            del key, text
            self.tried += 1
            raise StoreDown("no", sent=False)

    clock, spool = FakeClock(NOON), Gone()
    (box, call), stop = talking("echo first; sleep 1000"), asyncio.Event()
    running = asyncio.create_task(box.spooling(spool, clock).run(call, key=NAME, stop=stop))

    async def was_tried() -> bool:
        await clock.advance(1.0)
        return spool.tried > 0

    await until(was_tried, "a try to write")
    await turns()
    assert not running.done()
    stop.set()
    assert (await running).how == "stopped"


class TestRedisSpool:
    """The spool on Redis."""

    @pytest.fixture
    def spool(self, redis: Redis) -> RedisSpool:
        """Begin with nothing kept."""
        return RedisSpool(redis, Codec(KEY))

    async def test_the_newest_takes_the_place_of_what_was_kept(self, spool: RedisSpool, redis: Redis) -> None:
        """For a week; nothing is kept for a call that printed nothing."""
        assert await spool.newest(NAME) == ""
        for text in ("one", "two — ☃"):
            await spool.keep(NAME, text)
        assert await spool.newest(NAME) == "two — ☃"
        assert 0 < await redis.ttl(spool_key(NAME)) <= 7 * 24 * 3600

    async def test_what_was_changed_or_moved_is_nothing(self, spool: RedisSpool, redis: Redis) -> None:
        """It only helps people to look."""
        await spool.keep(NAME, "one")
        raw = await redis.get(spool_key(NAME))
        assert isinstance(raw, bytes)
        await redis.set(spool_key(f"{NAME}-readback"), raw)
        assert await spool.newest(f"{NAME}-readback") == ""
        with pytest.raises(Broken):
            await spool.keep("{x}", "one")
