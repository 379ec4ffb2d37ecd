"""Long fault and soak tests: marked ``slow``, they run with ``--slow`` (``make slow``) and are left out otherwise."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the switch that lets the long tests run."""
    parser.addoption("--slow", action="store_true", help="run the long fault and soak tests as well")


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark."""
    config.addinivalue_line("markers", "slow: takes longer than CI has; `make slow` runs it")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests out, unless they are asked for."""
    if config.getoption("--slow"):
        return
    long = [item for item in items if item.get_closest_marker("slow") is not None]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)
