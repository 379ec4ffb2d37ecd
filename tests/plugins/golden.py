"""Snapshots that are reviewed like code: ``golden("cards/x.json", value)`` compares with a file under tests/golden.

``--update-golden`` rewrites the files instead; the author reads the diff before the reviewer does. A file that no test
has asked for is not noticed here: remove it with the test.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

FOLDER = Path(__file__).parent.parent / "golden"

Golden: TypeAlias = Callable[[str, Any], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the switch that rewrites snapshots."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the snapshots under tests/golden")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a value with its snapshot, or rewrite the snapshot."""

    def compare(name: str, value: Any) -> None:  # noqa: ANN401 - any JSON
        path = FOLDER / name
        text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
        if request.config.getoption("--update-golden", default=False):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert json.loads(path.read_text(encoding="utf-8")) == json.loads(text), f"{name}: see --update-golden"

    return compare
