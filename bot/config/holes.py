"""Placeholders: ``{name}`` in text stands for an argument. Pure."""

import re
from collections.abc import Mapping, Sequence

from agent_core.words import Json

HOLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]{0,63})\}")


def holes(value: Json) -> frozenset[str]:
    """Name the placeholders in a value, at any depth."""
    if isinstance(value, str):
        return frozenset(HOLE.findall(value))
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, Sequence):
        return frozenset().union(*map(holes, value))
    return frozenset()
