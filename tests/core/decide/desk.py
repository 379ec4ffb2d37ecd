"""A task on a desk: inputs are decided one after the other, what follows is kept as the store would keep it.

Every decision made here is held to the laws (``tests.core.decide.laws``), so each test checks them all on its way.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent_core.checkpoint import Card, Checkpoint
from agent_core.decide import decide
from agent_core.effects import Effect, Learn, Notify, RunTool, Say
from agent_core.errors import Refused
from agent_core.inputs import (
    AcceptScore,
    Approve,
    CardPosted,
    Done,
    Edit,
    Input,
    ModelReplied,
    ModelReply,
    Pause,
    Propose,
    Reject,
    Resume,
    Scored,
    Start,
    ToolFinished,
    ToolStarted,
    Withdraw,
)
from agent_core.people import Person
from agent_core.phases import Acting, AwaitingApproval, AwaitingScoreReview, Paused, Phase
from agent_core.proposal import Proposal, canonical
from agent_core.records import Record
from agent_core.rules.book import Limits, Rules
from agent_core.rules.endings import pending_work
from agent_core.transition import Transition
from agent_core.words import CardKey, EffectId, Json, ThreadId, effect_id_of
from tests.core.decide import laws
from tests.core.decide.office import RULES
from tests.examples import APPROVER, NOON, REQUESTER, THREAD


@dataclass(kw_only=True)
class Desk:
    """One task, its simulated outbox and journal, and the time."""

    rules: Rules = RULES
    now: datetime = NOON
    checkpoint: Checkpoint | None = None
    thread_id: ThreadId = THREAD
    outbox: dict[EffectId, Effect] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    log: list[tuple[Input, Transition]] = field(default_factory=list)
    ledger: laws.Ledger = field(default_factory=laws.Ledger)

    def give(self, given: Input) -> Transition:
        """Decide an input and keep what follows, or raise Refused with everything as it was."""
        before = self.checkpoint
        transition = decide(before, given, self.now, self.rules, thread_id=self.thread_id)
        laws.check(before, given, transition, self.now, self.rules, self.thread_id)
        self.checkpoint = transition.checkpoint
        self.outbox = {name: kept for name, kept in self.outbox.items() if name not in transition.settled}
        self.outbox |= transition.outbox()
        self.records.extend(transition.records)
        self.log.append((given, transition))
        self.ledger.note(before, given, transition, self.now, self.rules)
        laws.check_outbox(transition.checkpoint, self.outbox)
        self.learn(transition)
        return transition

    def learn(self, transition: Transition) -> None:
        """Have the lessons of a transition known to the next."""
        learned = tuple(effect.lesson for effect in transition.effects if isinstance(effect, Learn))
        self.rules = replace(self.rules, lessons=(*self.rules.lessons, *learned))

    def refuses(self, given: Input) -> Refused:
        """Give the refusal of an input; it fails if the input is accepted."""
        before = self.checkpoint
        try:
            self.give(given)
        except Refused as no:
            laws.check_refused(no)
            laws.check_same(before, self.checkpoint)
            return no
        raise AssertionError(f"{given.kind} was accepted")

    def later(self, seconds: float) -> "Desk":
        """Let time go by."""
        self.now += timedelta(seconds=seconds)
        return self

    def limited(self, **limits: object) -> "Desk":
        """Change some of the limits."""
        self.rules = replace(self.rules, limits=replace(self.rules.limits, **limits))  # type: ignore[arg-type]  # limits are its own fields
        return self

    # What is so now

    @property
    def task(self) -> Checkpoint:
        """The task; there must be one."""
        assert self.checkpoint is not None
        return self.checkpoint

    @property
    def phase(self) -> Phase:
        """The task's phase."""
        return self.task.phase

    @property
    def kind(self) -> str:
        """The name of the task's phase."""
        return self.phase.kind

    @property
    def proposal(self) -> Proposal:
        """The proposal that waits or runs."""
        phase = self.phase.was if isinstance(self.phase, Paused) else self.phase
        held = getattr(phase, "held", None) or getattr(phase, "proposal", None)
        assert isinstance(held, Proposal)
        return held

    @property
    def work(self) -> EffectId:
        """The ID of the one piece of work that is waited for."""
        (only,) = pending_work(self.task)
        return only

    @property
    def fence(self) -> int:
        """The fence of the claim in force."""
        phase = self.phase.was if isinstance(self.phase, Paused) else self.phase
        assert isinstance(phase, Acting)
        assert phase.claim is not None
        return phase.claim.fence

    @property
    def card(self) -> Card:
        """The newest card."""
        return self.task.cards[-1]

    def newest(self, about: str) -> Card:
        """Give the newest card about something."""
        return next(card for card in reversed(self.task.cards) if card.about == about)

    def said(self) -> list[str]:
        """Say what was said in the thread, oldest first."""
        return [effect.words for _, done in self.log for effect in done.effects if isinstance(effect, Say)]

    def notified(self) -> list[str]:
        """Say why people were notified, oldest first."""
        return [effect.why for _, done in self.log for effect in done.effects if isinstance(effect, Notify)]

    def kept(self, kind: str) -> list[Record]:
        """Give the records of one kind, oldest first."""
        return [record for record in self.records if record.kind == kind]

    def runs(self) -> int:
        """Count how many times a step was released."""
        return sum(isinstance(effect, RunTool) for _, done in self.log for effect in done.effects)

    # What is usual

    def start(self, purpose: str = "Restart the checkout cache in staging.") -> "Desk":
        """Begin."""
        self.give(Start(by=REQUESTER, purpose=purpose))
        return self

    def reply(self, reply: ModelReply, **facts: object) -> Transition:
        """Have the model answer what it was asked."""
        return self.give(ModelReplied(effect_id=self.work, reply=reply, **facts))  # type: ignore[arg-type]  # facts are its own fields

    def propose(self, tool: str = "restart_service", **args: Json) -> Transition:
        """Have the model propose a step."""
        wanted = canonical(args or {"service": "cart"})
        return self.reply(Propose(tool=tool, args_json=wanted, thought="It is down.", expect="is active"))

    def done(self, words: str = "Nothing is left to do.") -> Transition:
        """Have the model say that it is done."""
        return self.reply(Done(words=words))

    def approval(self, by: Person = APPROVER, **facts: object) -> Approve:
        """Make an approval of what waits."""
        return Approve(by=by, digest=self.proposal.digest, version=self.proposal.version, **facts)  # type: ignore[arg-type]  # facts are its own fields

    def approve(self, by: Person = APPROVER) -> Transition:
        """Say yes to what waits."""
        return self.give(self.approval(by))

    def rejection(self, by: Person = APPROVER, note: str = "") -> Reject:
        """Make a rejection of what waits."""
        named = {"digest": self.proposal.digest, "version": self.proposal.version}
        return Reject(by=by, reason="wrong_target", note=note, **named)  # type: ignore[arg-type]  # they are its own fields

    def edit(self, by: Person = APPROVER, note: str = "", **args: Json) -> Edit:
        """Make an edit of what waits."""
        named = {"digest": self.proposal.digest, "version": self.proposal.version}
        return Edit(by=by, args_json=canonical(args), note=note, **named)  # type: ignore[arg-type]  # they are its own fields

    def withdrawal(self, by: Person = APPROVER) -> Withdraw:
        """Take an approval back."""
        return Withdraw(by=by, digest=self.proposal.digest, version=self.proposal.version)

    def acceptance(self, by: Person) -> AcceptScore:
        """Let the score under review stand."""
        assert isinstance(self.phase, AwaitingScoreReview)
        return AcceptScore(by=by, digest=self.phase.score.digest)

    def resuming(self) -> Resume:
        """Have the requester resume."""
        return Resume(by=REQUESTER)

    def starting(self, *fresh: Person) -> ToolStarted:
        """Make the claim of what was released; ``fresh`` are the approvers as they are now, if not as they were."""
        people = fresh or tuple(approval.by for approval in self.proposal.approvals)
        return ToolStarted(effect_id=self.work, digest=self.proposal.digest, worker="worker-1", approvers=people)

    def claim(self, *fresh: Person) -> Transition:
        """Claim what was released."""
        return self.give(self.starting(*fresh))

    def ended(self, *, ok: bool = True, stdout: str = "active") -> Transition:
        """Have the call that runs end."""
        return self.give(
            ToolFinished(effect_id=self.work, fence=self.fence, ok=ok, exit_code=0 if ok else 1, stdout=stdout)
        )

    def scored(self, after: float, **facts: object) -> Transition:
        """Have the critic answer."""
        figures = {"before": 0.0, "evidence": "It answers.", "confidence": 1.0, "critic": "a critic"}
        return self.give(Scored(effect_id=self.work, after=after, **{**figures, **facts}))  # type: ignore[arg-type]  # facts are its own fields

    def posted(self, ts: str, card: CardKey | None = None, shown: int | None = None) -> CardPosted:
        """Say where a card stands, the newest if none is named."""
        key = card or self.card.key
        name = effect_id_of(self.task.thread_id, self.task.version, 0)
        return CardPosted(effect_id=name, card=key, ts=ts, shown=self.task.version if shown is None else shown)

    def paused(self) -> "Desk":
        """Pause."""
        self.give(Pause(by=REQUESTER))
        return self

    def forget_cards(self) -> None:
        """Lose every card, as if their messages had been deleted."""
        self.checkpoint = replace(self.task, cards=())

    def step(self, phi: float = 3.0) -> "Desk":
        """Go through one allowed step, from the proposal to the score."""
        self.propose("read_status")
        self.claim()
        self.ended()
        self.scored(phi)
        return self

    def waiting(self) -> "Desk":
        """Begin, and wait for the approval of a restart."""
        self.start().propose()
        assert isinstance(self.phase, AwaitingApproval)
        return self

    def released(self) -> "Desk":
        """Go on until a restart is approved and not yet claimed."""
        self.waiting().approve()
        return self

    def running(self) -> "Desk":
        """Go on until a restart runs."""
        self.released().claim()
        return self

    def scoring(self) -> "Desk":
        """Go on until a restart is being scored."""
        self.running().ended()
        return self


def limits(**facts: object) -> Rules:
    """Give the usual rules with other limits."""
    return replace(RULES, limits=replace(Limits(), **facts))  # type: ignore[arg-type]  # facts are its own fields
