"""How a person's rule becomes a lesson, and how a lesson is taken back. Pure."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from agent_core.effects import Learn, Say
from agent_core.errors import Refused
from agent_core.inputs import Forget, Teach
from agent_core.learning.taught import in_force, spelled
from agent_core.learning.teaching import Reading, read_rule
from agent_core.lesson import Lesson
from agent_core.people import People
from agent_core.records import Learned
from agent_core.rules.approvals import WHO, check_is_in, whom
from agent_core.rules.book import Rules, ToolSpec
from agent_core.rules.draft import do, keep, turn
from agent_core.rules.schema import coerce, problems
from agent_core.rules.scores import lesson_key
from agent_core.transition import Transition
from agent_core.values import replace
from agent_core.words import Json

RULES_IN_FORCE = 200
LONGEST_DAYS = 3650


def teach(draft: Transition, given: Teach, rules: Rules, now: datetime) -> Transition:
    """Take a rule from somebody who may teach."""
    check_is_in(rules.teachers, given.by, "teach rules")
    reading = read_rule(given.when, given.do)
    check_can_act(reading, rules.tools)
    if given.days is not None and not 0 < given.days <= LONGEST_DAYS:
        raise Refused(f"A rule holds for 1 to {LONGEST_DAYS} days, or for ever.", "Choose one.", field="expires")
    checkpoint = draft.checkpoint
    held = sum(lesson.kind == "heuristic" for lesson in in_force(rules.lessons, now))
    if held >= RULES_IN_FORCE:
        raise Refused(f"There are {held} rules in force already.", "Forget some first: /agent learned lists them.")
    lesson = Lesson(
        kind="heuristic",
        key=lesson_key(checkpoint),
        at=now,
        author=given.by.id,
        team=checkpoint.team,
        channel=checkpoint.channel,
        thread=checkpoint.thread_id,
        text=reading.words,
        scope=given.scope,
        when=reading.when,
        when_words=reading.when_words,
        deny=reading.deny,
        set_json=reading.set_json,
        expires_at=None if given.days is None else now + timedelta(days=given.days),
        step=checkpoint.step,
    )
    when = f"When {given.when.strip()}: " if given.when.strip() else ""
    where = {"thread": "in this thread", "channel": "in this channel", "team": "everywhere"}[given.scope]
    words = " ".join(f"{when}{given.do} ({where})".split())  # one line, so that it can't pass for more of ours
    obeyed = "It is obeyed from the next step." if reading.is_exact else "The agent is told from the next step."
    tally = replace(checkpoint.tally, taught=checkpoint.tally.taught + 1)
    draft = turn(draft, replace(checkpoint, tally=tally), Learned(lesson=lesson.id, words=words, by=given.by.id))
    said = f"<@{given.by.id}> taught a rule ({lesson.id}): {words}. {obeyed}"
    return do(draft, Learn(lesson=lesson), Say(words=said, named=(given.by.id,)))


def check_can_act(reading: Reading, tools: Mapping[str, ToolSpec]) -> None:
    """Raise Refused for a rule that no call can ever meet: it would look like protection and be none."""
    named = next((one.value for one in reading.when if one.field == "tool"), None)
    if named is not None and named not in tools:
        raise Refused(f"There is no tool “{named}”.", f"There are: {', '.join(sorted(tools))}.", field="when")
    specs = [spec for name, spec in tools.items() if named in (None, name)]
    known = {name for spec in specs for name in shapes(spec)}
    of = f"{named} has" if named else "No tool has"
    nothing = "no" if named else "an"
    for condition in reading.when:
        if condition.field not in known | {"tool", "channel"}:
            words = f"{of} {nothing} argument “{condition.field}”."
            raise Refused(words, f"Arguments are: {', '.join(sorted(known)) or 'none'}.", field="when")
    for name, value in (json.loads(reading.set_json) if reading.set_json else {}).items():
        if not any(takes(spec, name, value) for spec in specs):
            raise Refused(f"No such step takes this as its “{name}”.", "Look at the tool's arguments.", field="do")


def takes(spec: ToolSpec, name: str, value: Json) -> bool:
    """Tell whether a tool takes a value as this argument, read as its schema wants."""
    if name not in shapes(spec):
        return False
    try:
        read = coerce(spec, name, spelled(value))
    except Refused:
        return False
    return not any(problem.field == name for problem in problems(spec, {name: read}))


def shapes(spec: ToolSpec) -> Mapping[str, Json]:
    """Give the arguments that a tool's schema names."""
    found: Mapping[str, Json] = json.loads(spec.schema_json).get("properties", {})
    return found


def forget(draft: Transition, given: Forget, rules: Rules, now: datetime) -> Transition:
    """Take a lesson back, for its author or an operator."""
    checkpoint = draft.checkpoint
    known = next(
        (
            lesson
            for lesson in in_force(rules.lessons, now)
            if lesson.id == given.lesson and lesson.team == checkpoint.team
        ),
        None,
    )
    if known is None:
        raise Refused(f"There is no lesson “{given.lesson}” in force.", "/agent learned lists them.")
    author = People(users=frozenset({known.author}))
    if given.by not in author and given.by not in rules.operators:
        words = WHO.get(given.by.kind, "Only its author or an operator may take a lesson back.")
        others = People(users=rules.operators.users | author.users, usergroups=rules.operators.usergroups)
        raise Refused(words, f"Ask {whom(others)}.")
    lesson = Lesson(
        kind="forget",
        key=lesson_key(checkpoint),
        at=now,
        author=given.by.id,
        team=checkpoint.team,
        channel=checkpoint.channel,
        thread=checkpoint.thread_id,
        target=known.id,
    )
    draft = keep(draft, Learned(lesson=lesson.id, words=f"forgot {known.id}", by=given.by.id))
    return do(draft, Learn(lesson=lesson), Say(words=f"<@{given.by.id}> took the lesson {known.id} back."))
