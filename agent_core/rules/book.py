"""The one frozen value of everything configured that a decision may depend on. Pure.

It is made from the configuration at start (and anew when the file changes) and named by the policy's version. The
lessons in it are those of the team at this moment; the journal names the ones that were used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agent_core.checks import Check
from agent_core.lesson import Lesson
from agent_core.people import EVERYBODY_HERE, NOBODY, People
from agent_core.policy import Policy
from agent_core.proposal import EffectClass, Risk
from agent_core.words import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Readback:
    """How to find out whether a call happened: another call, and what its result says. ``args`` is a template."""

    tool: str
    args: Mapping[str, Json]
    happened: Check
    not_happened: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """One tool as a decision sees it. ``schema_json`` is the JSON Schema of its arguments (an object schema).

    ``fingerprint`` changes whenever what would run changes; ``secret_args`` are hidden on cards but signed. ``lock`` is
    the template of a name that one task at a time holds while its call runs; empty for none.
    """

    name: str
    description: str
    schema_json: str
    fingerprint: str
    risk: Risk = "high"
    effect: EffectClass = "once"
    timeout_s: float = 60.0
    secret_args: frozenset[str] = frozenset()
    sandbox: str = "none"
    readback: Readback | None = None
    lock: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a task may go on. Times in seconds, Φ in 0..10."""

    max_steps: int = 20
    wall_s: float = 900.0
    cost_usd: float = 2.0
    tokens: int = 200_000
    stop_phi: float = 9.0
    success_phi: float = 7.0
    review_scores: bool = False
    ask_every_steps: int = 0
    lease_s: float = 15.0
    budget_silence_s: float = 1800.0
    paged_chars: int = 1_800
    args_bytes: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Policy, tools, limits, people and lessons, and the key that digests are made with."""

    policy: Policy
    tools: Mapping[str, ToolSpec]
    key: bytes = field(repr=False)
    limits: Limits = field(default_factory=Limits)
    corrections_by: Literal["requester", "participants", "channel_members"] = "participants"
    teachers: People = EVERYBODY_HERE
    overriders: People = EVERYBODY_HERE
    starters: People = EVERYBODY_HERE
    operators: People = NOBODY
    lessons: tuple[Lesson, ...] = ()
