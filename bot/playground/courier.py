"""Brings requests to the bot, by HTTP or by socket, and brings back what it answered in 3 s.

Every request is recorded with its time to answer. What goes wrong on purpose (a `delivery:` fault) goes wrong here.
Whether an answer is a good one is for the sender to judge, except that the status must be right.
"""

import asyncio
import json
import ssl
import time
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlencode

import aiohttp

from bot.playground.clock import Clock
from bot.playground.faults import Fault, Faults
from bot.playground.record import Delivery, Record
from bot.playground.setup import Secrets, Setup
from bot.playground.signing import signed_headers
from bot.playground.sockets import Sockets
from bot.playground.words import Json, copied

Family = Literal["event", "command", "interaction"]
OK = 200
NOT_OK = 300
LONG_AGO_S = 600
REDIRECTS = 2
FORM = "application/x-www-form-urlencoded"
TROUBLES: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "http_timeout"),
    (aiohttp.TooManyRedirects, "too_many_redirects"),
    (ssl.SSLError, "ssl_error"),
)
ENVELOPES = {"event": "events_api", "command": "slash_commands", "interaction": "interactive"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One thing to deliver."""

    family: Family
    kind: str
    payload: Json
    attempt: int = 0
    reason: str = ""
    headers: dict[str, str] = field(default_factory=dict)  # the signed ones, once it is packed

    def body(self) -> bytes:
        """Give the bytes that are sent."""
        if self.family == "event":
            return json.dumps(self.payload).encode()
        if self.family == "command":
            return urlencode(self.payload).encode()
        return urlencode({"payload": json.dumps(self.payload)}).encode()

    @property
    def content_type(self) -> str:
        """Give their content type."""
        return "application/json" if self.family == "event" else FORM


class Courier:
    """Knows the way to the bot."""

    def __init__(self, setup: Setup, secrets: Secrets, *, clock: Clock, faults: Faults, record: Record) -> None:
        self.events_url = setup.events_url
        self.sockets = Sockets()
        self._setup = setup
        self._secrets = secrets
        self._clock = clock
        self._faults = faults
        self._record = record
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[Delivery]] = set()

    async def close(self) -> None:
        """Stop what is under way and let go of the connections."""
        for task in tuple(self._tasks):
            task.cancel()
        await self.sockets.close()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def deliver(self, parcel: Parcel) -> Delivery:
        """Deliver it once, unless a fault says otherwise; record and give the answer."""
        fault = self._faults.take(f"delivery:{parcel.family}", parcel.payload)
        kind = fault.kind if fault else ""
        if fault is not None and kind == "delay":
            await self._clock.wait(fault.seconds)
        elif fault is not None and fault.change is not None:
            parcel = replace(parcel, payload=fault.change(copied(parcel.payload)))
        elif kind == "lost":
            lost = Delivery(kind=parcel.kind, payload=parcel.payload, error="connection_failed")
            return self._recorded(parcel, lost)
        elif kind == "duplicate":
            self._send_aside(parcel)
        delivery = await self._send(parcel, fault)
        if kind == "replay":
            await self._send(replace(parcel, headers=delivery.headers), None)
        return delivery

    def _send_aside(self, parcel: Parcel) -> None:
        """Send it as well, without waiting for the answer."""
        twin = asyncio.create_task(self._send(parcel, None))
        self._tasks.add(twin)
        twin.add_done_callback(self._tasks.discard)

    async def _send(self, parcel: Parcel, fault: Fault | None) -> Delivery:
        started = time.perf_counter()
        if self._setup.socket_mode:
            delivery = await self._by_socket(parcel)
        else:
            delivery = await self._by_http(parcel, parcel.headers or self._headers(parcel, fault))
        return self._recorded(parcel, replace(delivery, ms=(time.perf_counter() - started) * 1000))

    def _recorded(self, parcel: Parcel, delivery: Delivery) -> Delivery:
        delivery = replace(delivery, attempt=parcel.attempt)
        self._record.delivered(delivery)
        if delivery.error == "http_timeout":
            self._record.violated("late", f"{parcel.kind}: no answer after {delivery.ms:.0f} ms")
        elif delivery.ms > self._setup.budget_ms:
            self._record.violated("ack_budget", f"{parcel.kind}: answered after {delivery.ms:.0f} ms")
        return delivery

    def _headers(self, parcel: Parcel, fault: Fault | None) -> dict[str, str]:
        kind = fault.kind if fault else ""
        secret = "not the signing secret" if kind == "wrong_signature" else self._secrets.signing_secret
        at = self._clock.wall() - (LONG_AGO_S if kind == "old_timestamp" else 0)
        headers = signed_headers(parcel.body(), secret, at, parcel.content_type)
        if kind == "bad_timestamp":
            headers["X-Slack-Request-Timestamp"] = "soon"
        if kind == "missing_headers":
            del headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"]
        if parcel.attempt:
            headers |= {"X-Slack-Retry-Num": str(parcel.attempt), "X-Slack-Retry-Reason": parcel.reason}
        return headers

    async def _by_http(self, parcel: Parcel, headers: dict[str, str]) -> Delivery:
        unanswered = Delivery(kind=parcel.kind, payload=parcel.payload, headers=headers)
        if not self.events_url:
            return replace(unanswered, error="connection_failed")
        try:
            async with asyncio.timeout(self._setup.answer_within_s):
                status, body, says_no_retry = await self._post(parcel, headers)
        except (TimeoutError, aiohttp.ClientError, OSError) as trouble:
            reasons = (name for kind, name in TROUBLES if isinstance(trouble, kind))
            return replace(unanswered, error=next(reasons, "connection_failed"))
        good = OK <= status < NOT_OK if parcel.family == "event" else status == OK
        error = None if good else ("no_retry" if says_no_retry else "http_error")
        return replace(unanswered, status=status, body=body, ok=good, error=error)

    async def _post(self, parcel: Parcel, headers: dict[str, str]) -> tuple[int, str, bool]:
        """Give the status, the body, and whether the bot wants no retry."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        follows = parcel.family == "event"
        async with self._session.post(
            self.events_url,
            data=parcel.body(),
            headers=headers,
            allow_redirects=follows,
            max_redirects=REDIRECTS + 1,
        ) as response:
            says_no_retry = response.headers.get("x-slack-no-retry") == "1" and response.status != OK
            return response.status, await response.text(), says_no_retry

    async def _by_socket(self, parcel: Parcel) -> Delivery:
        unanswered = Delivery(kind=parcel.kind, payload=parcel.payload)
        envelope: Json = {
            "payload": parcel.payload,
            "type": ENVELOPES[parcel.family],
            "accepts_response_payload": parcel.family != "event" and parcel.kind != "view_closed",
        }
        if parcel.family == "event":
            envelope |= {"retry_attempt": parcel.attempt, "retry_reason": parcel.reason}
        try:
            async with asyncio.timeout(self._setup.answer_within_s):
                answer = await self.sockets.send(envelope)
        except TimeoutError:
            return replace(unanswered, error="http_timeout")
        except ConnectionError:
            return replace(unanswered, error="connection_failed")
        payload = answer.get("payload")
        body = "" if payload in (None, {}, "") else json.dumps(payload)
        return replace(unanswered, status=OK, body=body, ok=True)
