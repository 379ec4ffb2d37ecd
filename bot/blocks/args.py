r"""A call's arguments as people read them: one line each, ``name: JSON value``, nothing hidden, secrets masked. Pure.

Values are JSON with hostile characters escaped as in ``bot.blocks.shown``, so the text can be read back byte for byte
(``tests/bot/blocks/reading.py`` does). A line break inside a string is written ``\n`` and then the line goes on, two
spaces in; what stands at the left edge is therefore always the next argument, whatever a value says.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from agent_core.proposal import Call, Proposal, canonical
from agent_core.rules.book import Limits, ToolSpec
from agent_core.words import Args, Json
from bot.blocks.kit import TEXT_CHARS
from bot.blocks.lookalikes import remarks
from bot.blocks.shown import shown, weight

Mark: TypeAlias = Callable[[str], str]  # canonical JSON of a secret value -> eight digits that tell it from others

ONE_LINE = 72
CARD_LINES = 40
CARD_WEIGHT = 6_000
PAGE_CHARS = 3 * TEXT_CHARS
HIDDEN = "•••"
SHORTEST_SECRET = 4
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]{0,63}")
BREAKS = re.compile(r"(?:\\n)+(?!\")|\\(?:u[0-9a-f]{4}|.)")
# Pieces of whole escapes, so that no page ends within one; a pair of surrogates is one character.
PIECES = re.compile(r"(?:\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u[0-9a-f]{4}|\\.|.){1,200}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Veil:
    """What must not be shown: the secret arguments of one tool, and how each is marked."""

    names: frozenset[str]
    mark: Mark

    @classmethod
    def of(cls, spec: ToolSpec | None, mark: Mark) -> "Veil":
        """Make the veil of a tool; one that is not known any more has no secrets to tell by."""
        return cls(spec.secret_args if spec else frozenset(), mark)

    def value(self, name: str, value: Json) -> str:
        """Write one argument's value, masked if it is secret."""
        if name not in self.names:
            return spelled(value)
        text = canonical(value)
        length = len(value) if isinstance(value, str) else len(text)
        return f"{HIDDEN} ({length:,} characters, #{self.mark(text)})"

    def over(self, text: str, args: Args) -> str:
        """Mask the secret values of a call where another text repeats them."""
        for name in self.names & args.keys():
            for secret in strings_of(args[name]):
                if len(secret) >= SHORTEST_SECRET:
                    text = text.replace(secret, HIDDEN)
        return text


def args_of(args_json: str) -> Args:
    """Read arguments that are kept as JSON text."""
    return cast("Args", json.loads(args_json))


def strings_of(value: Json) -> Iterator[str]:
    """Give every string in a JSON value, the names in it too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from strings_of(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from strings_of(inner)


def spelled(value: Json, level: int = 1) -> str:
    """Write a JSON value visibly: on one line if that is short, else a line for each part."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        parts = [f"{_quoted(name)}: {spelled(inner, level + 1)}" for name, inner in value.items()]
        return _joined("{", parts, "}", level)
    if isinstance(value, (list, tuple)):
        return _joined("[", [spelled(inner, level + 1) for inner in value], "]", level)
    return json.dumps(value)


def _quoted(text: str) -> str:
    inside = shown(text).replace('"', '\\"')
    if len(inside) <= ONE_LINE or r"\n" not in inside:
        return f'"{inside}"'
    return BREAKS.sub(_broken, f'"{inside}"')


def _broken(escape: re.Match[str]) -> str:
    return escape[0] + "\n  " if escape[0].startswith(r"\n") else escape[0]


def json_text(value: Json) -> str:
    """Write a JSON value as text that reads back as JSON: as ``spelled``, but strings stay on one line."""
    return re.sub(r"\\n\n  ", r"\\n", spelled(value))


def _joined(opening: str, parts: list[str], closing: str, level: int) -> str:
    one = opening + ", ".join(parts) + closing
    if len(one) <= ONE_LINE and "\n" not in one:
        return one
    pad = "\n" + "  " * level
    return opening + pad + "  " + f",{pad}  ".join(parts) + pad + closing


def named(name: str) -> str:
    """Write an argument's name; one that is not a plain word is quoted, so that it cannot pass for our labels."""
    return name if PLAIN_NAME.fullmatch(name) else json_text(name)


def args_text(args: Args, veil: Veil) -> str:
    """Write all arguments, a line or more each."""
    return "\n".join(f"{named(name)}: {veil.value(name, value)}" for name, value in args.items()) or "(no arguments)"


def args_remarks(args: Args, veil: Veil) -> Iterator[tuple[str, str]]:
    """Say what a reader should know of each argument: its name, and the remark."""
    for name, value in args.items():
        said = dict.fromkeys(remark for text in (name, *strings_of(value)) for remark in remarks(text))
        if name not in veil.names:
            yield from ((named(name), remark) for remark in said)


def fits(proposal: Proposal, limits: Limits, spec: ToolSpec | None = None) -> bool:
    """Tell whether all arguments are shown on the card itself, so that Approve may stand there."""
    call = proposal.call
    if len(call.args_json) > limits.paged_chars:
        return False
    text = args_text(call.args, Veil.of(spec, lambda _: "0" * 8))
    return len(text) <= limits.paged_chars and weight(text) <= CARD_WEIGHT and text.count("\n") < CARD_LINES


def pages(proposal: Proposal, veil: Veil) -> tuple[str, ...]:
    """Cut the arguments' text into the pages of the full view, nothing left out."""
    return packed(args_text(proposal.call.args, veil), PAGE_CHARS)


def packed(text: str, most: int) -> tuple[str, ...]:
    """Cut a text into parts of at most ``most`` characters, between its visible characters."""
    parts: list[str] = []
    size = most
    for piece in cast("list[str]", PIECES.findall(text)):
        if size + len(piece) > most:
            parts.append("")
            size = 0
        parts[-1] += piece
        size += len(piece)
    return tuple(parts)


def changes(call: Call, original_json: str | None, veil: Veil) -> Iterator[tuple[str, str, str]]:
    """Give each argument that an edit changed: its name, how it was and how it is, in full."""
    old = args_of(original_json) if original_json else call.args
    new = call.args
    for name in dict.fromkeys((*old, *new)):
        if name not in old or name not in new or canonical(old[name]) != canonical(new[name]):
            before = veil.value(name, old[name]) if name in old else "(left out)"
            after = veil.value(name, new[name]) if name in new else "(left out)"
            yield named(name), before, after
