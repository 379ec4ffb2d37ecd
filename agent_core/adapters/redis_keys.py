"""How everything of ours in Redis is called. Keys of one thread share a hash tag, so that one script may touch them.

Names come from outside, so each is held against its pattern before it becomes part of a key: no name can hold the
braces, blanks or slashes that would let it reach another's keys.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from agent_core.errors import Broken
from agent_core.words import SHARDS, TeamId, ThreadId, shard_of, team_of

THREAD_ID = re.compile(
    r"[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,64}:([0-9]{1,20}(\.[0-9]{1,10})?|new-[A-Za-z0-9_-]{1,128})(/[A-Za-z0-9_-]{1,64})?"
)
TEAM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
KEPT = 4096  # threads whose keys are remembered
DEDUPE_ID = re.compile(r"[A-Za-z0-9_.:/-]{1,300}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadKeys:
    """The keys of one thread, its shard's due index, and its shard's mark of its team's emergency stop."""

    thread: str
    journal: str
    outbox: str
    lease: str
    due: str
    stop: str


@lru_cache(KEPT)
def keys_of(thread_id: ThreadId) -> ThreadKeys:
    """Name the keys of a thread."""
    if not THREAD_ID.fullmatch(thread_id):
        raise Broken("a thread ID has its pattern before it reaches the store", length=len(thread_id))
    shard = shard_of(thread_id)
    prefix = f"cs:{{{shard}}}"
    return ThreadKeys(
        thread=f"{prefix}:thread:{thread_id}",
        journal=f"{prefix}:journal:{thread_id}",
        outbox=f"{prefix}:outbox:{thread_id}",
        lease=f"{prefix}:lease:{thread_id}",
        due=due_key(shard),
        stop=stop_key(shard, team_of(thread_id)),
    )


def due_key(shard: int) -> str:
    """Name a shard's due index."""
    return f"cs:{{{shard}}}:due"


def stop_key(shard: int, team: TeamId) -> str:
    """Name a shard's mark of a team's emergency stop."""
    if not TEAM_ID.fullmatch(team):
        raise Broken("a team ID has its pattern before it reaches the store", length=len(team))
    return f"cs:{{{shard}}}:stop:{team}"


DUE_KEYS = tuple(due_key(shard) for shard in range(SHARDS))


def seen_key(thread_id: ThreadId, dedupe: str) -> str:
    """Name the mark of a dedupe ID, beside the thread that it was given to."""
    if not DEDUPE_ID.fullmatch(dedupe):
        raise Broken("a dedupe ID has its pattern before it reaches the store", length=len(dedupe))
    return f"cs:{{{shard_of(thread_id)}}}:seen:{dedupe}"


def team_key(team: TeamId, what: str) -> str:
    """Name one of a team's views."""
    if not TEAM_ID.fullmatch(team):
        raise Broken("a team ID has its pattern before it reaches the store", length=len(team))
    return f"cs:{{team:{team}}}:{what}"
