r"""Which runbooks a task's words start, and with which values; and words that would start one. Pure.

White space is folded and case does not count. A value keeps its case where its own group would take it so, and is
folded where only the folded text fits: ``[a-z-]+`` finds “checkout” in “Restart Checkout”, ``\S+`` finds “Feature/A”.
"""

import re
from collections.abc import Sequence

from agent_core.adapters.models.runbook_values import Runbook, shown
from agent_core.errors import Refused
from agent_core.patterns import groups

LISTED = 10
MARKUP = re.compile(r"\\[bBAz]|[\^$]")
NAMED = re.compile(r"\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>[^()]*\)")
OPTIONAL = re.compile(r"\((?:\?:)?[^()]*\)\?|\[[^\]]*\]\?|<\w+>\?|\w\?")
CHOICE = re.compile(r"\((?:\?:)?([^()|]*)(?:\|[^()]*)?\)")
SPACE = re.compile(r"(?:\\s|\[ \]|\s)[+*]?")
LEFT_OVER = re.compile(r"[\\()\[\]{}*+?|]")


def matched(runbook: Runbook, purpose: str) -> dict[str, str] | None:
    """Give the values that a task's words hold for a runbook, or None if they do not start it."""
    words = " ".join(purpose.split())
    for pattern in runbook.match:
        values = groups(pattern, words, ignore_case=True)
        if values is not None:
            return {name: _cased(pattern, words, name, value) for name, value in values.items() if value}
    return None


def _cased(pattern: str, words: str, name: str, value: str) -> str:
    """Keep a value's case where the pattern itself takes it, be the words around it folded or not."""
    folded_around = words.lower().replace(value.lower(), value)
    for text in (words, folded_around):
        if (groups(pattern, text) or {}).get(name) == value:
            return value
    return value.lower()


def fitting(runbooks: Sequence[Runbook], purpose: str) -> tuple[Runbook, ...]:
    """Give every runbook that a task's words start."""
    return tuple(runbook for runbook in runbooks if matched(runbook, purpose) is not None)


def no_runbook(runbooks: Sequence[Runbook]) -> Refused:
    """Refuse words that start no runbook, with those that there are."""
    listed = "; ".join(f"{book.name} (“{example(book)}”)" for book in runbooks[:LISTED])
    more = f"; and {len(runbooks) - LISTED} more" if len(runbooks) > LISTED else ""
    instead = f"There are: {listed}{more}." if listed else "There are none yet: an operator adds them."
    return Refused("No runbook fits these words.", instead)


def example(runbook: Runbook) -> str:
    """Give words that start a runbook, with ``<name>`` where a value goes; its purpose where none can be made."""
    for pattern in runbook.match:
        words = _spoken(pattern)
        if words:
            return shown(words)
    return shown(runbook.purpose or runbook.name)


def _spoken(pattern: str) -> str:
    """Turn a simple pattern into words, or into nothing where it is not simple."""
    text = SPACE.sub(" ", MARKUP.sub("", pattern))
    before = ""
    while before != text:  # From the inside out: each round takes away the innermost groups.
        before = text
        text = NAMED.sub(r"<\1>", text)
        text = OPTIONAL.sub("", text)
        text = CHOICE.sub(r"\1", text)
    return "" if LEFT_OVER.search(text) else " ".join(text.split())
