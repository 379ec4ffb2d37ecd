"""A thread's history as rows: every input with its time, who gave it, what followed, and what it commanded. Pure.

Rows come from the journal alone, and stand in its order. The effects are those that the same input commands when it is
decided anew (``agent_core.history``), so they are there only as far as today's configuration decides as was recorded.
All text of people, models and tools is made visible, and secret arguments are masked as on cards.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Literal

from agent_core.checkpoint import Checkpoint
from agent_core.history import Relived
from agent_core.inputs import Input, ModelReplied, actor_of
from agent_core.proposal import Call, Proposal, Score, StepRun
from agent_core.records import (
    Decided,
    Denied,
    Ended,
    Entry,
    Escalated,
    Learned,
    Proposed,
    Record,
    ScoreStands,
    StepEnded,
    Struck,
)
from agent_core.words import EffectId, version_of
from bot.blocks.args import Veil, args_of, args_text
from bot.blocks.shown import cut

SAID = (
    "purpose", "text", "when", "do", "scope", "days", "reason", "verdict", "phi", "note", "why", "words", "how", "whom",
    "worker", "ok", "exit_code", "stdout", "stderr", "cut_bytes", "before", "after", "evidence", "confidence", "critic",
    "lesson", "rule", "ts", "thread_id", "cost_usd", "tokens",
)  # fmt: skip
IDLE = frozenset({"cut_bytes", "cost_usd", "tokens"})  # not said where they are nothing
MOST_CHARS = 4_000  # of one text; the export has all of it
HIDDEN = "(not shown: the configuration that names the secret ones can't be read)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that an input said or that followed from it, as a label and visible text."""

    label: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded:
    """An effect, by its ID and kind, and what it is about."""

    effect_id: str
    kind: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the journal. ``answers`` is the effect that an input is the result of; ``phi`` what then stood."""

    position: int
    version: int
    at: datetime
    by: str
    what: str
    said: tuple[Fact, ...] = ()
    followed: tuple[Fact, ...] = ()
    commanded: tuple[Commanded, ...] = ()
    answers: str = ""
    phase: str = ""
    phi: float | None = None
    kind: Literal["entry", "note"] = "entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Tells rows. ``veils`` hides the secret arguments of each tool; None where nobody knows which are secret."""

    veils: Mapping[str, Veil] | None

    def row(self, relived: Relived) -> Row:
        """Tell one line."""
        line = relived.line
        if not isinstance(line, Entry):
            said = (Fact(label="told", text=visible(line.words)),) if line.words else ()
            return Row(
                position=relived.position,
                version=line.version,
                at=line.at,
                by=line.by or "",
                what=line.what,
                said=said,
                kind="note",
            )
        after = relived.transition.checkpoint if relived.transition else None
        return Row(
            position=relived.position,
            version=line.version,
            at=line.at,
            by=actor_of(line.input) or "",
            what=line.input.kind,
            said=tuple(said_in(line.input)),
            followed=tuple(self._followed(record) for record in line.records),
            commanded=commanded(relived),
            answers=getattr(line.input, "effect_id", ""),
            phase=after.phase.kind if after else "",
            phi=after.phi if after else None,
        )

    def _followed(self, record: Record) -> Fact:
        match record:
            case Proposed(proposal=proposal):
                return Fact(label=f"step {proposal.step} proposed", text=self._proposal(proposal))
            case Denied(tool=tool, args_json=args_json, because=because):
                words = (tool, self._args(tool, args_json), f"forbidden by: {visible('; '.join(because))}")
                return Fact(label="step forbidden", text="\n".join(words))
            case StepEnded(run=run):
                return Fact(label=f"step {run.step} ended: {run.outcome.replace('_', ' ')}", text=told_run(run))
            case ScoreStands(score=score):
                return Fact(label=f"Φ {score.before:.1f} → {score.after:.1f}", text=told_score(score))
            case _:
                return plainly(record)

    def _proposal(self, proposal: Proposal) -> str:
        call = proposal.call
        who = "; ".join(f"{need.rule} ({need.quorum})" for need in proposal.requirements)
        asks = "allowed by policy" if proposal.allowed else f"asks: {who}, until {stamp(proposal.expires_at)}"
        words = [f"{call.tool}, risk {call.risk}, {call.effect}, digest {proposal.digest}"]
        words.append(self._args(call.tool, call.args_json))
        words += [f"why: {self._masked(call, proposal.thought)}"] if proposal.thought else []
        words += [f"expected: {self._masked(call, proposal.expect)}"] if proposal.expect else []
        words += [f"edited by {proposal.editor}"] if proposal.editor else []
        words += [f"taught rules: {', '.join(proposal.taught)}"] if proposal.taught else []
        return "\n".join([*words, visible(asks)])

    def _args(self, tool: str, args_json: str) -> str:
        if self.veils is None:
            return HIDDEN
        veil = self.veils.get(tool)
        if veil is None:
            return f"(not shown: no tool “{tool}” is configured now, so nobody knows which arguments are secret)"
        return args_text(args_of(args_json), veil)

    def _masked(self, call: Call, text: str) -> str:
        """Mask a call's secrets where other words repeat them."""
        veil = (self.veils or {}).get(call.tool)
        return HIDDEN if veil is None else visible(veil.over(text, args_of(call.args_json)))


def visible(text: str) -> str:
    """Make a text visible, and cut it where it is very long."""
    shown, left = cut(text, MOST_CHARS, lines=True)
    return f"{shown} … {left} characters more" if left else shown


def stamp(at: datetime) -> str:
    """Write a time, in UTC to the millisecond."""
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}Z"


def said_in(given: Input) -> Iterator[Fact]:
    """Say what an input holds in words and figures; its calls' arguments are told with the proposal."""
    reply = given.reply if isinstance(given, ModelReplied) else None
    if reply is not None:
        yield Fact(label="reply", text=reply.kind)
    for value in (given, reply):
        if is_dataclass(value):
            yield from plain_fields(value)


def plain_fields(value: object) -> Iterator[Fact]:
    """Say the fields of a value that people can read, those left empty not."""
    names = {each.name for each in fields(value)}  # type: ignore[arg-type]  # asked only of dataclasses
    for name in SAID:
        held = getattr(value, name) if name in names else None
        if held is not None and held != "" and (held or name not in IDLE):
            yield Fact(label=name.replace("_", " "), text=visible(str(held).rstrip("\n")))


def commanded(relived: Relived) -> tuple[Commanded, ...]:
    """Name what a line commanded."""
    if relived.transition is None:
        return ()
    return tuple(
        Commanded(effect_id=effect_id, kind=effect.kind, about=visible(str(getattr(effect, "card", ""))))
        for effect_id, effect in relived.transition.outbox().items()
    )


def told_run(run: StepRun) -> str:
    """Say how a step ended."""
    words = [run.call.tool if run.exit_code is None else f"{run.call.tool}, exit code {run.exit_code}"]
    words.append(f"approved by {', '.join(run.approved_by)}" if run.approved_by else "approved by nobody: allowed")
    return "\n".join([*words, visible(run.excerpt)] if run.excerpt else words)


def told_score(score: Score) -> str:
    """Say where Φ comes from."""
    words = [f"step {score.step}, confidence {score.confidence:.2f}: {visible(score.evidence)}"]
    words += [f"raw {score.raw:.1f}, moved by {', '.join(score.because)}"] if score.because else []
    words += [f"set by {score.overridden_by}: {visible(score.why)}"] if score.overridden_by else []
    return "\n".join(words)


def plainly(record: Record) -> Fact:
    """Say a record that needs no more than its words."""
    match record:
        case Decided(how=how, by=by, words=words):
            return Fact(label=f"{how}{named(by)}", text=visible(words))
        case Struck(people=people):
            return Fact(label="approval struck", text=f"of {', '.join(people) or 'nobody'}; it no longer counted")
        case Learned(lesson=lesson, words=words, by=by):
            return Fact(label=f"learned from {by}", text=f"{lesson}: {visible(words)}")
        case Ended(how=how, why=why):
            return Fact(label=f"ended: {how.replace('_', ' ')}", text=visible(why))
        case Escalated(to=to):
            return Fact(label="escalated", text=f"to {', '.join(sorted((*to.users, *to.usergroups)))}")
        case _:
            return Fact(label=record.kind.replace("_", " "))


def named(people: tuple[str, ...]) -> str:
    """Name people after what they did."""
    who = ", ".join(person for person in people if person)
    return f" by {who}" if who else ""


def short(effect_id: str) -> str:
    """Name an effect within its own thread: the version that commanded it, and its place there."""
    version, nth = version_of(EffectId(effect_id))
    return f"v{version}/{nth}"


def waited_s(rows: Mapping[int, datetime], row: Row) -> float | None:
    """Say how many seconds an effect took from its command to its result."""
    made = rows.get(version_of(EffectId(row.answers))[0]) if row.answers else None
    return None if made is None else (row.at - made).total_seconds()


def steps_of(task: Checkpoint) -> str:
    """Say how far a task is."""
    phase = task.phase
    how = f" ({phase.how}: {visible(phase.why)})" if phase.kind == "finished" else ""
    phi = "not scored yet" if task.phi is None else f"Φ {task.phi:.1f}"
    return f"{phase.kind.replace('_', ' ')}{how} · {phi} · step {task.step}"
