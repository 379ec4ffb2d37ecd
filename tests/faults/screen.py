"""What people see of many tasks at once: told of each change in the stand-in, so nobody looks at what stands still.

A task's own line stands in its words, and its thread is found by its first message. What one person alone was told is
counted by the place at which it was told: it always says that something was not done, or may not have been.
"""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Callable

from bot.playground.harness import Message, Slack
from bot.playground.words import BOT_USER_ID, Json
from bot.playground.workspace import Change
from tests.stories.stage import ADA

LINE = re.compile(r"line-\d+")
FINISHED = "Finished: "


class Screen:
    """The threads of all tasks, and what was told to whom; ``begins`` is called with each new thread."""

    def __init__(self, slack: Slack, begins: Callable[["Thread"], None]) -> None:
        """Look at a workspace from its beginning."""
        self._slack = slack
        self._begins = begins
        self._at: dict[tuple[str, str], Thread] = {}
        self.threads: defaultdict[str, list[Thread]] = defaultdict(list)
        self.times: Counter[tuple[str, str, str]] = Counter()
        self.words: Counter[str] = Counter()
        slack.standin.workspace.watch(self._see)

    def _see(self, change: Change) -> None:
        """See one change."""
        if change.kind == "message":
            self._see_message(Message(change.channel, change.facts["message"]))
        elif change.kind == "ephemeral":
            self._hear(change.facts["message"])

    def _see_message(self, message: Message) -> None:
        at = (message.channel, message.thread_ts or message.ts)
        found = LINE.search(message.words) if message.user == BOT_USER_ID and at[1] == message.ts else None
        if found is not None and at not in self._at:
            thread = self._at[at] = Thread(self._slack, found[0], *at)
            self.threads[found[0]].append(thread)
            self._begins(thread)
        if at in self._at:
            self._at[at].moved.set()

    def _hear(self, told: Json) -> None:
        at = (told["channel"], told.get("thread_ts") or "")
        self.times[told["for_user"], *at] += 1
        self.words[Message(told["channel"], told).words or str(told.get("text", ""))] += 1
        if at in self._at:
            self._at[at].moved.set()

    def times_told(self, thread: "Thread") -> int:
        """Count how often who decides was told something in this thread."""
        return self.times[ADA, thread.channel, thread.ts]


class Thread:
    """One task's thread as it is now. ``moved`` is set when something in it has changed."""

    def __init__(self, slack: Slack, line: str, channel: str, ts: str) -> None:
        """Name the thread."""
        self._slack = slack
        self.line = line
        self.channel = channel
        self.ts = ts
        self.moved = asyncio.Event()

    @property
    def messages(self) -> list[Message]:
        """What stands in it now; read, not kept, for the workspace's own values are not copied."""
        return [Message(self.channel, raw) for raw in self._slack.standin.workspace.thread(self.channel, self.ts)]

    @property
    def ends(self) -> list[str]:
        """The messages that say how the task ended."""
        return [message.text for message in self.messages if message.text.startswith(FINISHED)]

    def live(self, action: str) -> list[tuple[str, str]]:
        """Give the ts of each card on which this can be pressed now, with what a press says."""
        buttons = [(message.ts, message.buttons.get(action)) for message in self.messages]
        return [(ts, str(button["value"])) for ts, button in buttons if button is not None]
