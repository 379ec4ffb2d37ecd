"""Where the browser's pictures go: ``--screenshots DIR`` keeps them, otherwise they lie in pytest's temporary folder.

docs/screenshots is made with it: ``pytest tests/test_story.py --screenshots docs/screenshots``. Whoever renews them
looks at each; nothing compares them.
"""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the switch that keeps pictures."""
    parser.addoption("--screenshots", metavar="DIR", help="keep the pictures that browser tests make here")


@pytest.fixture(scope="module")
def pictures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that this file's pictures go into."""
    wanted: str | None = request.config.getoption("--screenshots", default=None)
    if wanted is None:
        return tmp_path_factory.mktemp("screenshots")
    folder = request.config.invocation_params.dir / wanted
    folder.mkdir(parents=True, exist_ok=True)
    return folder
