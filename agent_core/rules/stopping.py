"""The emergency stop as it stands, and the lines of its log. Pure.

The log is a journal of its own, under a place that no thread has; its newest line says how the stop stands.
"""

from dataclasses import dataclass
from datetime import datetime

from agent_core.records import Note
from agent_core.words import PersonId, TeamId, ThreadId

PULLED, LIFTED = "stop_all", "resume_all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """The emergency stop as it stands: pulled or lifted, by whom and when. ``by`` is a person's ID or plain words.

    ``doubt`` says in a sentence what could not be read when it was switched, or looked at; mostly nothing.
    """

    is_stopped: bool
    by: str
    at: datetime
    doubt: str = ""

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        what = "Everything was stopped" if self.is_stopped else "The stop was lifted"
        return f"{what} by {named(self.by)} at {self.at:%H:%M} UTC on {self.at:%Y-%m-%d}. {self.doubt}".rstrip()

    @property
    def mark(self) -> str:
        """Write what a mark says while everything is stopped; nothing once it is lifted."""
        return f"{self.at.isoformat()} {self.by}" if self.is_stopped else ""

    @classmethod
    def of_mark(cls, mark: str) -> "Switched":
        """Read a mark."""
        at, _, by = mark.partition(" ")
        return cls(is_stopped=True, by=by, at=datetime.fromisoformat(at))


def switched_of(line: Note) -> Switched:
    """Read a line of the log."""
    return Switched(is_stopped=line.what == PULLED, by=line.by or "", at=line.at, doubt=line.words)


def log_line(number: int, at: datetime, *, is_stopped: bool, by: str, doubt: str = "") -> Note:
    """Write a line of the log; they are numbered from 1, and each number is higher than every one before it."""
    return Note(version=number, at=at, by=PersonId(by), what=PULLED if is_stopped else LIFTED, words=doubt)


def doubted(why: str, known: Switched | None) -> str:
    """Say that the log can't be read, and what is known all the same."""
    if known is None:
        return f"What was switched before can't be read: {why} No mark says that anything was stopped."
    return f"What was switched before can't be read: {why} By the marks that are left: {known.words}"


def log_place(team: TeamId) -> ThreadId:
    """Name the place for which the log's chain is made; it is no thread's ID."""
    return ThreadId(f"{team}:stop")


def named(by: str) -> str:
    """Mention a person by ID; anybody else stays as the words say."""
    return f"<@{by}>" if by[:1] in ("U", "W") and by.isalnum() and by.isupper() else by
