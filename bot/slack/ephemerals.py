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

from agent_core.ports import CardGone, SurfaceBusy, SurfaceGone
from agent_core.words import ChannelId, PersonId, TeamId
from bot.blocks.cards import say
from bot.blocks.kit import Rendered
from bot.slack.client import Slack, SlackRefused
from bot.slack.surface import SlackSurface

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 200
SLACK_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com", "slack.com"})
FAILURES = (SurfaceBusy, SurfaceGone, CardGone, SlackRefused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where somebody did something: enough to answer just them."""

    team: TeamId
    person: PersonId
    channel: ChannelId | None = None
    thread_ts: str | None = None
    response_url: str | None = None


class Ephemerals:
    """Sends words to one person, in tracked tasks of a bounded number."""

    def __init__(self, slack: Slack, surface: SlackSurface, client: AsyncWebClient) -> None:
        """Hold what is needed to send; the client's own address is the other place that may be answered to."""
        self._slack = slack
        self._surface = surface
        self._http = client.session
        self._api = urlsplit(client.base_url)
        self._sending: set[asyncio.Task[None]] = set()

    def later(self, to: Address, words: str | Rendered) -> None:
        """Send soon; when too many wait already, drop it and say so in the log."""
        if len(self._sending) >= MOST_AT_ONCE:
            log.warning("too many answers wait; one is dropped", person=to.person)
            return
        message = say(words) if isinstance(words, str) else words
        task = asyncio.create_task(self._send(to, message))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def settled(self) -> None:
        """Wait until all that was to be sent is sent."""
        if self._sending:
            await asyncio.gather(*self._sending, return_exceptions=True)

    def is_slacks(self, url: str) -> bool:
        """Tell whether a response URL leads to Slack or to the API's own host and port."""
        parts = urlsplit(url)
        if (parts.scheme, parts.hostname, parts.port) == (self._api.scheme, self._api.hostname, self._api.port):
            return True
        return parts.scheme == "https" and parts.hostname in SLACK_HOSTS and parts.port in (None, 443)

    async def _send(self, to: Address, message: Rendered) -> None:
        try:
            if await self._by_url(to, message) or await self._in_thread(to, message):
                return
            await self._surface.tell(to.team, to.person, message.text)
        except FAILURES as error:
            log.warning("answer not sent", person=to.person, error=str(error))

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
