"""The Home tab: what waits for me, what I started, what was learned this week. Pure.

No decision is made here: each line links to the one card, where it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent_core.learning.taught import told
from agent_core.lesson import Lesson
from agent_core.ports import TaskLine
from agent_core.words import ThreadId
from bot.blocks.cards.parts import ours, said
from bot.blocks.kit import (
    Block,
    Button,
    Style,
    Sure,
    actions,
    bold,
    bullets,
    context,
    divider,
    header,
    italic,
    line,
    link,
    moment,
    person,
    rich,
    words,
)
from bot.wording import LABELS

LISTED = 20
PURPOSE_CHARS = 150
ASKED: Mapping[str, str] = {
    "stop_all": "No task begins and no call starts anywhere until an operator lifts it. What runs goes on to its end.",
    "resume_all": "Tasks begin again, and steps that were approved meanwhile start.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """How the emergency stop stands: who stopped everything and when, in words, or nothing; and who looks at it."""

    words: str
    is_operator: bool


def home_view(
    waiting: Sequence[TaskLine],
    started: Sequence[TaskLine],
    learned: Sequence[Lesson],
    links: Mapping[ThreadId, str],
    *,
    stop: Stop | None = None,
) -> Block:
    """Make the Home tab; ``links`` gives each task's card or thread, as far as known, ``stop`` how the stop stands."""
    blocks = [
        *(emergency(stop) if stop else ()),
        header("What waits for you"),
        *tasks(waiting, links, "Nothing waits for you."),
        divider(),
        header("What you started"),
        *tasks(started, links, "You have no tasks. Start one with /agent and what you want done."),
        divider(),
        header("What was learned this week"),
        *lessons(learned),
        context("Decisions are made on the cards in their threads."),
    ]
    return {"type": "home", "blocks": blocks}


def emergency(stop: Stop) -> Iterator[Block]:
    """Say to everybody that everything is stopped, and offer operators the switch."""
    if stop.words:
        yield rich(line(bold("Everything is stopped. "), *ours(stop.words, PURPOSE_CHARS, None)))
    if stop.is_operator:
        name = "resume_all" if stop.words else "stop_all"
        yield actions(name, button_of(name).block)
        yield context("In force for all channels at once; recorded with your name.")
    if stop.words or stop.is_operator:
        yield divider()


def button_of(name: str) -> Button:
    """Make the switch; it asks once more, for it is felt everywhere."""
    sure = Sure(title=LABELS[name], text=ASKED[name], confirm=LABELS[name])
    style: Style | None = "danger" if name == "stop_all" else None
    return Button(label=LABELS[name], action=name, value=name, spoken=LABELS[name], style=style, sure=sure)


def tasks(lines: Sequence[TaskLine], links: Mapping[ThreadId, str], nothing: str) -> Iterator[Block]:
    """List tasks."""
    if not lines:
        yield rich(line(italic(nothing)))
        return
    yield rich(bullets(*(task(one, links.get(one.thread_id)) for one in lines[:LISTED])))
    if len(lines) > LISTED:
        yield rich(line(italic(f"… and {len(lines) - LISTED} more: /agent list")))


def task(one: TaskLine, url: str | None) -> Block:
    """Say one task in a line."""
    state = one.how or one.phase
    phi = "" if one.phi is None else f" · Φ {one.phi:.1f}"
    where = [words(" · "), link(url, "Open")] if url else []
    return line(
        *said(one.purpose, PURPOSE_CHARS),
        words(f" · {state.replace('_', ' ')}{phi} · for "),
        person(one.requester),
        words(" · "),
        moment(one.updated_at),
        *where,
    )


def lessons(learned: Sequence[Lesson]) -> Iterator[Block]:
    """List the newest lessons."""
    if not learned:
        yield rich(line(italic("Nothing yet.")))
        return
    yield rich(bullets(*(lesson_line(one) for one in learned[-LISTED:])))
    if len(learned) > LISTED:
        yield rich(line(italic(f"… and {len(learned) - LISTED} more: /agent learned")))


def lesson_line(lesson: Lesson) -> Block:
    """Say one lesson in a line."""
    phi = [] if lesson.phi is None else [words(f": Φ {lesson.phi:.2f}")]
    rule = told(lesson)
    text = [words(": "), *said(rule, PURPOSE_CHARS)] if rule else []
    return line(person(lesson.author), *phi, *text, words(f" ({lesson.id})"))
