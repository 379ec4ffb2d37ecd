"""A surface that keeps what was posted, with the mark of the effect that posted it, and can fail in Slack's ways."""

from collections import deque
from dataclasses import dataclass, replace
from typing import Literal

from agent_core.checkpoint import Card, Checkpoint
from agent_core.fakes.clock import turns
from agent_core.ports import CardGone
from agent_core.rules.summary import Summary
from agent_core.words import CardKey, EffectId, PersonId, TeamId, ThreadId


class ReplyLost(ConnectionError):
    """The message was posted, but nobody was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One message as it stands now. ``shown`` is the checkpoint's version that it was drawn from."""

    ts: str
    thread_id: ThreadId
    effect_id: EffectId
    what: Literal["parent", "card", "words", "notice"]
    words: str = ""
    card: Card | None = None
    shown: int = 0
    summary: Summary | None = None
    updates: int = 0


class FakeSurface:
    """The Surface port. ``fails`` are raised, one for each call, before anything is done; None lets a call through.

    ``lose_replies`` makes so many posts succeed and then raise ReplyLost.
    """

    def __init__(self) -> None:
        self.messages: dict[str, Posted] = {}
        self.told: list[tuple[PersonId, str]] = []
        self.parents: dict[ThreadId, str] = {}
        self.fails: deque[Exception | None] = deque()
        self.lose_replies = 0
        self.sent = 0
        self._made = 0

    def cards(self, key: CardKey | None = None) -> list[Posted]:
        """Give the cards that stand, oldest first; all, or those of one key."""
        return [
            posted
            for posted in self.messages.values()
            if posted.card is not None and posted.what == "card" and key in (None, posted.card.key)
        ]

    def said(self) -> list[str]:
        """Give the plain messages, oldest first."""
        return [posted.words for posted in self.messages.values() if posted.what == "words"]

    def delete(self, ts: str) -> None:
        """Delete a message, as a person with the right to may."""
        del self.messages[ts]

    async def post_parent(self, opening: Checkpoint, effect_id: EffectId, *, fresh: bool) -> str:
        """Post the message that a task's thread hangs under and give its ts."""
        words = f"Task: {opening.purpose} for {opening.requester}"
        return await self._post(
            Posted(ts="", thread_id=opening.thread_id, effect_id=effect_id, what="parent", words=words), fresh=fresh
        )

    async def post_card(
        self,
        checkpoint: Checkpoint,
        card: Card,
        effect_id: EffectId,
        *,
        fresh: bool,
        summary: Summary | None = None,
    ) -> str:
        """Post a card and give its ts."""
        posted = Posted(
            ts="",
            thread_id=checkpoint.thread_id,
            effect_id=effect_id,
            what="card",
            card=card,
            shown=checkpoint.version,
            summary=summary,
        )
        return await self._post(posted, fresh=fresh)

    async def update_card(self, checkpoint: Checkpoint, card: Card, *, summary: Summary | None = None) -> None:
        """Show what holds now; raise CardGone if the message was deleted."""
        await self._reached()
        posted = self.messages.get(card.ts or "")
        if posted is None:
            raise CardGone
        self.messages[posted.ts] = replace(
            posted, card=card, shown=checkpoint.version, summary=summary, updates=posted.updates + 1
        )

    async def update_parent(self, checkpoint: Checkpoint) -> None:
        """Show on our own message above a task's thread whether the task goes on, or how it ended."""
        await self._reached()
        self.parents[checkpoint.thread_id] = checkpoint.phase.kind

    async def say(
        self,
        thread_id: ThreadId,
        words: str,
        effect_id: EffectId,
        *,
        fresh: bool,
        known: frozenset[PersonId] | None = None,
    ) -> None:
        """Post a plain message in the thread; nothing is a name or a link here."""
        del known
        posted = Posted(ts="", thread_id=thread_id, effect_id=effect_id, what="words", words=words)
        await self._post(posted, fresh=fresh)

    async def notify(self, checkpoint: Checkpoint, card: Card, why: str, effect_id: EffectId, *, fresh: bool) -> None:
        """Tell those who may decide about the card: in the thread, and directly who is not in the channel."""
        posted = Posted(ts="", thread_id=checkpoint.thread_id, effect_id=effect_id, what="notice", words=why, card=card)
        await self._post(posted, fresh=fresh)

    async def tell(self, team: TeamId, person: PersonId, words: str) -> None:
        """Write to one person directly."""
        del team
        await self._reached()
        self.told.append((person, words))

    async def _post(self, posted: Posted, *, fresh: bool) -> str:
        await self._reached()
        if not fresh:
            for there in self.messages.values():
                if there.effect_id == posted.effect_id:
                    return there.ts
        self._made += 1
        ts = f"1772452900.{self._made:06d}"
        self.messages[ts] = replace(posted, ts=ts)
        if self.lose_replies:
            self.lose_replies -= 1
            raise ReplyLost
        return ts

    async def _reached(self) -> None:
        """Let others run, and fail if told so."""
        await turns()
        self.sent += 1
        failure = self.fails.popleft() if self.fails else None
        if failure is not None:
            raise failure
