"""The whole of ``countersign.yml`` as one model. Pure."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from bot.config.parts import CHANNEL, NOBODY, Count, Name, Part, PeopleSpec, Phi, Seconds
from bot.config.policies import PolicySpec
from bot.config.tools import Tool


def _version(version: int) -> int:
    """Take the one version that there is; as a Literal, true and 1.0 would pass for 1."""
    if version != 1:
        raise ValueError("1, the only version there is")
    return version


Version = Annotated[int, AfterValidator(_version), WithJsonSchema({"const": 1})]
ModelName = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Budget(Part):
    """What a task may use up; time spent waiting for people does not count."""

    wall_s: Seconds = 900.0
    cost_usd: Annotated[float, Field(gt=0)] = 2.0
    tokens: Count = 200_000


class AgentSpec(Part):
    """How the agent works."""

    model: ModelName = "runbook"
    """`runbook` or `scripted:<file>`."""
    critic: ModelName = "postconditions"
    optimizer: ModelName = "template"
    max_steps: Annotated[int, Field(ge=1, le=1000)] = 20
    budget: Budget = Budget()
    stop_phi: Phi = 9.0
    """Φ from which on a task ends early."""
    success_phi: Phi = 7.0
    """Φ above which a task has succeeded."""
    review_scores: bool = False
    """Whether every score is offered for review before the task goes on."""
    ask_every_steps: Annotated[int, Field(ge=0)] = 0
    """Pause and ask every so many steps; 0 for never."""


class NamedAgent(Part):
    """A named agent for plans."""

    role: str = ""
    tools: tuple[str, ...] = ("*",)
    model: ModelName | None = None
    budget: Budget | None = None
    memory_tokens: Count = 4000


class Corrections(Part):
    """Whose replies in the thread are corrections."""

    by: Literal["requester", "participants", "channel_members"] = "participants"


class LimitsSpec(Part):
    """What one person may have open."""

    waiting_per_requester: Count = 200


class Document(Part):
    """The configuration of Countersign."""

    version: Version = 1
    agent: AgentSpec = AgentSpec()
    agents: dict[Name, NamedAgent] = Field(default_factory=dict)
    """Named agents for plans; `agent` is the default one."""
    tools: tuple[Tool, ...] = ()
    policy: PolicySpec = PolicySpec()
    corrections: Corrections = Corrections()
    teachers: PeopleSpec = CHANNEL
    overriders: PeopleSpec = CHANNEL
    starters: PeopleSpec = CHANNEL
    """Who may start tasks. Guests, outside members and bots never, unless named."""
    operators: PeopleSpec = NOBODY
    """Who may stop all, break glass and make rules; nobody by default."""
    limits: LimitsSpec = LimitsSpec()
    retention_days: Annotated[int, Field(ge=1, le=36500)] = 90
    """For how long finished threads are kept."""
    runbooks: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = ("runbooks/*.yml",)
    """Files of runbooks, as globs relative to this file."""
