"""What this process knows to have been acknowledged, so that a store whose history went back is found out.

A fail-over to a replica that had not everything, or a restore from an older copy, takes decisions back that people were
told of. A journal only grows, so one that is shorter than this process has seen it has lost lines: nothing may be run
from it, or a step that was approved and done might be done again. Only where a thread was purged since then, as its
tombstone says, a shorter journal is that of another task, which was begun anew. What is known goes with the process;
one that starts afterwards takes what it finds for the truth.
"""

from datetime import datetime
from typing import NamedTuple

import structlog

from agent_core.adapters.redis_tombs import Tombs
from agent_core.codec import LEFT_ALONE, Unreadable
from agent_core.ports import Quarantined
from agent_core.words import ThreadId

log = structlog.get_logger(__name__)

MOST = 10_000
LOST = "The store has an older state of this task than it had acknowledged: decisions were lost, as in a fail-over."


class Anchor(NamedTuple):
    """How long a journal was when a write to it was acknowledged, and when that was, by the store's clock."""

    length: int
    at: datetime


class Anchors:
    """What the journals were of the threads that this process wrote to last."""

    def __init__(self, tombs: Tombs, most: int = MOST) -> None:
        """Begin with nothing known; of ``most`` threads it is kept."""
        self._tombs = tombs
        self._most = most
        self._known: dict[ThreadId, Anchor] = {}

    def acknowledged(self, thread_id: ThreadId, length: int, at: datetime) -> None:
        """Keep how long a journal was when a write to it was acknowledged."""
        self._known.pop(thread_id, None)
        self._known[thread_id] = Anchor(length, at)
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]

    async def check(self, thread_id: ThreadId, length: int) -> None:
        """Raise Quarantined for a thread whose journal is there and shorter than it was, unless it was begun anew."""
        known = self._known.get(thread_id)
        if known is None or not 0 < length < known.length:
            return
        if await self._was_purged(thread_id, known.at):
            self._known.pop(thread_id, None)
            return
        log.error("acknowledged decisions are lost", thread_id=thread_id, had=known.length, has=length)
        raise Quarantined(LOST, LEFT_ALONE)

    async def _was_purged(self, thread_id: ThreadId, since: datetime) -> bool:
        """Tell whether a tombstone says that the thread was purged since; one that can't be read says nothing."""
        try:
            stones = await self._tombs.of(thread_id, newest=1)
        except Unreadable as error:
            log.warning("tombstone not believed", thread_id=thread_id, why=error.words)
            return False
        return any(stone.purged_at >= since for stone in stones)
