"""What a tool's declaration says of another call or of a lock: ``{name}`` stands for the call's argument. Pure.

A placeholder that is the whole text gives the argument as it is, whatever its type; inside a text it is spelled out.
What is filled in is not searched for placeholders again.
"""

import re
from collections.abc import Mapping

from agent_core.proposal import canonical
from agent_core.words import Args, Json

HOLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]{0,63})\}")


def filled(template: Json, args: Args) -> Json:
    """Put the call's arguments into a template; a name that is no argument stays as it stands."""
    if isinstance(template, str):
        whole = HOLE.fullmatch(template)
        return args[whole[1]] if whole and whole[1] in args else in_text(template, args)
    if isinstance(template, Mapping):
        return {key: filled(item, args) for key, item in template.items()}
    if isinstance(template, list | tuple):
        return [filled(item, args) for item in template]
    return template


def in_text(template: str, args: Args) -> str:
    """Spell the call's arguments out in a text: a text as it is, anything else as canonical JSON."""
    return HOLE.sub(lambda hole: spelled(args[hole[1]]) if hole[1] in args else hole[0], template)


def spelled(value: Json) -> str:
    """Spell one value."""
    return value if isinstance(value, str) else canonical(value)
