"""The task as it was after one of its steps, with what happened since: what a fork and a rewinding begin from.

The state comes from the journal decided anew, so it is there only as far as today's configuration decides as was
recorded. What happened since comes from the records themselves, whatever today's rules would make of them: a deed must
not be forgotten because a policy changed. A call that was claimed and of which no result is known counts as happened.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from agent_core.checkpoint import HAPPENED, Checkpoint, Happened, Origin
from agent_core.errors import Refused
from agent_core.history import Relived, Replay
from agent_core.inputs import ReadBack, ToolStarted
from agent_core.lesson import Lesson
from agent_core.phases import Thinking
from agent_core.ports import Store
from agent_core.proposal import Call, Outcome, Proposal
from agent_core.records import Entry, Proposed, StepEnded
from agent_core.rules.book import Rules
from agent_core.words import ThreadId

PAGE = 50
TRIES = 3
NEVER_BEGUN = frozenset({"denied", "skipped"})
NOT_DONE = NEVER_BEGUN | {"not_started"}


@dataclass(slots=True, kw_only=True)
class Seeding:
    """Looks for the task as it was after a step, and from there on collects what was done."""

    thread_id: ThreadId
    step: int
    seed: Checkpoint | None = None
    newest: int = 0
    _first: Checkpoint | None = None
    _last_done: int = 0
    _happened: list[Happened] = field(default_factory=list)
    _proposed: Proposal | None = None
    _begun: Happened | None = None

    def take(self, relived: Relived) -> None:
        """Take in one line of the journal, decided anew."""
        line = relived.line
        if not isinstance(line, Entry):
            return
        self.newest = line.version
        after = relived.transition.checkpoint if relived.transition else None
        if after is not None:
            self._first = self._first or after
            self._last_done = max(self._last_done, after.step if is_after(after, after.step) else 0)
        if self.seed is not None:
            self._done(line)
        elif after is not None and is_after(after, self.step):
            self.seed = after

    def _done(self, line: Entry) -> None:
        """Keep what a line says was begun and done; a call that began stays open until a line says how it ended."""
        for record in line.records:
            if isinstance(record, Proposed):
                self._proposed = record.proposal
            elif isinstance(record, StepEnded) and record.run.outcome not in NEVER_BEGUN:
                self._begun, run = None, record.run
                if run.outcome not in NOT_DONE:
                    self._happened.append(self._made(run.call, run.step, run.outcome, run.ended_at))
        given, proposed = line.input, self._proposed
        if isinstance(given, ToolStarted) and not line.records and proposed is not None:
            self._leave_open()
            self._begun = self._made(proposed.call, proposed.step, "unknown", line.at)
        elif isinstance(given, ReadBack) and given.verdict == "not_happened":
            self._begun = None

    def _leave_open(self) -> None:
        """Keep a call that began and of which no line says how it ended: it may have happened."""
        if self._begun is not None:
            self._happened.append(self._begun)
            self._begun = None

    def _made(self, call: Call, step: int, outcome: Outcome, at: datetime) -> Happened:
        return Happened(call_key=call.key, tool=call.tool, step=step, outcome=outcome, at=at, thread=self.thread_id)

    def _choices(self) -> str:
        """Say at which steps the task can be taken up; a fork's own begin where it left the other task."""
        began = self._first.step if self._first else 0
        origin = self._first.origin if self._first else None
        said = (
            f"It began as {origin.thread} was after step {began}; for what came before, name that one. "
            if origin
            else ""
        )
        if self._last_done <= began:
            return f"{said}No step of its own is done yet, so name {began}, its beginning."
        steps = f"step {began + 1}" if self._last_done == began + 1 else f"a step from {began + 1} to {self._last_done}"
        return f"{said}Name {steps}, or {began} for its beginning."

    def planted(self) -> Checkpoint:
        """Give the seed, or raise Refused."""
        if self.seed is None:
            raise Refused(f"This task was never done with a step {self.step}.", self._choices())
        self._leave_open()
        happened = (*self.seed.happened, *self._happened)
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


async def seed_of(
    store: Store, thread_id: ThreadId, step: int, *, rules: Rules, lessons: tuple[Lesson, ...]
) -> tuple[Checkpoint, int]:
    """Give the task as it was after a step, and the version at which it now stands; or raise Refused.

    A task that moves while it is read is read anew, a few times: what it did meanwhile must not be left out.
    """
    for _ in range(TRIES):
        now = (await store.load(thread_id)).checkpoint
        if now is None:
            raise Refused("There is no task in this thread.", "Give another link or ID.")
        seeding, replay = await relived(
            store, thread_id, step, Replay(thread_id=thread_id, rules=rules, lessons=lessons)
        )
        if seeding.seed is None and replay.difference is not None:
            raise Refused(
                "Under today's configuration this task would have gone another way before that step, so it can't be"
                " taken up there.",
                f"“threads replay {thread_id}” shows where.",
            )
        if seeding.newest == now.version:
            return seeding.planted(), now.version
    raise Refused("The task moved on meanwhile; nothing was changed.", "Try again.")


async def relived(store: Store, thread_id: ThreadId, step: int, replay: Replay) -> tuple[Seeding, Replay]:
    """Decide a whole journal anew, page by page, looking for the task as it was after a step."""
    seeding, start = Seeding(thread_id=thread_id, step=step), 0
    while True:
        lines = await store.journal(thread_id, start, PAGE)
        for line in lines:
            seeding.take(replay.take(line))
        start += len(lines)
        if len(lines) < PAGE:
            return seeding, replay
