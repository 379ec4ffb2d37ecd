"""The same signed bytes twice: the second delivery gets the first one's answer, and nothing is done again.

A proxy that lost a connection and somebody who copied a request look alike from here. A signature covers time and
body, so it names the request. While the first is being worked on, others of its name wait for it; when it failed (5xx,
or no answer at all) it is forgotten and the next one is worked on, for then Slack was told to send it again. This is a
convenience with bounded memory: what makes a decision count once is the commit script's own dedupe ID.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from aiohttp import web

FAILED = 500  # from here on Slack sends again


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered, kept as values: a response object can be sent only once."""

    status: int
    body: bytes
    content_type: str
    at: float

    @classmethod
    def of(cls, response: web.Response, at: float) -> Self:
        """Keep what matters of a response."""
        body = response.body if isinstance(response.body, bytes) else b""
        return cls(status=response.status, body=body, content_type=response.headers.get("Content-Type", ""), at=at)

    def response(self) -> web.Response:
        """Give it once more."""
        headers = {"Content-Type": self.content_type} if self.content_type else None
        return web.Response(status=self.status, body=self.body, headers=headers)


class Replays:
    """Which signed requests are being worked on, and how the newest ones were answered."""

    def __init__(self, clock: Callable[[], float], *, keep_s: float, most: int, most_bytes: int) -> None:
        """Start knowing none."""
        self._clock = clock
        self._keep_s = keep_s
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._open: dict[str, asyncio.Event] = {}
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    async def answer_or_claim(self, name: str) -> Answer | None:
        """Give the answer that the request already got; None means that it is now the caller's to settle."""
        while (settled := self._open.get(name)) is not None:
            await settled.wait()
        known = self._answers.get(name)
        if known is not None and self._clock() - known.at <= self._keep_s:
            return known
        self._open[name] = asyncio.Event()
        return None

    def settle(self, name: str, response: web.Response | None) -> None:
        """End a claim: keep the answer, unless it failed or there is none."""
        if response is not None and response.status < FAILED:
            self._keep(name, Answer.of(response, self._clock()))
        settled = self._open.pop(name, None)
        if settled is not None:
            settled.set()

    def _keep(self, name: str, answer: Answer) -> None:
        """Remember one answer, and forget the oldest ones beyond what fits."""
        self._forget(name)
        self._answers[name] = answer
        self._bytes += len(answer.body)
        while len(self._answers) > self._most or self._bytes > self._most_bytes:
            self._forget(next(iter(self._answers)))

    def _forget(self, name: str) -> None:
        """Drop one answer, if it is there."""
        dropped = self._answers.pop(name, None)
        if dropped is not None:
            self._bytes -= len(dropped.body)
