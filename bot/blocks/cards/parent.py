"""Messages that are no cards: the one a task's thread hangs under, and what the bot says in the thread. Pure."""

import re
from collections.abc import Sequence

from agent_core.words import PersonId
from bot.blocks.cards.parts import MENTION, naming, said
from bot.blocks.kit import (
    BLOCKS_CHARS,
    TEXT_CHARS,
    Block,
    Rendered,
    bold,
    clip,
    italic,
    line,
    person,
    rich,
    size_of,
    words,
)

PURPOSE_CHARS = 1_000
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
    spoken = SEVERAL.sub("somebody", MENTION.sub(lambda found: "the link below" if found[3] else "somebody", text))
    fallback = spoken if HARMLESS.fullmatch(spoken) and spoken.strip() else "There is a message for you."
    parts = [part for part in text.split("\n") if part.strip()]
    roomy, *tighter = WORDS_CHARS
    blocks = paragraphs(parts, roomy, known)
    for most in tighter:
        if size_of(blocks) > BLOCKS_CHARS:
            blocks = paragraphs(parts, most, known)
    return Rendered(text=clip(fallback, TEXT_CHARS), blocks=blocks)


def paragraphs(parts: Sequence[str], most: int, known: frozenset[PersonId] | None) -> tuple[Block, ...]:
    """Make a paragraph of each line, and say how many more there are."""
    made = [line(*naming(part, most, known)) for part in parts[:LINES]] or [line(italic("(nothing)"))]
    if len(parts) > LINES:
        made.append(line(italic(f"… {len(parts) - LINES} more lines")))
    return (rich(*made),)
