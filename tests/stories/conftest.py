"""One bot for each file of stories: it starts once, and after each story it is held to what must always be true."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.playground.harness import OFF, Setup
from tests.stories.stage import Stage, staged


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Start the bot and Slack for the whole file."""
    async with staged(tmp_path_factory.mktemp("stage"), setup=Setup(rates=OFF)) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="module")
async def stage(shared: Stage) -> AsyncIterator[Stage]:
    """Give the stage, and see that Slack had nothing to complain of and the bot nothing to regret."""
    yield shared
    await shared.check()
