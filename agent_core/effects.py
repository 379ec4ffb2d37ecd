"""Everything that a task can command. Pure values; a worker performs them at least once, in the order of their IDs.

``AskModel``, ``RunTool``, ``Score``, ``PostCard`` and ``PostParent`` are settled by their result inputs; ``Say``,
``UpdateCard``, ``Learn`` and ``Notify`` by their removal from the outbox under the drain lease. ``UpdateCard`` has no
content: whoever performs it renders the newest checkpoint.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from agent_core.lesson import Lesson
from agent_core.words import CardKey, Digest, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class PostParent:
    """Post the message that the task's thread will hang under."""

    kind: Literal["post_parent"] = "post_parent"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskModel:
    """Ask the actor for the next step, or, with ``inquiry``, for an answer to a person's question."""

    inquiry: str | None = None
    asked_by: PersonId | None = None
    kind: Literal["ask_model"] = "ask_model"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTool:
    """Claim and make the call of this digest."""

    digest: Digest
    kind: Literal["run_tool"] = "run_tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Ask the critic about the newest step, or about the whole where the model said done."""

    kind: Literal["score"] = "score"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCard:
    """Post this card as a message of its own."""

    card: CardKey
    kind: Literal["post_card"] = "post_card"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCard:
    """Show what now holds on this card."""

    card: CardKey
    kind: Literal["update_card"] = "update_card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Say something in the thread. ``named`` is for words of others: only these are named, and nothing is a link."""

    words: str
    named: tuple[PersonId, ...] | None = None
    kind: Literal["say"] = "say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Learn:
    """Append this lesson to the team's log."""

    lesson: Lesson
    kind: Literal["learn"] = "learn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell people directly that this card waits: reminders, escalation, and approvers who are not in the channel."""

    card: CardKey
    why: Literal["asked", "reminder", "escalated"]
    kind: Literal["notify"] = "notify"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellRequester:
    """Write to the requester directly, because the thread cannot be reached."""

    words: str
    kind: Literal["tell_requester"] = "tell_requester"


Effect: TypeAlias = (
    PostParent | AskModel | RunTool | Score | PostCard | UpdateCard | Say | Learn | Notify | TellRequester
)
