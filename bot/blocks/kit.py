"""The few Block Kit shapes that we use, with Slack's limits kept here. Pure.

The one rule: no text object is ever mrkdwn. Words stand in ``plain_text`` (emoji off) or in ``text`` elements of rich
text, which Slack shows as they are; people and dates are elements of their own. Making hostile text visible is
``bot.blocks.shown``'s work, and cutting to a length the caller's; here a last cut only keeps Slack from refusing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, TypeVar

from pydantic_core import PydanticSerializationError, to_json

from agent_core.words import Json, PersonId

Block: TypeAlias = Mapping[str, Json]
Style: TypeAlias = Literal["primary", "danger"]
Room = TypeVar("Room")

TEXT_CHARS = 3_000
HEADER_CHARS = 150
LABEL_CHARS = 75
TITLE_CHARS = 24
BLOCKS_CHARS = 12_500  # Slack refuses from about 13,200; stay below
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message: ``text`` is the fallback that notifications and screen readers use."""

    text: str
    blocks: tuple[Block, ...]


def written(value: object) -> bytes:
    """Write JSON as Slack is sent it: in ASCII, without spaces."""
    try:
        return to_json(value, ensure_ascii=True)  # a third of the standard library's time
    except PydanticSerializationError:  # half of a surrogate pair, which the standard library writes as it is
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def size_of(blocks: Sequence[Block]) -> int:
    """Count at least as many characters as Slack counts: JSON text with a space after each comma and colon."""
    text = written(blocks)
    return len(text) + text.count(b",") + text.count(b":")


def fitting(draw: Callable[[Room], tuple[Block, ...]], rooms: Sequence[Room]) -> tuple[Block, ...]:
    """Draw blocks in the first of the rooms, from roomy to tight, in which Slack takes them; else in the last."""
    *roomy, tightest = rooms
    for room in roomy:
        blocks = draw(room)
        if size_of(blocks) <= BLOCKS_CHARS:
            return blocks
    return draw(tightest)


def clip(text: str, most: int) -> str:
    """Shorten to ``most`` characters, with an ellipsis where something was cut."""
    return text if len(text) <= most else text[: most - 1] + ELLIPSIS


def escaped(text: str) -> str:
    """Write a text so that Slack reads no mention, link or command in it where it looks for markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str, most: int = TEXT_CHARS) -> Block:
    """Make a plain_text object, in which nothing is markup."""
    return {"type": "plain_text", "text": clip(text, most), "emoji": False}


def header(text: str) -> Block:
    """Make a heading."""
    return {"type": "header", "text": plain(text, HEADER_CHARS)}


def section(text: str) -> Block:
    """Make a paragraph of plain text."""
    return {"type": "section", "text": plain(text)}


def context(text: str) -> Block:
    """Make a small grey line of plain text."""
    return {"type": "context", "elements": [plain(text)]}


def divider() -> Block:
    """Make a line between two parts."""
    return {"type": "divider"}


def words(text: str) -> Block:
    """Make a run of rich text that is shown as it is."""
    return {"type": "text", "text": clip(text, TEXT_CHARS)}


def bold(text: str) -> Block:
    """Make a run of rich text in bold: the way our own labels look."""
    return {"type": "text", "text": clip(text, TEXT_CHARS), "style": {"bold": True}}


def italic(text: str) -> Block:
    """Make a run of rich text in italics: the way our own remarks look."""
    return {"type": "text", "text": clip(text, TEXT_CHARS), "style": {"italic": True}}


def code(text: str) -> Block:
    """Make a run of rich text in a fixed-width face: the way values look."""
    return {"type": "text", "text": clip(text, TEXT_CHARS), "style": {"code": True}}


def person(who: PersonId) -> Block:
    """Make the name of a person, which Slack resolves."""
    return {"type": "user", "user_id": who}


def group(usergroup: str) -> Block:
    """Make the name of a user group, which Slack resolves."""
    return {"type": "usergroup", "usergroup_id": usergroup}


def moment(at: datetime) -> Block:
    """Make a time, shown in the reader's own zone and, where that fails, in UTC."""
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": "{date_short_pretty} {time}",
        "fallback": f"{at.isoformat(' ', 'minutes')[:16]} UTC",
    }


def link(url: str, text: str) -> Block:
    """Make a link to one of our own messages."""
    return {"type": "link", "url": clip(url, TEXT_CHARS), "text": clip(text, TEXT_CHARS)}


def line(*elements: Block) -> Block:
    """Make one paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(*elements: Block) -> Block:
    """Make a paragraph behind a bar: somebody's own words, however many lines they have."""
    return {"type": "rich_text_quote", "elements": list(elements)}


def preformatted(text: str) -> Block:
    """Make a box of fixed-width text, which nothing inside can leave."""
    return {"type": "rich_text_preformatted", "elements": [words(text)]}


def bullets(*items: Block) -> Block:
    """Make a list of paragraphs."""
    return {"type": "rich_text_list", "style": "bullet", "elements": list(items)}


def rich(*parts: Block) -> Block:
    """Make a rich text block of paragraphs, quotes, boxes and lists."""
    return {"type": "rich_text", "elements": list(parts)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sure:
    """What is asked before a wide action: a title, a sentence, and the word that says yes."""

    title: str
    text: str
    confirm: str

    @property
    def block(self) -> Block:
        """The confirm object."""
        return {
            "title": plain(self.title, 100),
            "text": plain(self.text, 300),
            "confirm": plain(self.confirm, 30),
            "deny": plain("Back", 30),
            "style": "danger",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button: what it says, its action ID and value; ``spoken`` is what a screen reader says."""

    label: str
    action: str
    value: str
    spoken: str
    style: Style | None = None
    sure: Sure | None = None

    @property
    def block(self) -> Block:
        """The button element."""
        element: dict[str, Json] = {
            "type": "button",
            "text": plain(self.label, LABEL_CHARS),
            "action_id": self.action,
            "value": self.value,
            "accessibility_label": clip(self.spoken, LABEL_CHARS),
        }
        if self.style:
            element["style"] = self.style
        if self.sure:
            element["confirm"] = self.sure.block
        return element


def option(label: str, value: str) -> Block:
    """Make one choice of a menu."""
    return {"text": plain(label, LABEL_CHARS), "value": value}


def overflow(choices: Sequence[tuple[str, str]]) -> Block:
    """Make the menu ``more`` of less used actions, each an action's name and its label."""
    return {
        "type": "overflow",
        "action_id": "more",
        "options": [option(label, name) for name, label in choices],
    }


def actions(value: str, *elements: Block) -> Block:
    """Make a row of buttons; the menu in it knows what it is about by the row's block ID."""
    return {"type": "actions", "block_id": value, "elements": list(elements)}


def field(block_id: str, label: str, element: Mapping[str, Json], *, hint: str = "", optional: bool = False) -> Block:
    """Make one input of a modal; its element's action ID is always ``value``."""
    block: dict[str, Json] = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2_000),
        "element": {"action_id": "value", **element},
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint, 2_000)
    return block


def text_input(value: str = "", *, multiline: bool = False, placeholder: str = "") -> Block:
    """Make an input for text."""
    element: dict[str, Json] = {"type": "plain_text_input", "multiline": multiline, "max_length": TEXT_CHARS}
    if value:
        element["initial_value"] = value
    if placeholder:
        element["placeholder"] = plain(placeholder, 150)
    return element


def select(options: Sequence[Block], chosen: Block | None = None) -> Block:
    """Make a menu of which one choice is taken."""
    element: dict[str, Json] = {"type": "static_select", "options": list(options)}
    if chosen is not None:
        element["initial_option"] = chosen
    return element


def modal(callback_id: str, title: str, metadata: str, blocks: Sequence[Block], *, submit: str = "") -> Block:
    """Make a modal; ``metadata`` names what it is about and comes back with every press in it."""
    view: dict[str, Json] = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, TITLE_CHARS),
        "close": plain("Close", TITLE_CHARS),
        "private_metadata": metadata,
        "blocks": list(blocks),
    }
    if submit:
        view["submit"] = plain(submit, TITLE_CHARS)
    return view
