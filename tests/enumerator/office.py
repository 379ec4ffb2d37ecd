"""The rules, tools and people of the scenarios: one tool of each class, and one way of asking of each sort."""

from dataclasses import replace

from agent_core.checks import Check
from agent_core.people import EVERYBODY_HERE, People
from agent_core.policy import Policy, Rule
from agent_core.proposal import Escalation, canonical
from agent_core.rules.book import Limits, Readback, Rules, ToolSpec
from tests.examples import APPROVER, APPROVERS, KEY, LEAD, PERSONS, person

SECOND = person("U0SECOND", groups=frozenset({"S0ONCALL"}))
MANAGER = person("U0MANAGER")
PEOPLE = (*PERSONS, SECOND, MANAGER)
SCHEMA = canonical(
    {
        "type": "object",
        "properties": {"service": {"type": "string", "pattern": "^[a-z0-9-]+$"}},
        "required": ["service"],
        "additionalProperties": False,
    }
)


def tool(name: str, **facts: object) -> ToolSpec:
    """Describe a tool."""
    return ToolSpec(name=name, description=name, schema_json=SCHEMA, fingerprint=f"f-{name}", **facts)  # type: ignore[arg-type]  # facts are its own fields


FIND = Readback(
    tool="find",
    args={"service": "{service}"},
    happened=Check(stdout_contains="it is there"),
    not_happened=Check(stdout_contains="there is none"),
)
TOOLS = (
    tool("look", risk="low", effect="idempotent"),
    tool("find", risk="low", effect="idempotent"),
    tool("restart"),
    tool("deploy", effect="idempotent"),
    tool("order", effect="readback", readback=FIND),
    tool("tune", lock="service:{service}"),
    tool("pay"),
    tool("wipe"),
)
ALLOWED = frozenset({"look", "find"})
LOCKED = "tune"
ONCE = frozenset({"restart", "tune", "pay", "order"})  # by the truth of the far side, whatever the configuration says
RULES_OF_POLICY = (
    Rule(name="looking", decision="allow", tools=("look", "find")),
    Rule(name="never wipe", decision="deny", tools=("wipe",)),
    Rule(
        name="restarts are asked for",
        decision="ask",
        tools=("restart", "order", "tune"),
        approvers=APPROVERS,
        remind_s=600.0,
        escalate=Escalation(after_s=900.0, to=People(users=frozenset({LEAD.id}))),
    ),
    Rule(name="two for a deploy", decision="ask", tools=("deploy",), approvers=APPROVERS, quorum=2),
    Rule(
        name="payments in stages",
        decision="ask",
        tools=("pay",),
        stages=((People(users=frozenset({MANAGER.id})), 1), (People(users=frozenset({LEAD.id})), 1)),
    ),
)
POLICY = Policy(version="p1", default="deny", rules=RULES_OF_POLICY)
BY_THE_LEAD = Rule(name="all by the lead too", decision="ask", approvers=People(users=frozenset({LEAD.id})))
STRICTER = Policy(version="p2", default="deny", rules=(*RULES_OF_POLICY, BY_THE_LEAD))
LIMITS = Limits(max_steps=8, wall_s=1e9, cost_usd=1e9, tokens=1_000_000_000)
USUAL = Rules(
    policy=POLICY,
    tools={spec.name: spec for spec in TOOLS},
    key=KEY,
    limits=LIMITS,
    operators=People(users=frozenset({APPROVER.id})),
    overriders=EVERYBODY_HERE,
)
BOOKS = {
    "usual": USUAL,
    "stricter": replace(USUAL, policy=STRICTER),
    "reviewed": replace(USUAL, limits=replace(LIMITS, review_scores=True)),
    "short of money": replace(USUAL, limits=replace(LIMITS, cost_usd=0.005)),
    "asks every step": replace(USUAL, limits=replace(LIMITS, ask_every_steps=1)),
}
