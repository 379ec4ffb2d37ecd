"""Somebody new, alone at the keyboard: starts `python -m bot demo` in a terminal and is all people at its page in turn.

Nothing here knows the bot's inside: what is pressed and read is what the page shows, and what the terminal says. A
story that fails leaves a picture of the page and says how the bot's log ends.
"""

import asyncio
import functools
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from playwright.async_api import Browser, Error, Locator, Page, expect

ROOT = Path(__file__).parent.parent
PATIENCE_S = 20.0
DESK = (1280, 800)
TAIL, LINE_CHARS = 12, 300  # of a log: enough to tell what went wrong
MISSING = """list => list.lastElementChild.getBoundingClientRect().bottom + list.scrollTop + 12
  - list.getBoundingClientRect().bottom"""

expect.set_options(timeout=PATIENCE_S * 1000)  # two cores, and others at work on them


class Terminal:
    """Where the demo runs: what it said so far, and the folder that it named."""

    def __init__(self, process: asyncio.subprocess.Process, home: Path) -> None:
        self.process = process
        self.home = home
        self.said = ""

    async def until(self, pattern: str) -> str:
        """Wait for words that match, and give the first group, or all."""
        async with asyncio.timeout(PATIENCE_S):
            while (found := re.search(pattern, self.said)) is None:
                assert self.process.stdout is not None
                line = await self.process.stdout.readline()
                assert line, f"The demo ended. It had said:\n{self.said}"
                self.said += line.decode()
        return found[found.re.groups and 1]

    async def kill_the_bot(self) -> None:
        """End the bot as a power cut would, and wait until it is said that it is back."""
        os.kill(int(await self.until(r"Kill the bot +kill -9 (\d+)")), signal.SIGKILL)
        await self.until(r"bot ended \(by signal 9\)")
        await self.until(r"bot runs again: process \d+")

    def log(self) -> str:
        """Read the bot's log."""
        return (self.home / "demo" / "logs" / "bot.log").read_text("utf-8")


@asynccontextmanager
async def demo() -> AsyncIterator[Terminal]:
    """Start the demo as its README says, in a folder of its own; end it with Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="cs-") as home:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "demo"),
            cwd=ROOT,
            env={"PATH": os.defpath, "COUNTERSIGN_HOME": home},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        terminal = Terminal(process, Path(home))
        try:
            await terminal.until("Bot's log")
            yield terminal
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
            rest, _ = await process.communicate()
        assert process.returncode == 0, rest.decode()
        assert "Nothing was lost" in rest.decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """One window on the demo's page."""

    page: Page
    terminal: Terminal
    pictures: Path

    @property
    def thread(self) -> Locator:
        """The messages of the open thread."""
        return self.page.get_by_test_id("thread-messages")

    @property
    def modal(self) -> Locator:
        """The form on top."""
        return self.page.get_by_test_id("modal")

    async def be(self, person: str) -> None:
        """Become somebody else, with the switch at the top left."""
        switcher = self.page.get_by_test_id("person-switcher")
        await switcher.click()
        await self.page.get_by_test_id("menu").locator(f"[data-person={person}]").click()
        await expect(switcher).to_have_attribute("data-person", person)

    async def say(self, words: str, where: str = "composer") -> None:
        """Type and send."""
        field = self.page.get_by_test_id(where)
        await field.fill(words)
        await field.press("Enter")

    async def reply(self, words: str) -> None:
        """Write into the open thread."""
        await self.say(words, "thread-composer")

    async def task(self, words: str) -> None:
        """Give the agent a task with the command, and open its thread."""
        async with self.opens_a_thread():
            await self.say(f"/agent {words}")

    @asynccontextmanager
    async def opens_a_thread(self) -> AsyncIterator[None]:
        """Open the thread that what is done here begins."""
        roots = self.page.locator("#messages article[data-testid=message]")
        before = await roots.count()
        yield
        await expect(roots).to_have_count(before + 1)
        await roots.nth(before).get_by_test_id("open-thread").click()

    async def card(self, *words: str, action: str = "approve") -> Locator:
        """Wait for a card of the thread that has this button and these words."""
        found = self.thread.locator("article", has=self.page.locator(f"[data-action-id={action}]"))
        for one in words:
            found = found.filter(has_text=one)
        await expect(found).to_have_count(1)
        return found

    async def press(self, action: str, *words: str) -> None:
        """Press a button of a card."""
        await (await self.card(*words, action=action)).locator(f"[data-action-id={action}]").click()

    async def choose(self, action: str, *words: str) -> None:
        """Choose something in the menu of the card that waits."""
        await (await self.card(*words)).locator("[data-action-id=more]").click()
        await self.page.get_by_test_id("menu").locator(f"[data-option-value={action}]").click()

    async def sees(self, *words: str) -> None:
        """Wait until the thread says all of this."""
        for one in words:
            await expect(self.thread).to_contain_text(one)

    async def form(self, callback_id: str) -> None:
        """Wait for a form, and keep a picture of it."""
        await expect(self.modal).to_have_attribute("data-callback-id", callback_id)
        await self.picture(self.modal, callback_id)

    async def fill(self, values: Mapping[str, str], *, refused_at: str = "") -> None:
        """Type into the form or pick, and send it; it goes away, or says at one field why not."""
        for block_id, value in values.items():
            field = self.block(block_id).locator("input, textarea, select")
            is_menu = await field.evaluate("node => node.localName === 'select'")
            await (field.select_option(value) if is_menu else field.fill(value))
        await self.modal.get_by_test_id("modal-submit").click()
        if refused_at:
            await expect(self.block(refused_at).get_by_test_id("modal-error")).to_be_visible()
        else:
            await expect(self.modal).to_have_count(0)

    def block(self, block_id: str) -> Locator:
        """Find a part of the form."""
        return self.modal.locator(f'.block[data-block-id="{block_id}"]')

    async def close(self) -> None:
        """Close the form with its cross."""
        await self.modal.get_by_test_id("modal-exit").click()
        await expect(self.modal).to_have_count(0)

    async def picture(self, what: Locator, name: str, scale: Literal["css", "device"] = "device") -> None:
        """Keep a picture, without a pointer or a ring that makes something look chosen."""
        await self.page.mouse.move(0, 0)
        await self.page.evaluate("document.activeElement.matches('article') && document.activeElement.blur()")
        await what.screenshot(path=self.pictures / f"{name}.png", animations="disabled", scale=scale)

    async def whole_picture(self, what: Locator, within: Locator, name: str) -> None:
        """Keep a picture of something whose list is just as high as what is in it."""
        size = self.page.viewport_size
        assert size is not None
        missing: float = await within.evaluate(MISSING)
        await self.page.set_viewport_size({"width": size["width"], "height": round(size["height"] + missing)})
        await self.picture(what, name, "css")  # high ones would be too heavy for a page of documentation
        await self.page.set_viewport_size(size)


@asynccontextmanager
async def sitting_down(
    browser: Browser, terminal: Terminal, pictures: Path, *, size: tuple[int, int] = DESK, address: str = "?as=U0RITA"
) -> AsyncIterator[Newcomer]:
    """Open a window on the page that the terminal named."""
    width, height = size
    context = await browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=1.5)
    page = await context.new_page()
    await page.goto(await terminal.until(r"Open +(\S+)") + address)
    await expect(page.get_by_test_id("person-switcher")).to_have_count(1)
    yield Newcomer(page=page, terminal=terminal, pictures=pictures)
    await context.close()


Story: TypeAlias = Callable[[Newcomer], Awaitable[None]]


def with_evidence(story: Story) -> Story:
    """Have a story that fails show the page, and tell how the bot's log ends."""

    @functools.wraps(story)
    async def told(newcomer: Newcomer) -> None:
        try:
            await story(newcomer)
        except (AssertionError, Error, TimeoutError) as wrong:
            picture = newcomer.pictures / f"failed-{story.__name__}.png"
            await newcomer.page.screenshot(path=picture)
            tail = "\n".join(line[:LINE_CHARS] for line in newcomer.terminal.log().splitlines()[-TAIL:])
            raise AssertionError(f"{wrong}\n\nThe page: {picture}\nThe bot's log ends:\n{tail}") from wrong

    return told
