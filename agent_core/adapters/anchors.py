"""What this process knows to have been acknowledged, so that a store whose history went back is found out.

A fail-over to a replica that had not everything, or a restore from an older copy, takes decisions back that people were
told of. A journal only grows, so one that is shorter than this process has seen it has lost lines: nothing may be run
from it, or a step that was approved and done might be done again. What is known goes with the process; one that starts
afterwards takes what it finds for the truth.
"""

import structlog

from agent_core.codec import LEFT_ALONE
from agent_core.ports import Quarantined
from agent_core.words import ThreadId

log = structlog.get_logger(__name__)

MOST = 10_000
LOST = "The store has an older state of this task than it had acknowledged: decisions were lost, as in a fail-over."


class Anchors:
    """How many lines the journals of the threads have, that this process wrote to last."""

    def __init__(self, most: int = MOST) -> None:
        """Begin with nothing known; of ``most`` threads it is kept."""
        self._most = most
        self._lengths: dict[ThreadId, int] = {}

    def acknowledged(self, thread_id: ThreadId, length: int) -> None:
        """Keep how long a journal was when a write to it was acknowledged."""
        self._lengths.pop(thread_id, None)
        self._lengths[thread_id] = length
        while len(self._lengths) > self._most:
            del self._lengths[next(iter(self._lengths))]

    def check(self, thread_id: ThreadId, length: int) -> None:
        """Raise Quarantined for a thread whose journal is there and shorter than it was."""
        known = self._lengths.get(thread_id, 0)
        if 0 < length < known:
            log.error("acknowledged decisions are lost", thread_id=thread_id, had=known, has=length)
            raise Quarantined(LOST, LEFT_ALONE)
