"""One way to call the Web API: each failure becomes what the caller can do about it.

Nothing is retried here. A call whose answer was lost may have done its work, so whoever posts looks in the thread for
the effect's mark before it posts again. A channel that Slack asked us to leave alone is left alone until then.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
import structlog
from multidict import CIMultiDict
from slack_sdk.web.async_client import AsyncWebClient

from agent_core.errors import Broken
from agent_core.ports import CardGone, Clock, SurfaceBusy, SurfaceGone, SurfaceRefused
from bot.blocks.kit import written

log = structlog.get_logger(__name__)

TIMEOUT_S = 10.0
AGAIN_S = 2.0
REVOKED_S = 60.0
LONGEST_S = 600.0
OK = 200
FORM = "application/x-www-form-urlencoded"
JSON = "application/json;charset=utf-8"

GONE = {
    "is_archived": "the channel is archived.",
    "is_inactive": "the channel is archived.",
    "channel_not_found": "the channel can't be found any more.",
    "not_in_channel": "the bot is not in the channel any more.",
    "messages_tab_disabled": "direct messages to the bot are switched off.",
    "restricted_action": "posting in the channel is forbidden.",
    "restricted_action_read_only_channel": "the channel is read-only.",
    "thread_not_found": "the thread was deleted.",
    "cannot_reply_to_message": "the thread was deleted.",
}
CARD_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
REVOKED = frozenset({"invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_authed"})
# Somebody typed on while a form was on its way to them, or waited too long: no defect, and whoever calls deals with it.
ANSWERED_BY_PEOPLE = frozenset(
    {"hash_conflict", "expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "view_closed"}
)
PASSING = frozenset(
    {
        "",  # no word of Slack's: a page that a proxy answered with
        "ratelimited",
        "rate_limited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
    }
)


class SlackRefused(SurfaceRefused):
    """Slack refused a call for a reason that trying again does not mend; ``error`` is Slack's word for it."""

    def __init__(self, method: str, error: str, detail: str = "") -> None:
        """Keep the method and Slack's word."""
        super().__init__(f"{method}: {error} {detail}".strip(), f"Slack refuses {method} ({error}).")
        self.error = error


FAILURES = (SurfaceBusy, SurfaceGone, CardGone, SlackRefused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came back for a request; ``said`` is empty where it was no JSON object."""

    status: int
    retry_after: str
    said: Mapping[str, object]


class Slack:
    """Calls the Web API over one long-lived session."""

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        """Hold the client; its session is its owner's to close."""
        self._client = client
        self._clock = clock
        bearer = f"Bearer {client.token}"
        self._of_form = CIMultiDict({"Authorization": bearer, "Content-Type": FORM})
        self._of_json = CIMultiDict({"Authorization": bearer, "Content-Type": JSON})
        self._held_back: dict[str, tuple[float, float]] = {}  # since when, and for how long
        self.revoked = ""

    async def call(self, method: str, *, form: bool = False, **arguments: object) -> Mapping[str, object]:
        """Call a method, or raise SurfaceBusy, SurfaceGone, CardGone or SlackRefused."""
        place = f"{method}:{arguments.get('channel', '')}"
        self._hold_back(place)
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            if form:
                answer = await self._ask(method, urlencode(_text(given)).encode(), self._of_form)
            else:
                answer = await self._ask(method, written(given), self._of_json)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("slack does not answer", method=method, error=type(error).__name__)
            raise SurfaceBusy(AGAIN_S) from error
        if answer.status != OK or answer.said.get("ok") is not True:
            raise self._meaning(method, place, answer)
        self.revoked = ""
        return answer.said

    async def _ask(self, method: str, body: bytes, headers: CIMultiDict[str]) -> Answered:
        """Send one request, over the SDK's session but past its own layers: they took longer than the request."""
        client = self._client
        if client.session is None:
            raise Broken("Slack is called over one session", method=method)
        async with client.session.post(
            f"{client.base_url}{method}", data=body, headers=headers, proxy=client.proxy
        ) as response:
            content = await response.read()
            retry_after = response.headers.get("Retry-After", "")
            return Answered(status=response.status, retry_after=retry_after, said=_said(content))

    def _hold_back(self, place: str) -> None:
        """Raise SurfaceBusy while Slack wants to be left alone there."""
        if place not in self._held_back:
            return
        since_s, wait_s = self._held_back[place]
        passed_s = self._clock.now().timestamp() - since_s
        if 0 <= passed_s < wait_s:  # Less than nothing: the clock was put back.
            raise SurfaceBusy(wait_s - passed_s)
        del self._held_back[place]

    def _meaning(self, method: str, place: str, answer: Answered) -> Exception:
        """Say what a refused call means for us."""
        word = str(answer.said.get("error", ""))
        if answer.status == 429:  # noqa: PLR2004 - HTTP's own number
            wait_s = min(LONGEST_S, seconds_of(answer.retry_after))
            self._held_back[place] = (self._clock.now().timestamp(), wait_s)
            return SurfaceBusy(wait_s)
        if word in REVOKED:
            self.revoked = word
            log.error("slack refuses the bot's token", method=method, error=word)
            return SurfaceBusy(REVOKED_S)
        if word in GONE:
            return SurfaceGone(GONE[word])
        if word in CARD_GONE:
            return CardGone(word)
        if word in PASSING or answer.status >= 500:  # noqa: PLR2004 - HTTP's own number
            return SurfaceBusy(AGAIN_S)
        note = log.info if word in ANSWERED_BY_PEOPLE else log.error
        note("slack refused a call", method=method, error=word)
        return SlackRefused(method, word, str(answer.said.get("errors", ""))[:500])


def seconds_of(retry_after: str) -> float:
    """Read how long Slack wants to be left alone."""
    return float(retry_after) if retry_after.isdecimal() else AGAIN_S


def _text(given: Mapping[str, object]) -> dict[str, str]:
    """Write arguments as form fields, for methods that take no JSON."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}


def _said(content: bytes) -> Mapping[str, object]:
    """Read an answer; a page that a proxy answered with says nothing."""
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def session() -> aiohttp.ClientSession:
    """Make the one session; its total time-out is ours, because the SDK's own is not used with a session.

    The Web API knows its callers by their token, and its cookies by nothing: they are not kept.
    """
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), cookie_jar=aiohttp.DummyCookieJar())


def web_client(token: str, api_url: str, http: aiohttp.ClientSession, *, direct: bool) -> AsyncWebClient:
    """Make the SDK's client: no retries (they post twice), and for a loopback address no proxy."""
    client = AsyncWebClient(token=token, base_url=api_url, session=http, retry_handlers=[])
    if direct:
        client.proxy = None  # the SDK takes it from the environment even for this machine itself
    return client
