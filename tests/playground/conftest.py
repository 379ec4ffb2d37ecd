from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.harness import Person, Setup, Slack, running
from tests.playground.listening import Bot, listening


@pytest.fixture
def bot() -> Bot:
    """Give a bot that acknowledges everything."""
    return Bot()


@pytest.fixture
def setup() -> Setup:
    """Give the default setup; a test module may have its own."""
    return Setup()


@pytest.fixture
async def slack(bot: Bot, setup: Setup) -> AsyncIterator[Slack]:
    """Run a stand-in with that bot behind it."""
    async with listening(bot) as url, running(setup) as slack:
        slack.events_url = url
        yield slack


@pytest.fixture
def client(slack: Slack) -> AsyncWebClient:
    """Give the SDK's client, which retries nothing."""
    return AsyncWebClient(token=slack.secrets.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture
def rita(slack: Slack) -> Person:
    """Be Rita, a member."""
    return slack.as_person("U0RITA")


@pytest.fixture
def ada(slack: Slack) -> Person:
    """Be Ada, a member."""
    return slack.as_person("U0APPROVER")
