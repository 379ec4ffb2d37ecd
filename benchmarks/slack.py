"""A stand-in for Slack that costs next to nothing: it answers, and notes when a card was posted, done or followed up.

The strict stand-in of ``bot.playground`` checks every block and would be what is measured. Both sides use this one.
"""

import asyncio
import json
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from aiohttp import web

from benchmarks.wire import Json

if TYPE_CHECKING:
    from collections.abc import Callable

TEAM = "T0BENCH"
APPROVERS = tuple(f"U0APPROVER{nth}" for nth in range(8))
CHANNELS = tuple(f"C0BENCH{nth}" for nth in range(4))
RESPONSES = "/actions/T0BENCH/1/bench"  # where answers to one person go
MEMBERS = (*APPROVERS, "U0RITA", "U0BOT")


@dataclass(slots=True, kw_only=True)
class Card:
    """One card on the screen: its message as posted, and when what was seen of it."""

    channel: str
    ts: str
    thread_ts: str
    message: Json
    value: str
    done_at: float = 0.0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    quiet: asyncio.Event = field(default_factory=asyncio.Event)
    last: Json = field(default_factory=dict)


class Slack:
    """Answers the Web API's methods that either side calls."""

    def __init__(self) -> None:
        """Begin with an empty workspace."""
        self.cards: dict[tuple[str, str], Card] = {}
        self.calls: dict[str, int] = {}
        self._threads: dict[tuple[str, str], Card] = {}
        self._stamps = count(1)
        self._answers: dict[str, Callable[[Json], Json]] = {
            "auth.test": lambda _: {"team_id": TEAM, "user_id": "U0BOT", "bot_id": "B0BOT"},
            "users.info": lambda given: {"user": {"id": given["user"], "team_id": TEAM}},
            "conversations.members": lambda _: {"members": MEMBERS},
            "conversations.replies": lambda _: {"messages": []},
            "conversations.history": lambda _: {"messages": []},
            "conversations.open": lambda given: {"channel": {"id": f"D{given['users']}"}},
            "chat.getPermalink": lambda given: {"permalink": f"https://bench.slack.com/{given['message_ts']}"},
            "chat.postEphemeral": lambda _: {"message_ts": "1772470000.000001"},
            "chat.postMessage": self._posted,
            "chat.update": self._updated,
        }

    def app(self) -> web.Application:
        """Give the application."""
        app = web.Application()
        app.router.add_post("/api/{method}", self._serve)
        app.router.add_post(RESPONSES, self._responded)
        return app

    def put(self, card: Card) -> None:
        """Let a card stand that nobody posted."""
        self.cards[card.channel, card.ts] = self._threads[card.channel, card.thread_ts] = card

    def take_away(self, card: Card) -> None:
        """Forget a card, so that a long run does not keep them all."""
        self.cards.pop((card.channel, card.ts), None)
        if self._threads.get((card.channel, card.thread_ts)) is card:
            del self._threads[card.channel, card.thread_ts]

    def forget(self) -> None:
        """Forget every card; what is updated afterwards is answered as if it were not there."""
        self.cards.clear()
        self._threads.clear()

    def card_of(self, channel: str, thread_ts: str) -> Card:
        """Give the card in a thread."""
        return self._threads[channel, thread_ts]

    async def _responded(self, _: web.Request) -> web.Response:
        self.calls["response_url"] = self.calls.get("response_url", 0) + 1
        return web.Response(text="ok")

    async def _serve(self, request: web.Request) -> web.Response:
        method, raw = request.match_info["method"], await request.read()
        self.calls[method] = self.calls.get(method, 0) + 1
        if request.content_type == "application/json":
            given = json.loads(raw)
        else:
            given = {name: values[0] for name, values in parse_qs(request.query_string or raw.decode()).items()}
        answer = {"ok": True} | self._answers[method](given)
        return web.json_response(answer)

    def _posted(self, given: Json) -> Json:
        channel, thread_ts = given["channel"], given.get("thread_ts", "")
        ts = f"1772460000.{next(self._stamps):06d}"
        value = value_in(given.get("blocks", []))
        if value:
            message = {"type": "message", "user": "U0BOT", "bot_id": "B0BOT", "ts": ts, "thread_ts": thread_ts}
            message |= {"text": given["text"], "blocks": given["blocks"]}
            card = Card(channel=channel, ts=ts, thread_ts=thread_ts, message=message, value=value)
            self.put(card)
        elif given["text"].startswith("Finished:") and (channel, thread_ts) in self._threads:
            self._threads[channel, thread_ts].quiet.set()
        return {"channel": channel, "ts": ts}

    def _updated(self, given: Json) -> Json:
        card = self.cards.get((given["channel"], given["ts"]))
        if card is None:  # the message above the thread, which is a person's
            return {"ok": False, "error": "cant_update_message"}
        card.last = given
        if given["text"].endswith("is done.") and not card.done_at:
            card.done_at = perf_counter()
            card.done.set()
        return {"channel": card.channel, "ts": card.ts, "text": given["text"]}


def value_in(blocks: list[Json]) -> str:
    """Give the value of the Approve button, if there is one."""
    elements = (element for block in blocks if block["type"] == "actions" for element in block["elements"])
    return next((element["value"] for element in elements if element["action_id"] == "approve"), "")
