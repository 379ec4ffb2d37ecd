"""The `browser` fixture: the machine's own chromium, headless, driven by Playwright.

Import it into a test module (and name it in `__all__`). Without a chromium the tests that ask for it are skipped
with one line; with COUNTERSIGN_REQUIRE_BROWSER=1, as in CI, its absence is a failure.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """Find a chromium, or skip the test, or the file that is being read; fail instead where a browser is required."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is not None:
        return found
    why = f"no chromium on this machine (looked for {', '.join(NAMES)})"
    if os.environ.get("COUNTERSIGN_REQUIRE_BROWSER") == "1":  # noqa: TID251 - the runner's switch, not the bot's
        pytest.fail(f"{why}, and COUNTERSIGN_REQUIRE_BROWSER=1 asks for one", pytrace=False)
    pytest.skip(why, allow_module_level=True)


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """Start a browser, and end it."""
    path = chromium()
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield running
        finally:
            await running.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Start a browser for one test."""
    async with browsing() as running:
        yield running
