"""The course of a runbook: from its notes and the task as it is now, what is proposed or asked next. Pure.

The newest result moves the notes on (``settled``), and what then stands next is proposed or asked for (``spoken``). A
call that a person rejected is never proposed again unchanged: whoever reaches it is asked what to do instead. What
people said in between is heard in ``runbook_hearing``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agent_core.adapters.models.runbook_args import Gap, fill, options
from agent_core.adapters.models.runbook_changes import Place, adopted, assignable
from agent_core.adapters.models.runbook_memory import Asked, Memory, StepOutcome, mark_of, newest_mark
from agent_core.adapters.models.runbook_values import Runbook, shown
from agent_core.adapters.models.runbook_words import capital, position
from agent_core.checkpoint import Checkpoint
from agent_core.inputs import Ask, Done, GiveUp, ModelReply, Propose, Tell
from agent_core.phases import Thinking
from agent_core.proposal import Call, Proposal, StepRun, canonical
from agent_core.rules.book import ToolSpec
from agent_core.values import replace

MAX_JUMPS = 10
WHAT_ELSE = frozenset({"rejected", "refused"})
ENDINGS = {"timed_out": "ran out of time", "stopped": "was stopped", "not_started": "could not start"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is followed, with which tools, in which task."""

    runbook: Runbook
    tools: Mapping[str, ToolSpec]
    checkpoint: Checkpoint

    def place(self, memory: Memory) -> Place | None:
        """Give the step where the notes stand; None past the last, or where step or tool are gone."""
        step = self.runbook.step(memory.at)
        spec = self.tools.get(step.tool) if step else None
        if step is None or spec is None:
            return None
        held = self.held.call.args if self.held and memory.pending else None
        return Place(runbook=self.runbook, step_id=memory.at, step=step, spec=spec, tools=self.tools, held=held)

    @property
    def held(self) -> Proposal | None:
        """Give the proposal that a correction put in doubt."""
        phase = self.checkpoint.phase
        return phase.held if isinstance(phase, Thinking) else None


def settled(course: Course, memory: Memory) -> tuple[Memory, GiveUp | None]:
    """Take in the result of the pending step, if there is one."""
    if not memory.pending or newest_mark(course.checkpoint) == memory.mark:
        return memory, None
    run = course.checkpoint.recent[-1]
    place = course.place(memory)
    if run.edited_by is not None and place is not None:
        memory = adopted(place, memory, run.call.args)
    memory = replace(memory, pending="", mark=mark_of(run), asked=None, unasked=unasked_after(memory, run))
    if run.outcome == "unknown":  # Nobody could tell, and the task goes on: the step is proposed anew.
        return memory, None
    if run.outcome in ("ok", "skipped"):
        return forward(course, noted(memory, "ok" if run.ok else "skipped")), None
    return failed(course, noted(memory, "failed"), run)


def unasked_after(memory: Memory, run: StepRun) -> tuple[str, ...]:
    """Note of the step that ended whether policy had let it run without people."""
    others = tuple(step_id for step_id in memory.unasked if step_id != memory.at)
    return others if run.approved_by or run.outcome not in ("ok", "failed") else (*others, memory.at)


def noted(memory: Memory, outcome: StepOutcome) -> Memory:
    """Note how the present step ended."""
    return replace(memory, outcomes={**memory.outcomes, memory.at: outcome})


def forward(course: Course, memory: Memory) -> Memory:
    """Go to the following step."""
    return replace(memory, at=course.runbook.after(memory.at) or "", pending="", asked=None)


def failed(course: Course, memory: Memory, run: StepRun) -> tuple[Memory, GiveUp | None]:
    """Do what the step wants done where it fails: stop, go on, or go elsewhere a bounded number of times."""
    step = course.runbook.step(memory.at)
    then = step.on_failure if step else "stop"
    words = f"{capital(position(course.runbook, memory.at))} {_how(run)}"
    if then == "continue":
        return forward(course, memory), None
    if then == "stop":
        return memory, GiveUp(words=f"{words}, and the runbook stops there.")
    if memory.jumps >= MAX_JUMPS:
        return memory, GiveUp(words=f"{words}, and a failure has already been answered {MAX_JUMPS} times.")
    return replace(memory, at=then, jumps=memory.jumps + 1), None


def _how(run: StepRun) -> str:
    """Say how a step failed."""
    if run.outcome == "denied":
        return f"was not run ({shown(run.excerpt)})" if run.excerpt else "was not run"
    failed_words = "failed" if run.exit_code is None else f"failed with exit code {run.exit_code}"
    return ENDINGS.get(run.outcome, failed_words)


def gone_back(course: Course, before: Memory, after: Memory) -> tuple[Memory, Tell] | None:
    """Go back to what was looked at with values that people have changed since, and say so.

    It goes back to a step that policy lets run unasked, and never over one that would be done again as it was done.
    """
    ids = course.runbook.ids
    if after.slots == before.slots or after.at not in ids:
        return None
    first = ""
    for step_id in reversed(ids[: ids.index(after.at)]):
        if differs(course, step_id, before, after):
            first = step_id if step_id in after.unasked else first
        elif not may_pass(course, after, step_id):
            break
    if not first:
        return None
    changed = ", ".join(name for name in sorted(after.slots) if after.slots[name] != before.slots.get(name))
    words = f"{changed} changed, so I look again first: {position(course.runbook, first)}."
    return undone(course, after, first), Tell(words=words)


def differs(course: Course, step_id: str, before: Memory, after: Memory) -> bool:
    """Tell whether a step's call is another than it was."""
    step = course.runbook.step(step_id)
    spec = course.tools.get(step.tool) if step else None
    if step is None or spec is None:
        return False
    return fill(step, spec, before, step_id).args != fill(step, spec, after, step_id).args


def may_pass(course: Course, memory: Memory, step_id: str) -> bool:
    """Tell whether a step whose call is the same may come again: it did nothing, or it only looks."""
    step = course.runbook.step(step_id)
    spec = course.tools.get(step.tool) if step else None
    looks = spec is not None and (spec.risk == "low" or spec.effect == "idempotent")
    return memory.outcomes.get(step_id) == "passed" or (step_id in memory.unasked and looks)


def undone(course: Course, memory: Memory, first: str) -> Memory:
    """Forget how the steps from ``first`` on ended, and what that made true."""
    ids = course.runbook.ids
    again = frozenset(ids[ids.index(first) :])
    whens = {name: step.when.step for name, step in course.runbook.named() if step.when}
    return replace(
        memory,
        at=first,
        pending="",
        asked=None,
        outcomes={name: how for name, how in memory.outcomes.items() if name not in again},
        checks={name: held for name, held in memory.checks.items() if name not in again},
        whens={name: held for name, held in memory.whens.items() if whens.get(name) not in again},
        unasked=tuple(name for name in memory.unasked if name not in again),
    )


def call_of(course: Course, place: Place, memory: Memory) -> Propose | None:
    """Give the call of a step as far as it is filled; None if a person rejected exactly this one."""
    call = Call(tool=place.step.tool, args_json=canonical(place.known(memory)), fingerprint=place.spec.fingerprint)
    if course.checkpoint.was_rejected(call):
        return None
    thought = place.step.why or f"This is {position(place.runbook, place.step_id)}."
    return Propose(tool=call.tool, args_json=call.args_json, thought=thought, expect=place.step.expect)


def spoken(course: Course, memory: Memory, unclear: str) -> tuple[Memory, ModelReply]:
    """Propose the step that stands next, ask for what it lacks, or say that all is done."""
    memory = passed_over(course, memory)
    if not memory.at:
        done = f"{capital(position(course.runbook, ''))} are done."
        return memory, Done(words=f"{unclear} {done}".strip())
    place = course.place(memory)
    if place is None:
        words = f"The step “{memory.at}” of {course.runbook.name}, or its tool, is not configured any more."
        return memory, GiveUp(words=words)
    return _next_of(course, place, memory, unclear)


def _next_of(course: Course, place: Place, memory: Memory, unclear: str) -> tuple[Memory, ModelReply]:
    """Propose a step, or ask what it lacks."""
    if memory.asked is not None and memory.asked.about in WHAT_ELSE:
        return _ask_what_else(place, memory, memory.asked, unclear)
    gaps = fill(place.step, place.spec, memory, place.step_id).gaps
    if gaps:
        return _ask_for(place, memory, gaps[0], unclear)
    proposed = call_of(course, place, memory)
    if proposed is None:
        return _ask_what_else(place, memory, Asked(about="rejected"), unclear)
    if unclear:
        proposed = replace(proposed, thought=f"{unclear} {proposed.thought}")
    return replace(memory, pending=memory.at, mark=newest_mark(course.checkpoint), asked=None), proposed


def passed_over(course: Course, memory: Memory) -> Memory:
    """Pass over the steps whose ``when`` does not hold."""
    while (step := course.runbook.step(memory.at)) and step.when and not memory.whens.get(memory.at, False):
        memory = forward(course, noted(memory, "passed"))
    return memory


def _ask_for(place: Place, memory: Memory, gap: Gap, unclear: str) -> tuple[Memory, Ask]:
    """Ask a person for a value."""
    question = place.step.ask.get(gap.arg) or place.step.ask.get(gap.slot) or f"What should {gap.name} be?"
    text = " ".join(part for part in (unclear, gap.words, question) if part)
    asked = Asked(about="slot", arg=gap.arg, slot=gap.slot)
    return replace(memory, asked=asked, pending=""), Ask(text=text, options=options(place.spec, gap.arg))


def _ask_what_else(place: Place, memory: Memory, asked: Asked, unclear: str) -> tuple[Memory, Ask]:
    """Ask what is to become of a step that cannot be as it is."""
    why = "was rejected" if asked.about == "rejected" else f"could not be proposed ({shown(asked.words)})"
    listed = assignable(place, memory)
    change = f"{listed} to change it, " if listed else ""
    first = f"{unclear} Or reply" if unclear else f"{place.step.tool} {why}. Reply {change}"
    text = f"{first.strip()} “skip” to go on without it, or “stop” to end the task."
    return replace(memory, asked=asked, pending=""), Ask(text=text, about="rejected")
