"""The page as a browser shows it: readable on a phone, and nothing in it runs or is loaded."""

from pathlib import Path

from playwright.async_api import Browser, ViewportSize
from redis.asyncio import Redis

from bot.threads.page import written
from bot.threads.reading import past_of
from tests.bot.threads.bench import bench_on
from tests.bot.threads.test_reading import TELLER
from tests.core.decide.office import RULES
from tests.core.workshop import step
from tests.examples import THREAD
from tests.playground.browser import browser

__all__ = ["browser"]
PHONE = ViewportSize(width=360, height=600)


async def test_a_phone_shows_the_whole_history_without_scrolling_sideways(
    redis: Redis, browser: Browser, tmp_path: Path
) -> None:
    """Every row, its time, what followed; and long words break."""
    bench = bench_on(redis, step("read_status"), step(service="x" * 200))
    await bench.shop.until_waiting()
    past = await past_of(bench.opened, THREAD, RULES)
    file = tmp_path / "thread.html"
    written(file, past, TELLER, "")
    context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
    asked: list[str] = []
    page = await context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(file.as_uri())
    assert await page.locator("li.row").count() == len(past.relived)
    assert await page.get_by_text("step 2 proposed").is_visible()
    box = await page.locator("main").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= PHONE["width"]
    widest = [await one.bounding_box() for one in await page.locator("dd").all()]
    assert all(one is not None and one["x"] + one["width"] <= PHONE["width"] for one in widest)
    assert asked == [file.as_uri()]
    await context.close()
