"""Remembers what was decided. ``decide`` is pure: asked again about the very same task, it says the very same.

Runs by the thousand begin alike, and deciding is a good part of what they do. A task is the same where it is the same
object, which the codec of a virtual world and this memory see to.
"""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime

from agent_core import runtime
from agent_core.checkpoint import Checkpoint
from agent_core.decide import decide
from agent_core.errors import Refused
from agent_core.inputs import Input
from agent_core.rules.book import Rules
from agent_core.transition import Transition
from agent_core.words import ThreadId

CONFIGURED = tuple(field.name for field in fields(Rules) if field.name != "lessons")


class Memory:
    """What one world's runtimes have decided."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[object, Transition | Refused]] = {}

    def decide(
        self, checkpoint: Checkpoint | None, given: Input, now: datetime, rules: Rules, *, thread_id: ThreadId
    ) -> Transition:
        """Give what was decided before, or decide; raise Refused as decide does."""
        parts = [getattr(rules, name) for name in CONFIGURED]
        key = (id(checkpoint), given, now, *map(id, parts), rules.lessons, thread_id)
        if key not in self._known:
            held = checkpoint, parts  # so that no other object is ever given one of these numbers
            self._known[key] = held, decided(checkpoint, given, now, rules, thread_id=thread_id)
        answer = self._known[key][1]
        if isinstance(answer, Refused):
            raise answer.with_traceback(None)
        return answer

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Have every runtime ask here."""
        names = vars(runtime)
        was, names["decide"] = names["decide"], self.decide
        try:
            yield
        finally:
            names["decide"] = was


def decided(
    checkpoint: Checkpoint | None, given: Input, now: datetime, rules: Rules, *, thread_id: ThreadId
) -> Transition | Refused:
    """Decide, and give a refusal as a value."""
    try:
        return decide(checkpoint, given, now, rules, thread_id=thread_id)
    except Refused as no:
        return no
