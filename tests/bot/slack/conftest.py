from collections.abc import AsyncIterator

import pytest

from tests.bot.slack.office import Office, opened


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """Give a connection to a Slack of one's own."""
    async with opened() as office:
        yield office
        assert office.standin.violations == []
