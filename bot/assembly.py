"""From a checked configuration to the parts that do the work: tools with their fingerprints, the actor, the critic.

The only file that turns what was configured into adapters, so that adding a kind of tool or model is one line here.
"""

from dataclasses import dataclass

from agent_core.adapters.models.postconditions import PostconditionsCritic
from agent_core.adapters.models.runbook import RunbookModel
from agent_core.adapters.models.runbook_values import Runbook
from agent_core.adapters.models.scripted import ScriptedModel
from agent_core.adapters.tools.command import CommandTool
from agent_core.adapters.tools.output import ToolMisconfigured
from agent_core.adapters.tools.python import PythonTool
from agent_core.adapters.tools.toolbox import Runner, Toolbox, fingerprint_of
from agent_core.ports import Critic, Model
from agent_core.rules.book import Rules
from bot import config as configured
from bot.config import Config, ConfigError, Problem, secret_args, to_rules, to_runbooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a configuration makes."""

    rules: Rules
    tools: Toolbox
    model: Model
    critic: Critic


def assemble(config: Config, key: bytes) -> Parts:
    """Make all parts, or raise ConfigError for what can't be used on this machine."""
    runners: dict[str, Runner] = {}
    problems: list[Problem] = []
    for tool in config.document.tools:
        try:
            runners[tool.name] = runner_of(tool, config)
        except ToolMisconfigured as no:
            problems.append(Problem(file=str(config.path), line=None, key=f"tools.{tool.name}", words=no.words))
    if problems:
        raise ConfigError(*problems)
    rules = to_rules(config, key, {name: fingerprint_of(runner) for name, runner in runners.items()})
    books = to_runbooks(config)
    return Parts(
        rules=rules,
        tools=Toolbox(runners, rules.tools),
        model=model_of(config, books, rules),
        critic=PostconditionsCritic(books, rules.tools),
    )


def check_is_kept(tool: configured.Tool) -> None:
    """Raise ToolMisconfigured for a promise that this version does not keep: no tool beats one that only seems safe."""
    asked = {
        "sandbox": isinstance(tool, configured.CommandTool) and tool.sandbox is not None,
        "preconditions": tool.preconditions is not None,
    }
    for name, is_asked in asked.items():
        if is_asked:
            raise ToolMisconfigured(f"`{name}` is not available in this version; take it out, or do without the tool")


def runner_of(tool: configured.Tool, config: Config) -> Runner:
    """Make what runs one tool, or raise ToolMisconfigured."""
    check_is_kept(tool)
    match tool:
        case configured.CommandTool():
            patterns = {name: str(shape["pattern"]) for name, shape in tool.args.items() if "pattern" in shape}
            return CommandTool(
                name=tool.name,
                argv=tool.argv,
                config_dir=config.path.absolute().parent,
                timeout_s=tool.timeout_s,
                patterns=patterns,
                secret_args=secret_args(tool),
            )
        case configured.PythonTool():
            return PythonTool(
                name=tool.name, function=tool.function, timeout_s=tool.timeout_s, secret_args=secret_args(tool)
            )
        case _:
            raise ToolMisconfigured(f"tools of kind {tool.kind} are not available in this version")


def model_of(config: Config, books: tuple[Runbook, ...], rules: Rules) -> Model:
    """Make the actor that was configured."""
    if config.script is None:
        return RunbookModel(books, rules.tools)
    try:
        return ScriptedModel.load(config.script)
    except ValueError as wrong:
        raise ConfigError(Problem(file=str(config.script), line=None, key="", words=str(wrong))) from wrong
