"""Messages that are no cards: the one a task's thread hangs under, and what the bot says in the thread. Pure."""

import re
from collections.abc import Sequence

from agent_core.words import PersonId
from bot.blocks.cards.parts import MENTION, naming, said
from bot.blocks.kit import (
    ELLIPSIS,
    TEXT_CHARS,
    Block,
    Rendered,
    bold,
    clip,
    escaped,
    fitting,
    italic,
    line,
    person,
    rich,
    words,
)
from bot.blocks.shown import cut

PURPOSE_CHARS = 1_000
FALLBACK_CHARS = 500  # as much as somebody listens to
NO_WORDS = "There is a message for you."
WORDS_CHARS = (2_500, 500, 200, 60)  # of one line, from roomy to tight
LINES = 40
# Words that are no markup wherever Slack may look for some: no brackets, stars or ticks, no dot or colon within a word.
HARMLESS = re.compile(
    r"(?:[A-Za-z0-9\u0394\u03a6\n '\",;()!?%/\u00b7\u2192\u2026\u2019\u201c\u201d+-]"
    r"|_(?=[A-Za-z0-9])|[.:](?=\s|[)\u201d]|$)|(?<=[0-9])\.(?=[0-9]))*"
)
SEVERAL = re.compile(r"somebody(?:(?:,| or| and) somebody)+")


def parent_message(purpose: str, requester: PersonId, ended: str = "") -> Rendered:
    """Say which task the thread is about, for whom, and once it has ended, how."""
    text = [bold("Task: "), *said(purpose, PURPOSE_CHARS, lines=True), words(" for "), person(requester)]
    if not ended:
        return Rendered(text="A new task begins.", blocks=(rich(line(*text)),))
    return Rendered(text=f"A task ended: {ended}.", blocks=(rich(line(*text), line(bold("Ended: "), words(ended))),))


def say(text: str, known: frozenset[PersonId] | None = None) -> Rendered:
    """Say something in a thread, a paragraph a line; ``known`` limits who may be named in it (None: anybody)."""
    spoken = aloud(text)
    fallback = spoken if HARMLESS.fullmatch(spoken) and spoken.strip() else NO_WORDS
    return Rendered(text=clip(fallback, TEXT_CHARS), blocks=paragraphs(text, known))


def privately(text: str, known: frozenset[PersonId] | None = None) -> Rendered:
    """Say something to one person alone: as ``say``, but who only listens hears the words, whatever stands in them."""
    spoken, left = cut(aloud(text).strip(), FALLBACK_CHARS, lines=True)
    fallback = f"{escaped(spoken)}{ELLIPSIS if left else ''}"
    return Rendered(text=fallback or NO_WORDS, blocks=paragraphs(text, known))


def aloud(text: str) -> str:
    """Write our own sentence without its mentions and links, which would be read out letter by letter."""
    return SEVERAL.sub("somebody", MENTION.sub(lambda found: "the link below" if found[3] else "somebody", text))


def paragraphs(text: str, known: frozenset[PersonId] | None) -> tuple[Block, ...]:
    """Make a paragraph of each line, as long as Slack takes them."""
    parts = [part for part in text.split("\n") if part.strip()]
    return fitting(lambda most: shortened(parts, most, known), WORDS_CHARS)


def shortened(parts: Sequence[str], most: int, known: frozenset[PersonId] | None) -> tuple[Block, ...]:
    """Make a paragraph of the beginning of each line, and say how many more there are."""
    made = [line(*naming(part, most, known)) for part in parts[:LINES]] or [line(italic("(nothing)"))]
    if len(parts) > LINES:
        made.append(line(italic(f"… {len(parts) - LINES} more lines")))
    return (rich(*made),)
