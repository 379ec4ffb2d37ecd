"""What decisions are made from, out of a configuration: its rules, and the version that names them. Pure.

The version covers whatever a verdict depends on and nothing else, so a longer ``retention_days`` does not put every
waiting card before policy again.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping

from agent_core.errors import Broken
from agent_core.patterns import globbed
from agent_core.policy import ArgCondition, Operator, Policy, Rule
from agent_core.proposal import Escalation, canonical
from agent_core.rules.book import Limits, Readback, Rules, ToolSpec
from agent_core.words import Json
from bot.config.document import Document
from bot.config.loading import Config
from bot.config.policies import RuleSpec
from bot.config.procedures import to_check
from bot.config.tools import AnyTool, CommandTool, args_schema, secret_args

OPERATORS: Mapping[str, Operator] = {
    "eq": "eq", "ne": "ne", "gt": "gt", "ge": "ge", "lt": "lt", "le": "le", "in": "in", "glob": "glob",
    "matches": "matches",
}  # fmt: skip


def policy_version(config: Config) -> str:
    """Name what verdicts depend on: the policy, and each tool's schema, risk, effect and sandbox."""
    document = config.document
    content: Json = {
        "policy": document.policy.model_dump(mode="json", by_alias=True),
        "tools": {tool.name: _weighed(tool) for tool in document.tools},
    }
    return hashlib.blake2b(canonical(content).encode(), digest_size=16).hexdigest()


def to_rules(config: Config, key: bytes, fingerprints: Mapping[str, str]) -> Rules:
    """Make the rules that decisions are made from; ``fingerprints`` are the tools' own, by name."""
    document = config.document
    return Rules(
        policy=Policy(
            version=policy_version(config),
            default=document.policy.default,
            rules=tuple(_rules(document)),
        ),
        tools={tool.name: _spec(tool, fingerprints) for tool in document.tools},
        key=key,
        limits=_limits(document),
        corrections_by=document.corrections.by,
        teachers=document.teachers.people(),
        overriders=document.overriders.people(),
        starters=document.starters.people(),
        operators=document.operators.people(),
    )


def sandbox_of(tool: AnyTool) -> str:
    """Say in a word what a tool is kept in: ``none``, ``files`` (no network) or ``files+network``."""
    if not isinstance(tool, CommandTool) or tool.sandbox is None:
        return "none"
    return "files+network" if tool.sandbox.network else "files"


def _weighed(tool: AnyTool) -> dict[str, Json]:
    """Give what verdicts weigh of a tool."""
    return {"schema": args_schema(tool), "risk": tool.risk, "effect": tool.effect, "sandbox": sandbox_of(tool)}


def _spec(tool: AnyTool, fingerprints: Mapping[str, str]) -> ToolSpec:
    if tool.name not in fingerprints:
        raise Broken("every configured tool has a fingerprint", tool=tool.name)
    return ToolSpec(
        name=tool.name,
        description=tool.description,
        # Not canonical: the order of the arguments in the file is that of the fields on a form.
        schema_json=json.dumps(args_schema(tool), ensure_ascii=False),
        fingerprint=fingerprints[tool.name],
        risk=tool.risk,
        effect=tool.effect,
        timeout_s=tool.timeout_s,
        secret_args=secret_args(tool),
        sandbox=sandbox_of(tool),
        readback=_readback(tool),
        lock=tool.lock or "",
    )


def _readback(tool: AnyTool) -> Readback | None:
    asked = tool.readback
    if asked is None:
        return None
    yes, no = to_check(asked.happened), to_check(asked.not_happened)
    return Readback(tool=asked.tool, args=asked.args, happened=yes, not_happened=no)


def _limits(document: Document) -> Limits:
    agent = document.agent
    return Limits(
        max_steps=agent.max_steps,
        wall_s=agent.budget.wall_s,
        cost_usd=agent.budget.cost_usd,
        tokens=agent.budget.tokens,
        stop_phi=agent.stop_phi,
        success_phi=agent.success_phi,
        review_scores=agent.review_scores,
        ask_every_steps=agent.ask_every_steps,
    )


def _rules(document: Document) -> Iterator[Rule]:
    """Give the rules, and beside each that requires a sandbox one that denies the tools that have none."""
    for nth, spec in enumerate(document.policy.rules, 1):
        name = spec.name or f"rule {nth}"
        yield _rule(spec, name)
        bare = tuple(
            tool.name
            for tool in document.tools
            if sandbox_of(tool) == "none" and any(globbed(pattern, tool.name) for pattern in spec.tools)
        )
        if spec.require_sandbox and bare:
            yield Rule(
                name=f"{name} (requires a sandbox)",
                decision="deny",
                tools=bare,
                risk=frozenset(spec.risk),
                args=_conditions(spec),
            )


def _rule(spec: RuleSpec, name: str) -> Rule:
    escalate = spec.escalate
    return Rule(
        name=name,
        decision=spec.decision,
        tools=spec.tools,
        risk=frozenset(spec.risk),
        args=_conditions(spec),
        approvers=spec.approvers.people(),
        quorum=spec.quorum,
        stages=tuple((stage.approvers.people(), stage.quorum) for stage in spec.stages or ()),
        not_requester=spec.not_requester,
        not_editor=spec.not_editor,
        timeout_s=spec.timeout_s,
        remind_s=spec.remind_s,
        escalate=None if escalate is None else Escalation(after_s=escalate.after_s, to=escalate.to.people()),
    )


def _conditions(spec: RuleSpec) -> tuple[ArgCondition, ...]:
    return tuple(
        ArgCondition(arg=arg, operator=OPERATORS[operator], value=value)
        for arg, condition in spec.args.items()
        for operator, value in condition.conditions()
    )
