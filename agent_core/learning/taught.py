"""Which lessons are in force, and what they make of a call or a score. Pure: a function of the log alone.

A forgotten lesson is as if it had never been. A taught rule can forbid a call or set an argument; it can never allow
what policy asks about. Deny beats set. Of two overrides of one exact state the newest holds.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_core.lesson import Condition, Lesson
from agent_core.proposal import canonical
from agent_core.words import Args, ChannelId, LessonId, TeamId, ThreadId


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a lesson is to apply: a task's team, channel and thread."""

    team: TeamId
    channel: ChannelId
    thread: ThreadId


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What the rules in force make of one call: arguments set, why it is forbidden, advice, and which they were."""

    args_json: str
    denied: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    used: tuple[LessonId, ...] = ()


def in_force(log: Sequence[Lesson], now: datetime) -> tuple[Lesson, ...]:
    """Give the lessons that hold now: not forgotten, not expired, each once."""
    forgotten = {lesson.target for lesson in log if lesson.kind == "forget"}
    kept: dict[LessonId, Lesson] = {}
    for lesson in log:
        if lesson.kind == "forget" or lesson.id in forgotten:
            continue
        if lesson.expires_at is not None and lesson.expires_at <= now:
            continue
        kept.setdefault(lesson.id, lesson)
    return tuple(kept.values())


def reaches(lesson: Lesson, place: Place) -> bool:
    """Tell whether a lesson's scope contains a task."""
    if lesson.team != place.team:
        return False
    if lesson.scope == "channel":
        return lesson.channel == place.channel
    return lesson.scope == "team" or lesson.thread == place.thread


def spelled(value: object) -> str:
    """Write an argument's value as a person would type it in a condition."""
    return value if isinstance(value, str) else canonical(value)  # type: ignore[arg-type]  # values of Args are JSON


def holds(condition: Condition, tool: str, place: Place, args: Args) -> bool:
    """Tell whether one condition of a rule is met by a call."""
    if condition.field == "tool":
        return condition.value == tool
    if condition.field == "channel":
        return condition.value == place.channel
    return condition.field in args and spelled(args[condition.field]) == condition.value


def heuristics(log: Sequence[Lesson], place: Place, now: datetime) -> tuple[Lesson, ...]:
    """Give the taught rules whose scope contains a task."""
    return tuple(lesson for lesson in in_force(log, now) if lesson.kind == "heuristic" and reaches(lesson, place))


def taught(log: Sequence[Lesson], place: Place, now: datetime, *, tool: str, args_json: str) -> Taught:
    """Apply the rules in force to a call, whose arguments are canonical."""
    fitting = heuristics(log, place, now)
    return applied(fitting, place, tool, args_json) if fitting else Taught(args_json=args_json)


def applied(fitting: Sequence[Lesson], place: Place, tool: str, args_json: str) -> Taught:
    """Apply rules to a call: sets first, then every deny judged on the call as asked and as changed."""
    asked: Args = json.loads(args_json)
    args: dict[str, object] = dict(asked)
    used: list[LessonId] = []
    advice: list[str] = []
    denied: list[str] = []
    for lesson in fitting:
        if lesson.set_json and all(holds(condition, tool, place, asked) for condition in lesson.when):
            wanted = json.loads(lesson.set_json)
            if any(name in asked for name in wanted):
                args.update({name: value for name, value in wanted.items() if name in asked})
                used.append(lesson.id)
    final: Args = args  # type: ignore[assignment]  # JSON values put in the place of JSON values
    for lesson in fitting:
        met = any(all(holds(condition, tool, place, these) for condition in lesson.when) for these in (asked, final))
        if not met:
            continue
        if lesson.deny:
            denied.append(f"taught by <@{lesson.author}>: {told(lesson)} ({lesson.id})")
            used.append(lesson.id)
        elif not lesson.set_json:
            advice.append(f"{lesson.text} (<@{lesson.author}>)")
            used.append(lesson.id)
    return Taught(args_json=canonical(final), denied=tuple(denied), advice=tuple(advice), used=tuple(used))


def told(lesson: Lesson) -> str:
    """Say a rule in one line."""
    when = ", ".join(f"{condition.field} = {condition.value}" for condition in lesson.when) or lesson.when_words
    do = "deny" if lesson.deny else lesson.text
    return f"when {when}: {do}" if when else do


def pin(log: Sequence[Lesson], team: TeamId, state: str, now: datetime) -> Lesson | None:
    """Give the override that holds for exactly this state: the newest by time and name."""
    fitting = [
        lesson
        for lesson in in_force(log, now)
        if lesson.kind == "override" and lesson.team == team and lesson.state == state
    ]
    return max(fitting, key=lambda lesson: (lesson.at, lesson.id), default=None)
