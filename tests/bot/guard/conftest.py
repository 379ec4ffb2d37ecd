from collections.abc import AsyncIterator

import pytest

from tests.bot.guard.door import Door, open_door


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a guarded server with the limits that it has in service."""
    async with open_door() as opened:
        yield opened
