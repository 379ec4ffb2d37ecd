"""The rules, tools and people that the tests of the core decide under: one policy with a rule of each sort."""

from dataclasses import replace

from agent_core.checks import Check
from agent_core.people import EVERYBODY_HERE, People
from agent_core.policy import ArgCondition, Policy, Rule
from agent_core.proposal import Escalation, canonical
from agent_core.rules.book import Limits, Readback, Rules, ToolSpec
from tests.examples import APPROVER, APPROVERS, KEY, LEAD, person

SECOND = person("U0SECOND", groups=frozenset({"S0ONCALL"}))
MANAGER = person("U0MANAGER")
FINANCE = person("U0FINANCE")
OPERATOR = person("U0OPERATOR")


def schema(required: tuple[str, ...], **shapes: object) -> str:
    """Write the schema of a tool's arguments."""
    tree = {"type": "object", "properties": shapes, "required": list(required), "additionalProperties": False}
    return canonical(tree)  # type: ignore[arg-type]  # shapes are JSON


def tool(name: str, schema_json: str, **facts: object) -> ToolSpec:
    """Describe a tool."""
    return ToolSpec(name=name, description=name, schema_json=schema_json, fingerprint=f"f-{name}", **facts)  # type: ignore[arg-type]  # facts are its own fields


SERVICE = schema(("service",), service={"type": "string", "pattern": "^[a-z0-9-]+$"})
READBACK = Readback(
    tool="read_status",
    args={"service": "{service}"},
    happened=Check(stdout_contains="ordered"),
    not_happened=Check(stdout_matches="^(nothing|ordered twice)"),
)
TOOLS = {
    spec.name: spec
    for spec in (
        tool("read_status", SERVICE, risk="low", effect="idempotent"),
        tool("restart_service", SERVICE),
        tool("deploy", SERVICE, effect="idempotent"),
        tool("order", SERVICE, effect="readback", readback=READBACK),
        tool("reboot", SERVICE, lock="service:{service}"),
        tool("wipe", SERVICE, risk="critical"),
        tool("scale", schema(("service", "replicas"), service={"type": "string"}, replicas={"type": "integer"})),
        tool("pay", schema(("amount",), amount={"type": "number"}, to={"type": "string", "default": "acme"})),
    )
}
RESTART = Rule(
    name="restarts are asked for",
    decision="ask",
    tools=("restart_service", "order", "reboot"),
    approvers=APPROVERS,
    remind_s=600.0,
    escalate=Escalation(after_s=900.0, to=People(users=frozenset({LEAD.id}))),
)
DEPLOY = Rule(name="two for a deploy", decision="ask", tools=("deploy",), approvers=APPROVERS, quorum=2)
PAY = Rule(
    name="payments in stages",
    decision="ask",
    tools=("pay",),
    args=(ArgCondition(arg="amount", operator="gt", value=1000),),
    stages=((People(users=frozenset({MANAGER.id})), 1), (People(users=frozenset({FINANCE.id, MANAGER.id})), 1)),
    timeout_s=3600.0,
)
SCALE = Rule(name="scaling by anyone else", decision="ask", tools=("scale",), approvers=EVERYBODY_HERE, not_editor=True)
POLICY = Policy(
    version="p1",
    default="deny",
    rules=(
        Rule(name="reading", decision="allow", tools=("read_*",)),
        Rule(name="small payments", decision="allow", tools=("pay",)),
        Rule(name="never wipe", decision="deny", tools=("wipe",)),
        RESTART,
        DEPLOY,
        PAY,
        SCALE,
    ),
)
STRICTER = replace(
    POLICY, version="p2", rules=(*POLICY.rules, Rule(name="all twice", decision="ask", approvers=APPROVERS, quorum=2))
)
LAXER = replace(
    POLICY,
    version="p3",
    rules=(*(rule for rule in POLICY.rules if rule.decision != "ask"), Rule(name="all", decision="allow")),
)
FORBIDDING = replace(POLICY, version="p4", rules=(Rule(name="nothing now", decision="deny"),))
RULES = Rules(
    policy=POLICY,
    tools=TOOLS,
    key=KEY,
    limits=Limits(max_steps=12, wall_s=10_000.0),
    operators=People(users=frozenset({OPERATOR.id})),
)
PEOPLE_HERE = (APPROVER, SECOND, LEAD, MANAGER, FINANCE, OPERATOR)
