"""A press of Approve as Slack sends it: the payload with the whole message in it, signed."""

import hashlib
import hmac
import json
from itertools import count
from time import perf_counter
from urllib.parse import urlencode

import aiohttp

from agent_core.adapters.system_clock import SystemClock
from benchmarks.slack import APPROVERS, TEAM, Card
from benchmarks.wire import Json

OK = 200


class Presser:
    """Presses cards over kept-alive connections, each time as the next of the approvers."""

    def __init__(self, http: aiohttp.ClientSession, secret: str, team: str = TEAM) -> None:
        """Hold the session and the signing secret."""
        self._http = http
        self._secret = secret.encode()
        self._team = team
        self._clock = SystemClock()
        self._nth = count()

    async def press(self, url: str, card: Card) -> tuple[float, float]:
        """Press Approve; give when it was sent and when it was acknowledged, or raise RuntimeError."""
        body, headers = self._signed(card)
        sent = perf_counter()
        async with self._http.post(url, data=body, headers=headers) as answer:
            words = await answer.read()
            acknowledged = perf_counter()
            if answer.status != OK or words:
                raise RuntimeError(f"a press was answered {answer.status} {words!r}")
        return sent, acknowledged

    def _signed(self, card: Card) -> tuple[bytes, dict[str, str]]:
        body = urlencode({"payload": json.dumps(self._payload(card, next(self._nth)))}).encode()
        timestamp = str(int(self._clock.now().timestamp()))
        base = b"v0:" + timestamp.encode() + b":" + body
        signature = "v0=" + hmac.new(self._secret, base, hashlib.sha256).hexdigest()
        return body, {
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
            "response_url": "https://hooks.slack.com/actions/T0BENCH/1/none",
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
