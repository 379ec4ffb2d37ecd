"""What people said to a runbook since it was last asked, each message heard once, the oldest first. Pure.

A rejection has people asked what else to do; an answer fills the slot that was asked for, or skips, stops or changes a
rejected step; a correction changes arguments. Words that are not understood change nothing and are told so: in the
pending proposal's place where there is one, else with the next thing that is said.
"""

from dataclasses import dataclass
from typing import assert_never

from agent_core.adapters.models.runbook_changes import Place, adopted, changed, forms
from agent_core.adapters.models.runbook_course import (
    WHAT_ELSE,
    Course,
    call_of,
    forward,
    gone_back,
    noted,
    settled,
    spoken,
)
from agent_core.adapters.models.runbook_memory import Asked, Memory, message_key
from agent_core.adapters.models.runbook_values import shown
from agent_core.adapters.models.runbook_words import capital, position
from agent_core.checkpoint import Message
from agent_core.errors import Refused
from agent_core.inputs import GiveUp, ModelReply, Unclear
from agent_core.values import replace

SKIP = frozenset({"skip", "skip it", "skip this", "skip this step", "skip step", "skip the step"})
STOP = frozenset({"stop", "stop it", "stop the task", "abort", "cancel", "end", "end it", "end the task"})
EDGES = " .,!`“”\"'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The notes after people's words, what of the words was not understood, and the end if somebody wants it."""

    memory: Memory
    unclear: tuple[str, ...] = ()
    understood: bool = False
    end: GiveUp | None = None


def moved_on(course: Course, memory: Memory) -> tuple[Memory, ModelReply]:
    """Give the next reply and the notes to keep with it."""
    if memory.at and course.runbook.step(memory.at) is None:
        return memory, GiveUp(words=f"{course.runbook.name} has no step “{memory.at}” any more.")
    memory, end = settled(course, memory)
    if end:
        return memory, end
    heard = hear(course, memory)
    if heard.end:
        return heard.memory, heard.end
    words = " ".join(dict.fromkeys(heard.unclear))
    if course.held and heard.unclear and not heard.understood:
        return heard.memory, Unclear(words=words)
    back = gone_back(course, memory, heard.memory)
    if back is not None:
        return back[0], replace(back[1], words=f"{words} {back[1].words}".strip())
    return spoken(course, heard.memory, words)


def hear(course: Course, memory: Memory) -> Heard:
    """Take in each message that was not heard yet."""
    messages = course.checkpoint.messages
    known = frozenset(memory.heard)
    heard = Heard(memory=replace(memory, heard=tuple(map(message_key, messages))))
    for message in messages:
        if message_key(message) not in known and heard.end is None:
            heard = _hear(course, heard, message)
    return heard


def _hear(course: Course, heard: Heard, message: Message) -> Heard:
    match message.about:
        case "rejection" | "refused":
            about = Asked(about="rejected" if message.about == "rejection" else "refused", words=message.text)
            return replace(heard, memory=replace(heard.memory, asked=about)) if heard.memory.pending else heard
        case "answer" | "correction":
            return _taken(course, heard, message)
        case "override" | "edit" | "unknown_resolved":
            return heard  # They show in the score, or in the step's own result.
        case never:
            assert_never(never)


def _taken(course: Course, heard: Heard, message: Message) -> Heard:
    """Take words as what was asked for, else as a change."""
    asked = heard.memory.asked
    if asked is not None and asked.about in WHAT_ELSE:
        return _what_else(course, heard, message.text)
    if asked is not None and asked.about == "slot" and message.about == "answer":
        return _answered(course, heard, asked, message.text)
    return _corrected(course, heard, message.text)


def _what_else(course: Course, heard: Heard, text: str) -> Heard:
    """Skip, stop or change, as the person says."""
    memory = heard.memory
    words = " ".join(text.casefold().strip(EDGES).split())
    if words in SKIP:
        return replace(heard, memory=forward(course, noted(memory, "skipped")), understood=True)
    if words in STOP:
        where = capital(position(course.runbook, memory.at))
        return replace(heard, end=GiveUp(words=f"{where} was not to be done, so the task was stopped.", how="rejected"))
    return _corrected(course, heard, text)


def _answered(course: Course, heard: Heard, asked: Asked, text: str) -> Heard:
    """Take an answer as the changes that it spells, else as the very value that was asked for."""
    memory = heard.memory
    place = course.place(memory)
    if place is not None:
        try:
            after = changed(place, memory, text)
        except Refused:
            after = replace(memory, slots={**memory.slots, asked.slot: text.strip()})  # Judged where it is filled in.
        memory = after
    return replace(heard, memory=replace(memory, asked=None), understood=True)


def _corrected(course: Course, heard: Heard, text: str) -> Heard:
    """Change arguments as the person says, unless the words are not understood or lead to a rejected call."""
    memory = heard.memory
    place = course.place(memory)
    if place is None:
        return replace(heard, unclear=(*heard.unclear, f"No step is left that “{shown(text)}” could change."))
    try:
        after = _unrejected(course, place, changed(place, _as_edited(course, place, memory), text))
    except Refused as no:
        return replace(heard, unclear=(*heard.unclear, no.words, forms(place, memory)))
    return replace(heard, memory=replace(after, asked=None), understood=True)


def _as_edited(course: Course, place: Place, memory: Memory) -> Memory:
    """Keep what somebody edited in the pending step, so that a correction changes only what it names."""
    held = course.held
    return memory if held is None or held.editor is None else adopted(place, memory, held.call.args)


def _unrejected(course: Course, place: Place, memory: Memory) -> Memory:
    """Raise Refused where a change would put a rejected call in a pending proposal's place."""
    if course.held is not None and call_of(course, place, memory) is None:
        raise Refused("A person rejected exactly that call before.")
    return memory
