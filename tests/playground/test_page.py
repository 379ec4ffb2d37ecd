"""The page in a real browser, before the real stand-in, with a small app behind it (page_bot.py)."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, Page, WebSocketRoute, expect

from bot.playground.harness import Setup, Slack, running
from tests.playground.browser import browser
from tests.playground.page_bot import NASTY, PageBot, botting

__all__ = ("browser",)

DESK = (1280, 800)
PHONE = (390, 844)
FIRST_SCREEN_PX = 600
TASK = "/agent restart the checkout cache in staging"


# Whoever asks for both asks for `slack` before `browser`: the last one goes first, and a server waits for open pages.
expect.set_options(timeout=15_000)  # two cores, and others at work on them


@pytest.fixture
async def bot() -> AsyncIterator[PageBot]:
    """Run the app."""
    async with botting() as app:
        yield app


@pytest.fixture
async def slack(bot: PageBot) -> AsyncIterator[Slack]:
    """Run the stand-in, with the app installed."""
    async with running(Setup(events_url=bot.events_url)) as standin:
        bot.api_url, bot.token = standin.api_url, standin.secrets.bot_token
        yield standin


@pytest.fixture
async def page(slack: Slack, browser: Browser) -> Page:
    """Sit down as Rita."""
    return await visit(browser, slack)


async def visit(browser: Browser, slack: Slack, person: str = "U0RITA", size: tuple[int, int] = DESK) -> Page:
    """Open a window as somebody, and wait until the workspace is there."""
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = await context.new_page()
    await page.goto(f"{slack.url}?as={person}")
    await expect(page.get_by_test_id("person-switcher")).to_have_attribute("data-person", person)
    return page


async def say(page: Page, text: str, where: str = "composer") -> None:
    """Type and send."""
    await page.get_by_test_id(where).fill(text)
    await page.get_by_test_id(where).press("Enter")


async def open_card(page: Page) -> Locator:
    """Start a task, if there is none, and open its thread."""
    if await page.get_by_test_id("open-thread").count() == 0:
        await say(page, TASK)
    await page.get_by_test_id("open-thread").click()
    card = page.get_by_test_id("thread-messages").locator("article").nth(1)
    await expect(action(card, "approve")).to_be_visible()
    return card


def action(where: Locator, action_id: str) -> Locator:
    """Find what can be pressed by its action_id."""
    return where.locator(f"[data-action-id={action_id}]")


def block(where: Locator, block_id: str) -> Locator:
    """Find a block by its id."""
    return where.locator(f".block[data-block-id={block_id}]")


async def open_modal(page: Page) -> Locator:
    """Press Reject and wait for its modal."""
    await action(await open_card(page), "reject").click()
    modal = page.get_by_test_id("modal")
    await expect(modal).to_have_attribute("data-callback-id", "reject")
    return modal


class Network:
    """What lies between a page's websocket and the server."""

    def __init__(self) -> None:
        self.is_down = False
        self._lines: list[WebSocketRoute] = []

    async def connect(self, line: WebSocketRoute) -> None:
        """Let a connection through, or end it at once."""
        if self.is_down:
            await line.close()
        else:
            line.connect_to_server()
            self._lines.append(line)

    async def cut(self) -> None:
        """End what is open, and let nothing through."""
        self.is_down = True
        await self._lines[-1].close()


async def test_a_script_in_a_message_stays_text(page: Page) -> None:
    """From a person, and from a model by way of a card."""
    await say(page, f"look: {NASTY} <img src=x onerror='window.hacked = 1'>")
    await expect(page.locator("#messages article").last).to_contain_text(f"look: {NASTY} <img src=x")
    card = await open_card(page)
    await expect(card).to_contain_text(NASTY)
    assert await page.locator("article script, article img").count() == 0
    assert await page.evaluate("window.hacked") is None


async def test_a_modal_shows_each_error_at_its_field(page: Page, bot: PageBot) -> None:
    """What the client itself refuses and what the app refuses look the same, and nothing typed is lost."""
    modal = await open_modal(page)
    errors = modal.get_by_test_id("modal-error").locator("visible=true")
    submit = modal.get_by_test_id("modal-submit")
    await submit.click()
    await expect(block(modal, "reason")).to_contain_text("Please complete this required field.")
    await block(modal, "reason").locator("select").select_option("too_risky")
    note = block(modal, "note").locator("textarea")
    await note.fill("again")
    await submit.click()
    await expect(block(modal, "note")).to_contain_text("Say more than “again”.")
    await expect(errors).to_have_count(1)
    await expect(note).to_be_focused()
    await expect(block(modal, "reason").locator("select")).to_have_value("too_risky")
    await note.fill("It is a holiday.")
    await submit.click()
    await expect(modal).to_have_count(0)
    assert bot.submitted[-1]["note"]["value"]["value"] == "It is a holiday."
    assert bot.submitted[-1]["channel"]["value"]["selected_conversation"] == "C0OPS"
    await expect(action(page.get_by_test_id("thread-messages"), "reject")).to_be_focused()


async def test_a_modal_that_was_not_delivered_stays_and_says_so(page: Page, slack: Slack) -> None:
    """The words stand in the modal, once, and what was typed stays to be sent again."""
    modal = await open_modal(page)
    await block(modal, "reason").locator("select").select_option("too_risky")
    events_url, slack.events_url = slack.events_url, ""
    await modal.get_by_test_id("modal-submit").click()
    await expect(modal.get_by_test_id("modal-problem")).to_contain_text("We had some trouble connecting. Try again?")
    await expect(page.get_by_test_id("toast")).to_have_count(0)
    slack.events_url = events_url
    await modal.get_by_test_id("modal-submit").click()
    await expect(modal).to_have_count(0)


async def test_a_view_that_changes_while_somebody_types_keeps_the_words_and_the_caret(page: Page) -> None:
    """The app updates its preview at each pause; a push and the way back keep everything too."""
    modal = await open_modal(page)
    note = block(modal, "note").locator("textarea")
    await note.click()
    await page.keyboard.type("when the")
    await expect(block(modal, "preview")).to_contain_text("Typed: when the")
    await page.keyboard.type(" moon is full")
    await expect(block(modal, "preview")).to_contain_text("Typed: when the moon is full")
    await expect(note).to_have_value("when the moon is full")
    await action(modal, "push").click()
    await expect(modal).to_have_attribute("data-callback-id", "deeper")
    await page.keyboard.press("Escape")
    await expect(modal).to_have_attribute("data-callback-id", "reject")
    await expect(note).to_have_value("when the moon is full")
    await page.keyboard.press("Escape")
    await expect(modal).to_have_count(0)


async def test_the_keyboard_alone_goes_from_a_command_to_an_approval(page: Page) -> None:
    """F6 goes to the composer, Shift+Tab to the thread, Tab from its newest message to Approve."""
    for _ in range(2):
        await page.keyboard.press("F6")
    await expect(page.get_by_test_id("composer")).to_be_focused()
    await page.keyboard.type(TASK)
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("open-thread")).to_be_visible()
    await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_test_id("open-thread")).to_be_focused()
    await page.keyboard.press("Enter")
    thread = page.get_by_test_id("thread-messages")
    for _ in range(2):
        await page.keyboard.press("Tab")
    await expect(action(thread, "approve")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(thread).to_contain_text("approve by @Rita Requester")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("thread-panel")).to_be_hidden()


async def test_a_confirm_dialog_that_is_left_sends_nothing(page: Page, slack: Slack) -> None:
    """Esc means no, and the focus goes back to the button."""
    card = await open_card(page)
    await action(card, "teach").click()
    await expect(page.get_by_test_id("confirm")).to_contain_text("It holds for all.")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("confirm")).to_have_count(0)
    await expect(action(card, "teach")).to_be_focused()
    assert [delivery.kind for delivery in slack.deliveries].count("block_actions") == 0
    await action(card, "teach").click()
    await page.get_by_test_id("confirm-yes").click()
    await expect(page.get_by_test_id("thread-messages")).to_contain_text("teach by @Rita Requester")


async def test_home_shows_what_the_app_publishes_at_a_visit(page: Page) -> None:
    """The app hears of the visit first, and publishes then."""
    await page.get_by_test_id("open-home").click()
    await expect(page.get_by_test_id("home")).to_contain_text("Approve: restart_service?")
    await expect(page.get_by_test_id("composer")).to_be_hidden()


async def test_a_command_that_the_app_did_not_take_is_given_back(page: Page, slack: Slack) -> None:
    """The words stand in the composer again, with the reason beside them and in a toast."""
    slack.events_url = ""
    await say(page, TASK)
    await expect(page.get_by_test_id("toast")).to_contain_text("/agent failed")
    await expect(page.get_by_test_id("composer-error")).to_contain_text("/agent failed")
    await expect(page.get_by_test_id("composer")).to_have_value(TASK)


async def test_a_whole_card_fits_a_phones_first_screen(slack: Slack, browser: Browser) -> None:
    """Tool, target, why, Φ, risk and the buttons, with the head of the thread above them."""
    page = await visit(browser, slack, size=PHONE)
    card = await open_card(page)
    await card.evaluate("node => node.scrollIntoView({ block: 'start' })")
    top = await card.bounding_box()
    buttons = await block(card, "decide").bounding_box()
    assert top is not None
    assert buttons is not None
    assert top["y"] >= 0
    assert buttons["y"] + buttons["height"] <= FIRST_SCREEN_PX
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    await page.get_by_role("button", name="Back to the channel").click()
    await expect(page.get_by_test_id("composer")).to_be_visible()


async def test_only_the_person_addressed_sees_an_ephemeral_message(slack: Slack, browser: Browser) -> None:
    """Rita has the same thread open and sees only what comes after it."""
    rita = await visit(browser, slack)
    await open_card(rita)
    guest = await visit(browser, slack, "U0GUEST")
    await action(await open_card(guest), "approve").click()
    told = guest.get_by_test_id("ephemeral")
    await expect(told).to_contain_text("Only visible to you")
    await expect(told).to_contain_text("Guests may not decide.")
    await say(guest, "Did you see that?", "thread-composer")
    await expect(rita.get_by_test_id("thread-messages")).to_contain_text("Did you see that?")
    await expect(rita.get_by_test_id("ephemeral")).to_have_count(0)


async def test_a_lost_connection_keeps_what_was_typed_and_brings_what_was_missed(
    slack: Slack, browser: Browser
) -> None:
    """Words in the composer and in an open modal stay; what was said meanwhile comes with the snapshot."""
    network = Network()
    page = await (await browser.new_context()).new_page()
    await page.route_web_socket("**/ws?**", network.connect)
    await page.goto(f"{slack.url}?as=U0RITA")
    modal = await open_modal(page)
    await page.keyboard.press("Escape")
    await page.get_by_test_id("thread-composer").fill("a draft")
    await action(page.get_by_test_id("thread-messages"), "reject").click()
    await block(modal, "note").locator("textarea").fill("half a sen")
    await network.cut()
    await expect(page.get_by_test_id("connection")).to_contain_text("Connection lost")
    await slack.as_person("U0APPROVER").post("C0OPS", "said while nobody listened")
    network.is_down = False
    await expect(page.get_by_test_id("connection")).to_be_hidden()
    await expect(page.locator("#messages article").last).to_contain_text("said while nobody listened")
    await expect(block(modal, "note").locator("textarea")).to_have_value("half a sen")
    await expect(page.get_by_test_id("thread-composer")).to_have_value("a draft")
