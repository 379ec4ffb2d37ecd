"""What a runbook says of itself: where it stands, why, what comes next, what holds. Pure, plain and short.

It answers from its own text, its notes and the newest results; a question about anything else is told so, with what it
can tell.
"""

import re
from collections.abc import Callable

from agent_core.adapters.models.runbook_memory import Memory
from agent_core.adapters.models.runbook_values import Check, Runbook
from agent_core.checkpoint import Checkpoint

EXCERPT_CHARS = 400
LISTED = 8
VERDICTS = {True: "holds", False: "does not hold", None: "not judged yet"}


def position(runbook: Runbook, step_id: str) -> str:
    """Name a step by its place, its own name and its tool."""
    step = runbook.step(step_id)
    if step is None:
        return f"all {len(runbook.steps)} steps of {runbook.name}"
    named = f"“{step.id}”, {step.tool}" if step.id else step.tool
    return f"step {runbook.number(step_id)} of {len(runbook.steps)} of {runbook.name} ({named})"


def check_lines(runbook: Runbook, memory: Memory, first: str = "") -> str:
    """Say of each check whether it holds, the one of step ``first`` before the others."""
    checked: list[tuple[str, Check]] = [(step_id, step.check) for step_id, step in runbook.named() if step.check]
    checked.sort(key=lambda pair: pair[0] != first)
    lines = [f"step {step_id}: {check.words}: {_verdict(memory, step_id)}" for step_id, check in checked]
    more = f"; and {len(lines) - LISTED} more" if len(lines) > LISTED else ""
    return "; ".join(lines[:LISTED]) + more


def _verdict(memory: Memory, step_id: str) -> str:
    if memory.outcomes.get(step_id) == "passed":
        return "not needed"
    return VERDICTS[memory.checks.get(step_id)]


def answer(runbook: Runbook | None, memory: Memory, checkpoint: Checkpoint, inquiry: str) -> str:
    """Answer a person's question from what is known, or say what could be told."""
    if runbook is None:
        return "No runbook has been chosen for this task yet, so there is nothing to tell."
    asked = inquiry.casefold()
    told = [tell(runbook, memory, checkpoint) for words, tell in TOPICS if words.search(asked)]
    if told:
        return " ".join(told)
    return (
        "I follow a runbook and cannot answer that. I can tell which step this is, why, what comes next, what the last"
        " output was, and what Φ is made of. Nobody else was asked."
    )


def _where(runbook: Runbook, memory: Memory, _: Checkpoint) -> str:
    if not memory.at:
        return f"{capital(position(runbook, memory.at))} are done."
    return f"This is {position(runbook, memory.at)}."


def _why(runbook: Runbook, memory: Memory, _: Checkpoint) -> str:
    step = runbook.step(memory.at)
    purpose = f"The runbook is for: {_sentence(runbook.purpose)}" if runbook.purpose else ""
    if step is None:
        return purpose or "All steps are done."
    why = (
        f"The reason for this step: {_sentence(step.why)}" if step.why else "The runbook gives no reason for this step."
    )
    expect = f" Expected: {step.expect}." if step.expect else ""
    return f"{why}{expect} {purpose}".strip()


def _next(runbook: Runbook, memory: Memory, _: Checkpoint) -> str:
    if not memory.at:
        return "Nothing comes next: all steps are done."
    after = runbook.after(memory.at)
    step = runbook.step(after) if after else None
    if after is None or step is None:
        return "Nothing comes after this step."
    if step.when is None:
        return f"Next comes {position(runbook, after)}."
    return f"Next comes {position(runbook, after)}, if of step {step.when.step}: {step.when.check.words}."


def _output(_: Runbook, __: Memory, checkpoint: Checkpoint) -> str:
    if not checkpoint.recent:
        return "Nothing has run yet."
    run = checkpoint.recent[-1]
    code = "" if run.exit_code is None else f", exit code {run.exit_code}"
    excerpt = run.excerpt.strip()[:EXCERPT_CHARS]
    outcome = run.outcome.replace("_", " ")
    return f"Step {run.step} ({run.call.tool}) ended: {outcome}{code}. It printed: {excerpt or 'nothing'}"


def _score(runbook: Runbook, memory: Memory, checkpoint: Checkpoint) -> str:
    phi = "Φ has not been scored yet." if checkpoint.phi is None else f"Φ is {checkpoint.phi:.1f} of 10."
    lines = check_lines(runbook, memory)
    return (
        f"{phi} Its checks: {lines}."
        if lines
        else f"{phi} This runbook has no checks, so Φ counts the steps that succeeded."
    )


def capital(text: str) -> str:
    """Begin with a capital."""
    return f"{text[:1].upper()}{text[1:]}"


def _sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    return capital(text) if text.endswith((".", "!", "?")) else f"{capital(text)}."


TOPICS: tuple[tuple[re.Pattern[str], Callable[[Runbook, Memory, Checkpoint], str]], ...] = (
    (
        re.compile(r"\b(?:which|what) step|\bhow (?:many|far)|\bwhere\b|\bstatus\b|\bprogress\b|\bwhat are you doing"),
        _where,
    ),
    (re.compile(r"\bwhy\b|\breason\b|\bwhat for\b|\bpurpose\b"), _why),
    (re.compile(r"\bnext\b|\bthen\b|\bafter (?:this|that)\b|\bremain|\bleft\b"), _next),
    (re.compile(r"\boutput\b|\bprint|\bresult|\blast step\b|\bwhat happened\b|\blogs?\b"), _output),
    (re.compile(r"φ|\bphi\b|\bscore|\bchecks?\b|\bpostcondition"), _score),
)
