"""From the file to the rules: what a person wrote is what decisions weigh."""

from pathlib import Path

import pytest

from agent_core.checks import Check
from agent_core.errors import Broken
from agent_core.people import EVERYBODY_HERE, NOBODY, People
from agent_core.policy import ArgCondition, Verdict, evaluate
from agent_core.proposal import Escalation, Requirement
from agent_core.rules.book import Rules
from agent_core.rules.schema import problems
from agent_core.words import Args, PersonId
from bot.config import Config, args_schema, load, policy_version, sandbox_of, secret_args, to_rules

KEY = bytes(range(32))
TOOLS = """\
tools:
  - name: pay
    description: Pay.
    argv: [pay, "{to}", "{amount}"]
    args:
      to: {type: string}
      amount: {type: number, default: 0}
      token: {type: string, writeOnly: true}
    risk: low
    timeout_s: 5
    effect: idempotent
  - {name: walled, argv: [ls], sandbox: {}}
  - {name: wired, argv: [ls], sandbox: {network: true}}
"""
POLICY = """\
policy:
  default: allow
  rules:
    - {name: big, tools: [pay], args: {amount: {gt: 1000, le: 5000}}, decision: ask, quorum: 2,
       timeout_s: 60, remind_s: 30, not_editor: true, escalate: {after_s: 40, to: {users: [U0LEAD]}},
       approvers: {users: [U0ANN], usergroups: [S0A]}}
    - {tools: [pay], args: {to: {in: [a, b]}}, decision: ask, stages: [{approvers: {users: [U0ANN]}}, {quorum: 2}]}
    - {tools: ["*"], risk: [high], require_sandbox: true, decision: ask, not_requester: false}
"""
REST = """\
agent: {max_steps: 3, budget: {wall_s: 5, cost_usd: 1.5, tokens: 7}, stop_phi: 8, success_phi: 6,
  review_scores: true, ask_every_steps: 2}
corrections: {by: requester}
teachers: {users: [U0ANN]}
operators: {users: [U0LEAD]}
"""
ANN = People(users=frozenset({PersonId("U0ANN")}))
LEAD = People(users=frozenset({PersonId("U0LEAD")}))
PRINTS = {"pay": "1", "walled": "2", "wired": "3", "bare": "4"}


def config(folder: Path, text: str) -> Config:
    """Load a text."""
    path = folder / "countersign.yml"
    path.write_text(text)
    return load(path)


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    """Make the rules of a file that says something about everything."""
    return to_rules(config(tmp_path, TOOLS + POLICY + REST), KEY, PRINTS)


def ask(rules: Rules, tool: str, **args: object) -> Verdict:
    """Ask the policy about a call."""
    given: Args = {name: value for name, value in args.items() if isinstance(value, str | int)}
    return evaluate(rules.policy, tool=tool, risk=rules.tools[tool].risk, args=given)


def test_rules_say_what_the_file_says(rules: Rules) -> None:
    """Nothing is lost on the way, and nothing is added."""
    big = rules.policy.rules[0]
    assert (big.name, big.decision, big.tools) == ("big", "ask", ("pay",))
    assert big.args == (
        ArgCondition(arg="amount", operator="gt", value=1000),
        ArgCondition(arg="amount", operator="le", value=5000),
    )
    assert big.approvers == People(users=ANN.users, usergroups=frozenset({"S0A"}))
    assert (big.quorum, big.timeout_s, big.remind_s, big.not_editor, big.not_requester) == (2, 60, 30, True, True)
    assert big.escalate == Escalation(after_s=40, to=LEAD)
    assert rules.policy.default == "allow"


def test_stages_keep_their_order(rules: Rules) -> None:
    """Rules without a name are called by their place in the file."""
    assert ask(rules, "pay", to="a", amount=1).requirements == (
        Requirement(rule="rule 2", approvers=ANN, quorum=1, stage=0),
        Requirement(rule="rule 2", approvers=EVERYBODY_HERE, quorum=2, stage=1),
    )


def test_people_and_limits_are_those_of_the_file(rules: Rules) -> None:
    """What is left out is open to the channel, but for the operators."""
    assert (rules.teachers, rules.operators, rules.overriders, rules.starters) == (
        ANN,
        LEAD,
        EVERYBODY_HERE,
        EVERYBODY_HERE,
    )
    assert (rules.corrections_by, rules.key) == ("requester", KEY)
    limits = rules.limits
    assert (limits.max_steps, limits.wall_s, limits.cost_usd, limits.tokens) == (3, 5, 1.5, 7)
    assert (limits.stop_phi, limits.success_phi) == (8, 6)
    assert (limits.review_scores, limits.ask_every_steps) == (True, 2)


def test_nobody_operates_by_default(tmp_path: Path) -> None:
    """Stop-all and breaking glass are for people who were named."""
    assert to_rules(config(tmp_path, TOOLS), KEY, PRINTS).operators == NOBODY


def test_tools_are_described_for_decisions(rules: Rules) -> None:
    """Arguments keep the file's order, for a form shows them in it."""
    pay = rules.tools["pay"]
    assert (pay.name, pay.description, pay.fingerprint) == ("pay", "Pay.", "1")
    assert (pay.risk, pay.effect, pay.timeout_s, pay.sandbox) == ("low", "idempotent", 5, "none")
    assert pay.secret_args == {"token"}
    assert pay.schema_json.index('"to"') < pay.schema_json.index('"amount"')
    assert [problem.field for problem in problems(pay, {"amount": "x"})] == ["to", "token", "amount"]


def test_how_a_tool_is_read_back_and_what_it_locks_comes_with_it(tmp_path: Path) -> None:
    """As the file says it: the other tool's call, both checks, and the name of the lock."""
    more = """
  - name: order
    argv: [echo, "{to}"]
    args: {to: {type: string}}
    effect: readback
    readback: {tool: pay, args: {to: "{to}", token: t}, happened: {exit_code: 0}, not_happened: {json: {/paid: false}}}
    lock: "account:{to}"
"""
    tools = to_rules(config(tmp_path, TOOLS + more.lstrip("\n")), KEY, {**PRINTS, "order": "2"}).tools
    asked = tools["order"].readback
    assert asked is not None
    assert (asked.tool, asked.args) == ("pay", {"to": "{to}", "token": "t"})
    assert (asked.happened, asked.not_happened) == (Check(exit_code=0), Check(json={"/paid": False}))
    assert [tools[name].lock for name in ("order", "pay")] == ["account:{to}", ""]


def test_arguments_are_required_unless_they_have_a_default(tmp_path: Path) -> None:
    """And there are no others."""
    pay = config(tmp_path, TOOLS).document.tools[0]
    schema = args_schema(pay)
    assert schema["required"] == ["to", "token"]
    assert schema["additionalProperties"] is False
    assert secret_args(pay) == {"token"}


def test_a_tool_without_a_fingerprint_is_a_defect_of_ours(tmp_path: Path) -> None:
    """A digest over no program would name whatever is there later."""
    with pytest.raises(Broken, match="bare"):
        to_rules(config(tmp_path, "tools: [{name: bare, argv: [ls]}]\n"), KEY, {})


def test_a_required_sandbox_denies_the_tools_that_have_none(tmp_path: Path) -> None:
    """The rule still asks for those that have one, and says nothing of calls that it is not about."""
    text = f"{TOOLS}  - {{name: bare, argv: [ls]}}\n{POLICY}"
    rules = to_rules(config(tmp_path, text), KEY, PRINTS)
    assert ask(rules, "bare").decision == "deny"
    assert ask(rules, "bare").because == ("rule 3 (requires a sandbox)",)
    assert ask(rules, "walled").because == ("rule 3",)
    assert ask(rules, "pay", to="z", amount=1).decision == "allow"


def test_a_sandbox_is_named_by_what_it_keeps_in(tmp_path: Path) -> None:
    """The card says so."""
    tools = config(tmp_path, TOOLS).document.tools
    assert [sandbox_of(tool) for tool in tools] == ["none", "files", "files+network"]


def test_the_version_names_what_verdicts_depend_on(tmp_path: Path) -> None:
    """A card that waits is put before policy again if, and only if, the answer could differ."""
    version = policy_version(config(tmp_path, TOOLS + POLICY))
    same = [TOOLS + POLICY, f"# a note\n{TOOLS}{POLICY}", f"{TOOLS}{POLICY}retention_days: 3\n{REST}"]
    other = [
        TOOLS,
        TOOLS + POLICY.replace("1000", "1001"),
        TOOLS + POLICY.replace("default: allow", "default: ask"),
        TOOLS.replace("risk: low", "risk: medium") + POLICY,
        TOOLS.replace("{type: number, default: 0}", "{type: number}") + POLICY,
        TOOLS.replace("sandbox: {}", "risk: high") + POLICY,
    ]
    assert {policy_version(config(tmp_path, text)) for text in same} == {version}
    others = [policy_version(config(tmp_path, text)) for text in other]
    assert len({version, *others}) == len(other) + 1
