"""Runbooks as the files have them, made into the values that the actor and the critic work with. Pure."""

from agent_core.adapters.models import runbook_values as values
from bot.config.loading import Config
from bot.config.parts import Check
from bot.config.runbooks import Runbook, Step


def to_runbooks(config: Config) -> tuple[values.Runbook, ...]:
    """Give all runbooks, in the order in which they were read."""
    return tuple(map(_runbook, config.runbooks))


def to_check(check: Check) -> values.Check:
    """Give a check as it is judged."""
    return values.Check(
        exit_code=check.exit_code,
        stdout_contains=check.stdout_contains,
        stdout_matches=check.stdout_matches,
        stderr_contains=check.stderr_contains,
        json=check.json_ or {},
    )


def _runbook(runbook: Runbook) -> values.Runbook:
    return values.Runbook(
        name=runbook.name,
        match=runbook.match,
        purpose=runbook.purpose,
        steps=tuple(map(_step, runbook.steps)),
    )


def _step(step: Step) -> values.Step:
    return values.Step(
        tool=step.tool,
        id=step.id or "",
        args=step.args,
        why=step.why,
        expect=step.expect,
        check=None if step.check is None else to_check(step.check),
        when=None if step.when is None else values.When(step=step.when.step, check=to_check(step.when.check)),
        on_failure=step.on_failure,
        ask=step.ask,
    )
