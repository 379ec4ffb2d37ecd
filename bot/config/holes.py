"""Placeholders: ``{name}`` in text stands for an argument. Pure."""

from collections.abc import Mapping, Sequence

from agent_core.rules.templates import HOLE
from agent_core.words import Json

__all__ = ["HOLE", "holes"]


def holes(value: Json) -> frozenset[str]:
    """Name the placeholders in a value, at any depth."""
    if isinstance(value, str):
        return frozenset(HOLE.findall(value))
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, Sequence):
        return frozenset().union(*map(holes, value))
    return frozenset()
