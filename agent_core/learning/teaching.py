"""How a person's rule is read: ``field = value, …`` for when, and ``deny``, ``set <arg> = <value>`` or words for what.

What is neither is kept as words for the actor. Nothing is guessed: a rule that looks exact but is not is refused.
"""

import json
import re
from dataclasses import dataclass

from agent_core.errors import Refused
from agent_core.lesson import Condition
from agent_core.proposal import canonical

RULE_CHARS = 500
CONDITIONS = 8
FIELD = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.-]{0,63})\s*=\s*(.*?)\s*")
SET = re.compile(r"\s*set\s+([A-Za-z_][A-Za-z0-9_-]{0,63})\s*=\s*(.*?)\s*", re.IGNORECASE | re.DOTALL)
DENY = re.compile(r"\s*deny\s*[.!]?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A rule as it will be obeyed; ``words`` is what reaches the actor where nothing exact was said."""

    when: tuple[Condition, ...] = ()
    when_words: str = ""
    deny: bool = False
    set_json: str = ""
    words: str = ""

    @property
    def is_exact(self) -> bool:
        """Tell whether the rule is obeyed by the bot itself, not only told to the actor."""
        return self.deny or bool(self.set_json)


def read_rule(when: str, do: str) -> Reading:
    """Read a rule as typed, or raise Refused at the field that is wrong."""
    for field, text in (("when", when), ("do", do)):
        if len(text) > RULE_CHARS:
            raise Refused(f"A rule has at most {RULE_CHARS} characters here.", "Say it more shortly.", field=field)
    if not do.strip():
        raise Refused("Say what to do: deny, set <argument> = <value>, or words.", field="do")
    conditions, words = read_when(when)
    if DENY.fullmatch(do):
        _need_conditions(conditions, words)
        return Reading(when=conditions, deny=True, words=do.strip())
    setting = SET.fullmatch(do)
    if setting:
        _need_conditions(conditions, words)
        return Reading(when=conditions, set_json=_set(setting[1], setting[2]), words=do.strip())
    return Reading(when=conditions, when_words=words, words=do.strip())


def read_when(when: str) -> tuple[tuple[Condition, ...], str]:
    """Read the conditions, or give the text back as words if it is not of their form."""
    if not when.strip():
        return (), ""
    found = [FIELD.fullmatch(part) for part in when.split(",")]
    if any(match is None for match in found):
        return (), when.strip()
    conditions = tuple(Condition(field=match[1], value=_bare(match[2])) for match in found if match)
    if len(conditions) > CONDITIONS:
        raise Refused(f"A rule has at most {CONDITIONS} conditions.", "Make two rules of it.", field="when")
    return conditions, ""


def _bare(value: str) -> str:
    """Take quotes off a value that a person put in quotes."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _set(name: str, text: str) -> str:
    """Give the object that a set rule puts in: JSON where the value is JSON, else the text itself."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except ValueError:
        value = _bare(text)
    return canonical({name: value})


def _no_constant(name: str) -> None:
    """Keep NaN and the infinities, which are not JSON, as words."""
    raise ValueError(name)


def _need_conditions(conditions: tuple[Condition, ...], words: str) -> None:
    """Raise Refused where an exact rule has no exact condition: it would act wider than was meant."""
    if not conditions:
        hint = "Write it as field = value, for example tool = restart_service, service = checkout."
        said = "This condition is not exact." if words else "A rule that is obeyed needs a condition."
        raise Refused(said, hint, field="when")
