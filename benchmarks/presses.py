"""A press of Approve as Slack sends it: the payload with the whole message in it, signed."""

import hashlib
import hmac
import json
from itertools import count
from time import perf_counter
from urllib.parse import urlencode

import aiohttp

from agent_core.adapters.system_clock import SystemClock
from benchmarks.slack import APPROVERS, MEMBERS, TEAM, Card
from benchmarks.wire import Json

OK = 200
NOWHERE = "https://hooks.slack.com/actions/T0BENCH/1/none"  # nothing is answered to one person where this is used


class Presser:
    """Presses cards over kept-alive connections, each time as the next of the approvers."""

    def __init__(
        self, http: aiohttp.ClientSession, secret: str, team: str = TEAM, *, response_url: str = NOWHERE
    ) -> None:
        """Hold the session and the signing secret; answers to one person go to ``response_url``."""
        self._response_url = response_url
        self._http = http
        self._secret = secret.encode()
        self._team = team
        self._clock = SystemClock()
        self._nth = count()

    async def press(self, url: str, card: Card) -> tuple[float, float]:
        """Press Approve; give when it was sent and when it was acknowledged, or raise RuntimeError."""
        sent, acknowledged, words = await self.send(url, self.pressed(card))
        if words:
            raise RuntimeError(f"a press was answered with {words!r}")
        return sent, acknowledged

    async def send(self, url: str, body: bytes) -> tuple[float, float, bytes]:
        """Send something signed; give when it was sent and acknowledged, and with what, or raise RuntimeError."""
        headers = self._headers(body)
        sent = perf_counter()
        async with self._http.post(url, data=body, headers=headers) as answer:
            words = await answer.read()
            acknowledged = perf_counter()
            if answer.status != OK:
                raise RuntimeError(f"a request was answered {answer.status} {words!r}")
        return sent, acknowledged, words

    def pressed(self, card: Card) -> bytes:
        """Write a press of Approve by the next of the approvers."""
        return urlencode({"payload": json.dumps(self._payload(card, next(self._nth)))}).encode()

    def commanded(self, words: str, channel: str) -> bytes:
        """Write the slash command with these words."""
        fields = {
            "command": "/agent",
            "text": words,
            "user_id": MEMBERS[-2],
            "user_name": MEMBERS[-2].lower(),
            "team_id": self._team,
            "team_domain": "bench",
            "channel_id": channel,
            "channel_name": "bench",
            "api_app_id": "A0BENCH",
            "token": "not-used",
            "is_enterprise_install": "false",
            "trigger_id": f"{next(self._nth)}.command.bench",
            "response_url": self._response_url,
        }
        return urlencode(fields).encode()

    def _headers(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._clock.now().timestamp()))
        base = b"v0:" + timestamp.encode() + b":" + body
        signature = "v0=" + hmac.new(self._secret, base, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature,
        }

    def _payload(self, card: Card, nth: int) -> Json:
        person = APPROVERS[nth % len(APPROVERS)]
        return {
            "type": "block_actions",
            "user": {"id": person, "username": person.lower(), "name": person.lower(), "team_id": self._team},
            "api_app_id": "A0BENCH",
            "token": "not-used",
            "container": {
                "type": "message",
                "message_ts": card.ts,
                "channel_id": card.channel,
                "is_ephemeral": False,
                "thread_ts": card.thread_ts,
            },
            "trigger_id": f"{nth}.{card.ts}.bench",
            "team": {"id": self._team, "domain": "bench"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": card.channel, "name": "bench"},
            "message": card.message,
            "state": {"values": {}},
            "response_url": self._response_url,
            "actions": [
                {
                    "type": "button",
                    "action_id": "approve",
                    "block_id": "decide",
                    "text": {"type": "plain_text", "text": "Approve", "emoji": True},
                    "value": card.value,
                    "style": "primary",
                    "action_ts": card.ts,
                }
            ],
        }
