"""What must be true between the parts of ``countersign.yml``, beyond the shape of each. Pure.

A tool's argument schemas are checked here as well, for what they may say is JSON Schema's business and not pydantic's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError

from agent_core.patterns import flaw
from agent_core.proposal import canonical
from agent_core.rules.book import ToolSpec
from agent_core.rules.schema import problems as arg_problems
from agent_core.words import Json
from bot.config.document import Document
from bot.config.errors import Problem
from bot.config.holes import HOLE, holes
from bot.config.parts import ToolCall
from bot.config.reading import Source, Spot
from bot.config.tools import AnyTool, CommandTool, HttpTool, McpTool, Readback, Shape, secret_args

ELSEWHERE = ("$ref", "$dynamicRef", "$id", "$anchor", "$dynamicAnchor", "$defs", "patternProperties")
VALUES = ("default", "const", "enum", "examples")
# Without the check of formats: it would hold patterns to the syntax of Python's re, and ours are RE2's.
UNFORMATTED = FormatChecker(formats=())
NO_PROVIDERS = "model providers are not available in this version; use"


def document_problems(document: Document, source: Source) -> Iterator[Problem]:
    """Say everything that does not fit together in the main file."""
    spot = Spot(source)
    yield from _agents(document, spot)
    yield from repeated(spot.inside("tools"), [tool.name for tool in document.tools])
    names = [rule.name or f"rule {nth}" for nth, rule in enumerate(document.policy.rules, 1)]
    yield from repeated(spot.inside("policy", "rules"), names)
    tools = {tool.name: tool for tool in document.tools}
    for index, tool in enumerate(document.tools):
        yield from _tool(tool, tools, spot.inside("tools", index))


def repeated(spot: Spot, names: Iterable[str], key: str = "name") -> Iterator[Problem]:
    """Point at each name that stood before."""
    seen: Counter[str] = Counter()
    for index, name in enumerate(names):
        if seen[name]:
            yield spot.inside(index, key).expected(f"another {key}; “{name}” is taken")
        seen[name] += 1


def call_problems(name: str, args: Mapping[str, Json], tools: Mapping[str, AnyTool], spot: Spot) -> Iterator[Problem]:
    """Say what is wrong with a call as it is written down; what has a placeholder is known only later."""
    tool = tools.get(name)
    if tool is None:
        yield spot.inside("tool").expected(f"one of the tools: {', '.join(tools) or 'there are none'}")
        return
    for arg, value in args.items():
        here = spot.inside("args", arg)
        if arg not in tool.args:
            yield here.expected(f"one of the arguments of {name}: {', '.join(tool.args) or 'it has none'}")
        elif not holes(value) and not any(True for _ in _shape(tool.args[arg], here)):
            yield from (here.expected(f"a value that {wrong}") for wrong in _misfits(tool, arg, value))


def _agents(document: Document, spot: Spot) -> Iterator[Problem]:
    """Refuse the models that this version does not have."""
    yield from _model(document.agent.model, spot.inside("agent", "model"))
    for name, agent in document.agents.items():
        if agent.model is not None:
            yield from _model(agent.model, spot.inside("agents", name, "model"))
    if document.agent.critic != "postconditions":
        yield spot.inside("agent", "critic").problem(f"{NO_PROVIDERS} postconditions")
    if document.agent.optimizer != "template":
        yield spot.inside("agent", "optimizer").problem(f"{NO_PROVIDERS} template")


def _model(model: str, spot: Spot) -> Iterator[Problem]:
    if model == "runbook":
        return
    if not model.startswith("scripted:"):
        yield spot.problem(f"{NO_PROVIDERS} runbook or scripted:<file>")
    elif not model.removeprefix("scripted:").strip():
        yield spot.expected("a file after scripted:")


def _tool(tool: AnyTool, tools: Mapping[str, AnyTool], spot: Spot) -> Iterator[Problem]:
    if isinstance(tool, HttpTool | McpTool):
        words = f"tools of kind {tool.kind} are not available in this version; use command or python"
        yield spot.inside("kind").problem(words)
    for name, shape in tool.args.items():
        yield from _argument(tool, name, shape, spot.inside("args", name))
    if isinstance(tool, CommandTool):
        yield from _argv(tool, spot)
    for key, call in (("readback", tool.readback), ("preconditions", tool.preconditions), ("undo", tool.undo)):
        if call is not None:
            yield from _call(call, tool, tools, spot.inside(key))
    for name in sorted(holes(tool.lock) - tool.args.keys()):
        yield spot.inside("lock").expected(f"{{{name}}} to be one of the arguments")
    for name in sorted(holes(tool.lock) & secret_args(tool)):
        yield spot.inside("lock").problem(
            f"{{{name}}} is a secret argument, and the cards of those who wait show the lock"
        )


def _argument(tool: AnyTool, name: str, shape: Shape, spot: Spot) -> Iterator[Problem]:
    wrong = list(_shape(shape, spot))
    yield from wrong
    if not wrong and "default" in shape:
        for words in _misfits(tool, name, shape["default"]):
            yield spot.inside("default").expected(f"a default that {words}")


def _shape(shape: Shape, spot: Spot) -> Iterator[Problem]:
    """Hold an argument's schema to JSON Schema, patterns in linear time, and nothing that stands elsewhere."""
    try:
        Draft202012Validator.check_schema(shape, format_checker=UNFORMATTED)
    except SchemaError as error:
        yield spot.inside(*error.absolute_path).expected(f"JSON Schema (2020-12), but {error.message}")
    else:
        yield from _keywords(shape, spot)


def _keywords(shape: Json, spot: Spot) -> Iterator[Problem]:
    """Look through a schema and all schemas in it."""
    if isinstance(shape, list):
        for index, inner in enumerate(shape):
            yield from _keywords(inner, spot.inside(index))
    if not isinstance(shape, Mapping):
        return
    for key, inner in shape.items():
        here = spot.inside(key)
        if key in ELSEWHERE:
            yield here.problem(f"{key} is not followed; write the schema out where it is used")
        elif key == "pattern" and isinstance(inner, str):
            yield from _pattern(inner, here)
        elif key not in VALUES:
            yield from _keywords(inner, here)


def _pattern(pattern: str, spot: Spot) -> Iterator[Problem]:
    wrong = flaw(pattern)
    if wrong is not None:
        yield spot.expected(f"a regular expression in RE2 syntax, but {wrong}")


def _misfits(tool: AnyTool, name: str, value: Json) -> list[str]:
    """Say what is wrong with a value for one argument alone."""
    schema: dict[str, Json] = {"type": "object", "properties": {name: tool.args[name]}}
    spec = ToolSpec(name=tool.name, description="", schema_json=canonical(schema), fingerprint="")
    return [problem.words for problem in arg_problems(spec, {name: value})]


def _argv(tool: CommandTool, spot: Spot) -> Iterator[Problem]:
    """Refuse placeholders that would not be filled: they would reach the program as they stand."""
    for index, item in enumerate(tool.argv):
        here = spot.inside("argv", index)
        named = HOLE.fullmatch(item)
        if named is None:
            for name in sorted(holes(item) & tool.args.keys()):
                yield here.expected(f"{{{name}}} as an item of its own; inside an item it is not filled in")
        elif index == 0:
            yield here.expected("the program itself; it is looked up at start, so it cannot be an argument")
        elif named[1] not in tool.args:
            yield here.expected(f"{{{named[1]}}} to be one of the arguments")
        elif tool.args[named[1]].get("type") == "object":
            yield here.expected(f"an argument that is no object, as {named[1]} is")


def _call(call: ToolCall, tool: AnyTool, tools: Mapping[str, AnyTool], spot: Spot) -> Iterator[Problem]:
    """Hold a readback, precondition or undo to the tools and arguments that there are."""
    yield from call_problems(call.tool, call.args, tools, spot)
    for name, value in call.args.items():
        for hole in sorted(holes(value) - tool.args.keys()):
            yield spot.inside("args", name).expected(f"{{{hole}}} to be one of the arguments of {tool.name}")
    if isinstance(call, Readback) and call.tool == tool.name:
        yield spot.inside("tool").expected("another tool: reading back must not do it again")
