"""A runbook as values: steps that name tools, and checks that say what must hold afterwards.

Fields are named like the YAML keys. A step without an ``id`` is called by its number, counted from 1. A check is judged
on everything that a call printed; several of its keys are and. Pure: whoever reads the YAML
checks it and makes these values.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent_core.checks import Check, pointed, same, shown
from agent_core.proposal import canonical
from agent_core.words import Json

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]{0,63})\}")
__all__ = ["Check", "Runbook", "Step", "When", "as_text", "exact", "filled", "placeholders", "pointed", "same", "shown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A condition on the newest result of another step."""

    step: str
    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of a tool. ``args`` may hold ``{name}``; ``ask`` maps an argument to the question that asks for it.

    ``on_failure`` is ``stop``, ``continue`` or the ID of the step to go on with.
    """

    tool: str
    id: str = ""
    args: Mapping[str, Json] = field(default_factory=dict)
    why: str = ""
    expect: str = ""
    check: Check | None = None
    when: When | None = None
    on_failure: str = "stop"
    ask: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """A named procedure. ``match`` are patterns searched in a task's words; their named groups fill arguments.

    ``ids`` are the names of the steps in order: their ``id``, else their number.
    """

    name: str
    match: tuple[str, ...]
    purpose: str = ""
    steps: tuple[Step, ...]
    ids: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _by_id: Mapping[str, Step] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Name the steps once; of two with one name the first has it."""
        ids = tuple(step.id or str(number) for number, step in enumerate(self.steps, 1))
        object.__setattr__(self, "ids", ids)  # frozen for everybody else
        object.__setattr__(self, "_by_id", dict(zip(reversed(ids), reversed(self.steps), strict=True)))

    def named(self) -> tuple[tuple[str, Step], ...]:
        """Give each step with its name."""
        return tuple(zip(self.ids, self.steps, strict=True))

    def step(self, step_id: str) -> Step | None:
        """Give the step of this name."""
        return self._by_id.get(step_id)

    def after(self, step_id: str) -> str | None:
        """Name the step that follows, or None after the last."""
        rest = self.ids[self.ids.index(step_id) + 1 :]
        return rest[0] if rest else None

    def number(self, step_id: str) -> int:
        """Count which step this is, from 1."""
        return self.ids.index(step_id) + 1


def placeholders(template: Json) -> tuple[str, ...]:
    """Name what a template of an argument still needs, each once."""
    if isinstance(template, str):
        return tuple(dict.fromkeys(PLACEHOLDER.findall(template)))
    if isinstance(template, Mapping):
        template = list(template.values())
    if isinstance(template, list | tuple):
        return tuple(dict.fromkeys(name for item in template for name in placeholders(item)))
    return ()


def exact(template: Json) -> str | None:
    """Name the one placeholder that is the whole template, or None."""
    whole = PLACEHOLDER.fullmatch(template) if isinstance(template, str) else None
    return whole[1] if whole else None


def filled(template: Json, slots: Mapping[str, str]) -> Json:
    """Put the slots' texts into a template; text that came in is not searched for placeholders again."""
    if isinstance(template, str):
        return PLACEHOLDER.sub(lambda name: slots.get(name[1], name[0]), template)
    if isinstance(template, Mapping):
        return {key: filled(item, slots) for key, item in template.items()}
    if isinstance(template, list | tuple):
        return [filled(item, slots) for item in template]
    return template


def as_text(value: Json) -> str:
    """Spell a value as a person would type it."""
    return value if isinstance(value, str) else canonical(value)
