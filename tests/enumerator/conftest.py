from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
import structlog

from tests.enumerator.crew import silence

Report: TypeAlias = Callable[[str], None]
LINES = pytest.StashKey[list[str]]()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Give a way to say something at the end of the whole run."""
    return request.config.stash.setdefault(LINES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was covered."""
    for line in config.stash.get(LINES, []):
        terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep what processes say to themselves while they are struck out of the report."""
    was = structlog.get_config()
    silence()
    yield
    structlog.configure(**was)
