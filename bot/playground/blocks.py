"""Judges blocks and views as Slack does, and adds to them what Slack adds.

The shapes of `limits_*.py` say what one thing may look like; here stands what holds between things: unique ids,
one table, twelve thousand characters of markdown. A verdict is remembered by content: a card that is posted a
thousand times is judged once.
"""

import json
import secrets
from collections.abc import Iterator
from functools import lru_cache

from bot.playground.limits import STATEFUL
from bot.playground.limits_blocks import SURFACES, VIEWS
from bot.playground.shapes import said
from bot.playground.words import Json, Refusal, copied

BLOCKS_SIZE = 13_000  # Slack names no figure; refusals were seen from about here
VIEW_SIZE = 250_000
MARKDOWN_SIZE = 12_000
VISUALIZATIONS = 2
SHORT_ID = 5


def elements_of(block: Json) -> list[Json]:
    """Give the interactive (or drawn) elements of a block."""
    found = [*block.get("elements", ())] if block.get("type") in {"actions", "context_actions"} else []
    found += [block[name] for name in ("accessory", "element") if name in block]
    if block.get("type") == "card":
        found += block.get("actions", ())
    for child in block.get("child_blocks", ()):
        found += elements_of(child)
    if block.get("type") == "carousel":
        for child in block["elements"]:
            found += elements_of(child)
    return found


def _between(blocks: list[Json], at: str) -> Iterator[str]:
    """Say what is wrong between blocks that are right one by one."""
    for index in _repeated([block.get("block_id") for block in blocks]):
        yield said(f"`block_id` already exists: {blocks[index]['block_id']}", f"{at}/{index}/block_id")
    for index, block in enumerate(blocks):
        elements = elements_of(block)
        if _repeated([element.get("action_id") for element in elements]):
            yield said("`action_id` already exists for another element", f"{at}/{index}")
        for element in elements:
            yield from _initial(element, f"{at}/{index}")
    written = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if written > MARKDOWN_SIZE:
        yield said(f"markdown must be less than {MARKDOWN_SIZE + 1} characters in all", at)
    if sum(block["type"] == "data_visualization" for block in blocks) > VISUALIZATIONS:
        yield said(f"no more than {VISUALIZATIONS} data_visualization blocks allowed", at)


def _repeated(names: list[str | None]) -> list[int]:
    """Give where a name stands that stood before."""
    return [index for index, name in enumerate(names) if name and name in names[:index]]


def _initial(element: Json, at: str) -> Iterator[str]:
    """Say that what is chosen at first is no option."""
    chosen = element.get("initial_options") or [element.get("initial_option")]
    options = options_of(element)
    if chosen == [None] or not options:
        return
    for one in chosen:
        if not any(one["value"] == option["value"] for option in options):
            yield said("initial option was not found in options", f"{at}/initial_option")


def options_of(element: Json) -> list[Json]:
    """Give the options of an element, in groups or not."""
    grouped = [option for group in element.get("option_groups", ()) for option in group["options"]]
    return [*element.get("options", ()), *grouped]


@lru_cache(maxsize=4096)
def _judged(surface: str, written: str) -> tuple[str, ...]:
    blocks = json.loads(written)
    found = tuple(SURFACES[surface].problems(blocks, "/blocks"))
    return found or tuple(_between(blocks, "/blocks"))


@lru_cache(maxsize=1024)
def _judged_view(written: str) -> tuple[str, ...]:
    view = json.loads(written)
    found = tuple(VIEWS.problems(view, "/view"))
    if found:
        return found
    between = tuple(_between(view["blocks"], "/view/blocks"))
    has_input = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and has_input and "submit" not in view:
        between += (said("missing required field: submit", "/view"),)
    return between


def message_blocks(given: object) -> list[Json]:
    """Give the blocks of a message, or refuse them as Slack would."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise Refusal("invalid_blocks_format") from None
    if not isinstance(given, list):
        raise Refusal("invalid_blocks_format")
    written = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    if len(written) > BLOCKS_SIZE:
        raise Refusal("msg_blocks_too_long")
    problems = _judged("message", written)
    if problems:
        messages = [f"[ERROR] {problem}" for problem in problems]
        raise Refusal("invalid_blocks", errors=list(problems), response_metadata={"messages": messages})
    if sum(block["type"] == "table" for block in given) > 1:
        raise Refusal("invalid_attachments", errors=["only_one_table_allowed"])
    return dressed(given)


def view_shape(given: object, surface: str) -> Json:
    """Give the view as it was asked for, or refuse it as views.open would."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise _bad_view("must be a valid JSON object") from None
    if not isinstance(given, dict):
        raise _bad_view("must provide an object")
    given = {name: value for name, value in given.items() if value is not None}
    written = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    if len(written) > VIEW_SIZE:
        raise Refusal("view_too_large")
    problems = _judged_view(written)
    if problems:
        messages = ["failed to match all allowed schemas [json-pointer:/view]", *problems]
        raise Refusal("invalid_arguments", response_metadata={"messages": messages})
    if given["type"] != surface:
        raise _bad_view(f"must be a {surface} view")
    return dict(given, blocks=dressed(given["blocks"]))


def _bad_view(words: str) -> Refusal:
    return Refusal("invalid_arguments", response_metadata={"messages": [f"[ERROR] {said(words, '/view')}"]})


def dressed(blocks: list[Json]) -> list[Json]:
    """Give a copy with what Slack's server adds: ids, emoji flags, verbatim."""
    blocks = copied(blocks)
    taken = {block.get("block_id") for block in blocks}
    for block in blocks:
        while not block.get("block_id"):
            made = secrets.token_urlsafe(6)[:SHORT_ID]
            if made not in taken:
                taken.add(made)
                block["block_id"] = made
        if block["type"] == "markdown":
            continue
        for element in elements_of(block):
            if element["type"] in STATEFUL or element["type"] in {"button", "overflow"}:
                element.setdefault("action_id", secrets.token_urlsafe(6)[:SHORT_ID])
        if block["type"] == "input":
            block.setdefault("optional", False)
        _flag(block)
    return blocks


def _flag(thing: object) -> None:
    if isinstance(thing, list):
        for inner in thing:
            _flag(inner)
    elif isinstance(thing, dict):
        if thing.get("type") == "plain_text" and "text" in thing:
            thing.setdefault("emoji", True)
        elif thing.get("type") == "mrkdwn":
            thing.setdefault("verbatim", False)
        for inner in thing.values():
            if isinstance(inner, (dict, list)):
                _flag(inner)
