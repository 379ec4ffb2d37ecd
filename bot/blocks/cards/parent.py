"""Messages that are no cards: the one a task's thread hangs under, and what the bot says in the thread. Pure."""

import re

from agent_core.words import PersonId
from bot.blocks.cards.parts import ours, said
from bot.blocks.kit import Rendered, bold, line, person, rich, words

PURPOSE_CHARS = 1_000
WORDS_CHARS = 2_500
# Words that are no markup wherever Slack may look for some: no brackets, links, colons within a word, stars or ticks.
HARMLESS = re.compile(r"(?:[A-Za-z0-9ΦΔ ',;()!?%·→+-]|_(?=[A-Za-z0-9])|[.:](?= |$)|(?<=[0-9])\.(?=[0-9]))*")


def parent_message(purpose: str, requester: PersonId) -> Rendered:
    """Say which task the thread is about, and for whom."""
    text = [bold("Task: "), *said(purpose, PURPOSE_CHARS, lines=True), words(" for "), person(requester)]
    return Rendered(text=f"Task: a new one, for {requester}.", blocks=(rich(line(*text)),))


def say(text: str, known: frozenset[PersonId] | None = None) -> Rendered:
    """Say something in a thread; ``known`` limits who may be named in it (None: anybody)."""
    fallback = text if HARMLESS.fullmatch(text) and text.strip() else "There is a message in this task."
    return Rendered(text=fallback, blocks=(rich(line(*ours(text, WORDS_CHARS, known))),))
