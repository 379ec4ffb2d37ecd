"""Slack as the place where people see a task: cards and messages, each marked with the effect that posted it.

Posting twice is avoided by looking: an effect that somebody may have tried before is searched for in the thread (or,
for a task's first message, in the channel) by its mark, and only posted if it is not there.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import cast

import structlog

from agent_core.checkpoint import Card, Checkpoint
from agent_core.people import People
from agent_core.ports import CardGone, Directory, SurfaceGone
from agent_core.rules.approvals import whom
from agent_core.rules.book import Rules
from agent_core.rules.digests import keyed
from agent_core.rules.draft import OPEN_STATES
from agent_core.rules.summary import Summary
from agent_core.words import ChannelId, EffectId, PersonId, TeamId, ThreadId, channel_of, ts_of
from bot.blocks.cards import CardView, card as rendered_card, ending, parent_message, privately, say
from bot.blocks.kit import Rendered
from bot.slack.client import Slack, SlackRefused

log = structlog.get_logger(__name__)

EVENT_TYPE = "countersign_effect"
LOOKED_AT = 200
PAGES = 10
OPENING_SLACK_S = 60.0
DIRECT_MOST = 20  # people told directly about one card


class SlackSurface:
    """Shows tasks in Slack."""

    def __init__(self, slack: Slack, directory: Directory, rules: Callable[[], Rules]) -> None:
        """Hold the ports; ``rules`` gives the limits and tools that a card shows."""
        self._slack = slack
        self._directory = directory
        self._rules = rules

    async def post_parent(self, opening: Checkpoint, effect_id: EffectId, *, fresh: bool) -> str:
        """Post the message that a task's thread hangs under and give its ts."""
        if not fresh:
            oldest = f"{opening.started_at.timestamp() - OPENING_SLACK_S:.6f}"
            found = await self._find("conversations.history", effect_id, channel=opening.channel, oldest=oldest)
            if found:
                return found
        message = parent_message(opening.purpose, opening.requester)
        return await self._post(opening.channel, message, effect_id, thread_ts=None)

    async def post_card(
        self, checkpoint: Checkpoint, card: Card, effect_id: EffectId, *, fresh: bool, summary: Summary | None = None
    ) -> str:
        """Post a card in its task's thread and give its ts."""
        message = self.rendered(checkpoint, card, summary)
        try:
            ts = await self._post_once(checkpoint.thread_id, message, effect_id, fresh=fresh)
        except SlackRefused:
            if card.state in OPEN_STATES:
                raise  # nobody could decide on it
            ts = await self._post_once(checkpoint.thread_id, in_words(message), effect_id, fresh=fresh)
        await self._end_parent(checkpoint, card)
        return ts

    async def update_card(self, checkpoint: Checkpoint, card: Card, *, summary: Summary | None = None) -> None:
        """Show what holds now; raise CardGone if the message was deleted."""
        message = self.rendered(checkpoint, card, summary)
        try:
            await self._update(checkpoint, card.ts, message)
        except SlackRefused:  # what stands there holds no more, its buttons least of all
            await self._update(checkpoint, card.ts, in_words(message))
        await self._end_parent(checkpoint, card)

    async def _end_parent(self, checkpoint: Checkpoint, card: Card) -> None:
        """Say on our message above the thread how the task ended, for whoever scrolls by."""
        if card.about == "final":
            await self.update_parent(checkpoint)

    async def update_parent(self, checkpoint: Checkpoint) -> None:
        """Show on our own message above a task's thread whether the task goes on, or how it ended."""
        if not checkpoint.parent_is_ours:
            return
        ended = ending(checkpoint) if checkpoint.is_finished else ""
        message = parent_message(checkpoint.purpose, checkpoint.requester, ended)
        with suppress(CardGone, SlackRefused):
            await self._update(checkpoint, ts_of(checkpoint.thread_id), message)

    async def _update(self, checkpoint: Checkpoint, ts: str | None, message: Rendered) -> None:
        await self._slack.call(
            "chat.update", channel=checkpoint.channel, ts=ts, text=message.text, blocks=list(message.blocks)
        )

    async def say(
        self,
        thread_id: ThreadId,
        words: str,
        effect_id: EffectId,
        *,
        fresh: bool,
        known: frozenset[PersonId] | None = None,
    ) -> None:
        """Post a plain message in the thread; with ``known`` nobody else is named in it, and nothing is a link."""
        await self._post_once(thread_id, say(words, known), effect_id, fresh=fresh)

    async def notify(self, checkpoint: Checkpoint, card: Card, why: str, effect_id: EffectId, *, fresh: bool) -> None:
        """Tell those who may decide: in the thread when it is a reminder, and directly who is not in the channel."""
        proposal = card.proposal
        if proposal is None or card.state != "waiting":
            return
        sets = [requirement.approvers for requirement in proposal.missing()]
        if proposal.escalated and proposal.escalate is not None:
            sets.append(proposal.escalate.to)
        if why != "asked":
            names = " and ".join(dict.fromkeys(whom(people) for people in sets))
            words = (
                f"Step {proposal.step} still waits for {names}." if why == "reminder" else f"{names}: please decide."
            )
            await self._post_once(checkpoint.thread_id, say(words), effect_id, fresh=fresh)
        await self._tell_absent(checkpoint, card, sets)

    async def _tell_absent(self, checkpoint: Checkpoint, card: Card, sets: Sequence[People]) -> None:
        """Write to approvers who don't see the channel, with the card's link; the decision is made on the card."""
        named = sorted({user for people in sets for user in people.users} - {checkpoint.requester})
        absent = [
            who
            for who in named[:DIRECT_MOST]
            if not (await self._directory.look_up(checkpoint.team, checkpoint.channel, who)).in_channel
        ]
        if not absent:
            return
        link = await self.link(checkpoint.channel, card.ts or ts_of(checkpoint.thread_id))
        for who in absent:
            try:
                await self.tell(checkpoint.team, who, f"A step of a task waits for your decision: {link}")
            except (SlackRefused, SurfaceGone) as no:  # somebody who left must not keep the others from being told
                log.warning("approver not told", person=who, why=str(no))

    async def tell(self, team: TeamId, person: PersonId, words: str) -> None:
        """Write to one person directly."""
        await self.send(team, person, privately(words))

    async def send(self, team: TeamId, person: PersonId, message: Rendered) -> None:
        """Send one person a message directly."""
        opened = await self._slack.call("conversations.open", users=person)
        channel = cast("Mapping[str, str]", opened["channel"])["id"]
        content = f"{message.text}{message.blocks}"
        mark = EffectId(f"{team}:{person}/{hashlib.blake2b(content.encode(), digest_size=8).hexdigest()}")
        await self._post(ChannelId(channel), message, mark, thread_ts=None)

    async def link(self, channel: ChannelId, ts: str) -> str:
        """Give a message's permanent address."""
        answer = await self._slack.call("chat.getPermalink", form=True, channel=channel, message_ts=ts)
        return str(answer["permalink"])

    def rendered(self, checkpoint: Checkpoint, card: Card, summary: Summary | None = None) -> Rendered:
        """Draw a card from what holds now."""
        rules = self._rules()
        call = card.run.call if card.run else card.proposal.call if card.proposal else None
        spec = rules.tools.get(call.tool) if call else None
        return rendered_card(
            CardView(
                checkpoint=checkpoint,
                card=card,
                limits=rules.limits,
                mark=marker(rules.key),
                spec=spec,
                summary=summary,
            )
        )

    async def _post_once(self, thread_id: ThreadId, message: Rendered, effect_id: EffectId, *, fresh: bool) -> str:
        channel, thread_ts = channel_of(thread_id), ts_of(thread_id)
        if not fresh:
            found = await self._find("conversations.replies", effect_id, channel=channel, ts=thread_ts)
            if found:
                return found
        return await self._post(channel, message, effect_id, thread_ts=thread_ts)

    async def _post(self, channel: ChannelId, message: Rendered, effect_id: EffectId, *, thread_ts: str | None) -> str:
        answer = await self._slack.call(
            "chat.postMessage",
            channel=channel,
            thread_ts=thread_ts,
            text=message.text,
            blocks=list(message.blocks),
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"effect_id": effect_id}},
        )
        return str(answer["ts"])

    async def _find(self, method: str, effect_id: EffectId, **where: str) -> str | None:
        """Look for the message that carries an effect's mark."""
        cursor: str | None = None
        for _ in range(PAGES):
            answer = await self._slack.call(
                method, form=True, include_all_metadata=True, limit=LOOKED_AT, cursor=cursor, **where
            )
            for message in cast("Sequence[Mapping[str, object]]", answer.get("messages") or ()):
                metadata = message.get("metadata")
                if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
                    continue
                if metadata.get("event_payload", {}).get("effect_id") == effect_id:
                    return str(message["ts"])
            about_more = answer.get("response_metadata")
            cursor = str(about_more.get("next_cursor") or "") if isinstance(about_more, dict) else ""
            if not cursor:
                return None
        return None


def in_words(message: Rendered) -> Rendered:
    """Leave only the words of a message that Slack does not take as it was drawn."""
    return Rendered(text=message.text, blocks=())


def marker(key: bytes) -> Callable[[str], str]:
    """Make the keyed mark that tells one masked secret from another: 8 hex digits."""
    return lambda secret: keyed(key, "secret", secret)[:8]
