"""The policy of ``countersign.yml``: who must be asked before what. Pure."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints, model_validator

from bot.config.parts import CHANNEL, ArgName, Count, Number, Part, PeopleSpec, Regex, Risk, Seconds

Glob = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ASKING = {
    "approvers", "quorum", "stages", "not_requester", "not_editor", "timeout_s", "remind_s", "escalate",
}  # fmt: skip


class Condition(Part):
    """Conditions on one argument; several are and. One that is missing never lets an allow match."""

    eq: JsonValue = None
    ne: JsonValue = None
    gt: Number = None
    ge: Number = None
    lt: Number = None
    le: Number = None
    in_: tuple[JsonValue, ...] = Field(default=(), alias="in")
    glob: Glob = ""
    matches: Regex = ""
    """A regular expression that occurs anywhere in the text; `^` and `$` tie it to the ends."""

    @model_validator(mode="after")
    def _says_something(self) -> "Condition":
        if not self.model_fields_set:
            raise ValueError("at least one of eq, ne, gt, ge, lt, le, in, glob, matches")
        return self

    def conditions(self) -> list[tuple[str, JsonValue]]:
        """Give each condition by its operator, in the order of the file's format."""
        given = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return list(given.items())


class Stage(Part):
    """One of several groups of people that decide one after another."""

    approvers: PeopleSpec = CHANNEL
    quorum: Count = 1


class EscalationSpec(Part):
    """Who may approve as well, and from when on."""

    after_s: Seconds
    to: PeopleSpec


class RuleSpec(Part):
    """One rule: which calls it is about, and what holds for them."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None
    """What people are told when the rule decides; `rule 1`, `rule 2` … by default."""
    tools: Annotated[tuple[Glob, ...], Field(min_length=1)] = ("*",)
    """Names of tools, as globs."""
    risk: tuple[Risk, ...] = ()
    """Risks; none means any."""
    args: dict[ArgName, Condition] = Field(default_factory=dict)
    decision: Literal["allow", "ask", "deny"]
    approvers: PeopleSpec = CHANNEL
    quorum: Count = 1
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)] | None = None
    """Instead of approvers and quorum: groups that decide in this order, nobody in two."""
    not_requester: bool = True
    not_editor: bool = False
    timeout_s: Seconds = 1800.0
    """Silence for so long denies."""
    remind_s: Seconds | None = None
    escalate: EscalationSpec | None = None
    require_sandbox: bool = False
    """Refuse the calls that the rule is about where the tool has no sandbox."""

    @model_validator(mode="after")
    def _asks_one_way(self) -> "RuleSpec":
        given = self.model_fields_set
        if self.decision != "ask" and (idle := sorted(given & ASKING)):
            raise ValueError(f"no {', '.join(idle)} here: only `decision: ask` asks people")
        if self.stages is not None and given & {"approvers", "quorum"}:
            raise ValueError("either stages, each with its own approvers and quorum, or approvers and quorum")
        if self.escalate is not None and self.escalate.after_s >= self.timeout_s:
            raise ValueError("escalate.after_s to be less than timeout_s, or nobody is ever asked")
        return self


class PolicySpec(Part):
    """All rules; deny beats ask beats allow, and every ask that matches must be met."""

    default: Literal["allow", "ask", "deny"] = "ask"
    """What holds where no rule matches."""
    rules: tuple[RuleSpec, ...] = ()
