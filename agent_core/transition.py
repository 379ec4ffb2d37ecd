"""What one accepted input makes of a task: the next checkpoint, what to do, what to keep. Pure.

Effects get their IDs from the thread and the version that made them. The one long-running piece of work of a
transition (ask, run, score) has a fixed place after everything that only shows something, so that people see first.
"""

from dataclasses import dataclass
from datetime import datetime

from agent_core.checkpoint import Checkpoint
from agent_core.effects import Effect
from agent_core.records import Record
from agent_core.words import EffectId, ThreadId, effect_id_of

WORK = 99  # the work comes after the words
WORK_KINDS = frozenset({"ask_model", "run_tool", "score", "post_parent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """All of one step forward, committed whole or not at all. ``not_after`` is where the store must refuse it."""

    checkpoint: Checkpoint
    effects: tuple[Effect, ...] = ()
    records: tuple[Record, ...] = ()
    settled: frozenset[EffectId] = frozenset()
    not_after: datetime | None = None

    def outbox(self) -> dict[EffectId, Effect]:
        """Give the new effects by their IDs."""
        thread_id, version = self.checkpoint.thread_id, self.checkpoint.version
        shown = [effect for effect in self.effects if effect.kind not in WORK_KINDS]
        work = [effect for effect in self.effects if effect.kind in WORK_KINDS]
        return {effect_id_of(thread_id, version, nth): effect for nth, effect in enumerate(shown)} | {
            effect_id_of(thread_id, version, WORK + nth): effect for nth, effect in enumerate(work)
        }


def work_id(thread_id: ThreadId, version: int) -> EffectId:
    """Name the work that the transition to this version asked for."""
    return effect_id_of(thread_id, version, WORK)
