"""A thread's history as plain text and as JSON. Pure: values in, text out."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from agent_core.rules.summary import picture
from bot.threads.reading import Past
from bot.threads.rows import Row, Teller, short, stamp, steps_of, visible, waited_s

EFFECTS = "Effects are those that today's configuration commands for the same inputs."


def told(past: Past, teller: Teller, why_no_effects: str) -> str:
    """Tell a whole thread."""
    rows = [teller.row(relived) for relived in past.relived]
    made = {row.version: row.at for row in reversed(rows) if row.kind == "entry"}
    lines = [*heading(past), *effects_words(past, why_no_effects), ""]
    for row in rows:
        lines += told_row(row, waited_s(made, row))
    lines += [
        f"Still to be performed: {effect.kind} ({short(effect_id)})" for effect_id, effect in past.pending.items()
    ]
    return "\n".join(lines)


def heading(past: Past) -> Iterator[str]:
    """Say what the thread is about, how it stands and whether its journal holds."""
    yield f"Thread {past.thread_id}"
    task = past.task
    if task is not None:
        yield f"Task: {visible(' '.join(task.purpose.split()))}"
        yield f"For {task.requester}, started {stamp(task.started_at)}, {steps_of(task)}"
        if task.tally.course:
            yield f"Φ's course: {picture(task.tally.course)}"
    if past.broken:
        yield f"DAMAGED: {past.broken}"
    elif past.is_cut:
        shown = f"the chain of the first {len(past.relived)} lines holds, and only they are shown"
        yield f"Journal: {shown}; “threads show {past.thread_id}” shows all."
    else:
        yield f"Journal: {len(past.relived)} lines, the chain holds, head {past.head}"
    if past.erased:
        yield f"Words were erased from {past.erased} lines; each still has the head of what it was."


def effects_words(past: Past, why_no_effects: str) -> Iterator[str]:
    """Say where the effects come from, or why there are none."""
    if why_no_effects:
        yield f"Effects are not shown: {visible(why_no_effects)}"
    elif past.difference is not None:
        yield f"{EFFECTS} From line {past.difference.position} on it decides otherwise, so none are shown there."
    else:
        yield EFFECTS


def told_row(row: Row, waited: float | None) -> Iterator[str]:
    """Tell one row: when, who and what; what it said; what followed; what it commanded."""
    by = f" by {row.by}" if row.by else ""
    answers = f", answers {short(row.answers)}" if row.answers else ""
    after = "" if waited is None else f" after {waited:.3f} s"
    yield f"{stamp(row.at)}  v{row.version}  {row.what}{by}{answers}{after}"
    for fact in row.said:
        yield from indented(f"{fact.label}: {fact.text}", "    ")
    for fact in row.followed:
        yield from indented(f"• {fact.label}" + (f"\n{fact.text}" if fact.text else ""), "    ")
    for effect in row.commanded:
        about = f" {effect.about}" if effect.about else ""
        yield f"    → {effect.kind}{about} ({short(effect.effect_id)})"


def indented(text: str, by: str) -> Iterator[str]:
    """Set a text in, its further lines a little more."""
    first, *more = text.split("\n")
    yield f"{by}{first}"
    yield from (f"{by}  {line}" for line in more)


def told_difference(past: Past) -> str:
    """Say where a replay parts from the journal, or that it does not."""
    difference = past.difference
    if difference is None:
        return f"No difference: {len(past.relived)} lines decided anew end as the task that is stored."
    where = "The journal agrees, the end does not" if difference.position is None else f"Line {difference.position}"
    words = [f"{where} (version {difference.version}, {difference.what}) differs first."]
    words.append(f"  recorded: {visible(difference.recorded)}")
    words.append(f"  decided now: {visible(difference.decided)}")
    if difference.position is not None and difference.other_policy:
        then, now = difference.policy_then, difference.policy_now
        words.append(f"It was decided under policy {then}; the configuration's is {now}, and that may be why.")
    if past.erased:
        words.append(f"Words were erased from {past.erased} lines, and that may be why.")
    return "\n".join(words)


def as_json(past: Past, teller: Teller, why_no_effects: str) -> str:
    """Write a whole thread as one JSON object."""
    task = past.task
    document = {
        "thread": past.thread_id,
        "purpose": None if task is None else task.purpose,
        "requester": None if task is None else task.requester,
        "phase": None if task is None else task.phase.kind,
        "phi": None if task is None else task.phi,
        "step": None if task is None else task.step,
        "head": past.head,
        "damaged": past.broken or None,
        "lines_with_words_erased": past.erased,
        "effects_not_shown": why_no_effects or None,
        "difference": None if past.difference is None else asdict(past.difference),
        "timeline": [asdict(teller.row(relived)) for relived in past.relived],
        "pending": [{"effect_id": name, "kind": effect.kind} for name, effect in past.pending.items()],
    }
    return json.dumps(document, ensure_ascii=False, indent=2, default=spelled)


def spelled(value: object) -> str:
    """Write a time in JSON."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
