"""Cards in the stand-in's own page, on a phone: what a person decides by is there without scrolling."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, Locator, expect
from slack_sdk.web.async_client import AsyncWebClient

from agent_core.people import People
from agent_core.proposal import Proposal, Requirement, canonical
from agent_core.words import PersonId
from bot.blocks.cards import card, parent_message
from bot.playground.harness import Setup, Slack, running
from tests.bot.blocks.faces import calling, waits
from tests.bot.blocks.reading import as_slack
from tests.playground.browser import browser

__all__ = ("browser",)

PHONE = (390, 844)
FIRST_SCREEN_PX = 600
CHANNEL = "C0OPS"
LATE = datetime(2033, 1, 1, tzinfo=UTC)
APPROVERS = Requirement(
    rule="ask", approvers=People(users=frozenset({PersonId("U0APPROVER"), PersonId("U0LEAD")})), quorum=2
)
USUAL = replace(
    calling({"service": "checkout-cache", "env": "staging"}),
    thought="The checkout shows stale prices since the deploy at 11:40, and the cache does not answer pings any more.",
    expect="The cache is active again and misses go down within a minute.",
    requirements=(APPROVERS,),
    advice=(),
    expires_at=LATE,
)


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """Run the stand-in with our app installed and nothing behind it."""
    async with running(Setup()) as standin:
        yield standin


async def post(slack: Slack, proposal: Proposal) -> None:
    """Post a card in a task's thread."""
    client = AsyncWebClient(token=slack.secrets.bot_token, base_url=slack.api_url)
    parent = parent_message("restart the checkout cache in staging", PersonId("U0RITA"))
    posted = await client.chat_postMessage(channel=CHANNEL, text=parent.text, blocks=as_slack(parent.blocks))
    shown = card(waits(proposal))
    await client.chat_postMessage(
        channel=CHANNEL, thread_ts=posted["ts"], text=shown.text, blocks=as_slack(shown.blocks)
    )


async def opened(slack: Slack, browser: Browser, proposal: Proposal) -> Locator:
    """Post a card and look at it on a phone."""
    await post(slack, proposal)
    context = await browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
    page = await context.new_page()
    await page.goto(f"{slack.url}?as=U0APPROVER")
    await page.get_by_test_id("open-thread").click()
    shown = page.get_by_test_id("thread-messages").locator("article").nth(1)
    await expect(shown.locator("[data-action-id=approve]")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    return shown


async def depth(shown: Locator, part: Locator) -> float:
    """Say how far below the card's top one of its parts ends."""
    box, inner = await shown.bounding_box(), await part.bounding_box()
    assert box is not None
    assert inner is not None
    return inner["y"] + inner["height"] - box["y"]


async def test_a_usual_card_is_on_a_phones_first_screen_down_to_its_buttons(slack: Slack, browser: Browser) -> None:
    """Ten seconds, on a phone: tool, target, why, what is expected, risk, who decides, and the buttons."""
    shown = await opened(slack, browser, USUAL)
    assert await depth(shown, shown.locator("[data-action-id=teach]")) <= FIRST_SCREEN_PX


async def test_tall_arguments_leave_the_facts_on_the_first_screen(slack: Slack, browser: Browser) -> None:
    """They stand last, so that they are passed on the way to the buttons."""
    script = canonical({"script": "set -e\n" + "systemctl status cart\n" * 20})
    shown = await opened(slack, browser, replace(USUAL, call=replace(USUAL.call, args_json=script)))
    assert await depth(shown, shown.get_by_text("Until:")) <= FIRST_SCREEN_PX
