"""A desk at which an actor and its critic are asked as the core asks them, with people's words in between.

It keeps one checkpoint and nothing else, so that whatever an actor remembers has gone through its memory as text.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from agent_core.adapters.models.postconditions import PostconditionsCritic
from agent_core.adapters.models.runbook import RunbookModel
from agent_core.adapters.models.runbook_values import Check, Runbook, Step
from agent_core.checkpoint import MESSAGES, RECENT, Checkpoint, Message, RejectedCall
from agent_core.inputs import ModelReply, Propose, Tell
from agent_core.phases import Scoring, Thinking
from agent_core.ports import Critic, Figures, Model, Output, Situation
from agent_core.proposal import Call, Outcome, Proposal, Risk, StepRun, canonical
from agent_core.rules.book import ToolSpec
from agent_core.words import Args, Digest, Json, PersonId, ThreadId

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def tool(
    name: str, args: dict[str, Json] | None = None, *, secret: frozenset[str] = frozenset(), risk: Risk = "high"
) -> ToolSpec:
    """Make a tool whose arguments are all required unless they have a default."""
    shapes = args if args is not None else {"service": {"type": "string", "pattern": "^[a-z0-9-]+$"}}
    required: list[Json] = [arg for arg, shape in shapes.items() if isinstance(shape, dict) and "default" not in shape]
    schema: Json = {"type": "object", "properties": shapes, "required": required, "additionalProperties": False}
    text = canonical(schema)
    return ToolSpec(name=name, description=name, schema_json=text, fingerprint="f1", secret_args=secret, risk=risk)


LINES: Json = {"type": "integer", "minimum": 1, "default": 20}
SERVICE: Json = {"type": "string", "pattern": "^[a-z0-9-]+$"}
READ = tool("read_status", risk="low")
RESTART = tool("restart_service")
LOGS = tool("read_logs", {"service": SERVICE, "lines": LINES}, risk="low")
NOTIFY = tool("notify", {"text": {"type": "string"}, "token": {"type": "string"}}, secret=frozenset({"token"}))
SCALE = tool("scale", {"size": {"type": "string", "enum": ["small", "large"]}, "now": {"type": "boolean"}})
SYNC = tool("sync", {})
TOOLS = {spec.name: spec for spec in (READ, RESTART, LOGS, NOTIFY, SCALE, SYNC)}

RESTARTING = Runbook(
    name="restart-service",
    match=("restart (the )?(?P<service>[a-z0-9-]+)",),
    purpose="The service answers again.",
    steps=(
        Step(id="look", tool="read_status", args={"service": "{service}"}, why="See whether it is down."),
        Step(
            tool="restart_service",
            args={"service": "{service}"},
            why="It does not answer.",
            expect="is active again",
        ),
        Step(tool="read_status", args={"service": "{service}"}, check=Check(stdout_contains="active")),
    ),
)


def of(*steps: Step, match: str = "go", name: str = "book") -> Runbook:
    """Make a runbook of these steps."""
    return Runbook(name=name, match=(match,), steps=steps)


@dataclass
class Desk:
    """One task: ``checkpoint`` is all that is kept between two askings."""

    model: Model
    critic: Critic
    checkpoint: Checkpoint
    tools: tuple[ToolSpec, ...] = tuple(TOOLS.values())

    def situation(self, inquiry: str | None = None) -> Situation:
        """Say what the actor is told."""
        return Situation(checkpoint=self.checkpoint, tools=self.tools, inquiry=inquiry)

    async def ask(self) -> ModelReply:
        """Ask for the next step and keep the notes, with a step's number where one is proposed."""
        replied = await self.model.next(self.situation())
        memory = self.checkpoint.memory if replied.memory is None else replied.memory
        step = self.checkpoint.step + isinstance(replied.reply, Propose)
        self.checkpoint = replace(self.checkpoint, memory=memory, step=step).then(Thinking(asked=1))
        return replied.reply

    async def proposed(self) -> Propose:
        """Ask, and expect a proposal."""
        reply = await self.ask()
        assert isinstance(reply, Propose), reply
        return reply

    async def proposed_after_words(self, *words: str) -> Propose:
        """Ask, expect these words to be said in the thread, and then a proposal."""
        said = await self.ask()
        assert isinstance(said, Tell), said
        assert all(word in said.words for word in words), said
        self.says("That was said.", about="refused")
        return await self.proposed()

    async def told(self, inquiry: str) -> str:
        """Ask a question about the task."""
        replied = await self.model.next(self.situation(inquiry))
        assert isinstance(replied.reply, Tell)
        assert replied.memory is None
        return replied.reply.words

    async def ran(
        self, step: Propose, stdout: str = "", *, outcome: Outcome = "ok", args: Args | None = None
    ) -> Figures:
        """Let a step end, with other arguments where somebody edited them, and have it scored."""
        call = self.call(step, args)
        exit_code = {"ok": 0, "failed": 1}.get(outcome)
        run = StepRun(
            step=self.checkpoint.step,
            digest=Digest(f"{self.checkpoint.step:032x}"),
            call=call,
            outcome=outcome,
            exit_code=exit_code,
            excerpt=stdout,
            ended_at=self.tick(),
            approved_by=() if self.tool(step).risk == "low" else (PersonId("U0A"),),
            edited_by=None if args is None else PersonId("U0EDITOR"),
        )
        tally = self.checkpoint.tally
        tally = replace(tally, steps=tally.steps + 1, succeeded=tally.succeeded + run.ok)
        recent = (*self.checkpoint.recent, run)[-RECENT:]
        self.checkpoint = replace(self.checkpoint, recent=recent, tally=tally)
        return await self.scored(run, Output(exit_code=exit_code, stdout=stdout))

    async def scored(self, run: StepRun | None, output: Output | None = None) -> Figures:
        """Have the newest step scored, or the whole."""
        self.checkpoint = self.checkpoint.then(Scoring(asked=1, run=run))
        figures = await self.critic.score(self.situation(), run, output)
        memory = self.checkpoint.memory if figures.memory is None else figures.memory
        self.checkpoint = replace(self.checkpoint, memory=memory, phi=figures.after).then(Thinking(asked=1))
        return figures

    def tool(self, step: Propose) -> ToolSpec:
        """Find a step's tool; those of low risk run without people, as policies have it."""
        return next(tool for tool in self.tools if tool.name == step.tool)

    def denied(self, step: Propose, because: str = "rule 1") -> None:
        """Have policy forbid a step, which the core does not score."""
        run = StepRun(
            step=self.checkpoint.step,
            digest=Digest(f"{self.checkpoint.step:032x}"),
            call=self.call(step),
            outcome="denied",
            excerpt=because,
            ended_at=self.tick(),
        )
        self.checkpoint = replace(self.checkpoint, recent=(*self.checkpoint.recent, run)[-RECENT:])

    def rejects(self, step: Propose, words: str = "wrong target") -> None:
        """Have a person reject a step."""
        call = self.call(step)
        rejected = RejectedCall(
            call_key=call.key, tool=call.tool, args_json=call.args_json, reason="other", note="", by=PersonId("U0A")
        )
        self.checkpoint = replace(self.checkpoint, rejected=(*self.checkpoint.rejected, rejected))
        self.says(words, about="rejection")

    def corrects(self, step: Propose, words: str, *, args: Args | None = None) -> None:
        """Have a person correct a step that waits, which somebody may have edited before."""
        held = Proposal(
            call=self.call(step, args),
            digest=Digest("d1" * 16),
            version=1,
            step=self.checkpoint.step,
            thought=step.thought,
            expect=step.expect,
            phi=None,
            made_at=NOON,
            expires_at=NOON + timedelta(minutes=30),
            policy_version="p1",
            editor=None if args is None else PersonId("U0EDITOR"),
        )
        self.says(words, about="correction")
        self.checkpoint = self.checkpoint.then(Thinking(asked=1, held=held))

    def says(self, words: str, about: str = "answer") -> None:
        """Have a person say something that the actor must get."""
        said = Message(by=PersonId("U0A"), text=words, about=about, step=self.checkpoint.step, at=self.tick())  # type: ignore[arg-type]  # the tests name the kinds
        messages = (*self.checkpoint.messages, said)[-MESSAGES:]
        self.checkpoint = replace(self.checkpoint, messages=messages).then(Thinking(asked=1))

    def call(self, step: Propose, args: Args | None = None) -> Call:
        """Make the call that a proposal would be."""
        text = step.args_json if args is None else canonical(args)
        return Call(tool=step.tool, args_json=text, fingerprint="f1")

    def tick(self) -> datetime:
        """Let a second pass."""
        self.checkpoint = replace(self.checkpoint, version=self.checkpoint.version + 1)
        return NOON + timedelta(seconds=self.checkpoint.version)


def desk(*runbooks: Runbook, purpose: str = "Restart the checkout cache in staging.") -> Desk:
    """Set up a task that these runbooks may serve."""
    checkpoint = Checkpoint(
        thread_id=ThreadId("T0TEAM:C0STAGING:1772452800.000100"),
        version=0,
        purpose=purpose,
        requester=PersonId("U0REQUESTER"),
        started_at=NOON,
        phase=Thinking(asked=0),
    )
    return Desk(RunbookModel(runbooks, TOOLS), PostconditionsCritic(runbooks, TOOLS), checkpoint)
