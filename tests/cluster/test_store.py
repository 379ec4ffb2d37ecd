"""What docs/operations.md says of the store: its copy, and the user that the bots need."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from redis.asyncio import Redis

from agent_core.adapters.docket_engine import Called, Caller
from agent_core.adapters.redis_client import connect
from agent_core.adapters.redis_settings import check_settings
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.system_clock import SystemClock
from agent_core.codec import Codec
from agent_core.words import ThreadId
from tests.adapters.polling import until
from tests.adapters.test_docket_engine import Drains
from tests.cluster.kit import PASSWORD, Store
from tests.examples import THREAD
from tests.stories.process import ROOT

CLOCK = SystemClock()
THREADS = 500


async def test_a_copy_of_the_log_made_while_the_server_runs_is_whole() -> None:
    """The three steps of the page; what was written before the first of them is all there."""
    with TemporaryDirectory(prefix="cs-") as first, TemporaryDirectory(prefix="cs-") as second:
        store, restored = Store(Path(first)), Store(Path(second))
        await store.start()
        redis = connect(store.url)
        for number in range(THREADS):
            await redis.set(f"cs:{{{number % 256}}}:thread:{number}", "x" * 100)
        await redis.bgrewriteaof()

        async def is_rewritten() -> bool:
            facts = await redis.info("persistence")
            return not facts["aof_rewrite_in_progress"] and not facts["aof_rewrite_scheduled"]

        await redis.config_set("auto-aof-rewrite-percentage", "0")
        await until(is_rewritten, "the end of the rewrite")
        await redis.set("while", "it runs")
        shutil.copytree(Path(first) / "appendonlydir", Path(second) / "appendonlydir")
        await redis.aclose()
        await store.kill()
        await restored.start()
        copy = connect(restored.url)
        assert await copy.dbsize() == THREADS + 1
        await copy.aclose()
        await restored.kill()


def acl() -> list[str]:
    """Read the rules of the user from the page."""
    page = (ROOT / "docs" / "operations.md").read_text()
    (line,) = [line for line in page.splitlines() if "`~cs:*" in line]
    rules = line[line.index("`~cs:*") :].split("`")[1]
    return rules.split()


@pytest.mark.parametrize("may_read_settings", [True, False])
async def test_a_user_with_the_rights_that_the_page_gives_can_do_all_that_we_need(*, may_read_settings: bool) -> None:
    """And no more: not the keys of others, not the server's settings."""
    with TemporaryDirectory(prefix="cs-") as folder:
        store = Store(Path(folder))
        await store.start()
        admin = connect(store.url)
        rules = [*acl(), *(["+config|get"] if may_read_settings else [])]
        await admin.execute_command("ACL", "SETUSER", "bot", "on", ">secret", *rules)  # type: ignore[no-untyped-call]  # not typed there
        url = store.url.replace(f":{PASSWORD}@", "bot:secret@")
        await works(url, connect(url))
        limited = connect(url)
        findings = [finding.setting for finding in await check_settings(limited, is_shared=True)]
        assert findings == (["aof-load-truncated"] if may_read_settings else ["config"])
        await refused(limited, "GET", "somebody:else")
        await refused(limited, "CONFIG", "SET", "appendonly", "no")
        await refused(limited, "FLUSHALL")
        for client in (limited, admin):
            await client.aclose()
        await store.kill()


async def works(url: str, redis: Redis) -> None:
    """See that the store and the queue of wake-ups can be used."""
    await RedisStore(redis, Codec(b"k" * 32)).load(THREAD)
    assert await RedisStore(redis, Codec(b"k" * 32)).overdue(1) == []
    await redis.aclose()
    drains = Drains()
    called, caller = Called(url, CLOCK, "worker", drains.drained), Caller(url, CLOCK, "ingress")
    called.start()
    caller.start()
    await caller.wake(ThreadId("T0:C0:1.0"))
    await drains.until(1)
    await caller.stop()
    await called.leave()
    await called.join()


async def refused(redis: Redis, *command: str) -> None:
    """See that a command is refused for want of rights."""
    with pytest.raises(Exception, match="permission"):
        await redis.execute_command(*command)  # type: ignore[no-untyped-call]  # not typed there
