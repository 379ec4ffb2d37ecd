"""What the scripts of threads are asked and what they answer, as bytes, numbers and words."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from agent_core.adapters.redis_batches import Reply
from agent_core.adapters.redis_client import listed, micros, octets, text
from agent_core.checkpoint import Checkpoint
from agent_core.codec import LEFT_ALONE, Corrupt, Unreadable
from agent_core.errors import Broken
from agent_core.phases import Opening
from agent_core.ports import Lease, Look, NotCommitted, Quarantined
from agent_core.rules.due import due as next_due
from agent_core.transition import Transition
from agent_core.words import ThreadId

OPENED_S = 3600
ALONE, FIRST = 2, 3  # as the scripts say it


@contextmanager
def readable() -> Iterator[None]:
    """Turn bytes that cannot be read into the refusal that sets their thread aside."""
    try:
        yield
    except Unreadable as error:
        raise Quarantined(error.words, LEFT_ALONE) from error


def ahead_of(after: Checkpoint) -> tuple[str | int, str | int]:
    """Say when a thread is to be looked at next, and for how many seconds it is kept; nothing is never, or for ever."""
    is_opened = isinstance(after.phase, Opening) and after.phase.opened_as
    return micros(next_due(after)), OPENED_S if is_opened else ""


def lease_of(thread_id: ThreadId, holder: str, how: int, found: Look | None) -> Lease | None:
    """Make a lease of what a script says of it, or None where it says that none was taken."""
    if not how:
        return None
    return Lease(thread_id=thread_id, holder=holder, alone=how >= ALONE, first=how == FIRST, found=found)


def not_after(transitions: Sequence[Transition]) -> datetime | None:
    """Give the first moment after which one of these must not be written any more."""
    return min((one.not_after for one in transitions if one.not_after is not None), default=None)


def check_whole(checkpoint: Checkpoint, version: str, lengths: tuple[str, int]) -> None:
    """Raise Corrupt unless checkpoint, version and journal belong together."""
    length, lines = lengths
    if version != str(checkpoint.version):
        raise Corrupt("The stored checkpoint is not of the version that the thread is stored as.")
    if length != str(lines):
        raise Corrupt(f"The journal has {lines} lines, which is not as many as were written.")


def millis(seconds: float) -> int:
    """Write a lease in whole milliseconds, at least one."""
    return max(1, round(seconds * 1000))


def scored(reply: Reply) -> list[tuple[float, str]]:
    """Read members of a sorted set with their scores."""
    flat = listed(reply)
    return [(float(octets(score)), text(name)) for name, score in zip(flat[::2], flat[1::2], strict=True)]


def not_committed(said: str, outcome: str) -> NotCommitted:
    """Say why the commit script wrote nothing."""
    match said:
        case "lost" | "late" | "repeated" | "stopped":
            return NotCommitted(why=said, outcome=outcome)
        case _:
            raise Broken("the commit script says one of five words", said=said)
