"""Slack's own payloads, as tests/data keeps them, and how each of them comes in."""

import json
from pathlib import Path
from typing import Any

from bot.payloads import Kind

SAMPLES = Path(__file__).parents[2] / "data" / "slack-payloads"
FORMS = {"slash-command"}
INTERACTIONS = {"block-actions", "block-suggestion", "shortcut", "view-submission", "view-closed"}


def sample(name: str) -> dict[str, Any]:
    """Read one sample by its path below slack-payloads."""
    read: dict[str, Any] = json.loads((SAMPLES / name).read_text("utf-8"))
    return read


def kind_of(name: str) -> Kind:
    """Say how the sample's folder is delivered."""
    folder = name.partition("/")[0]
    if folder in FORMS:
        return "command"
    return "interaction" if folder in INTERACTIONS else "event"
