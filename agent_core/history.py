"""A task's past, decided anew from its journal: the same inputs through the same door. Pure.

The journal keeps every input that was accepted, with the time at which it was decided. So a journal gives back each
checkpoint that the task ever had, and with it the effects that each step commanded, which no journal line holds. Where
today's code, policy, tools or lessons decide otherwise, the first line that differs is named and nothing after it is
believed. Rules are today's, but for what they are called: the policy's version and the tools' fingerprints are those
that were recorded, so that a line differs where today something else would be done, not where it is only named anew.

One fact is not in the journal: which lessons had reached the log when a line was decided. A lesson carries the time at
which it was taught and lands moments later. So where lessons were taught shortly before a line, every task that the
line may have led to is followed, a bounded number of them, until later lines tell which it was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import timedelta

from agent_core.checkpoint import Checkpoint
from agent_core.decide import decide
from agent_core.effects import Learn
from agent_core.errors import Broken, Refused
from agent_core.lesson import Lesson
from agent_core.records import Entry, Line, Proposed, Record
from agent_core.rules.book import Rules
from agent_core.runtime import READS_LESSONS
from agent_core.transition import Transition
from agent_core.words import LessonId, ThreadId

LANDING = timedelta(minutes=1)  # from a lesson's being taught to its standing in the log, at the very most
POSSIBLE = 8  # tasks that are followed, and lessons that are left out
SPOKEN_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first line that is decided otherwise now: what the journal has, and what comes out today.

    ``version`` is that of the entry; ``position`` its line in the journal, or None where only the end state differs.
    """

    position: int | None
    version: int
    what: str
    recorded: str
    decided: str
    policy_then: str = ""
    policy_now: str = ""

    @property
    def other_policy(self) -> bool:
        """Tell whether the line was decided under another policy than today's."""
        return self.policy_then != self.policy_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Relived:
    """One line of the journal decided anew, and the task before it; ``transition`` is None from a difference on."""

    position: int
    line: Line
    before: Checkpoint | None = None
    transition: Transition | None = None


@dataclass(slots=True, kw_only=True)
class Replay:
    """Takes a journal's lines one after another, and keeps the task as it was after the last that agreed."""

    thread_id: ThreadId
    rules: Rules
    lessons: Sequence[Lesson] = ()
    difference: Difference | None = None
    _possible: list[Checkpoint | None] = field(default_factory=lambda: [None], init=False)
    _made: set[LessonId] = field(default_factory=set, init=False)
    _fingerprints: dict[str, str] = field(default_factory=dict, init=False)
    _position: int = field(default=0, init=False)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The task after the last line that agreed; None before the first."""
        return self._possible[0]

    def take(self, line: Line) -> Relived:
        """Decide the next line anew, unless an earlier one already differed."""
        position, self._position = self._position, self._position + 1
        if not isinstance(line, Entry) or self.difference is not None:
            return Relived(position=position, line=line)
        before, transition = self.checkpoint, self._taken(line, position)
        return Relived(position=position, line=line, before=before, transition=transition)

    def ends_as(self, stored: Checkpoint) -> Difference | None:
        """Hold the end of the replay against the task as it is stored: the first difference, or None."""
        if self.difference is None and stored not in self._possible:
            apart = parted(stored, self.checkpoint)
            self.difference = Difference(
                position=None, version=stored.version, what="the task as it is stored", **apart
            )
        return self.difference

    def _taken(self, line: Entry, position: int) -> Transition | None:
        """Decide a line for every task that it may have been given to; what agrees with the journal stays possible."""
        found = [
            self._decided(before, line, position, rules) for before in self._possible for rules in self._rules(line)
        ]
        agreed = [one for one in found if isinstance(one, Transition)]
        if not agreed:
            self.difference = next(one for one in found if isinstance(one, Difference))
            return None
        distinct: list[Checkpoint | None] = []
        for one in agreed:
            if one.checkpoint not in distinct:
                distinct.append(one.checkpoint)
        self._possible = distinct[:POSSIBLE]
        self._made |= {effect.lesson.id for effect in agreed[0].effects if isinstance(effect, Learn)}
        return agreed[0]

    def _rules(self, line: Entry) -> Iterator[Rules]:
        """Give the rules as they may have been: with all lessons that were taught by then, or without the newest."""
        rules = self._named_as_then(line)
        if not isinstance(line.input, READS_LESSONS):
            yield rules
            return
        known = tuple(lesson for lesson in self.lessons if lesson.at <= line.at and self._was_made(lesson))
        yield replace(rules, lessons=known)
        for lesson in known[-1:-POSSIBLE:-1]:
            if lesson.at < line.at - LANDING:
                return
            known = known[:-1]
            yield replace(rules, lessons=known)

    def _named_as_then(self, line: Entry) -> Rules:
        """Give today's rules under the names that policy and tools had then."""
        for record in line.records:
            if isinstance(record, Proposed):
                self._fingerprints[record.proposal.call.tool] = record.proposal.call.fingerprint
        tools = {
            name: replace(spec, fingerprint=self._fingerprints.get(name, spec.fingerprint))
            for name, spec in self.rules.tools.items()
        }
        policy = replace(self.rules.policy, version=line.policy_version)
        return replace(self.rules, policy=policy, tools=tools)

    def _was_made(self, lesson: Lesson) -> bool:
        """Tell whether a lesson is another thread's, or came of an earlier line of this one."""
        return lesson.thread != self.thread_id or lesson.id in self._made

    def _decided(self, before: Checkpoint | None, line: Entry, position: int, rules: Rules) -> Transition | Difference:
        try:
            transition = decide(before, line.input, line.at, rules, thread_id=self.thread_id)
        except Refused as no:
            return self._differs(line, position, "accepted", f"refused: {no.sentence}")
        except Broken as broken:
            return self._differs(line, position, "accepted", f"broken: {broken}")
        if transition.checkpoint.version != line.version:
            return self._differs(line, position, f"version {line.version}", f"version {transition.checkpoint.version}")
        if transition.records != line.records:
            return self._differs(line, position, *first_apart(line.records, transition.records))
        return transition

    def _differs(self, line: Entry, position: int, recorded: str, decided: str) -> Difference:
        return Difference(
            position=position,
            version=line.version,
            what=line.input.kind,
            recorded=recorded,
            decided=decided,
            policy_then=line.policy_version,
            policy_now=self.rules.policy.version,
        )


def first_apart(recorded: Sequence[Record], decided: Sequence[Record]) -> tuple[str, str]:
    """Say the first record in which two lists differ, as both have it."""
    for one, other in zip(recorded, decided, strict=False):
        if one != other:
            apart = parted(one, other)
            return apart["recorded"], apart["decided"]
    most = min(len(recorded), len(decided))
    more = [", ".join(one.kind for one in records[most:]) or "nothing more" for records in (recorded, decided)]
    return more[0], more[1]


def parted(one: object, other: object) -> dict[str, str]:
    """Say where two values part: the path to the first field that differs, and what both have there."""
    path = type(one).__name__
    while True:
        step = first_part(one, other)
        if step is None:
            return {"recorded": f"{path} = {spoken(path, one)}", "decided": f"{path} = {spoken(path, other)}"}
        name, one, other = step
        path += name


def first_part(one: object, other: object) -> tuple[str, object, object] | None:
    """Go one step into two values that differ, where both are made of the same parts."""
    if type(one) is not type(other):
        return None
    if is_dataclass(one) and is_dataclass(other):
        pairs = ((f".{each.name}", getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
        return next(pair for pair in pairs if pair[1] != pair[2])
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return next((f"[{nth}]", a, b) for nth, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    return None


def spoken(path: str, value: object) -> str:
    """Say a value in a few words; calls' arguments are never said, for some are secret."""
    if path.endswith("_json"):
        return "arguments that are not shown here"
    if isinstance(value, tuple):
        return f"{len(value)} of them"
    if is_dataclass(value):
        return type(value).__name__
    text = repr(value)
    return text if len(text) <= SPOKEN_CHARS else f"{text[:SPOKEN_CHARS]}…"
