"""What is on somebody's screen: a message or a view as it was when it was looked at.

Snapshots: what the bot changes later does not change them, as a slow client's screen does not change either.
"""

from dataclasses import dataclass

from bot.playground.blocks import elements_of, options_of
from bot.playground.words import Json


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was on the screen when it was looked at."""

    channel: str
    raw: Json

    @property
    def ts(self) -> str:
        """Give its ts."""
        return str(self.raw["ts"])

    @property
    def thread_ts(self) -> str | None:
        """Give the ts of its thread's root, if it is in one."""
        return self.raw.get("thread_ts")

    @property
    def user(self) -> str:
        """Give who wrote it."""
        return str(self.raw.get("user", ""))

    @property
    def text(self) -> str:
        """Give its fallback text."""
        return str(self.raw.get("text", ""))

    @property
    def blocks(self) -> list[Json]:
        """Give its blocks."""
        return list(self.raw.get("blocks", ()))

    @property
    def metadata(self) -> Json:
        """Give its metadata, or an empty object."""
        return dict(self.raw.get("metadata", {}))

    @property
    def buttons(self) -> dict[str, Json]:
        """Give its interactive elements by action_id."""
        return _buttons(self.blocks)

    @property
    def action_ids(self) -> set[str]:
        """Give what can be pressed: action_ids, and the option values of overflow menus."""
        return _action_ids(self.blocks)

    @property
    def words(self) -> str:
        """Give every text in its blocks, a line each: what a person reads."""
        return "\n".join(_texts(self.blocks))


@dataclass(frozen=True, slots=True)
class View:
    """A modal or Home as it was on the screen when it was looked at."""

    raw: Json

    @property
    def id(self) -> str:
        """Give its id."""
        return str(self.raw["id"])

    @property
    def callback_id(self) -> str:
        """Give its callback_id."""
        return str(self.raw["callback_id"])

    @property
    def private_metadata(self) -> str:
        """Give its private_metadata."""
        return str(self.raw["private_metadata"])

    @property
    def hash(self) -> str:
        """Give its hash."""
        return str(self.raw["hash"])

    @property
    def title(self) -> str:
        """Give its title."""
        return str(self.raw.get("title", {}).get("text", ""))

    @property
    def blocks(self) -> list[Json]:
        """Give its blocks."""
        return list(self.raw["blocks"])

    @property
    def state(self) -> Json:
        """Give what is typed and chosen: block_id, action_id, state object."""
        return dict(self.raw["state"]["values"])

    @property
    def inputs(self) -> dict[str, Json]:
        """Give its input blocks by block_id."""
        return {block["block_id"]: block for block in self.blocks if block["type"] == "input"}

    @property
    def action_ids(self) -> set[str]:
        """Give what can be pressed: action_ids, and the option values of overflow menus."""
        return _action_ids(self.blocks)

    @property
    def words(self) -> str:
        """Give every text in its blocks, a line each: what a person reads."""
        return "\n".join(_texts(self.blocks))


def _buttons(blocks: list[Json]) -> dict[str, Json]:
    return {one["action_id"]: one for block in blocks for one in elements_of(block) if "action_id" in one}


def _action_ids(blocks: list[Json]) -> set[str]:
    elements = _buttons(blocks)
    menus = [one for one in elements.values() if one["type"] == "overflow"]
    return set(elements) | {option["value"] for menu in menus for option in options_of(menu)}


def _texts(thing: object) -> list[str]:
    if isinstance(thing, list):
        return [words for inner in thing for words in _texts(inner)]
    if not isinstance(thing, dict):
        return []
    own = [thing["text"]] if isinstance(thing.get("text"), str) else []
    return own + [words for name, inner in thing.items() if name != "value" for words in _texts(inner)]
