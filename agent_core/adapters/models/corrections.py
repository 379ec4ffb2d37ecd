"""What a person's words change in a call: ``service: cart``, ``use cart instead of checkout``, several by comma. Pure.

The grammar gives assignments and swaps; applying them to a step is left to ``changes``. The rule kept here: words are
understood whole or not at all, and never guessed at.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

LONGEST = 2_000  # a change said in more words than this is none
QUOTES = ("``", '""', "''", "“”", "\u2018\u2019", "„“", "«»")
FILLERS = r"(?:no|please|pls|sorry|actually|oh|wait|rather(?! than)|but|and|then|instead(?! of))"
BEFORE = re.compile(rf"(?:{FILLERS}\b[,:.! ]*)+(?=\S)", re.IGNORECASE)
AFTER = re.compile(r"[,.! ]+(?:please|pls|thanks|thank you)[.! ]*$", re.IGNORECASE)
BETWEEN = re.compile(r"\s*(?:[,;\n]\s*(?:and\s+)?|\s+and\s+)", re.IGNORECASE)
TWO = re.compile(rf"{BETWEEN.pattern}|\b(?:instead of|rather than)\b", re.IGNORECASE)  # more than one thing is said
NAME = r"(?P<name>[\w-]+(?: [\w-]+)?)"
ASSIGNED = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?:(?:set|make|use)\s+)?(?:the\s+)?{NAME}\s*[:=]\s*(?P<value>\S.*)",
        rf"(?:set|change)\s+(?:the\s+)?{NAME}\s+to\s+(?P<value>\S.*)",
    )
)
INSTEAD = r"(?:instead of|rather than)\s+(?:the\s+)?(?P<old>[^,;\n]+)"
SWAPPED = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?:(?:use|take|try)\s+)?(?:the\s+)?(?P<new>[^,;\n]+?)\s+{INSTEAD}",
        rf"{INSTEAD},\s*(?:(?:use|take|try)\s+)?(?:the\s+)?(?P<new>[^,;\n]+)",
        r"(?:use\s+)?(?P<new>[^\s,;]+),?\s+not\s+(?P<old>[^\s,;]+)",
        r"not\s+(?P<old>[^\s,;]+),?\s+but\s+(?P<new>[^\s,;]+)",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Give the argument of this name this value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Put a new value wherever the old one stands."""

    new: str
    old: str


Change: TypeAlias = Assign | Swap


def folded(name: str) -> str:
    """Fold how a name may be typed: case, and spaces or hyphens for underscores."""
    return re.sub(r"[\s-]", "_", name.strip().casefold())


def parsed(text: str, names: Collection[str]) -> tuple[Change, ...]:
    """Read words as changes to arguments of these names; nothing if any part of them is something else."""
    if len(text) > LONGEST:
        return ()
    # Runs of blanks become one: the patterns below would go back and forth over them for minutes.
    lines = (" ".join(line.split()) for line in text.splitlines())
    words = AFTER.sub("", "\n".join(line for line in lines if line))
    opening = BEFORE.match(words)
    known = frozenset(map(folded, names))
    for attempt in (words[opening.end() :] if opening else "", words):
        changes = _parsed(attempt, known)
        if changes:
            return changes
    return ()


def swapped(words: str) -> Swap | None:
    """Read words as one swap."""
    for form in SWAPPED:
        found = form.fullmatch(words)
        if found and not any(TWO.search(found[side]) for side in ("new", "old")):
            return Swap(new=_bare(found["new"]), old=_bare(found["old"]))
    return None


def _parsed(words: str, known: Collection[str]) -> tuple[Change, ...]:
    whole = _assigned(words, known) is None and swapped(words)
    if whole:
        return (whole,)
    changes: list[Change] = []
    for piece, before in _pieces(words):
        change = _assigned(piece, known) or swapped(piece)
        if change is not None:
            changes.append(change)
        elif changes and isinstance(changes[-1], Assign):
            # No change of its own, so the comma stood within a value.
            changes[-1] = replace(changes[-1], value=f"{changes[-1].value}{before}{piece}")
        else:
            return ()
    return tuple(
        replace(change, value=_bare(change.value)) if isinstance(change, Assign) else change for change in changes
    )


def _pieces(words: str) -> Iterator[tuple[str, str]]:
    """Cut words at commas, semicolons, line ends and “and”: each piece with what stood before it."""
    start, before = 0, ""
    for cut in BETWEEN.finditer(words):
        yield words[start : cut.start()], before
        start, before = cut.end(), cut[0]
    yield words[start:], before


def _assigned(piece: str, known: Collection[str]) -> Assign | None:
    """Read one piece as an assignment to a name that is known."""
    for form in ASSIGNED:
        found = form.fullmatch(piece)
        if found and folded(found["name"]) in known:
            return Assign(name=found["name"], value=found["value"])
    return None


def _bare(value: str) -> str:
    """Take quotes off a value, and the full stop off a single word."""
    text = value.strip()
    if len(text) > 1 and f"{text[0]}{text[-1]}" in QUOTES:
        return text[1:-1]
    return text if " " in text else (text.rstrip(".!") or text)
