"""What a task came to: told once at its end, from its tally and its journal. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent_core.checkpoint import Checkpoint
from agent_core.records import Entry, Learned, Line, StepEnded
from agent_core.words import PersonId

DEEDS = 12
BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One step that ran, and by whose approval (nobody: policy allowed it)."""

    step: int
    tool: str
    args_json: str
    outcome: str
    approved_by: tuple[PersonId, ...]
    edited_by: PersonId | None


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


class Deeds:
    """Collects deeds and lessons from journal lines, page by page, keeping only the newest."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._deeds: list[Deed] = []
        self._dropped = 0
        self._learned: list[str] = []

    def add(self, lines: Iterable[Line]) -> None:
        """Take in one page of the journal."""
        for line in lines:
            if isinstance(line, Entry):
                self._take(line)

    def _take(self, entry: Entry) -> None:
        for record in entry.records:
            if isinstance(record, StepEnded):
                run = record.run
                self._deeds.append(
                    Deed(
                        step=run.step,
                        tool=run.call.tool,
                        args_json=run.call.args_json,
                        outcome=run.outcome,
                        approved_by=run.approved_by,
                        edited_by=run.edited_by,
                    )
                )
            elif isinstance(record, Learned):
                self._learned.append(record.words)
        while len(self._deeds) > DEEDS:
            del self._deeds[0]
            self._dropped += 1

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
