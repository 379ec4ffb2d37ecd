"""The actor that reads its replies from a file: for rehearsals, demonstrations and tests of everything around it.

JSON Lines, one reply a line: ``{"thought", "tool", "args", "expect"}``, ``{"ask", "options"}`` or ``{"done"}``. Each
asking takes one line, and which is next stands in the checkpoint's memory; past the end is done. A line whose call was
rejected is passed over, since it would be refused.
"""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    StrictInt,
    Tag,
    TypeAdapter,
    ValidationError,
)

from agent_core.checkpoint import Checkpoint
from agent_core.inputs import Ask, Done, GiveUp, ModelReply, Propose, Tell
from agent_core.ports import Replied, Situation
from agent_core.proposal import Call, canonical
from agent_core.rules.schema import with_defaults

TOLD = "I follow a fixed script and cannot answer questions. Nobody was asked, and nothing was changed."
FORMS = "one of {thought, tool, args, expect}, {ask, options} and {done}"


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Call(_Line):
    tool: str = Field(min_length=1)
    args: dict[str, JsonValue] = Field(default_factory=dict)
    thought: str = ""
    expect: str = ""


class _Question(_Line):
    ask: str = Field(min_length=1)
    options: tuple[str, ...] = Field(default=(), strict=False)


class _End(_Line):
    done: str | Literal[True]


class _Notes(_Line):
    line: StrictInt = Field(default=0, ge=0)


def _form(line: object) -> str:
    """Say which of the three a line is meant to be."""
    keys = line.keys() if isinstance(line, dict) else ()
    return next((key for key in ("ask", "done") if key in keys), "tool")


_Lines: TypeAlias = Annotated[
    Annotated[_Call, Tag("tool")] | Annotated[_Question, Tag("ask")] | Annotated[_End, Tag("done")],
    Discriminator(_form),
]
_LINE: TypeAdapter[_Call | _Question | _End] = TypeAdapter(_Lines)


class ScriptedModel:
    """Replies with its lines, one after the other."""

    immediate = True

    def __init__(self, lines: tuple[ModelReply, ...]) -> None:
        self._lines = lines

    @classmethod
    def load(cls, path: Path) -> "ScriptedModel":
        """Read a file of JSON Lines, or raise ValueError that names the line."""
        return cls(parsed_lines(path.read_bytes(), str(path)))

    def accepts(self, purpose: str) -> None:
        """Begin with any words: the script does not depend on them."""

    async def next(self, situation: Situation) -> Replied:
        """Give the next line that was not rejected; past the end is done."""
        if situation.inquiry is not None:
            return Replied(reply=Tell(words=TOLD))
        line = _line_of(situation.checkpoint)
        if line is None:
            return Replied(
                reply=GiveUp(words="Another model began this task, and a script can't go on with it. Start it again.")
            )
        while line < len(self._lines) and _was_rejected(situation, self._lines[line]):
            line += 1
        reply = self._lines[line] if line < len(self._lines) else Done(words="The script is at its end.")
        return Replied(reply=reply, memory=_Notes(line=line + 1).model_dump_json())


def parsed_lines(text: bytes, name: str) -> tuple[ModelReply, ...]:
    """Read JSON Lines as replies, or raise ValueError that names the line; empty lines are passed over."""
    return tuple(_reply(line, f"{name}:{number}") for number, line in enumerate(text.split(b"\n"), 1) if line.strip())


def _reply(text: bytes, place: str) -> ModelReply:
    try:
        return _meant(_LINE.validate_json(text))
    except ValidationError as error:
        why = _first(error)
    except ValueError as error:  # A number that JSON does not have.
        why = str(error)
    raise ValueError(f"{place}: expected {FORMS}, but {why}")


def _meant(line: _Call | _Question | _End) -> ModelReply:
    """Give the reply that a line spells."""
    match line:
        case _Call():
            args = canonical(line.args)
            return Propose(tool=line.tool, args_json=args, thought=line.thought, expect=line.expect)
        case _Question():
            return Ask(text=line.ask, options=line.options)
        case _End():
            return Done(words=line.done if isinstance(line.done, str) else "")
        case never:
            assert_never(never)


def _first(error: ValidationError) -> str:
    """Name the first fault, at its key."""
    fault = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in fault["loc"][1:])
    return f"{where}: {fault['msg']}" if where else fault["msg"]


def _line_of(checkpoint: Checkpoint) -> int | None:
    """Give the line that is next, or None if the notes are another actor's."""
    if not checkpoint.memory:
        return 0
    try:
        return _Notes.model_validate_json(checkpoint.memory).line
    except ValidationError:
        return None


def _was_rejected(situation: Situation, reply: ModelReply) -> bool:
    """Tell whether a line proposes a call that a person rejected; defaults are filled in, as on its card."""
    if not isinstance(reply, Propose):
        return False
    spec = next((tool for tool in situation.tools if tool.name == reply.tool), None)
    call = Call(tool=reply.tool, args_json=reply.args_json, fingerprint="")
    filled = Call(
        tool=reply.tool, args_json=canonical(with_defaults(spec, call.args) if spec else call.args), fingerprint=""
    )
    return situation.checkpoint.was_rejected(filled)
