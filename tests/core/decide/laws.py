"""The laws that every transition keeps, whatever led to it; and a second opinion on who may let a step run.

``Ledger`` counts approvals on its own, from the inputs that were accepted and the policy that was in force, so that a
mistake in the code that counts is not repeated here.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agent_core.checkpoint import CARDS, MESSAGES, RECENT, REJECTED, Checkpoint
from agent_core.codec import Codec
from agent_core.decide import LEADS_TO, decide
from agent_core.effects import Effect, RunTool
from agent_core.errors import Refused
from agent_core.inputs import Approve, Edit, Input, Reply, Rewind, ToolStarted, Withdraw
from agent_core.people import Person
from agent_core.phases import Acting, AwaitingApproval, Paused, Thinking
from agent_core.policy import Verdict, evaluate, is_stricter
from agent_core.proposal import Proposal
from agent_core.rules.book import Rules
from agent_core.rules.due import due
from agent_core.rules.endings import pending_work
from agent_core.transition import WORK_KINDS, Transition
from agent_core.words import Digest, EffectId, PersonId, ThreadId
from tests.examples import KEY

CODEC = Codec(KEY)
MOST_BYTES = 64 * 1024  # of a checkpoint in these tests, before packing; what is bounded stays far under the cap
DECIDABLE = frozenset({"waiting"})


def check(  # noqa: PLR0913, PLR0917 - all that a decision was made of
    before: Checkpoint | None, given: Input, done: Transition, now: datetime, rules: Rules, thread_id: ThreadId
) -> None:
    """Hold one transition to the laws."""
    after = done.checkpoint
    assert decide(before, given, now, rules, thread_id=thread_id) == done, "the same input is decided the same"
    assert after.version == (before.version + 1 if before else 1)
    assert after.thread_id == thread_id
    check_phi(after)
    check_bounds(after)
    check_cards(after)
    if before is not None:
        check_way(before, given, after)
    for effect_id, effect in done.outbox().items():
        assert CODEC.decode_effect(CODEC.encode_effect(effect_id, effect), effect_id) == effect
    timer = due(after)
    assert timer is None or timer.tzinfo is not None


def check_refused(no: Refused) -> None:
    """See that a refusal says why, and what to do instead."""
    assert no.words
    assert no.instead


def check_same(before: Checkpoint | None, after: Checkpoint | None) -> None:
    """See that nothing changed."""
    assert before == after


def check_way(before: Checkpoint, given: Input, after: Checkpoint) -> None:
    """Hold a task to the map, and a finished one to its end."""
    here, there = before.phase.kind, after.phase.kind
    ways = LEADS_TO[here].get(given.kind, frozenset({here}))
    if not isinstance(given, Reply):
        assert there in ways | {here}
    if before.is_finished and not isinstance(given, Rewind):
        assert after.phase == before.phase
        assert (after.step, after.recent) == (before.step, before.recent)


def check_phi(after: Checkpoint) -> None:
    """Φ is a number within 0..10, wherever it stands."""
    figures = [after.phi, after.tally.phi_start, *after.tally.course]
    if after.score is not None:
        figures += [after.score.before, after.score.after, after.score.raw, after.score.cap]
        assert 0.0 <= after.score.confidence <= 1.0
    assert all(figure is None or (math.isfinite(figure) and 0.0 <= figure <= 10.0) for figure in figures)


def check_bounds(after: Checkpoint) -> None:
    """See that a checkpoint comes back as it was, and does not grow with the task."""
    stored = CODEC.encode(after)
    assert CODEC.decode(stored, after.thread_id) == after
    assert len(stored) < MOST_BYTES
    assert len(after.cards) <= CARDS + 1, "two that waited and the last message"
    assert len(after.recent) <= RECENT
    assert len(after.messages) <= MESSAGES
    assert len(after.rejected) <= REJECTED


def check_cards(after: Checkpoint) -> None:
    """At most one card can be decided on, and it is the one that waits; what waits is on a card."""
    live = [card for card in after.cards if card.state in DECIDABLE]
    phase = after.phase
    if isinstance(phase, AwaitingApproval):
        assert all(card.key == phase.proposal.card and card.proposal == phase.proposal for card in live)
        assert len(live) <= 1
    else:
        assert live == []


def check_outbox(after: Checkpoint, outbox: Mapping[EffectId, Effect]) -> None:
    """See that what is waited for is pending, and nothing else that works for the task."""
    wanted = set(pending_work(after))
    assert wanted <= outbox.keys(), "a phase that waits has its work pending"
    working = {
        name
        for name, effect in outbox.items()
        if effect.kind in WORK_KINDS and getattr(effect, "inquiry", None) is None
    }
    assert working == wanted, "no work is pending that nobody waits for"
    kinds = {outbox[name].kind for name in wanted}
    expected = {"thinking": "ask_model", "acting": "run_tool", "scoring": "score", "opening": "post_parent"}
    phase = after.phase
    if phase.kind in ("thinking", "acting", "scoring"):
        assert kinds == {expected[phase.kind]}
    if phase.kind == "finished":
        assert kinds == set()
    if isinstance(phase, Paused):
        running = isinstance(phase.was, Acting) and phase.was.claim is not None
        assert kinds == ({"run_tool"} if running else set())


@dataclass
class Ledger:
    """Who said yes to what, under which policy; kept apart from what the task itself keeps."""

    yes: dict[tuple[Digest, int], list[Person]] = field(default_factory=dict)
    verdicts: dict[tuple[Digest, int], Verdict] = field(default_factory=dict)
    editors: dict[tuple[Digest, int], PersonId] = field(default_factory=dict)
    escalated: set[tuple[Digest, int]] = field(default_factory=set)
    claims: int = 0

    def note(self, before: Checkpoint | None, given: Input, done: Transition, now: datetime, rules: Rules) -> None:  # noqa: PLR0917 - as check
        """Keep what an accepted input says of approvals, and judge what it let run."""
        if before is not None and isinstance(before.phase, AwaitingApproval):
            self._escalate(before.phase.proposal, done, now)
        self._propose(before, given, done, rules)
        if isinstance(given, Approve):
            self.yes.setdefault((given.digest, given.version), []).append(given.by)
        if isinstance(given, Withdraw):
            name = (given.digest, given.version)
            self.yes[name] = [person for person in self.yes.get(name, []) if person.id != given.by.id]
        for effect in done.effects:
            if isinstance(effect, RunTool):
                self._released(done.checkpoint, effect)
        if isinstance(given, ToolStarted) and is_claimed_now(done.checkpoint):
            self._claimed(done.checkpoint, given, rules)
        self._struck(before, done.checkpoint, given)

    def _escalate(self, proposal: Proposal, done: Transition, now: datetime) -> None:
        """See that more people may decide from the moment on that policy names, and no earlier."""
        if any(record.kind == "escalated" for record in done.records):
            assert proposal.escalate is not None
            assert now >= proposal.made_at + timedelta(seconds=proposal.escalate.after_s)
            self.escalated.add(name_of(proposal))

    def _propose(self, before: Checkpoint | None, given: Input, done: Transition, rules: Rules) -> None:
        for record in done.records:
            if record.kind != "proposed":
                continue
            proposal, call = record.proposal, record.proposal.call
            name = name_of(proposal)
            assert name not in self.verdicts, "no two proposals have one name"
            self.verdicts[name] = evaluate(rules.policy, tool=call.tool, risk=call.risk, args=call.args)
            if isinstance(given, Edit):
                self.editors[name] = given.by.id
            elif before is not None and (old := held_of(before)) is not None and name_of(old) in self.editors:
                self.editors[name] = self.editors[name_of(old)]

    def _released(self, task: Checkpoint, effect: RunTool) -> None:
        phase = task.phase
        assert isinstance(phase, Acting)
        assert phase.proposal.digest == effect.digest
        self._judge(task, phase.proposal, self.yes.get(name_of(phase.proposal), []))

    def _claimed(self, task: Checkpoint, given: ToolStarted, rules: Rules) -> None:
        self.claims += 1
        phase = task.phase
        assert isinstance(phase, Acting)
        proposal, call = phase.proposal, phase.proposal.call
        assert given.digest == proposal.digest
        spec = rules.tools[call.tool]
        assert spec.fingerprint == call.fingerprint, "what runs is the tool that was shown"
        verdict = evaluate(rules.policy, tool=call.tool, risk=spec.risk, args=call.args)
        assert verdict.decision != "deny"
        old = self.verdicts[name_of(proposal)]
        assert rules.policy.version == proposal.policy_version or not is_stricter(old, verdict)
        said_yes = {person.id for person in self.yes.get(name_of(proposal), [])}
        fresh = {person.id: person for person in given.approvers}
        order = [person.id for person in self.yes.get(name_of(proposal), [])]
        self._judge(task, proposal, [fresh[name] for name in order if name in fresh and name in said_yes])

    def _judge(self, task: Checkpoint, proposal: Proposal, people: Sequence[Person]) -> None:
        """Nothing runs without policy's yes, or people's to exactly this."""
        verdict = self.verdicts[name_of(proposal)]
        assert verdict.decision != "deny"
        if verdict.decision == "allow":
            return
        barred = {task.requester} if verdict.not_requester else set()
        if verdict.not_editor and name_of(proposal) in self.editors:
            barred.add(self.editors[name_of(proposal)])
        escalated = name_of(proposal) in self.escalated
        assert suffices(verdict, [person for person in people if person.id not in barred], escalated=escalated)

    def _struck(self, before: Checkpoint | None, after: Checkpoint, given: Input) -> None:
        """Approvals that were struck at the claim no longer count."""
        if isinstance(given, ToolStarted) and before is not None and isinstance(after.phase, AwaitingApproval):
            name = name_of(after.phase.proposal)
            left = {approval.by.id for approval in after.phase.proposal.approvals}
            self.yes[name] = [person for person in self.yes.get(name, []) if person.id in left]


def name_of(proposal: Proposal) -> tuple[Digest, int]:
    """Name a proposal as decisions name it."""
    return proposal.digest, proposal.version


def held_of(task: Checkpoint) -> Proposal | None:
    """Give the proposal that a task has in hand."""
    phase = task.phase.was if isinstance(task.phase, Paused) else task.phase
    held = phase.held if isinstance(phase, Thinking) else getattr(phase, "proposal", None)
    return held if isinstance(held, Proposal) else None


def is_claimed_now(after: Checkpoint) -> bool:
    """Tell whether a transition made a claim."""
    return (
        isinstance(after.phase, Acting) and after.phase.claim is not None and after.phase.claim.fence == after.version
    )


def suffices(verdict: Verdict, people: Iterable[Person], *, escalated: bool) -> bool:
    """Tell whether these people, one after the other, meet all that was asked."""
    distinct = list({person.id: person for person in people}.values())
    for rule in {requirement.rule for requirement in verdict.requirements}:
        wider = verdict.escalate if escalated and verdict.escalate and verdict.escalate.rule == rule else None
        stages = [requirement for requirement in verdict.requirements if requirement.rule == rule]
        left = list(distinct)
        for stage in stages:
            fitting = [p for p in left if p in stage.approvers or (wider is not None and p in wider.to)]
            if len(fitting) < stage.quorum:
                return False
            if len(stages) > 1:
                left = [person for person in left if person not in fitting[: stage.quorum]]
    return True
