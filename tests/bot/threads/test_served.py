"""A thread's page at the admin port: for whoever is at this machine, to read only, and never at Slack's door."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from redis.asyncio import Redis

from agent_core.inputs import Approve
from agent_core.ports import StoreDown
from bot.audit import Audit, is_loopback
from bot.playground.harness import OFF, Setup, running as slack_running
from bot.threads.opened import opened
from bot.threads.page import page
from bot.threads.purging import purged
from bot.threads.reading import Most, past_of
from tests.adapters.polling import until
from tests.bot.threads.bench import bench_on
from tests.bot.threads.test_reading import TELLER
from tests.core.decide.office import RULES
from tests.examples import REQUESTER, THREAD
from tests.stories.stage import ADA, OPS, RITA, Stage, Task, on_stage, settings_for
from tests.stories.world import furnished

CRAFTED = "note crafted <script>alert(1)</script>"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Run a bot with an admin port."""
    async with slack_running(Setup(rates=OFF)) as slack:
        settings = settings_for(slack, tmp_path / "home", furnished(tmp_path))
        settings = settings.model_copy(update={"countersign_admin_port": 0})
        async with on_stage(slack, settings, tmp_path) as there:
            yield there


def address(stage: Stage, name: str, *, host: str = "127.0.0.1") -> str:
    """Name a thread's page at the admin port."""
    return f"http://{host}:{stage.bot.admin_port}/threads/{name}"


async def asked(url: str, **headers: str) -> tuple[int, str]:
    """Ask for a page."""
    async with aiohttp.ClientSession(headers=headers) as http, http.get(url) as answer:
        return answer.status, await answer.text()


async def test_a_threads_history_is_read_in_a_browser_at_the_admin_port(stage: Stage) -> None:
    """Every line of it, escaped, and nothing on it runs or is loaded."""
    assert (await stage.slack.as_person(RITA).command(OPS, "/agent", CRAFTED)).ok
    await stage.until(lambda: stage.slack.channel(OPS))
    task = Task(stage, OPS, stage.slack.channel(OPS)[0].ts)
    await task.click(ADA, await task.card(), "approve")
    await task.ends("succeeded")
    async with aiohttp.ClientSession() as http, http.get(address(stage, task.id)) as answer:
        text = await answer.text()
        assert (answer.status, answer.content_type, answer.charset) == (200, "text/html", "utf-8")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    lines = await stage.bot.desk.runtime.store.journal(task.id, 0, 1000)
    assert text.count("<li ") == len(lines)
    assert "approve</span> by U0APPROVER" in text
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text


async def test_slacks_own_port_shows_no_thread(stage: Stage) -> None:
    """It is the one that the world can reach."""
    task = await stage.task("note hidden")
    await task.card()
    code, text = await asked(f"http://127.0.0.1:{stage.bot.port}/threads/{task.id}")
    assert code in (404, 405)
    assert "hidden" not in text


@pytest.mark.parametrize("host", ["attacker.example", "10.0.0.1", "localhost.attacker.example", "0x7f000001.example"])
async def test_asked_for_under_a_name_that_is_not_this_machines_it_shows_nothing(stage: Stage, host: str) -> None:
    """A page of somebody else's has its own name lead to this machine, in a browser that runs on it."""
    task = await stage.task("note hidden")
    await task.card()
    code, text = await asked(address(stage, task.id), Host=f"{host}:{stage.bot.admin_port}")
    assert (code, "Forward the port" in text) == (403, True)
    through = await asked(address(stage, task.id), **{"X-Forwarded-For": "10.0.0.1"})
    assert through[0] == 403, "a proxy on this machine asks for somebody elsewhere"
    for name in ("localhost", "127.0.0.1"):
        assert (await asked(address(stage, task.id), Host=f"{name}:{stage.bot.admin_port}"))[0] == 200


async def test_a_page_can_only_be_read(stage: Stage) -> None:
    """No other verb has a meaning there."""
    task = await stage.task("note hidden")
    async with aiohttp.ClientSession() as http:
        for verb in ("post", "put", "delete", "patch"):
            async with http.request(verb, address(stage, task.id)) as answer:
                assert answer.status == 405


@pytest.mark.parametrize("name", ["T0COUNTER:C0OPS:1.2", "nonsense", "a%2f..%2fmetrics", "T0:C0:1.2%00", "x" * 4000])
async def test_of_a_thread_that_there_is_not_it_is_said_so(stage: Stage, name: str) -> None:
    """In words, whatever was typed."""
    code, text = await asked(address(stage, name))
    assert (code, "threads list" in text) == (404, True)


async def test_of_a_purged_thread_its_tombstone_is_told(stage: Stage) -> None:
    """How it ended, and its last head."""
    task = await stage.task("note purged")
    await task.click(ADA, await task.card(), "approve")
    await task.ends("succeeded")
    settings = settings_for(stage.slack, stage.folder / "home", stage.folder / "countersign.yml")
    async with opened(settings) as store:

        async def is_purged() -> bool:
            _ = [one async for one in purged(store, timedelta(0), dry=False)]
            return bool(await store.archive.tombstones(task.id))

        await until(is_purged, "the tombstone")
    code, text = await asked(address(stage, task.id))
    assert (code, "was purged on" in text, "last head" in text) == (404, True, True)


async def test_before_it_is_up_and_while_the_store_is_silent_it_says_so() -> None:
    """Whoever looks is not left to guess."""
    audit = Audit()
    app = web.Application()
    app.router.add_get("/threads/{id:.+}", audit.thread)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/threads/T0:C0:1.2"
    assert (await asked(url))[0] == 503

    async def silence(name: str) -> str:
        raise StoreDown(name, sent=False)

    audit.draw = silence
    assert await asked(url) == (503, "The store does not answer.\n")
    await runner.cleanup()


async def test_of_a_long_thread_the_beginning_is_shown_and_where_the_rest_is(redis: Redis) -> None:
    """Whoever draws it has people's clicks to answer."""
    bench = bench_on(redis)
    digest, version = await bench.waiting()
    for _ in range(120):
        await bench.shop.refused(Approve(by=REQUESTER, digest=digest, version=version))
    whole = await past_of(bench.opened, THREAD, RULES)
    for most in (Most(lines=50, size_bytes=1 << 30), Most(lines=1 << 30, size_bytes=1)):
        past = await past_of(bench.opened, THREAD, RULES, most)
        assert (len(past.relived), past.is_cut, past.difference) == (50, True, None)
        assert f"the first 50 lines holds, and only they are shown; “threads show {THREAD}” shows all" in page(
            past, TELLER, ""
        )
    assert not (await past_of(bench.opened, THREAD, RULES, Most(lines=1000, size_bytes=1 << 30))).is_cut
    assert len(whole.relived) > 100


@pytest.mark.parametrize(
    ("name", "is_here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - it is no address of this machine alone
        ("", False),
    ],
)
def test_only_loopback_addresses_are_of_this_machine_alone(name: str, is_here: bool) -> None:  # noqa: FBT001 - a column
    """A container's network, a cluster's and the office's are not."""
    assert is_loopback(name) == is_here
