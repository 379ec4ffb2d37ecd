"""The tools of ``countersign.yml``, one model for each kind. Pure.

``args`` holds JSON Schema properties; ``args_schema`` makes the object schema that arguments are checked with.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, JsonValue, StringConstraints, Tag, model_validator

from agent_core.words import Json
from bot.config.parts import ArgName, Beside, Check, Effect, Name, Part, Risk, Seconds, ToolCall

KINDS = ("command", "http", "mcp", "python")
Shape: TypeAlias = dict[str, JsonValue]


class Readback(ToolCall):
    """How to find out whether a call happened; neither or both checks holding means that nobody can say."""

    happened: Check
    not_happened: Check


class Sandbox(Part):
    """What a command may touch: the named directories and, only if asked for, the network."""

    read: tuple[Beside, ...] = ()
    write: tuple[Beside, ...] = ()
    network: bool = False


class AnyTool(Part):
    """What tools of every kind have."""

    name: Name
    """What policies and runbooks call it."""
    description: str = ""
    """What it does, for people and models."""
    args: dict[ArgName, Shape] = Field(default_factory=dict)
    """JSON Schema properties. All are required unless they have a default; `writeOnly: true` marks a secret."""
    risk: Risk = "high"
    effect: Effect = "once"
    """What a call without a result of its own comes to: the bot died in it, its time was over, somebody stopped it.
    `once`: people are asked whether it happened; `readback`: another tool is; `idempotent`: it may be run again."""
    timeout_s: Seconds = 60.0
    readback: Readback | None = None
    """Which tool says whether it happened; policy must allow its call. `not_happened` must mean that it never will."""
    preconditions: ToolCall | None = None
    """A call whose result must still be the same when the step is run."""
    undo: ToolCall | None = None
    """The call that takes this one back."""
    lock: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    """A name that one task of the workspace holds at a time, such as `service:{service}`; others wait for it."""

    @model_validator(mode="after")
    def _can_be_read_back(self) -> "AnyTool":
        if (self.effect == "readback") != (self.readback is not None):
            raise ValueError("`effect: readback` and the key `readback` together, or neither")
        return self


class CommandTool(AnyTool):
    """A program with arguments; never a shell."""

    kind: Literal["command"] = "command"
    argv: Annotated[tuple[str, ...], Field(min_length=1)]
    """The program and its arguments; an item that is exactly `{name}` is an argument of the call."""
    sandbox: Sandbox | None = None


class HttpTool(AnyTool):
    """An HTTP request."""

    kind: Literal["http"]
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: str
    headers: dict[str, str] = Field(default_factory=dict)
    body: JsonValue = None


class McpTool(AnyTool):
    """Tools of an MCP server."""

    kind: Literal["mcp"]
    server: tuple[str, ...] | None = None
    """The command that starts the server."""
    url: str | None = None
    allow: tuple[str, ...] = ()
    """Which of its tools may be used."""

    @model_validator(mode="after")
    def _has_one_server(self) -> "McpTool":
        if (self.server is None) == (self.url is None):
            raise ValueError("either `server` or `url`")
        return self


class PythonTool(AnyTool):
    """An async function of Python."""

    kind: Literal["python"]
    function: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
    """`module:name` of an annotated async function."""


def _kind(value: object) -> str:
    kind = value.get("kind", "command") if isinstance(value, dict) else getattr(value, "kind", "command")
    return kind if isinstance(kind, str) else ""


Tool = Annotated[
    Annotated[CommandTool, Tag("command")]
    | Annotated[HttpTool, Tag("http")]
    | Annotated[McpTool, Tag("mcp")]
    | Annotated[PythonTool, Tag("python")],
    Discriminator(
        _kind,
        custom_error_type="kind",
        custom_error_message="expected one of command, http, mcp, python",
    ),
]


def args_schema(tool: AnyTool) -> dict[str, Json]:
    """Give the schema of all arguments as one object: required unless there is a default, and no others."""
    return {
        "type": "object",
        "properties": dict(tool.args),
        "required": [name for name, shape in tool.args.items() if "default" not in shape],
        "additionalProperties": False,
    }


def secret_args(tool: AnyTool) -> frozenset[str]:
    """Name the arguments that cards and logs must not show."""
    return frozenset(name for name, shape in tool.args.items() if shape.get("writeOnly") is True)
