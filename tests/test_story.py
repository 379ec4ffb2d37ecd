"""The whole story: a newcomer starts the demo, plays all people in a browser, and sees that what is promised holds.

The demo is the real one: its own processes, the real bot, an embedded Redis, services that are really down. It is
started once; each test is a task of its own in it. `--screenshots docs/screenshots` renews the README's pictures.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, expect

from tests.newcomer import LINE_CHARS, Newcomer, Terminal, demo, sitting_down, with_evidence
from tests.playground.browser import browsing, chromium
from tests.plugins.screenshots import pictures

__all__ = ("pictures",)

chromium()  # without one the whole file is skipped, with one line
pytestmark = pytest.mark.asyncio(loop_scope="module")

RITA, ADA, LEE, TINA = "U0RITA", "U0APPROVER", "U0LEAD", "U0TINA"
PHONE = (390, 664)  # what a browser leaves of a phone of 390 x 844
FIRST_SCREEN_PX = 600
FIRST_CARD_S = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A demo that runs, and a browser beside it."""

    terminal: Terminal
    browser: Browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room() -> AsyncIterator[Room]:
    """Start both, once."""
    async with demo() as terminal, browsing() as browser:
        yield Room(terminal=terminal, browser=browser)


@pytest_asyncio.fixture(loop_scope="module")
async def newcomer(room: Room, pictures: Path) -> AsyncIterator[Newcomer]:
    """Open a window as Rita."""
    async with sitting_down(room.browser, room.terminal, pictures) as somebody:
        yield somebody


def world(newcomer: Newcomer, file: str) -> Path:
    """Name a file of the demo's world."""
    return newcomer.terminal.home / "demo" / "world" / file


def logs(newcomer: Newcomer) -> int:
    """Count the log files that are there."""
    return len(list(world(newcomer, "logs").glob("*/*.log")))


def flag(newcomer: Newcomer, name: str) -> object:
    """Read how many shoppers of 100 have a feature."""
    flags: dict[str, object] = json.loads(world(newcomer, "config/flags.json").read_text())
    return flags[name]


async def health(newcomer: Newcomer, service: str) -> object:
    """Ask a service itself how it is; None where nobody answers."""
    port = json.loads(world(newcomer, f"run/{service}.json").read_text())["port"]
    try:
        async with (
            aiohttp.ClientSession(trust_env=False) as http,
            http.get(f"http://127.0.0.1:{port or 1}/health") as answer,
        ):
            return (await answer.json())["status"]
    except aiohttp.ClientConnectionError:
        return None


@with_evidence
async def test_a_newcomer_restarts_a_service_that_is_really_down(newcomer: Newcomer) -> None:
    """A step that only looks, one to approve, one to edit: then the service answers."""
    assert await health(newcomer, "checkout") is None
    clock = asyncio.get_running_loop()
    began_at = clock.time()
    await newcomer.task("restart checkout")
    await newcomer.sees("checkout is down", "Allowed by policy")
    await newcomer.card("clear_lock")
    assert clock.time() - began_at <= FIRST_CARD_S
    await newcomer.be(ADA)
    await newcomer.press("approve", "clear_lock")
    await newcomer.picture(await newcomer.card("restart_service", "grace_s: 5"), "card")
    await newcomer.press("edit", "restart_service")
    await newcomer.form("edit")
    await newcomer.fill({"arg:grace_s": "99"}, refused_at="arg:grace_s")
    await newcomer.fill({"arg:grace_s": "10"})
    assert await health(newcomer, "checkout") is None
    await newcomer.press("approve", "restart_service", "grace_s: 10")
    await newcomer.sees("Finished: succeeded · Φ 10.0")
    await newcomer.picture(newcomer.thread.locator("article").last, "finished")
    assert await health(newcomer, "checkout") == "ok"


@with_evidence
async def test_a_rejected_step_is_not_run_and_the_agent_asks_what_now(newcomer: Newcomer) -> None:
    """Answer its question, reject, change the argument by a reply; and two people have to agree."""
    everything = logs(newcomer)
    await newcomer.task("free disk space")
    await newcomer.press("answer", "Which log files")
    await newcomer.form("answer")
    await newcomer.fill({"answer": "2"})
    await newcomer.be(LEE)
    await newcomer.press("reject", "older_than_days: 2")
    await newcomer.form("reject")
    await newcomer.fill({"reason": "too_risky", "note": "Keep a week."})
    await newcomer.card(action="skip_step")
    await newcomer.sees("Rejected by @Lee Lead", "too risky: Keep a week.")
    assert logs(newcomer) == everything
    await newcomer.be(RITA)
    await newcomer.reply("older_than_days: 7")
    await newcomer.be(ADA)
    await newcomer.press("approve", "older_than_days: 7", "0 of 2")
    await newcomer.card("older_than_days: 7", "1 of 2")
    assert logs(newcomer) == everything
    await newcomer.be(LEE)
    await newcomer.press("approve", "older_than_days: 7")
    await newcomer.sees("Finished: succeeded", "within the quota")
    assert logs(newcomer) < everything


@with_evidence
async def test_a_rule_that_was_taught_is_obeyed_from_the_next_step(newcomer: Newcomer) -> None:
    """And a question in the thread is answered while the card stays as it is."""
    await newcomer.task("roll out new_cart")
    await newcomer.be(TINA)
    await newcomer.press("teach", "percent: 10")
    when, do = (newcomer.block(name).locator("input") for name in ("when", "do"))
    await when.fill("tool = set_flag, percent = 50")
    await do.fill("set percent = 25")
    await expect(newcomer.block("preview")).to_contain_text("It would have changed")
    await newcomer.form("teach")
    await newcomer.fill({})
    await newcomer.sees("@Tina Teacher taught a rule")
    await newcomer.reply("why this step?")
    await newcomer.sees("The reason for this step: A few shoppers first.")
    await newcomer.whole_picture(newcomer.page.get_by_test_id("thread-panel"), newcomer.thread, "thread")
    await newcomer.press("approve", "percent: 10")
    await newcomer.card("percent: 25", "50 → 25", "what was taught")
    assert flag(newcomer, "new_cart") == 10
    await newcomer.press("approve", "percent: 25")
    await newcomer.card("percent: 100")
    assert flag(newcomer, "new_cart") == 25


@with_evidence
async def test_an_override_takes_a_number_from_0_to_10_and_an_abort_ends_the_task(newcomer: Newcomer) -> None:
    """With a point or a comma; it becomes the score, and approves nothing."""
    await newcomer.task("roll out quick_pay")
    await newcomer.be(TINA)
    for number, shown in (("6.5", "6.5\u00a0of\u00a010"), ("7,5", "7.5\u00a0of\u00a010")):
        await newcomer.press("override_phi", "percent: 10")
        await newcomer.form("override_phi")
        await newcomer.fill({"phi": "11", "why": "It is prepared well."}, refused_at="phi")
        await newcomer.fill({"phi": number})
        await newcomer.card("percent: 10", shown)
    await newcomer.be(RITA)
    await newcomer.choose("abort", "percent: 10")
    await newcomer.sees("Finished: aborted · Φ 7.5", "Aborted by @Rita Requester")
    assert flag(newcomer, "quick_pay") == 5


@with_evidence
async def test_a_reply_in_the_thread_corrects_the_step_that_waits(newcomer: Newcomer) -> None:
    """The old card is closed unrun, and the new one names the other service."""
    await newcomer.task("restart checkout")
    await newcomer.card('service: "checkout"')
    await newcomer.reply("service: cart")
    await newcomer.card('service: "cart"')
    await newcomer.sees("Corrected by @Rita Requester", "It was not run.")


@with_evidence
async def test_a_card_that_waited_while_the_bot_was_killed_still_works(newcomer: Newcomer) -> None:
    """The same card, not a new one, and its press does what it says."""
    await newcomer.task("restart cart")
    await newcomer.be(ADA)
    before = await (await newcomer.card("restart_service")).get_attribute("data-ts")
    process = json.loads(world(newcomer, "run/cart.json").read_text())["pid"]
    await newcomer.terminal.kill_the_bot()
    await expect(newcomer.page.get_by_test_id("bot-online")).to_contain_text("is online")
    assert await (await newcomer.card("restart_service")).get_attribute("data-ts") == before
    await newcomer.press("approve", "restart_service")
    await newcomer.sees("Finished: succeeded")
    assert json.loads(world(newcomer, "run/cart.json").read_text())["pid"] != process
    assert await health(newcomer, "cart") == "ok"


@with_evidence
async def test_home_shows_what_waits_for_me_and_what_i_started(newcomer: Newcomer) -> None:
    """And leads to the one card, on which alone it is decided; everything on it is to be seen in full."""
    await newcomer.task("restart the cart")
    await newcomer.card("restart_service")
    home = newcomer.page.get_by_test_id("home")
    await newcomer.page.get_by_test_id("open-home").click()
    await expect(home).to_contain_text("restart the cart")
    waiting, started = re.split("What you started", await home.inner_text())
    assert ("restart the cart" in waiting, "restart the cart" in started) == (False, True)
    await newcomer.be(ADA)
    mine = home.locator("li").filter(has_text="restart the cart")
    await expect(mine).to_have_count(1)
    waiting, started = re.split("What you started", await home.inner_text())
    assert ("restart the cart" in waiting, "restart the cart" in started) == (True, False)
    await newcomer.whole_picture(home, home, "home")
    await mine.get_by_role("link", name="Open").click()
    await newcomer.choose("view_full", "restart_service")
    await newcomer.form("view_full")
    await expect(newcomer.modal).to_contain_text('service: "cart"')
    await newcomer.close()


@with_evidence
async def test_the_shortcut_starts_a_task_that_answers_a_question(newcomer: Newcomer) -> None:
    """It only looks, so nobody is asked."""
    await newcomer.page.get_by_test_id("shortcuts-menu").click()
    await newcomer.page.locator("[data-callback-id=start_task]").click()
    await newcomer.form("start_task")
    async with newcomer.opens_a_thread():
        await newcomer.fill({"purpose": "is cart up?", "channel": "C0OPS"})
    await newcomer.sees("cart is active", "Finished: succeeded")


@with_evidence
async def test_a_whole_card_stands_on_a_phones_first_screen(newcomer: Newcomer) -> None:
    """Tool, target, why, Φ, risk and every button, and nothing sticks out at the side."""
    await newcomer.task("restart cart")
    await newcomer.card("restart_service")
    place = newcomer.page.url.partition("#")[2]
    browser = newcomer.page.context.browser
    assert browser is not None
    async with sitting_down(
        browser, newcomer.terminal, newcomer.pictures, size=PHONE, address=f"?as={ADA}#{place}"
    ) as phone:
        card = await phone.card("restart_service")
        await card.evaluate("node => node.scrollIntoView({ block: 'start' })")
        words = ("Decide: restart_service", 'service: "cart"', "It has to be started anew.", "Φ:", "Risk:")
        shown = [card.get_by_text(one).last for one in words]
        shown += await card.locator("[data-action-id]").all()
        assert max([await depth(card, one) for one in shown]) <= FIRST_SCREEN_PX
        assert await phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        await phone.picture(phone.page.locator("body"), "phone")


async def depth(card: Locator, part: Locator) -> float:
    """Say how far below the card's top a part of it ends."""
    top, box = await card.bounding_box(), await part.bounding_box()
    assert top is not None
    assert box is not None
    return box["y"] + box["height"] - top["y"]


async def test_the_bots_log_tells_of_no_defect(newcomer: Newcomer) -> None:
    """All of the above is in it, also the death and the return of the bot."""
    log = newcomer.terminal.log()
    wrong = [line for line in log.splitlines() if re.search(r'"level": "(error|critical)"|Traceback|defect', line)]
    assert [line[:LINE_CHARS] for line in wrong] == []
    assert "Countersign is up" in log
