"""Taking one person's words out of what is stored, and nothing else: who did what, and when, stays. Pure.

Words are the texts that a person typed: they stand in what is theirs (an input by them, a message, a note, a reason)
and in what was written down from it. Names, decisions, arguments of calls, tools' output, our own sentences and those
of models stay. A model's notes to itself may hold anything that it heard, so they go with a person's words.
"""

from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

from agent_core.checkpoint import Checkpoint
from agent_core.inputs import ModelReplied, Scored
from agent_core.people import Person
from agent_core.records import Entry, Line
from agent_core.words import PersonId

GONE = "(erased)"
WORDS = frozenset({"purpose", "text", "note", "why", "when", "do", "words", "edit_note", "when_words"})
OWNERS = ("by", "author", "requester", "overridden_by", "editor")
T = TypeVar("T")


def without_words_of(person: PersonId, value: T) -> T:
    """Give a value without this person's words; the same value where there are none."""
    return cast("T", _without(value, person))


def line_without(person: PersonId, line: Line) -> Line:
    """Give a journal line without this person's words; what a note says are our own."""
    return without_words_of(person, line) if isinstance(line, Entry) else line


def without_notes(line: Line) -> Line:
    """Give a journal line without the notes that a model made to itself."""
    if not isinstance(line, Entry) or not isinstance(line.input, ModelReplied | Scored) or not line.input.memory:
        return line
    return replace(line, input=replace(line.input, memory=None))


def task_without(person: PersonId, task: Checkpoint) -> Checkpoint:
    """Give a finished task without this person's words and without the model's notes."""
    return replace(without_words_of(person, task), memory="")


def _without(value: object, person: PersonId) -> object:
    """Go through a value, part by part; what is nobody's text is left as it is."""
    if isinstance(value, tuple):
        parts = tuple(_without(part, person) for part in value)
        return value if parts == value else parts
    if not is_dataclass(value) or isinstance(value, type):
        return value
    theirs = is_theirs(value, person)
    changed: dict[str, object] = {}
    for each in fields(value):
        held = getattr(value, each.name)
        part = GONE if theirs and each.name in WORDS and isinstance(held, str) and held else _without(held, person)
        if part is not held:
            changed[each.name] = part
    return replace(value, **changed) if changed else value


def is_theirs(value: object, person: PersonId) -> bool:
    """Tell whether the texts in a value are this person's."""
    for name in OWNERS:
        owner = getattr(value, name, None)
        if isinstance(owner, Person):
            owner = owner.id
        if owner == person or (isinstance(owner, tuple) and person in owner):
            return True
    return False
