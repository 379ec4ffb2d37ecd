"""The critic that needs no model: Φ is the share of a runbook's checks that hold now.

Each check is judged on all that the newest call of its step printed. Without checks, Φ counts the steps that succeeded;
a step that its ``when`` passed over asks for nothing. Until every check holds or the last step is done, Φ stays under
the stop (8.9), and the cap goes with the figure, so that nothing taught ends a runbook before it verified. Results of
checks and conditions are kept in the notes that the actor reads.

A task without a runbook (a script) gets the honest little that its results say: under way ten times the share of
succeeded steps if one more were to fail, capped likewise; when the actor says done, ten times the plain share.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agent_core.adapters.models.runbook_memory import Memory, StepOutcome, read, written
from agent_core.adapters.models.runbook_values import Runbook
from agent_core.adapters.models.runbook_words import capital, check_lines
from agent_core.checkpoint import Checkpoint
from agent_core.ports import Figures, Output, Situation
from agent_core.proposal import StepRun, canonical
from agent_core.rules.book import ToolSpec
from agent_core.values import replace

UNVERIFIED_CAP = 8.9
PHI_MAX = 10.0
JUDGED = frozenset({"ok", "failed"})  # ended by itself, so what it printed is its result


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many of the runbook's postconditions hold; ``verified`` where the figure need not be capped."""

    met: int
    all: int
    verified: bool

    @property
    def raw(self) -> float:
        """Φ before the cap."""
        return round(PHI_MAX * self.met / self.all, 2) if self.all else 0.0

    @property
    def cap(self) -> float:
        """Give the most that Φ may be."""
        return PHI_MAX if self.verified else UNVERIFIED_CAP


def standing(runbook: Runbook, memory: Memory, *, last_done: bool) -> Standing:
    """Count what holds now of what the runbook asks for."""
    needed = {name: step for name, step in runbook.named() if memory.outcomes.get(name) != "passed"}
    if any(step.check for step in runbook.steps):
        checked = [name for name, step in needed.items() if step.check]
        met = sum(memory.checks.get(name, False) for name in checked)
        return Standing(met=met, all=len(checked), verified=last_done or met == len(checked))
    met = sum(memory.outcomes.get(name) == "ok" for name in needed)
    return Standing(met=met, all=len(needed), verified=last_done)


def judged(runbook: Runbook, memory: Memory, run: StepRun, output: Output | None) -> Memory:
    """Note what the newest result of the pending step makes true, for the checks and conditions that look at it."""
    name = memory.pending
    after = replace(memory, outcomes={**memory.outcomes, name: _outcome(run)})
    if run.outcome == "skipped":
        return after
    result = output if run.outcome in JUDGED else None
    holds = {
        other: bool(result and step.when.check.holds(result))
        for other, step in runbook.named()
        if step.when and step.when.step == name
    }
    step = runbook.step(name)
    checks = {name: bool(result and step.check.holds(result))} if step and step.check else {}
    return replace(after, whens={**memory.whens, **holds}, checks={**memory.checks, **checks})


def _outcome(run: StepRun) -> StepOutcome:
    if run.outcome == "skipped":
        return "skipped"
    return "ok" if run.ok else "failed"


class PostconditionsCritic:
    """Judges a runbook by its checks, and any other task by how its steps ended."""

    name = "postconditions"
    immediate = True

    def __init__(
        self,
        runbooks: tuple[Runbook, ...],
        tools: Mapping[str, ToolSpec],  # noqa: ARG002  # made like its actor, though checks need results only
    ) -> None:
        self._runbooks = {runbook.name: runbook for runbook in runbooks}

    async def score(self, situation: Situation, run: StepRun | None, output: Output | None) -> Figures:
        """Judge the newest step, or the whole where ``run`` is None."""
        checkpoint = situation.checkpoint
        memory = read(checkpoint.memory)
        runbook = self._runbooks.get(memory.runbook) if memory else None
        if memory is None or runbook is None:
            return plain(checkpoint, run)
        return self._of_runbook(runbook, memory, (checkpoint, run, output))

    def _of_runbook(
        self, runbook: Runbook, memory: Memory, given: tuple[Checkpoint, StepRun | None, Output | None]
    ) -> Figures:
        checkpoint, run, output = given
        before = checkpoint.phi
        if before is None:
            was = standing(runbook, memory, last_done=False)
            before = min(was.raw, was.cap)
        name = memory.pending if run is not None else ""
        step = runbook.step(name)
        evaluated = bool(run and run.outcome in JUDGED and output is not None and step and step.check)
        if run is not None and step is not None:
            memory = judged(runbook, memory, run, output)
        last_done = run is None or (run.ok and name == runbook.ids[-1])
        now = standing(runbook, memory, last_done=last_done)
        ok = run is None or run.ok
        return Figures(
            before=before,
            after=min(now.raw, now.cap),
            evidence=told(runbook, memory, now, name) + cut_words(run, output, evaluated=evaluated),
            confidence=1.0 if evaluated else 0.5,
            cap=now.cap,
            features_json=canonical({"ok": ok, "raw": now.raw, "runbook": runbook.name, "step_id": name or "done"}),
            memory=written(memory),
        )


def told(runbook: Runbook, memory: Memory, now: Standing, name: str) -> str:
    """Say in a sentence what Φ is made of."""
    lines = check_lines(runbook, memory, first=name)
    if not lines:
        return f"{now.met} of {now.all} steps succeeded; {runbook.name} has no checks."
    return f"{now.met} of {now.all} checks hold. {capital(lines)}."


def cut_words(run: StepRun | None, output: Output | None, *, evaluated: bool) -> str:
    """Warn where a check was judged on less than everything."""
    if run is not None and run.outcome in JUDGED and output is None:
        return " There is no output of this step to judge."
    if evaluated and output and output.cut_bytes:
        return f" {output.cut_bytes} bytes of the output were cut off and not judged."
    return ""


def plain(checkpoint: Checkpoint, run: StepRun | None) -> Figures:
    """Say what the results of a task without a runbook say; the tally already counts the newest."""
    tally = checkpoint.tally
    steps = tally.steps + (run is not None)
    raw = round(PHI_MAX * tally.succeeded / steps, 2) if steps else 0.0
    cap = PHI_MAX if run is None else UNVERIFIED_CAP
    what = "at the end" if run is None else "so far"
    return Figures(
        before=checkpoint.phi or 0.0,
        after=min(raw, cap),
        evidence=f"{tally.succeeded} of {tally.steps} steps succeeded {what}; nothing else was checked.",
        confidence=0.5,
        cap=cap,
        features_json=canonical({"ok": run is None or run.ok, "raw": raw, "runbook": "", "step_id": ""}),
    )
