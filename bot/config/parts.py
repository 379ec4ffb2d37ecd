"""The small shapes that several parts of the configuration are made of: names, numbers, sets of people, checks. Pure.

Every model is frozen, takes no unknown key and converts nothing: ``"3"`` is no number and ``yes`` no boolean.
"""

import math
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from agent_core.patterns import flaw
from agent_core.people import People
from agent_core.words import PersonId


class Part(BaseModel):
    """What every part of the configuration has in common."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


def _regex(pattern: str) -> str:
    """Hold a pattern to what runs in linear time."""
    if (wrong := flaw(pattern)) is not None:
        raise ValueError(f"a regular expression in RE2 syntax, but {wrong}")
    return pattern


def _number(value: JsonValue) -> JsonValue:
    """Keep whole numbers whole: as a float, 2^53 + 1 would be another number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("a number")
    return value


def _pointer(pointer: str) -> str:
    if pointer and not pointer.startswith("/"):
        raise ValueError("a JSON pointer such as /status")
    return pointer


def _beside(path: Path, info: ValidationInfo) -> Path:
    """Resolve a path relative to the file that names it."""
    base = info.context.get("base", Path()) if info.context else Path()
    return Path(base, path.expanduser()).resolve()


Regex = Annotated[str, AfterValidator(_regex), WithJsonSchema({"type": "string", "format": "regex"})]
Number = Annotated[JsonValue, AfterValidator(_number), WithJsonSchema({"type": "number"})]
Pointer = Annotated[str, AfterValidator(_pointer)]
Beside = Annotated[Path, AfterValidator(_beside)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
ArgName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")]
UserId = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{1,30}$")]
GroupId = Annotated[str, StringConstraints(pattern=r"^S[A-Z0-9]{1,30}$")]
Seconds = Annotated[float, Field(gt=0, le=31_536_000)]
Count = Annotated[int, Field(ge=1)]
Phi = Annotated[float, Field(ge=0, le=10)]
Risk = Literal["low", "medium", "high", "critical"]
Effect = Literal["once", "readback", "idempotent"]


class PeopleSpec(Part):
    """A set of people: the union of its keys."""

    users: tuple[UserId, ...] = ()
    """People by their member ID (U…); the only way by which guests, outside members and bots can be in the set."""
    usergroups: tuple[GroupId, ...] = ()
    """User groups by their ID (S…)."""
    channel_members: bool = False
    """Whether every member of the task's channel is in it."""

    def people(self) -> People:
        """Give the set as decisions know it."""
        return People(
            users=frozenset(map(PersonId, self.users)),
            usergroups=frozenset(self.usergroups),
            channel_members=self.channel_members,
        )


CHANNEL = PeopleSpec(channel_members=True)
NOBODY = PeopleSpec()


class Check(Part):
    """What a tool's result must be; several keys are and."""

    exit_code: int | None = None
    stdout_contains: str | None = None
    stdout_matches: Regex | None = None
    stderr_contains: str | None = None
    json_: dict[Pointer, JsonValue] | None = Field(default=None, alias="json")
    """Values in the JSON that the tool printed, by JSON pointer: `{/status: active}`."""

    @model_validator(mode="after")
    def _says_something(self) -> "Check":
        if not self.model_fields_set:
            raise ValueError("at least one of exit_code, stdout_contains, stdout_matches, stderr_contains, json")
        return self


class ToolCall(Part):
    """Another tool's call in which `{name}` is this call's argument."""

    tool: Name
    args: dict[ArgName, JsonValue] = Field(default_factory=dict)
