"""Reads blocks back: every text and what kind it is, the buttons, and the arguments, byte for byte.

The arguments' reader knows only what ``bot.blocks.args`` promises; it shares no code with it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.playground.blocks import message_blocks, view_shape


def plain_json(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Give blocks as Slack gets them: lists and dicts only."""
    return json.loads(json.dumps(value))


def as_slack(blocks: Sequence[Any]) -> list[Any]:
    """Have the stand-in judge a message's blocks; it raises where Slack would refuse."""
    taken = plain_json(list(blocks))
    message_blocks(taken)
    return list(taken)


def as_view(view: Any, surface: str = "modal") -> Any:  # noqa: ANN401 - any JSON
    """Have the stand-in judge a view."""
    taken = plain_json(view)
    view_shape(taken, surface)
    return taken


def objects(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """Give every object in a JSON value."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def texts(value: Any) -> list[str]:  # noqa: ANN401 - any JSON
    """Give every text that a person reads."""
    return [one["text"] for one in objects(value) if isinstance(one.get("text"), str)]


def kinds_of_text(value: Any) -> set[str]:  # noqa: ANN401 - any JSON
    """Say in which kinds of objects text stands."""
    return {one["type"] for one in objects(value) if isinstance(one.get("text"), str)}


def boxes(value: Any) -> list[str]:  # noqa: ANN401 - any JSON
    """Give the preformatted texts."""
    return [
        "".join(run["text"] for run in one["elements"])
        for one in objects(value)
        if one.get("type") == "rich_text_preformatted"
    ]


def buttons(value: Any) -> dict[str, str]:  # noqa: ANN401 - any JSON
    """Give the buttons' values by action ID."""
    return {one["action_id"]: one["value"] for one in objects(value) if one.get("type") == "button"}


def menu(value: Any) -> list[str]:  # noqa: ANN401 - any JSON
    """Give the actions in the overflow menu."""
    found = [one["options"] for one in objects(value) if one.get("type") == "overflow"]
    return [option["value"] for options in found for option in options]


def arguments(text: str) -> dict[str, Any]:
    """Read the arguments back: a line at the left edge begins one, and a string's line breaks are put together."""
    if text == "(no arguments)":
        return {}
    read: dict[str, Any] = {}
    for part in re.split(r"\n(?! )", text):
        name, value = re.fullmatch(r'("(?:[^"\\]|\\.)*"|[A-Za-z0-9_-]+): (.*)', part, re.DOTALL).groups()  # type: ignore[union-attr]  # else the test fails
        name = json.loads(name) if name.startswith('"') else name
        read[name] = json.loads(value.replace("\\n\n  ", "\\n"))
    return read
