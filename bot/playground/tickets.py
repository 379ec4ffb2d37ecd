"""Things that are good once, or for a while: triggers, response_urls, socket tickets, upload tickets; and rates.

All of them run on the stand-in's clock.
"""

import re
import secrets
from dataclasses import dataclass

from bot.playground.clock import Clock
from bot.playground.setup import Rates
from bot.playground.words import Refusal

TRIGGER_LIFE_S = 3.0
RESPONSE_LIFE_S = 30 * 60.0
RESPONSE_USES = 5
SOCKET_TICKET_LIFE_S = 30.0
TRIGGER_FORM = re.compile(r"\d+\.\d+\.[0-9a-f]+")
MINUTE_S = 60.0


@dataclass(slots=True)
class Trigger:
    """A right to open one modal for one person."""

    person: str
    view_id: str  # the view it came from, which a push goes onto
    sent_at: float
    spent: bool = False


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """A right to answer one interaction a few times."""

    person: str
    channel: str
    message_ts: str = ""  # the message the interaction came from; none for a command
    thread_ts: str = ""
    is_ephemeral: bool = False
    sent_at: float
    uses: int = 0


class Tickets:
    """Issues tickets and takes them back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._triggers: dict[str, Trigger] = {}
        self._responses: dict[str, ResponseUrl] = {}
        self._sockets: dict[str, float] = {}

    def trigger(self, person: str, view_id: str = "") -> str:
        """Issue a trigger whose 3 s begin now."""
        name = f"{secrets.randbits(32)}.{secrets.randbits(32)}.{secrets.token_hex(16)}"
        self._forget_old(self._triggers)
        self._triggers[name] = Trigger(person, view_id, self._clock.now())
        return name

    def _forget_old(self, issued: dict[str, Trigger] | dict[str, ResponseUrl]) -> None:
        """Forget what is long past its life: it is refused all the same."""
        horizon = self._clock.now() - RESPONSE_LIFE_S
        while issued:
            oldest = next(iter(issued))
            if issued[oldest].sent_at >= horizon:
                return
            del issued[oldest]

    def exchange(self, name: str) -> Trigger:
        """Spend a trigger, or say what is wrong with it."""
        if not TRIGGER_FORM.fullmatch(name):
            raise Refusal("invalid_arguments", response_metadata={"messages": ["invalid `trigger_id`"]})
        trigger = self._triggers.get(name)
        if trigger is None:
            raise Refusal("invalid_trigger_id")
        if trigger.spent:
            raise Refusal("exchanged_trigger_id")
        if self._clock.now() - trigger.sent_at > TRIGGER_LIFE_S:
            raise Refusal("expired_trigger_id")
        trigger.spent = True
        return trigger

    def response(self, url: ResponseUrl) -> str:
        """Issue the id of a response_url."""
        name = secrets.token_urlsafe(18)
        self._forget_old(self._responses)
        self._responses[name] = url
        return name

    def respond(self, name: str) -> ResponseUrl:
        """Count one use of a response_url, or refuse it."""
        url = self._responses.get(name)
        if url is None or self._clock.now() - url.sent_at > RESPONSE_LIFE_S:
            raise Refusal("expired_url")
        if url.uses >= RESPONSE_USES:
            raise Refusal("used_url")
        url.uses += 1
        return url

    def socket(self) -> str:
        """Issue a ticket for one socket connection."""
        name = secrets.token_urlsafe(18)
        self._sockets[name] = self._clock.now()
        return name

    def connect(self, name: str) -> bool:
        """Spend a socket ticket; say whether it was good."""
        sent_at = self._sockets.pop(name, None)
        return sent_at is not None and self._clock.now() - sent_at <= SOCKET_TICKET_LIFE_S


class Limits:
    """Rate limits: a bucket per method, and one per channel for posts."""

    def __init__(self, clock: Clock, rates: Rates) -> None:
        self.rates = rates
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_s(self, method: str, per_minute: int) -> float:
        """Count a call of a method; give the seconds to wait, 0 when it may pass."""
        capacity = per_minute * self.rates.factor
        return self._take(method, capacity, capacity / MINUTE_S)

    def post_wait_s(self, channel: str) -> float:
        """Count a post into a channel; one a second, with a little burst."""
        return self._take(f"post:{channel}", self.rates.burst, self.rates.factor)

    def _take(self, name: str, capacity: float, per_second: float) -> float:
        if not self.rates.enabled:
            return 0.0
        now = self._clock.now()
        level, at = self._buckets.get(name, (capacity, now))
        level = min(capacity, level + (now - at) * per_second)
        if level < 1:
            self._buckets[name] = (level, now)
            return (1 - level) / per_second
        self._buckets[name] = (level - 1, now)
        return 0.0
