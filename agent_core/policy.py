"""Allow, ask or deny: what policy says of one call. Pure, failing closed.

Deny beats ask beats allow, whatever the order of the rules. Every matching ask is a requirement and all must be met.
An argument that is missing or of another type never lets an allow match, and always lets an ask or a deny match.
The verdict does not depend on the order of the rules; the rules' names do, so they are to be unique in a policy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

from agent_core.patterns import found, globbed
from agent_core.people import EVERYBODY_HERE, People
from agent_core.proposal import Escalation, Requirement, Risk
from agent_core.values import replace
from agent_core.words import Args, Json

Decision = Literal["allow", "ask", "deny"]
Operator = Literal["eq", "ne", "gt", "ge", "lt", "le", "in", "glob", "matches"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgCondition:
    """One condition on an argument's value: ``amount gt 1000``. ``matches`` is a linear-time regular expression."""

    arg: str
    operator: Operator
    value: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the policy. ``tools`` are glob patterns; an empty ``risk`` means any; ``stages`` are in order."""

    name: str
    decision: Decision
    tools: tuple[str, ...] = ("*",)
    risk: frozenset[Risk] = frozenset()
    args: tuple[ArgCondition, ...] = ()
    approvers: People = EVERYBODY_HERE
    quorum: int = 1
    stages: tuple[tuple[People, int], ...] = ()
    not_requester: bool = True
    not_editor: bool = False
    timeout_s: float = 1800.0
    remind_s: float | None = None
    escalate: Escalation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All rules, and what holds where none matches. ``version`` names exactly this policy."""

    version: str
    default: Decision = "ask"
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What policy says of one call, and which rules made it so."""

    decision: Decision
    requirements: tuple[Requirement, ...] = ()
    not_requester: bool = True
    not_editor: bool = False
    timeout_s: float = 1800.0
    remind_s: float | None = None
    escalate: Escalation | None = None
    because: tuple[str, ...] = ()


def evaluate(policy: Policy, *, tool: str, risk: Risk, args: Args) -> Verdict:
    """Say whether this call is allowed, denied, or whom to ask; ``args`` are final, with defaults filled in."""
    matching = sorted((rule for rule in policy.rules if _covers(rule, tool, risk, args)), key=_by_name)
    denies = [rule.name for rule in matching if rule.decision == "deny"]
    asks = [rule for rule in matching if rule.decision == "ask"]
    allows = [rule.name for rule in matching if rule.decision == "allow"]
    if denies:
        return Verdict(decision="deny", because=tuple(denies))
    if asks:
        return _asking(asks)
    if allows:
        return Verdict(decision="allow", because=tuple(allows))
    if policy.default == "ask":
        return _asking([Rule(name="default", decision="ask")])
    return Verdict(decision=policy.default, because=("default",))


def is_stricter(old: Verdict, new: Verdict) -> bool:
    """Tell whether what satisfied ``old`` may not satisfy ``new``; what cannot be compared counts as stricter.

    Both ask: ``new`` is no stricter only if each of its requirements follows from one of ``old``'s (no more people, out
    of a set that has everybody of the old one), it excludes nobody that ``old`` let in, gives no less time, and lets
    the old stand-ins approve no later. Stages follow from stages only: nobody may be in two.
    """
    match new.decision:
        case "allow":
            return False
        case "deny":
            return old.decision != "deny"
        case "ask":
            return old.decision != "deny" and not (old.decision == "ask" and _follows(old, new))
        case never:
            assert_never(never)


def _by_name(rule: Rule) -> tuple[int, str]:
    """Order rules for reading: “rule 2” before “rule 10”."""
    return (len(rule.name), rule.name)


def _asking(asks: Sequence[Rule]) -> Verdict:
    """Put together what all matching asks require; the shortest time holds, and whoever one of them excludes."""
    reminders = [rule.remind_s for rule in asks if rule.remind_s is not None]
    escalations = [replace(rule.escalate, rule=rule.name) for rule in asks if rule.escalate is not None]
    return Verdict(
        decision="ask",
        requirements=tuple(requirement for rule in asks for requirement in _requirements(rule)),
        not_requester=any(rule.not_requester for rule in asks),
        not_editor=any(rule.not_editor for rule in asks),
        timeout_s=min(rule.timeout_s for rule in asks),
        remind_s=min(reminders, default=None),
        escalate=min(escalations, key=lambda escalation: escalation.after_s, default=None),
        because=tuple(rule.name for rule in asks),
    )


def _requirements(rule: Rule) -> tuple[Requirement, ...]:
    stages = rule.stages or ((rule.approvers, rule.quorum),)
    return tuple(
        Requirement(rule=rule.name, approvers=approvers, quorum=quorum, stage=stage)
        for stage, (approvers, quorum) in enumerate(stages)
    )


def _covers(rule: Rule, tool: str, risk: Risk, args: Args) -> bool:
    """Tell whether a rule is about this call; a condition that cannot be judged makes it so, unless it would allow."""
    if rule.risk and risk not in rule.risk:
        return False
    if not any(globbed(pattern, tool) for pattern in rule.tools):
        return False
    unjudged = rule.decision != "allow"
    answers = (_holds(condition, args) for condition in rule.args)
    return all(unjudged if answer is None else answer for answer in answers)


def _holds(condition: ArgCondition, args: Args) -> bool | None:
    """Judge one condition; None where the argument is missing or of another type than the condition speaks of."""
    if condition.arg not in args:
        return None
    value, bound = args[condition.arg], condition.value
    match condition.operator:
        case "eq":
            return _same(value, bound)
        case "ne":
            same = _same(value, bound)
            return None if same is None else not same
        case "in":
            return _among(value, bound)
        case "glob" | "matches":
            return _spelled(condition.operator, value, bound)
        case "gt" | "ge" | "lt" | "le":
            return _compared(condition.operator, value, bound)
        case never:
            assert_never(never)


def _spelled(operator: Literal["glob", "matches"], value: Json, bound: Json) -> bool | None:
    """Judge text: a glob must cover all of it, a regular expression may occur anywhere, as in JSON Schema."""
    if not isinstance(value, str) or not isinstance(bound, str):
        return None
    return globbed(bound, value) if operator == "glob" else found(bound, value)


def _number(value: Json) -> int | float | None:
    """Give a number; true and false are none, and neither is NaN, of which every comparison would be false."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN's own test
        return None
    return value


def _compared(operator: Literal["gt", "ge", "lt", "le"], value: Json, bound: Json) -> bool | None:
    left, right = _number(value), _number(bound)
    if left is None or right is None:
        return None
    match operator:
        case "gt":
            return left > right
        case "ge":
            return left >= right
        case "lt":
            return left < right
        case "le":
            return left <= right
        case never:
            assert_never(never)


def _json_type(value: Json) -> str:
    """Name the JSON type of a value: Python would have True equal 1."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "number"
    return "array" if isinstance(value, Sequence) else "object"


def _alike(value: Json, other: Json) -> bool:
    """Tell whether two JSON values are equal at every depth, types and all."""
    if _json_type(value) != _json_type(other):
        return False
    if isinstance(value, Mapping) and isinstance(other, Mapping):
        return value.keys() == other.keys() and all(_alike(value[key], other[key]) for key in value)
    if isinstance(value, str) or not isinstance(value, Sequence) or not isinstance(other, Sequence):
        return value == other
    return len(value) == len(other) and all(map(_alike, value, other))


def _same(value: Json, other: Json) -> bool | None:
    return _alike(value, other) if _json_type(value) == _json_type(other) else None


def _among(value: Json, choices: Json) -> bool | None:
    """Tell whether a value is one of the choices; None where none of them is even of its type."""
    if isinstance(choices, str) or not isinstance(choices, Sequence):
        return None
    answers = [_same(value, choice) for choice in choices]
    return None if all(answer is None for answer in answers) else any(answers)


def _follows(old: Verdict, new: Verdict) -> bool:
    """Tell whether approvals that met ``old`` are sure to meet ``new``."""
    return (
        old.not_requester >= new.not_requester
        and old.not_editor >= new.not_editor
        and old.timeout_s <= new.timeout_s
        and _stands_in(old.escalate, new.escalate)
        and all(any(_implies(had, wanted) for had in _by_rule(old)) for wanted in _by_rule(new))
    )


def _stands_in(old: Escalation | None, new: Escalation | None) -> bool:
    """Tell whether whoever could approve by the old escalation could by the new one."""
    if old is None:
        return True
    return new is not None and new.after_s <= old.after_s and _within(old.to, new.to)


def _within(inner: People, outer: People) -> bool:
    """Tell whether one set is sure to have everybody of another, whoever the groups' members are."""
    return (
        inner.users <= outer.users
        and inner.usergroups <= outer.usergroups
        and inner.channel_members <= outer.channel_members
    )


def _by_rule(verdict: Verdict) -> list[tuple[Requirement, ...]]:
    """Group requirements by the rule that made them, in the order of its stages."""
    rules = dict.fromkeys(requirement.rule for requirement in verdict.requirements)
    return [tuple(one for one in verdict.requirements if one.rule == rule) for rule in rules]


def _implies(had: tuple[Requirement, ...], wanted: tuple[Requirement, ...]) -> bool:
    """Tell whether meeting one rule's requirements meets another's: a single one by any stage, stages by as many."""
    if len(wanted) == 1:
        return any(_meets(one, wanted[0]) for one in had)
    return len(had) == len(wanted) and all(map(_meets, had, wanted))


def _meets(had: Requirement, wanted: Requirement) -> bool:
    return had.quorum >= wanted.quorum and _within(had.approvers, wanted.approvers)
