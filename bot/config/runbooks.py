"""The files of runbooks: named procedures that run with no model. Pure."""

from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from bot.config.parts import ArgName, Check, Name, Part, Regex

StepId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")]


class When(Part):
    """Run the step only if an earlier one's result passes a check."""

    step: StepId
    check: Check


class Step(Part):
    """One call of a tool."""

    id: StepId | None = None
    """What other steps call it."""
    tool: Name
    args: dict[ArgName, JsonValue] = Field(default_factory=dict)
    """`{name}` is filled from the match, answers and corrections; what is missing is asked for."""
    why: str = ""
    expect: str = ""
    """What should change; words for the card."""
    check: Check | None = None
    """A postcondition: what Φ is made of."""
    when: When | None = None
    on_failure: StepId = "stop"
    """`stop`, `continue`, or the step to go to."""
    ask: dict[ArgName, str] = Field(default_factory=dict)
    """The question to ask for an argument that is missing."""


class Runbook(Part):
    """A named procedure whose steps name tools."""

    name: Name
    match: Annotated[tuple[Regex, ...], Field(min_length=1)]
    """Searched in the task's words, case and white space folded; named groups fill arguments."""
    purpose: str = ""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
