"""Policy's verdicts: deny beats ask beats allow, whatever the order, and what cannot be judged never allows."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings, strategies as st

from agent_core.people import EVERYBODY_HERE, NOBODY, People
from agent_core.policy import ArgCondition, Decision, Operator, Policy, Rule, Verdict, evaluate, is_stricter
from agent_core.proposal import Escalation, Requirement, Risk
from agent_core.words import Args, Json, PersonId

ANN = People(users=frozenset({PersonId("U0ANN")}))
BOB = People(users=frozenset({PersonId("U0BOB")}))
BOTH = People(users=ANN.users | BOB.users)
ONCALL = People(usergroups=frozenset({"S0ONCALL"}))
LAXNESS: dict[Decision, int] = {"deny": 0, "ask": 1, "allow": 2}
SURROGATE = "\ud800"


def policy(*rules: Rule, default: Decision = "ask") -> Policy:
    """Make a policy of these rules."""
    return Policy(version="v1", default=default, rules=rules)


def rule(decision: Decision, name: str = "it", /, **args: Json) -> Rule:
    """Make a rule with one condition an argument: ``amount__gt=3``."""
    conditions = []
    for key, value in args.items():
        arg, _, operator = key.partition("__")
        conditions.append(ArgCondition(arg=arg, operator=OPERATORS[operator], value=value))
    return Rule(name=name, decision=decision, args=tuple(conditions))


OPERATORS: dict[str, Operator] = {
    "eq": "eq", "ne": "ne", "gt": "gt", "ge": "ge", "lt": "lt", "le": "le", "in": "in", "glob": "glob",
    "matches": "matches",
}  # fmt: skip


def verdict(policy: Policy, args: Args | None = None, *, tool: str = "pay", risk: Risk = "high") -> Verdict:
    """Ask a policy about one call."""
    return evaluate(policy, tool=tool, risk=risk, args=args or {})


def test_deny_beats_ask_beats_allow() -> None:
    """An allow for everything must not open what somebody closed."""
    allow, ask, deny = rule("allow", "a"), rule("ask", "b"), rule("deny", "c")
    assert verdict(policy(allow)).decision == "allow"
    assert verdict(policy(allow, ask)).decision == "ask"
    assert verdict(policy(allow, ask, deny)).decision == "deny"
    assert verdict(policy(allow, ask, deny)).because == ("c",)


@pytest.mark.parametrize("default", ["allow", "ask", "deny"])
def test_the_default_holds_where_no_rule_matches(default: Decision) -> None:
    """Asking by default asks one person of the channel who is not the requester, for half an hour."""
    answer = verdict(policy(replace(rule("allow"), tools=("read_*",)), default=default))
    assert answer.decision == default
    assert answer.because == ("default",)
    asked = (Requirement(rule="default", approvers=EVERYBODY_HERE, quorum=1),)
    assert answer.requirements == (asked if default == "ask" else ())
    assert (answer.not_requester, answer.timeout_s) == (True, 1800.0)


def test_rules_apply_to_their_tools_and_risks_only() -> None:
    """A glob covers the whole name, and an empty set of risks means any."""
    reading = replace(rule("allow"), tools=("read_*", "list"), risk=frozenset[Risk]({"low"}))
    assert verdict(policy(reading), tool="read_x", risk="low").decision == "allow"
    assert verdict(policy(reading), tool="list", risk="low").decision == "allow"
    assert verdict(policy(reading), tool="read_x", risk="high").decision == "ask"
    assert verdict(policy(reading), tool="unread_x", risk="low").decision == "ask"


def test_every_matching_ask_is_a_requirement_and_the_strictest_terms_hold() -> None:
    """Two rules ask: both must be met, in the shorter time, without whom either leaves out."""
    first = Rule(
        name="first",
        decision="ask",
        approvers=ANN,
        quorum=2,
        not_requester=False,
        timeout_s=600,
        remind_s=300,
        escalate=Escalation(after_s=500, to=BOB),
    )
    second = Rule(
        name="second",
        decision="ask",
        approvers=ONCALL,
        not_requester=True,
        not_editor=True,
        timeout_s=900,
        remind_s=60,
        escalate=Escalation(after_s=100, to=ANN),
    )
    answer = verdict(policy(second, first, rule("allow", "third")))
    assert answer == Verdict(
        decision="ask",
        requirements=(
            Requirement(rule="first", approvers=ANN, quorum=2),
            Requirement(rule="second", approvers=ONCALL),
        ),
        not_requester=True,
        not_editor=True,
        timeout_s=600,
        remind_s=60,
        escalate=Escalation(after_s=100, to=ANN, rule="second"),
        because=("first", "second"),
    )


def test_nobody_is_left_out_where_no_rule_says_so() -> None:
    """A rule may let requesters approve their own steps, if it is the only one that asks."""
    assert not verdict(policy(replace(rule("ask"), not_requester=False))).not_requester


def test_stages_become_requirements_in_their_order() -> None:
    """The manager decides before finance does."""
    staged = replace(rule("ask"), stages=((ANN, 1), (BOB, 2)))
    assert verdict(policy(staged)).requirements == (
        Requirement(rule="it", approvers=ANN, quorum=1, stage=0),
        Requirement(rule="it", approvers=BOB, quorum=2, stage=1),
    )


HOLDS: list[tuple[str, Json, Json]] = [
    ("eq", 5, 5), ("eq", 5, 5.0), ("eq", "a", "a"), ("eq", True, True), ("eq", None, None),
    ("eq", [1, {"a": [True]}], [1, {"a": [True]}]), ("ne", "a", "b"), ("ne", [1], [True]), ("ne", [1], [1, 2]),
    ("ne", {"a": 1}, {"b": 1}), ("gt", 3, 2), ("ge", 2, 2), ("lt", 1.5, 2), ("le", 2, 2.0), ("in", 2, ["x", 2]),
    ("glob", "prod-db", "prod-*"), ("matches", "at prod now", "pro[dt]"),
]  # fmt: skip
FAILS: list[tuple[str, Json, Json]] = [
    ("eq", 5, 6), ("eq", [1], [True]), ("eq", {"a": 1}, {"a": 2}), ("ne", 5, 5.0), ("gt", 2, 2), ("ge", 1, 2),
    ("lt", 2, 2), ("le", 3, 2), ("in", 3, [1, 2]), ("in", "x", [1, "y"]), ("glob", "a-prod-db", "prod-*"),
    ("glob", "PROD-1", "prod-*"), ("matches", "staging", "^prod$"), ("matches", "prod\n", "^prod$"),
]  # fmt: skip
UNJUDGED: list[tuple[str, Json, Json]] = [
    ("eq", "5", 5), ("eq", 1, True), ("eq", None, 0), ("eq", [], {}), ("ne", "5", 5), ("ne", True, 1), ("gt", "3", 2),
    ("gt", True, 0), ("gt", 3, "2"), ("gt", 3, False), ("lt", None, 2), ("ge", float("nan"), 2), ("le", 1, [2]),
    ("in", "2", [1, 2]), ("in", True, [1]), ("in", 1, []), ("in", "a", "abc"), ("glob", 5, "5"), ("glob", "5", 5),
    ("matches", 5, "5"), ("matches", "5", 5), ("matches", "x", "("), ("matches", SURROGATE, "."),
    ("matches", "x", SURROGATE), ("matches", ["prod"], "prod"),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "value", "bound"), HOLDS, ids=repr)
def test_a_condition_that_holds_makes_any_rule_match(operator: str, value: Json, bound: Json) -> None:
    """Numbers compare as numbers, globs cover the whole text, expressions may occur anywhere."""
    for decision in LAXNESS:
        other: Decision = "deny" if decision == "ask" else "ask"
        made = policy(rule(decision, **{f"x__{operator}": bound}), default=other)
        assert verdict(made, {"x": value}).because == ("it",)


@pytest.mark.parametrize(("operator", "value", "bound"), FAILS, ids=repr)
def test_a_condition_that_fails_keeps_any_rule_from_matching(operator: str, value: Json, bound: Json) -> None:
    """A trailing newline does not pass for the end of the text."""
    for decision in LAXNESS:
        made = policy(rule(decision, **{f"x__{operator}": bound}))
        assert verdict(made, {"x": value}).because == ("default",)


@pytest.mark.parametrize(("operator", "value", "bound"), UNJUDGED, ids=repr)
def test_what_cannot_be_judged_never_allows_and_always_asks_or_denies(operator: str, value: Json, bound: Json) -> None:
    """``amount: "5000"`` as text must not slip under ``gt: 1000``; nor must an amount that is left out."""
    args: tuple[Args, ...] = ({"x": value}, {}, {"y": value})
    for given_args, decision in product(args, LAXNESS):
        made = policy(rule(decision, **{f"x__{operator}": bound}))
        assert verdict(made, given_args).because == (("default",) if decision == "allow" else ("it",))


def test_all_conditions_of_a_rule_must_hold() -> None:
    """A condition that fails for sure lets an ask off, even beside one that cannot be judged."""
    both = rule("ask", x__gt=1, y__eq="a")
    assert verdict(policy(both), {"x": 2, "y": "a"}).because == ("it",)
    assert verdict(policy(both), {"x": 2}).because == ("it",)
    assert verdict(policy(both), {"x": 0}).because == ("default",)


PEOPLE = st.sampled_from([ANN, BOB, BOTH, ONCALL, EVERYBODY_HERE, NOBODY])
VALUES: st.SearchStrategy[Json] = st.sampled_from([0, 1, 2.5, True, "", "prod", "prod-db", None, [1], {"a": 1}])
CONDITIONS = st.builds(
    ArgCondition,
    arg=st.sampled_from(["x", "y"]),
    operator=st.sampled_from(list(OPERATORS.values())),
    value=VALUES,
)
ESCALATIONS = st.builds(Escalation, after_s=st.sampled_from([60.0, 120.0]), to=PEOPLE)
RULES = st.builds(
    Rule,
    name=st.just(""),
    decision=st.sampled_from(list(LAXNESS)),
    tools=st.sampled_from([("*",), ("pay",), ("read_*",), ("p*", "q")]),
    risk=st.frozensets(st.sampled_from(["low", "high"]), max_size=1),
    args=st.lists(CONDITIONS, max_size=2).map(tuple),
    approvers=PEOPLE,
    quorum=st.integers(1, 2),
    stages=st.lists(st.tuples(PEOPLE, st.integers(1, 2)), max_size=2).map(tuple),
    not_requester=st.booleans(),
    not_editor=st.booleans(),
    timeout_s=st.sampled_from([60.0, 1800.0]),
    remind_s=st.sampled_from([None, 30.0, 60.0]),
    escalate=st.none() | ESCALATIONS,
)
RULE_SETS = st.lists(RULES, max_size=4).map(
    lambda rules: [replace(one, name=f"rule {nth}") for nth, one in enumerate(rules)]
)
CALLS: st.SearchStrategy[Args] = st.dictionaries(st.sampled_from(["x", "y"]), VALUES)


@settings(max_examples=500, deadline=None)
@given(rules=RULE_SETS, args=CALLS, draw=st.data())
def test_p7_shuffled_rules_give_the_same_verdict(rules: list[Rule], args: Args, draw: st.DataObject) -> None:
    """The order in the file decides nothing."""
    shuffled = draw.draw(st.permutations(rules))
    assert verdict(policy(*shuffled), args) == verdict(policy(*rules), args)


@settings(max_examples=150, deadline=None)
@given(rules=RULE_SETS, args=CALLS, extra=RULES)
def test_another_allow_never_weakens_an_ask_or_a_deny(rules: list[Rule], args: Args, extra: Rule) -> None:
    """Somebody allows everything: what was asked or denied by a rule stays exactly as it was."""
    before = verdict(policy(*rules), args)
    after = verdict(policy(*rules, replace(extra, name="new", decision="allow")), args)
    if before.because != ("default",) and before.decision != "allow":
        assert after == before


@settings(max_examples=150, deadline=None)
@given(rules=RULE_SETS, args=CALLS)
def test_another_deny_always_denies(rules: list[Rule], args: Args) -> None:
    """Somebody closes everything: nothing is open."""
    assert verdict(policy(*rules, rule("deny", "new")), args).decision == "deny"


@settings(max_examples=150, deadline=None)
@given(rules=RULE_SETS, args=CALLS, extra=RULES)
def test_another_rule_that_does_not_allow_is_never_laxer(rules: list[Rule], args: Args, extra: Rule) -> None:
    """To the claim, a policy with one more ask or deny is stricter or as it was, never an excuse to go on."""
    before = verdict(policy(*rules, default="deny"), args)
    decision: Decision = "deny" if extra.decision == "allow" else extra.decision
    new = replace(extra, name="new", decision=decision, escalate=None)  # An escalation adds people who may approve.
    after = verdict(policy(*rules, new, default="deny"), args)
    if "new" in after.because and before.because != ("default",):
        assert LAXNESS[after.decision] <= LAXNESS[before.decision]
        assert not is_stricter(after, before)


@settings(max_examples=150, deadline=None)
@given(rules=RULE_SETS, args=CALLS)
def test_a_policy_is_not_stricter_than_itself(rules: list[Rule], args: Args) -> None:
    """A restart with the same file must not put every approved step before people again."""
    answer = verdict(policy(*rules), args)
    assert not is_stricter(answer, answer)
