"""What must be true of a runbook beyond its shape: the tools, steps and arguments that it names are there. Pure."""

from collections.abc import Iterator, Mapping

from agent_core.patterns import names
from bot.config.checks import call_problems
from bot.config.errors import Problem
from bot.config.holes import holes
from bot.config.reading import Source, Spot
from bot.config.runbooks import Runbook, Step
from bot.config.tools import AnyTool

WAYS = ("stop", "continue")


def runbook_problems(runbook: Runbook, tools: Mapping[str, AnyTool], source: Source) -> Iterator[Problem]:
    """Say everything in a runbook that leads nowhere."""
    spot = Spot(source)
    yield from _ids(runbook, spot)
    ids = {step.id for step in runbook.steps if step.id is not None}
    for index, step in enumerate(runbook.steps):
        here = spot.inside("steps", index)
        yield from call_problems(step.tool, step.args, tools, here)
        yield from _ways(step, ids, here)
        if step.tool in tools:
            yield from _asked(step, tools[step.tool], here)
    yield from _filled(runbook, tools, spot)


def _ids(runbook: Runbook, spot: Spot) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, step in enumerate(runbook.steps):
        here = spot.inside("steps", index, "id")
        if step.id in WAYS:
            yield here.expected(f"another id; “{step.id}” has a meaning of its own in on_failure")
        elif step.id in seen:
            yield here.expected(f"another id; “{step.id}” is taken")
        elif step.id is not None:
            seen.add(step.id)


def _ways(step: Step, ids: set[str], spot: Spot) -> Iterator[Problem]:
    """Hold ``when`` and ``on_failure`` to the steps that there are."""
    known = ", ".join(sorted(ids)) or "there are none"
    if step.on_failure not in {*WAYS, *ids}:
        yield spot.inside("on_failure").expected(f"stop, continue, or the id of a step: {known}")
    if step.when is not None and step.when.step not in ids - {step.id}:
        yield spot.inside("when", "step").expected(f"the id of another step: {known}")


def _asked(step: Step, tool: AnyTool, spot: Spot) -> Iterator[Problem]:
    """Hold questions to what an answer can fill: an argument, or a placeholder in one."""
    fillable = tool.args.keys() | holes(step.args)
    for name in step.ask:
        if name not in fillable:
            yield spot.inside("ask", name).expected(f"one of the arguments of {tool.name}: {', '.join(tool.args)}")


def _filled(runbook: Runbook, tools: Mapping[str, AnyTool], spot: Spot) -> Iterator[Problem]:
    """Point at named groups that fill nothing: they are misspelt."""
    used = {name for step in runbook.steps for name in holes(step.args)}
    used |= {name for step in runbook.steps if step.tool in tools for name in tools[step.tool].args}
    for index, pattern in enumerate(runbook.match):
        for name in sorted(names(pattern) - used):
            words = f"named groups that fill an argument; no step has {{{name}}} or an argument {name}"
            yield spot.inside("match", index).expected(words)
