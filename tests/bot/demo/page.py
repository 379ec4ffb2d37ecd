"""A person at the demo's page, without a browser: the same websocket and the same verbs as the page itself uses."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import aiohttp

PATIENCE_S = 30.0

Shape: TypeAlias = dict[str, Any]
T = TypeVar("T")


@dataclass
class Person:
    """Somebody who sees #ops and does things there."""

    id: str
    url: str
    token: str
    http: aiohttp.ClientSession
    messages: dict[str, Shape] = field(default_factory=dict)
    whispers: list[Shape] = field(default_factory=list)
    views: list[Shape] = field(default_factory=list)
    online: bool = False
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Keep what the page would show."""
        async for raw in socket:
            frame = json.loads(raw.data)
            async with self.changed:
                self._take(frame)
                self.changed.notify_all()

    def _take(self, frame: Shape) -> None:
        match frame["type"]:
            case "snapshot":
                self.messages = {one["ts"]: one for one in frame["messages"].get("C0OPS", [])}
                self.whispers, self.views = frame["ephemerals"], frame["views"]
                self.online = frame["bot"]["online"]
            case "message" if frame["channel"] == "C0OPS":
                self.messages[frame["message"]["ts"]] = frame["message"]
            case "ephemeral":
                self.whispers.append(frame["message"])
            case "views":
                self.views = frame["views"]
            case "bot":
                self.online = frame["online"]
            case _:
                pass  # what no test looks at

    async def until(self, holds: Callable[["Person"], T | None], why: str) -> T:
        """Wait until something is to be seen, and give it."""
        try:
            async with asyncio.timeout(PATIENCE_S), self.changed:
                while not (found := holds(self)):
                    await self.changed.wait()
                return found
        except TimeoutError:
            seen = "\n".join(f"{ts} {one.get('text')}" for ts, one in sorted(self.messages.items())[-8:])
            raise AssertionError(f"{self.id} never saw: {why}. There is:\n{seen}\n{self.whispers[-2:]}") from None

    async def do(self, verb: str, **more: object) -> Shape:
        """Do something, or fail with the page's own words."""
        body = {"as": self.id, **more}
        headers = {"X-Page-Token": self.token}
        async with self.http.post(f"{self.url}api-page/{verb}", json=body, headers=headers) as answer:
            told: Shape = await answer.json()
        assert told["ok"], told
        return told

    async def command(self, text: str) -> str:
        """Give the agent a task, and give the ts of its thread."""
        before = set(self.messages)
        await self.do("command", channel="C0OPS", command="/agent", text=text)

        def new(me: "Person") -> str:
            return next((ts for ts, one in me.messages.items() if ts not in before and "thread_ts" not in one), "")

        return await self.until(new, f"the thread of {text}")

    async def reply(self, thread: str, text: str) -> None:
        """Write into a thread."""
        await self.do("post", channel="C0OPS", thread_ts=thread, text=text)

    def in_thread(self, thread: str) -> Iterator[Shape]:
        """Give the messages of a thread, newest first."""
        for ts in sorted(self.messages, reverse=True):
            if self.messages[ts].get("thread_ts") == thread and ts != thread:
                yield self.messages[ts]

    async def card(self, thread: str, action: str, *words: str) -> Shape:
        """Wait for a card in a thread that has a button and all of these words, and give its message."""

        def waiting(me: "Person") -> Shape | None:
            for message in me.in_thread(thread):
                if any(action in named(one) for one in elements(message)) and said(message, *words):
                    return message
            return None

        return await self.until(waiting, f"a card with {action} and {words}")

    async def sees(self, thread: str, *words: str) -> Shape:
        """Wait for a message in a thread that has all of these words, and give it."""

        def there(me: "Person") -> Shape | None:
            return next((one for one in me.in_thread(thread) if said(one, *words)), None)

        return await self.until(there, f"a message with {words}")

    async def press(self, thread: str, action: str, *words: str) -> Shape:
        """Press a button of a card, or choose it in its menu."""
        message = await self.card(thread, action, *words)
        block, element = next(
            (block, one)
            for block in message["blocks"]
            for one in block.get("elements", [])
            if block["type"] == "actions" and action in named(one)
        )
        in_menu = element["type"] == "overflow"
        more = {"option": action} if in_menu else {}
        await self.do(
            "click",
            container={"type": "message", "channel": "C0OPS", "ts": message["ts"]},
            block_id=block["block_id"],
            action_id=element["action_id"],
            **more,
        )
        return message

    async def fill(self, callback_id: str, **values: object) -> None:
        """Wait for a modal and send it with these values; ``arg_x`` is the block ``arg:x``."""

        def opened(me: "Person") -> Shape | None:
            return next((view for view in me.views if view["callback_id"] == callback_id), None)

        view = await self.until(opened, f"the modal {callback_id}")
        blocks = {name.replace("arg_", "arg:", 1): value for name, value in values.items()}
        await self.do("submit", view_id=view["id"], values=blocks)

    async def finished(self, thread: str) -> str:
        """Wait for the last message of a task, and give its text."""

        def last(me: "Person") -> str:
            return next((str(one["text"]) for one in me.in_thread(thread) if one["text"].startswith("Finished:")), "")

        return await self.until(last, "the end of the task")


def elements(message: Shape) -> Iterator[Shape]:
    """Give everything that can be pressed on a message."""
    for block in message.get("blocks") or []:
        if block["type"] == "actions":
            yield from block["elements"]


def named(element: Shape) -> set[str]:
    """Name what an element does: its action, or those of its menu."""
    return {element["action_id"], *(option["value"] for option in element.get("options", []))}


def said(message: Shape, *words: str) -> bool:
    """Tell whether a message has all of these words anywhere."""
    whole = json.dumps(message, ensure_ascii=False)
    return all(word in whole for word in words)


@asynccontextmanager
async def people(home: Path, url: str, *ids: str) -> AsyncIterator[tuple[Person, ...]]:
    """Be several people at once."""
    token = json.loads((home / "playground" / "slack-secrets.json").read_text())["page_token"]
    async with aiohttp.ClientSession() as http:
        found, listening = [], []
        for who in ids:
            person = Person(id=who, url=url, token=token, http=http)
            socket = await http.ws_connect(f"{url}ws?as={who}&token={token}")
            listening.append(asyncio.create_task(person.listen(socket)))
            found.append(person)
        try:
            yield tuple(found)
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
