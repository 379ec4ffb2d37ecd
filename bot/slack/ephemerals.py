"""Words for one person only, sent after the request was answered, by the first way that works.

The ways: the payload's ``response_url`` if it leads to Slack itself (or to the host and port of ``SLACK_API_URL``), an
ephemeral message in the thread, a direct message. What is still to be sent is bounded; Slack is never kept waiting.
"""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from agent_core.words import ChannelId, PersonId, TeamId
from bot.blocks.cards import privately
from bot.blocks.kit import Rendered, line, link, rich
from bot.slack.client import FAILURES, Slack
from bot.slack.surface import SlackSurface

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 200
REMEMBERED = 2_000  # facts that were answered, so that one that comes twice is answered once
SLACK_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com", "slack.com"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where somebody did something: enough to answer just them. ``card_ts`` is the card that they should look at."""

    team: TeamId
    person: PersonId
    channel: ChannelId | None = None
    thread_ts: str | None = None
    response_url: str | None = None
    card_ts: str | None = None


class Ephemerals:
    """Sends words to one person, in tracked tasks of a bounded number."""

    def __init__(self, slack: Slack, surface: SlackSurface, client: AsyncWebClient) -> None:
        """Hold what is needed to send; the client's own address is the other place that may be answered to."""
        self._slack = slack
        self._surface = surface
        self._http = client.session
        self._api = urlsplit(client.base_url)
        self._sending: set[asyncio.Task[None]] = set()
        self._answered: dict[str, None] = {}

    def later(self, to: Address, words: str | Rendered, *, about: str | None = None) -> None:
        """Send soon; when too many wait already, drop it and say so in the log. ``about`` is answered once only."""
        if about is not None and self._is_answered(about):
            return
        if len(self._sending) >= MOST_AT_ONCE:
            log.warning("too many answers wait; one is dropped", person=to.person)
            return
        message = privately(words) if isinstance(words, str) else words
        task = asyncio.create_task(self._send(to, message))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _is_answered(self, about: str) -> bool:
        """Tell whether a fact was answered already, and remember that it is now."""
        if about in self._answered:
            return True
        self._answered[about] = None
        while len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]
        return False

    async def settled(self) -> None:
        """Wait until all that was to be sent is sent."""
        if self._sending:
            await asyncio.gather(*self._sending, return_exceptions=True)

    def is_slacks(self, url: str) -> bool:
        """Tell whether a response URL leads to Slack or to the API's own host and port."""
        try:
            parts = urlsplit(url)
            place = (parts.scheme, parts.hostname, parts.port)
        except ValueError:  # no URL at all, or a port that none is
            return False
        if "\\" in url or not url.isprintable():  # readers of URLs differ about these
            return False
        if place == (self._api.scheme, self._api.hostname, self._api.port):
            return True
        return parts.scheme == "https" and parts.hostname in SLACK_HOSTS and parts.port in (None, 443)

    async def _send(self, to: Address, message: Rendered) -> None:
        message = await self._with_link(to, message)
        try:
            if await self._by_url(to, message) or await self._in_thread(to, message):
                return
            await self._surface.send(to.team, to.person, message)
        except FAILURES as error:
            log.warning("answer not sent", person=to.person, error=str(error))

    async def _with_link(self, to: Address, message: Rendered) -> Rendered:
        """Add the address of the card that is meant; words without it are better than none."""
        if to.card_ts is None or to.channel is None:
            return message
        try:
            url = await self._surface.link(to.channel, to.card_ts)
        except FAILURES:
            return message
        return Rendered(text=message.text, blocks=(*message.blocks, rich(line(link(url, "Open the card")))))

    async def _by_url(self, to: Address, message: Rendered) -> bool:
        if self._http is None or to.response_url is None or not self.is_slacks(to.response_url):
            return False
        body = {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": message.text,
            "blocks": list(message.blocks),
        }
        try:
            async with self._http.post(to.response_url, json=body, allow_redirects=False) as answer:
                return answer.status == 200  # noqa: PLR2004 - HTTP's own number
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _in_thread(self, to: Address, message: Rendered) -> bool:
        if to.channel is None:
            return False
        try:
            await self._slack.call(
                "chat.postEphemeral",
                channel=to.channel,
                user=to.person,
                thread_ts=to.thread_ts,
                text=message.text,
                blocks=list(message.blocks),
            )
        except FAILURES:
            return False
        return True
