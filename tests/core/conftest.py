"""Keeps what the workers log out of the way: what they print for a person costs more than all that they do here."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    """Give what was logged during the test."""
    with capture_logs() as logs:
        yield logs
