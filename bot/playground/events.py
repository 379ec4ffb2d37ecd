"""Events: what the bot is told of, in which wrapper, and again when it did not answer.

A subscription without its scope tells nothing. Each event is its own task: Slack promises no order. A failed
delivery is retried at once, after a minute and after five more, on the stand-in's clock, with the same event_id.
"""

import asyncio
import secrets

from bot.playground.clock import Clock
from bot.playground.courier import Courier, Parcel
from bot.playground.payloads import TOKEN
from bot.playground.people import Channel
from bot.playground.record import Delivery
from bot.playground.setup import Setup
from bot.playground.words import APP_ID, BOT_USER_ID, TEAM_ID, Json

PAUSES_S = (0.0, 0.0, 60.0, 300.0)
SCOPES = {"app_mention": "app_mentions:read", "app_home_opened": "", "app_uninstalled": "", "tokens_revoked": ""}
SUBSCRIPTIONS = {"public": "message.channels", "private": "message.groups", "im": "message.im"}
HISTORY = {"public": "channels:history", "private": "groups:history", "im": "im:history"}


class Events:
    """Tells the bot what happened."""

    def __init__(self, setup: Setup, clock: Clock, courier: Courier) -> None:
        self._setup = setup
        self._clock = clock
        self._courier = courier
        self._tasks: set[asyncio.Task[None]] = set()
        self.granted = setup.granted

    async def close(self) -> None:
        """Give up on what was not delivered yet."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def message(self, inner: Json, channel: Channel) -> list[asyncio.Future[Delivery]]:
        """Tell of a message (or a change of one), if the bot is there and may read it."""
        if BOT_USER_ID not in channel.members:
            return []
        allowed = SUBSCRIPTIONS[channel.kind] in self._setup.subscriptions and HISTORY[channel.kind] in self.granted
        event_ts = inner.get("event_ts") or inner["ts"]
        placed = {"channel": channel.id, "event_ts": event_ts, "channel_type": channel.event_kind}
        return [self._start(inner | placed, is_shared=channel.is_shared)] if allowed else []

    def other(self, inner: Json, channel: Channel | None = None) -> list[asyncio.Future[Delivery]]:
        """Tell of anything that is not a message."""
        kind = inner["type"]
        if kind not in self._setup.subscriptions or (SCOPES[kind] and SCOPES[kind] not in self.granted):
            return []
        return [self._start(inner, is_shared=channel is not None and channel.is_shared)]

    def _start(self, inner: Json, *, is_shared: bool) -> asyncio.Future[Delivery]:
        place = inner.get("channel", "")
        body = {
            "token": TOKEN,
            "team_id": TEAM_ID,
            "context_team_id": TEAM_ID,
            "context_enterprise_id": None,
            "api_app_id": APP_ID,
            "event": inner,
            "type": "event_callback",
            "event_id": "Ev" + secrets.token_hex(5).upper(),
            "event_time": int(self._clock.wall()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM_ID,
                    "user_id": BOT_USER_ID,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": is_shared,
            "event_context": f"4-{inner['type']}-{TEAM_ID}-{place}",
        }
        return self.start(body)

    def start(self, body: Json) -> asyncio.Future[Delivery]:
        """Deliver this whole wrapper, with retries; give what comes of the first attempt."""
        first: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._deliver(body, first))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return first

    async def _deliver(self, body: Json, first: asyncio.Future[Delivery]) -> None:
        reason = ""
        for attempt, pause_s in enumerate(PAUSES_S):
            await self._clock.wait(pause_s)
            parcel = Parcel(family="event", kind="event", payload=body, attempt=attempt, reason=reason)
            delivery = await self._courier.deliver(parcel)
            if not first.done():
                first.set_result(delivery)
            if delivery.ok or delivery.error == "no_retry":
                return
            reason = delivery.error or "unknown_error"
