"""Where chance begins: ``--seed N`` plays one run of the fault tests again; a failure names the seed that it had."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the switch that repeats a run's choices."""
    parser.addoption("--seed", type=int, default=None, help="make the choices of an earlier run of the fault tests")


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int | None:
    """Give the seed that was asked for, if one was."""
    wanted: int | None = request.config.getoption("--seed", default=None)
    return wanted
