"""The words that everything else is named with: identifiers as types of their own, and how they are spelled.

A thread ID is ``team:channel:thread_ts`` (a sub-agent's ``<thread id>/<agent>``). A task that is still being opened
has ``team:channel:new-<hash>``. The rule this module keeps: an identifier is parsed here or nowhere.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import NewType, TypeAlias

from pydantic import Discriminator

ThreadId = NewType("ThreadId", str)
TeamId = NewType("TeamId", str)
ChannelId = NewType("ChannelId", str)
PersonId = NewType("PersonId", str)
Digest = NewType("Digest", str)
EffectId = NewType("EffectId", str)
CardKey = NewType("CardKey", str)
LessonId = NewType("LessonId", str)

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Args: TypeAlias = Mapping[str, Json]

BY_KIND = Discriminator("kind")
"""Marks a stored union whose members each carry their ``kind``: it is read by that, and not by trying one by one."""

SHARDS = 256


def root_of(thread_id: ThreadId) -> ThreadId:
    """Name the thread that a sub-agent's ID hangs on; a plain ID is its own root."""
    return ThreadId(thread_id.partition("/")[0])


def shard_of(thread_id: ThreadId) -> int:
    """Place a thread: all keys of one root thread share a shard, so that one script can touch them."""
    return zlib.crc32(root_of(thread_id).encode()) % SHARDS


def team_of(thread_id: ThreadId) -> TeamId:
    """Name the workspace that a thread stands in."""
    return TeamId(thread_id.split(":", 2)[0])


def channel_of(thread_id: ThreadId) -> ChannelId:
    """Name the channel that a thread stands in."""
    return ChannelId(thread_id.split(":", 2)[1])


def ts_of(thread_id: ThreadId) -> str:
    """Give the timestamp of the message that the thread hangs under."""
    return root_of(thread_id).split(":", 2)[2]


def thread_id_of(team: str, channel: str, ts: str) -> ThreadId:
    """Name the task under one message."""
    return ThreadId(f"{team}:{channel}:{ts}")


def is_to_be_opened(thread_id: ThreadId) -> bool:
    """Tell whether this names a task whose message is still to be posted."""
    return ts_of(thread_id).startswith("new-")


def effect_id_of(thread_id: ThreadId, version: int, nth: int) -> EffectId:
    """Name an effect by the thread and the version that made it, so that a repeat gets the same name."""
    return EffectId(f"{thread_id}/{version}/{nth}")


def version_of(effect_id: EffectId) -> tuple[int, int]:
    """Give the version that made an effect and its place there: the order in which effects are performed."""
    _, version, nth = effect_id.rsplit("/", 2)
    return int(version), int(nth)
