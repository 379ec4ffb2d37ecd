"""Which thread is meant: by its ID, its permalink, or its ts where only one thread has it."""

from collections.abc import Iterable

from agent_core.adapters.redis_keys import THREAD_ID
from agent_core.words import ThreadId, channel_of, ts_of
from bot.listeners.subcommands import IN_THREAD, PERMALINK, TS


class NoSuchThread(Exception):
    """Nothing is kept under that name; the words say what to do."""


def thread_id_in(text: str) -> ThreadId | None:
    """Read a thread's ID, or give None where it is another name of a thread."""
    return ThreadId(text) if THREAD_ID.fullmatch(text) else None


def thread_named(text: str, known: Iterable[ThreadId]) -> ThreadId:
    """Find a thread among those that are kept, or raise NoSuchThread."""
    found = [one for one in known if one == text or is_meant(text, one)]
    if len(found) == 1:
        return found[0]
    if found:
        raise NoSuchThread(f"“{text}” names {len(found)} threads: {', '.join(sorted(found))}. Give the ID.")
    raise NoSuchThread(f"“{text}” names no thread that is kept. “threads list” shows those that there are.")


def is_meant(text: str, one: ThreadId) -> bool:
    """Tell whether a permalink or a ts leads to this thread."""
    link = PERMALINK.fullmatch(text)
    if link is not None:
        parent = IN_THREAD.search(text)
        return (channel_of(one), ts_of(one)) == (link[1], parent[1] if parent else f"{link[2]}.{link[3]}")
    return TS.fullmatch(text) is not None and ts_of(one) == text
