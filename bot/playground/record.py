"""What happened: every Web API call, every delivery to the bot, every rule that was broken.

Tests read it and wait on it. A violation is something Slack would (perhaps) let pass, and a test should not:
where Slack's own documentation is silent we record instead of inventing an answer.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.playground.words import Json

RULES = {
    "ack_budget": "The bot took longer to answer than the budget, though less than Slack's 3 s.",
    "late": "The bot did not answer in time; a person saw an error.",
    "missing_text": "A message has blocks but no text: screen readers and notifications get nothing.",
    "partial_update": "chat.update without both text and blocks: sources differ over what stays.",
    "thread_ts_unknown": "thread_ts names no message; Slack documents no error for it.",
    "thread_ts_is_a_reply": "thread_ts is the ts of a reply instead of the thread's root.",
    "response_url_thread": "thread_ts at a response_url needs response_type in_channel and no replace_original.",
    "response_url_delete": "delete_original stands alone in the body.",
    "answer_body": "The answer has a body that Slack does not use here.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to the Web API or to a response_url (method `response_url`)."""

    method: str
    args: Json
    answer: Json
    status: int
    at: float

    @property
    def ok(self) -> bool:
        """Say whether Slack did it."""
        return self.answer.get("ok") is True


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request to the bot, and what it answered."""

    kind: str  # command, event, block_actions, view_submission, view_closed, shortcut, message_action, ...
    payload: Json
    status: int | None = None  # none: no answer in time, or no connection
    body: str = ""
    ms: float = 0.0
    ok: bool = False
    error: str | None = None
    errors: dict[str, str] = field(default_factory=dict)  # response_action errors, or the client's own
    attempt: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def event_type(self) -> str:
        """Give the type of the event inside, if there is one."""
        inner = self.payload.get("event")
        return str(inner.get("type", "")) if isinstance(inner, dict) else ""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was broken where Slack itself would say nothing."""

    rule: str
    detail: str


class Record:
    """Keeps all three, and wakes who waits for a change."""

    def __init__(self, *, lenient: frozenset[str] = frozenset(), kept: int | None = None) -> None:
        self.calls: deque[Call] = deque(maxlen=kept)
        self.deliveries: deque[Delivery] = deque(maxlen=kept)
        self.violations: deque[Violation] = deque(maxlen=kept)
        self._lenient = lenient
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Wake everybody who waits: something is different now."""
        self._changed.set()
        self._changed = asyncio.Event()

    def called(self, call: Call) -> None:
        """Keep a call."""
        self.calls.append(call)
        self.changed()

    def delivered(self, delivery: Delivery) -> None:
        """Keep a delivery."""
        self.deliveries.append(delivery)
        self.changed()

    def violated(self, rule: str, detail: str) -> None:
        """Keep a violation, unless the setup is lenient about this rule."""
        if rule not in RULES:
            raise KeyError(rule)
        if rule not in self._lenient:
            self.violations.append(Violation(rule, detail))
            self.changed()

    async def until(self, predicate: Callable[[], object], within_s: float) -> None:
        """Return as soon as the predicate holds; look again at each change, never by the clock."""
        async with asyncio.timeout(within_s):
            while not predicate():
                await self._changed.wait()
