"""The corpora of hostile input, one dictionary a line."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "data" / "corpora"


def rows(name: str) -> list[dict[str, Any]]:
    """Read a corpus in JSON Lines."""
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="ascii").splitlines()]
