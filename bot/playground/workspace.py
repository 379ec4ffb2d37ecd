"""The workspace: people, channels and what was written in them. State only; nothing here talks to the bot.

Messages are Slack's own shape. Whoever changes one goes through `add`, `change` or `remove`, which keep the thread's
counts right, put it on disk and announce a Change to the page and to waiting tests. What is handed out to be kept
is a deep copy: a message on somebody's screen does not change behind their back.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.playground.clock import Clock
from bot.playground.disk import Disk
from bot.playground.people import Channel, Person
from bot.playground.setup import Setup
from bot.playground.words import BOT_USER_ID, Json, copied

LAST_IN_SECOND = 9_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something the page should show: to the members of a channel, or to one viewer.

    The facts are the stored objects themselves; who keeps them writes them down before anything else happens.
    """

    kind: str
    channel: str = ""
    viewer: str = ""
    facts: Json = field(default_factory=dict)


class Workspace:
    """Everything that was said, and to whom."""

    def __init__(self, setup: Setup, clock: Clock, disk: Disk) -> None:
        self.people = {person.id: person for person in setup.people}
        self.usergroups = {group.id: group for group in setup.usergroups}
        self.channels = {channel.id: copy.deepcopy(channel) for channel in setup.channels}
        self.messages: dict[str, dict[str, Json]] = {}
        self.ephemerals: list[Json] = []
        self.files: dict[str, Json] = {}
        self._threads: dict[tuple[str, str], list[str]] = {}
        self._last_ts: dict[str, tuple[int, int]] = {}
        self._watchers: list[Callable[[Change], None]] = []
        self._clock = clock
        self._disk = disk
        self._load()

    def _load(self) -> None:
        for _, kept in self._disk.all("channel"):
            self.channels[kept["id"]] = Channel(**kept | {"members": set(kept["members"])})
        for key, message in self._disk.all("message"):
            self._index(key.partition(":")[0], message)
        for _, kept in self._disk.all("file"):
            self.files[kept["id"]] = kept

    def _index(self, channel: str, message: Json) -> None:
        ts: str = message["ts"]
        self.messages.setdefault(channel, {})[ts] = message
        root: str = message.get("thread_ts") or ts
        if root != ts:
            self._threads.setdefault((channel, root), []).append(ts)
        second, _, fraction = ts.partition(".")
        self._last_ts[channel] = max(self._last_ts.get(channel, (0, 0)), (int(second), int(fraction) // 100))

    def watch(self, watcher: Callable[[Change], None]) -> Callable[[], None]:
        """Tell this watcher of each change; give what ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def announce(self, change: Change) -> None:
        """Tell everybody who watches."""
        for watcher in tuple(self._watchers):
            watcher(change)

    def person(self, user: str) -> Person | None:
        """Give the person with this id."""
        return self.people.get(user)

    def named(self, name: str) -> Person | None:
        """Give the person whom a mention by name means."""
        folded = name.casefold()
        for person in self.people.values():
            if folded in {person.name.casefold(), person.real_name.casefold()}:
                return person
        return None

    def direct(self, user: str) -> Channel:
        """Give the direct message between the bot and this person, made on first use."""
        channel_id = "D" + user.removeprefix("U")
        if channel_id not in self.channels:
            members = {user, BOT_USER_ID}
            made = Channel(id=channel_id, name="", kind="im", members=members, with_user=user)
            self.channels[channel_id] = made
            self.keep_channel(made)
        return self.channels[channel_id]

    def keep_channel(self, channel: Channel) -> None:
        """Put a channel that changed on disk, and on the pages."""
        self._disk.put("channel", channel.id, channel.kept())
        self.announce(Change(kind="channels", channel=channel.id))

    def next_ts(self, channel: str) -> str:
        """Give a ts that is new and last in this channel; another channel may have the same one."""
        second, count = self._last_ts.get(channel, (0, 0))
        now = int(self._clock.wall())
        if now > second:
            second, count = now, 0
        count += 1
        if count > LAST_IN_SECOND:
            second, count = second + 1, 1
        self._last_ts[channel] = second, count
        return f"{second}.{count * 100:06d}"

    def find(self, channel: str, ts: str) -> Json | None:
        """Give the message as it is stored now."""
        return self.messages.get(channel, {}).get(ts)

    def thread(self, channel: str, root: str) -> list[Json]:
        """Give the root, if it is still there, and its replies, oldest first."""
        first = self.find(channel, root)
        replies = [self.messages[channel][ts] for ts in self._threads.get((channel, root), [])]
        return ([first] if first else []) + replies

    def add(self, channel: str, message: Json) -> Json:
        """Put a new message into a channel, or with thread_ts into a thread."""
        message = {"type": "message"} | message | {"ts": self.next_ts(channel)}
        self._index(channel, message)
        if "thread_ts" in message:
            self._count_replies(channel, message["thread_ts"])
        self._keep(channel, message)
        return message

    def _count_replies(self, channel: str, root: str) -> None:
        first = self.find(channel, root)
        if first is None:
            return
        replies = [self.messages[channel][ts] for ts in self._threads.get((channel, root), [])]
        if not replies:
            for name in ("thread_ts", "reply_count", "reply_users", "reply_users_count", "latest_reply"):
                first.pop(name, None)
        else:
            users = list(dict.fromkeys(reply.get("user") or reply.get("bot_id", "") for reply in replies))
            first.update(
                thread_ts=root,
                reply_count=len(replies),
                reply_users=users,
                reply_users_count=len(users),
                latest_reply=replies[-1]["ts"],
            )
        self._keep(channel, first)

    def change(self, channel: str, ts: str, changed: Json) -> tuple[Json, Json]:
        """Replace fields of a message (None removes one); give it before and after."""
        message = self.messages[channel][ts]
        before = copied(message)
        for name, value in changed.items():
            if value is None:
                message.pop(name, None)
            else:
                message[name] = value
        self._keep(channel, message)
        return before, message

    def remove(self, channel: str, ts: str) -> Json:
        """Take a message away."""
        message = self.messages[channel].pop(ts)
        root = message.get("thread_ts", ts)
        if root != ts:
            self._threads[channel, root].remove(ts)
            self._count_replies(channel, root)
        self._disk.put("message", f"{channel}:{ts}", None)
        self.announce(Change(kind="message_deleted", channel=channel, facts={"channel": channel, "ts": ts}))
        return message

    def _keep(self, channel: str, message: Json) -> None:
        self._disk.put("message", f"{channel}:{message['ts']}", message)
        self.announce(Change(kind="message", channel=channel, facts={"channel": channel, "message": message}))

    def whisper(self, channel: str, person: str, message: Json) -> Json:
        """Show a message to one person only."""
        shown: Json = {"type": "message"} | message | {"ts": self.next_ts(channel)}
        shown |= {"ephemeral": True, "is_ephemeral": True, "channel": channel, "for_user": person}
        self.ephemerals.append(shown)
        self.announce(Change(kind="ephemeral", viewer=person, facts={"message": shown}))
        return shown

    def whispered(self, person: str, ts: str) -> Json | None:
        """Give an ephemeral message of this person that is still on their screen."""
        for message in self.ephemerals:
            if message["ts"] == ts and message["for_user"] == person:
                return message
        return None

    def rewhisper(self, message: Json, changed: Json) -> None:
        """Replace what an ephemeral message says."""
        for name in ("text", "blocks", "attachments"):
            message.pop(name, None)
        message.update(changed)
        self.announce(Change(kind="ephemeral", viewer=message["for_user"], facts={"message": message}))

    def unwhisper(self, message: Json) -> None:
        """Take an ephemeral message off its person's screen."""
        self.ephemerals.remove(message)
        facts = {"ts": message["ts"], "channel": message["channel"]}
        self.announce(Change(kind="ephemeral_deleted", viewer=message["for_user"], facts=facts))

    def keep_file(self, file: Json) -> None:
        """Put what is known of an uploaded file on disk."""
        self.files[file["id"]] = file
        self._disk.put("file", file["id"], file)
