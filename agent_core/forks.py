"""The task as it was after one of its steps, with what happened since: what a fork and a rewinding begin from.

The state comes from the journal decided anew, so it is there only as far as today's configuration decides as was
recorded. What happened since comes from the records themselves, whatever today's rules would make of them: a deed must
not be forgotten because a policy changed. A call that was claimed and of which no result is known counts as happened.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from agent_core.checkpoint import HAPPENED, Checkpoint, Happened, Origin
from agent_core.errors import Refused
from agent_core.history import Relived, Replay
from agent_core.lesson import Lesson
from agent_core.phases import Acting, OutcomeUnknown, Paused, Thinking
from agent_core.ports import Store
from agent_core.proposal import Outcome, StepRun
from agent_core.records import Entry, StepEnded
from agent_core.rules.book import Rules
from agent_core.words import ThreadId

PAGE = 50
NOT_DONE = frozenset({"not_started", "denied", "skipped"})


@dataclass(slots=True, kw_only=True)
class Seeding:
    """Looks for the task as it was after a step, and from there on collects what was done."""

    thread_id: ThreadId
    step: int
    seed: Checkpoint | None = None
    newest: int = 0
    last_step: int = 0
    _happened: list[Happened] = field(default_factory=list)

    def take(self, relived: Relived) -> None:
        """Take in one line of the journal, decided anew."""
        line = relived.line
        if not isinstance(line, Entry):
            return
        self.newest = line.version
        after = relived.transition.checkpoint if relived.transition else None
        self.last_step = max(self.last_step, after.step if after else 0)
        if self.seed is not None:
            self._done(line)
        elif after is not None and is_after(after, self.step):
            self.seed = after

    def _done(self, line: Entry) -> None:
        """Keep what a line says was done."""
        for record in line.records:
            if isinstance(record, StepEnded) and record.run.outcome not in NOT_DONE:
                self._keep(record.run, record.run.outcome)

    def _keep(self, run: StepRun, outcome: Outcome) -> None:
        self._happened.append(
            Happened(
                call_key=run.call.key,
                tool=run.call.tool,
                step=run.step,
                outcome=outcome,
                at=run.ended_at,
                thread=self.thread_id,
            )
        )

    def planted(self, now: Checkpoint) -> Checkpoint:
        """Give the seed, or raise Refused; ``now`` is the task as it is."""
        if self.seed is None:
            known = f"Its steps go from 0 to {self.last_step}."
            raise Refused(f"This task was never done with a step {self.step}.", known)
        happened = (*self.seed.happened, *self._happened, *unsettled(now))
        kept = {one.call_key: one for one in happened}  # of one call the newest
        if len(kept) > HAPPENED:
            raise Refused(
                f"More than {HAPPENED} different calls were made after step {self.step}.", "Start a new task instead."
            )
        return replace(
            self.seed, happened=tuple(kept.values()), origin=Origin(thread=self.thread_id, step=self.step), cards=()
        )


def is_after(task: Checkpoint, step: int) -> bool:
    """Tell whether a task has just been done with this step and not begun the next."""
    phase = task.phase
    if isinstance(phase, Thinking):
        return task.step == step and phase.held is None
    return task.step == step and task.is_finished


def unsettled(task: Checkpoint) -> Iterable[Happened]:
    """Give the call of which nobody can know yet whether it happened."""
    phase = task.phase.was if isinstance(task.phase, Paused) else task.phase
    if isinstance(phase, OutcomeUnknown) or (isinstance(phase, Acting) and phase.claim is not None):
        call = phase.proposal.call
        yield Happened(
            call_key=call.key,
            tool=call.tool,
            step=phase.proposal.step,
            outcome="unknown",
            at=phase.claim.started_at if phase.claim else task.started_at,
            thread=task.thread_id,
        )


async def seed_of(
    store: Store, thread_id: ThreadId, step: int, *, rules: Rules, lessons: tuple[Lesson, ...]
) -> tuple[Checkpoint, int]:
    """Give the task as it was after a step, and the version at which it now stands; or raise Refused."""
    now = (await store.load(thread_id)).checkpoint
    if now is None:
        raise Refused("There is no task in this thread.", "Give another link or ID.")
    replay = Replay(thread_id=thread_id, rules=rules, lessons=lessons)
    seeding, start = Seeding(thread_id=thread_id, step=step), 0
    while True:
        lines = await store.journal(thread_id, start, PAGE)
        for line in lines:
            seeding.take(replay.take(line))
        start += len(lines)
        if len(lines) < PAGE:
            break
    if seeding.seed is None and replay.difference is not None:
        raise Refused(
            "Under today's configuration this task would have gone another way before that step, so it can't be taken"
            " up there.",
            f"“threads replay {thread_id}” shows where.",
        )
    if seeding.newest != now.version:
        raise Refused("The task moved on meanwhile; nothing was changed.", "Try again.")
    return seeding.planted(now), now.version
