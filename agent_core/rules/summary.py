"""What a task came to: told once at its end, from its tally and its journal. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent_core.checkpoint import Checkpoint
from agent_core.proposal import Proposal, StepRun
from agent_core.records import Decided, Denied, Entry, Learned, Line, Proposed, StepEnded
from agent_core.values import replace
from agent_core.words import PersonId

DEEDS = 12
AGAINST = frozenset({"rejected", "expired", "withdrawn"})  # what was edited or corrected comes again, as another step
BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What became of one step: it ran, by whose approval (nobody: policy allowed it), or ``against`` whose word not."""

    step: int
    tool: str
    args_json: str
    outcome: str
    approved_by: tuple[PersonId, ...] = ()
    edited_by: PersonId | None = None
    against: tuple[PersonId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures and deeds of a finished task. ``more`` counts deeds and lessons beyond those listed."""

    steps: int
    succeeded: int
    reward: float
    phi_start: float
    phi_end: float
    course: str
    deeds: tuple[Deed, ...]
    more_deeds: int
    learned: tuple[str, ...]

    @property
    def success_rate(self) -> float:
        """The share of steps that succeeded, 0..1."""
        return self.succeeded / self.steps if self.steps else 0.0

    @property
    def net(self) -> float:
        """How far Φ moved over the whole task."""
        return self.phi_end - self.phi_start


def picture(course: Iterable[float]) -> str:
    """Draw Φ's course (0..10 each) as a row of bars."""
    return "".join(BARS[min(int(phi / 10 * len(BARS)), len(BARS) - 1)] for phi in course)


def done(run: StepRun) -> Deed:
    """Make a deed of a step that ran."""
    return Deed(
        step=run.step,
        tool=run.call.tool,
        args_json=run.call.args_json,
        outcome=run.outcome,
        approved_by=run.approved_by,
        edited_by=run.edited_by,
    )


def not_run(proposal: Proposal, decided: Decided) -> Deed:
    """Make a deed of a proposal that came to nothing."""
    call = proposal.call
    return Deed(
        step=proposal.step, tool=call.tool, args_json=call.args_json, outcome=decided.how, against=decided.by[-1:]
    )


class Deeds:
    """Collects deeds and lessons from journal lines, keeping only the newest."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._deeds: list[Deed] = []
        self._dropped = 0
        self._learned: list[str] = []
        self._proposed: Proposal | None = None

    def add(self, lines: Iterable[Line]) -> None:
        """Take in more lines of the journal."""
        for line in lines:
            if isinstance(line, Entry):
                self._take(line)

    def _take(self, entry: Entry) -> None:
        for record in entry.records:
            match record:
                case Proposed():
                    self._propose(record.proposal)
                case StepEnded():
                    self._deeds.append(done(record.run))
                case Decided() if record.how in AGAINST and self._proposed is not None:
                    self._deeds.append(not_run(self._proposed, record))
                case Denied():
                    self._deny(record)
                case Learned():
                    self._learned.append(record.words)
                case _:
                    pass  # It says nothing of what became of a step.
        while len(self._deeds) > DEEDS:
            del self._deeds[0]
            self._dropped += 1

    def _deny(self, denied: Denied) -> None:
        """Take in a step that was forbidden: a new one, or the proposal that has just come to nothing."""
        newest = self._newest()
        if newest is not None and newest.outcome == "withdrawn":
            self._deeds[-1] = replace(newest, outcome="denied")
            return
        before = max(self._proposed.step if self._proposed else 0, newest.step if newest else 0)
        self._deeds.append(Deed(step=before + 1, tool=denied.tool, args_json=denied.args_json, outcome="denied"))

    def _propose(self, proposal: Proposal) -> None:
        """Take in a proposal; a step that was withdrawn only to be proposed anew has not come to its end."""
        newest = self._newest()
        if newest is not None and newest.outcome == "withdrawn" and newest.step == proposal.step:
            del self._deeds[-1]
        self._proposed = proposal

    def _newest(self) -> Deed | None:
        return self._deeds[-1] if self._deeds else None

    def summary(self, checkpoint: Checkpoint) -> Summary:
        """Tell what the task came to."""
        tally = checkpoint.tally
        start = tally.phi_start or 0.0
        return Summary(
            steps=tally.steps,
            succeeded=tally.succeeded,
            reward=tally.reward,
            phi_start=start,
            phi_end=start if checkpoint.phi is None else checkpoint.phi,
            course=picture(tally.course),
            deeds=tuple(self._deeds),
            more_deeds=self._dropped,
            learned=tuple(self._learned[-DEEDS:]),
        )
