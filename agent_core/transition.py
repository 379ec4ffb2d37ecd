"""What one accepted input makes of a task: the next checkpoint, what to do, what to keep. Pure.

Effects get their IDs from the thread and the version that made them. The one long-running piece of work of a
transition (ask, run, score) has a fixed place after everything that only shows something, so that people see first.
What follows at once from a transition is decided on it and committed with it: each keeps its own version and names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from agent_core.checkpoint import Checkpoint
from agent_core.effects import Effect, UpdateCard
from agent_core.errors import Broken
from agent_core.records import Record
from agent_core.words import EffectId, ThreadId, effect_id_of

WORK = 99  # the work comes after the words
WORK_KINDS = frozenset({"ask_model", "run_tool", "score", "post_parent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """All of one step forward, committed whole or not at all. ``not_after`` is where the store must refuse it.

    ``begins`` says that a task or a call begins by it: the store refuses it while everything is stopped.
    """

    checkpoint: Checkpoint
    effects: tuple[Effect, ...] = ()
    records: tuple[Record, ...] = ()
    settled: frozenset[EffectId] = frozenset()
    not_after: datetime | None = None
    begins: bool = False

    def outbox(self) -> dict[EffectId, Effect]:
        """Give the new effects by their IDs."""
        thread_id, version = self.checkpoint.thread_id, self.checkpoint.version
        shown: dict[EffectId, Effect] = {}
        work: dict[EffectId, Effect] = {}
        for effect in self.effects:
            made, first = (work, WORK) if effect.kind in WORK_KINDS else (shown, 0)
            made[effect_id_of(thread_id, version, first + len(made))] = effect
        return shown | work


def check_follows(was: Checkpoint | None, transitions: Iterable[Transition]) -> None:
    """Raise Broken unless each ends one version after what it began with, in the same thread."""
    for after in (transition.checkpoint for transition in transitions):
        if was is not None and (was.thread_id, was.version + 1) != (after.thread_id, after.version):
            raise Broken("a transition moves one thread by one version", was=was.version, after=after.version)
        was = after


def left_to_do(transitions: Iterable[Transition]) -> tuple[dict[EffectId, Effect], frozenset[EffectId]]:
    """Give what is to be done after all of these, and what no longer is; a card that changed twice is updated once."""
    made: dict[EffectId, Effect] = {}
    settled: frozenset[EffectId] = frozenset()
    for transition in transitions:
        settled |= transition.settled
        made |= transition.outbox()
    newest = {effect.card: name for name, effect in made.items() if isinstance(effect, UpdateCard)}
    left = {
        name: effect
        for name, effect in made.items()
        if name not in settled and (not isinstance(effect, UpdateCard) or newest[effect.card] == name)
    }
    return left, settled - made.keys()


def work_id(thread_id: ThreadId, version: int) -> EffectId:
    """Name the work that the transition to this version asked for."""
    return effect_id_of(thread_id, version, WORK)
