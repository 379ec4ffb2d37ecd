"""What a person taught, as a fact that is only ever appended. Pure.

People's words are facts, models are views: every model of what was learned is a function of the log of lessons, so a
restart changes nothing and a forgotten lesson is as if it had never been. Fields follow the learning reference.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent_core.words import ChannelId, LessonId, PersonId, TeamId, ThreadId

LessonKind = Literal["override", "approval", "rejection", "edit", "correction", "heuristic", "allow_rule", "forget"]
Scope = Literal["thread", "channel", "team"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One ``field = value`` of a taught rule; ``field`` is ``tool``, ``channel`` or an argument's name."""

    field: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One record of the log. ``key`` makes a repeat harmless; ``state`` names the state that an override is about.

    ``when`` with ``deny`` or ``set_args`` is a rule that is obeyed; ``text`` alone goes to the actor as words.
    ``args_json``, ``features_json`` and ``set_json`` are canonical JSON objects. ``phi`` and ``raw`` are 0..10.
    """

    kind: LessonKind
    key: str
    at: datetime
    author: PersonId
    team: TeamId
    channel: ChannelId
    thread: ThreadId
    tool: str = ""
    state: str = ""
    args_json: str = "{}"
    features_json: str = "{}"
    raw: float | None = None
    phi: float | None = None
    critic: str = ""
    step: int = 0
    verdict: str = ""
    text: str = ""
    scope: Scope = "team"
    when: tuple[Condition, ...] = ()
    when_words: str = ""
    deny: bool = False
    set_json: str = ""
    expires_at: datetime | None = None
    target: str = ""

    @property
    def id(self) -> LessonId:
        """The lesson's public name, ``<kind>:<key>``."""
        return LessonId(f"{self.kind}:{self.key}")
