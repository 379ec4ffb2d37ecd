"""Everything that can happen to a task on a desk, chosen number by number: fitting, stale, late, wrong and hostile.

A walk is a row of numbers, so that Hypothesis can shrink one that breaks a law, and so that a fixed row is the same
walk everywhere.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Literal, TypeVar

from agent_core import inputs
from agent_core.checkpoint import HAPPENED, Checkpoint, Happened
from agent_core.effects import AskModel, Effect, RunTool, Score
from agent_core.errors import Refused
from agent_core.inputs import Input
from agent_core.lesson import Scope
from agent_core.people import Person
from agent_core.phases import Acting, AwaitingAnswer, AwaitingApproval, AwaitingScoreReview, OutcomeUnknown, Paused
from agent_core.proposal import Question, canonical
from agent_core.records import StepEnded
from agent_core.rules.book import Limits
from agent_core.rules.endings import pending_work
from agent_core.rules.readbacks import Found
from agent_core.words import Args, CardKey, Digest, EffectId, LessonId, effect_id_of
from tests.core.decide.desk import Desk
from tests.core.decide.laws import check_refused, held_of
from tests.core.decide.office import (
    FINANCE,
    FORBIDDING,
    LAXER,
    MANAGER,
    OPERATOR,
    POLICY,
    SECOND,
    STRICTER,
)
from tests.examples import APPROVER, BOT, EXTERNAL, GONE, GUEST, LEAD, NOBODY_KNOWN, OPENING_THREAD, REQUESTER

T = TypeVar("T")
Cause = Literal["lost", "timed_out", "stopped"]
SOMEBODY = (APPROVER, SECOND, LEAD, MANAGER, FINANCE, OPERATOR, REQUESTER)
ANYBODY = (*SOMEBODY, APPROVER, REQUESTER, GUEST, EXTERNAL, GONE, NOBODY_KNOWN, BOT)
CALLS: tuple[tuple[str, Args], ...] = (
    ("read_status", {"service": "cart"}),
    ("restart_service", {"service": "cart"}),
    ("restart_service", {"service": "checkout"}),
    ("deploy", {"service": "cart"}),
    ("order", {"service": "cart"}),
    ("reboot", {"service": "cart"}),
    ("pay", {"amount": 5000}),
    ("pay", {"amount": 10}),
    ("scale", {"service": "cart", "replicas": 3}),
    ("wipe", {"service": "cart"}),
    ("no_such_tool", {}),
    ("restart_service", {"service": "No Such Service"}),
)
EDITS: tuple[Args, ...] = (
    {"service": "checkout"}, {"service": "cart"}, {"amount": 2000}, {"amount": 20}, {"service": "x", "replicas": 9},
    {"service": "Not Valid"}, {},
)  # fmt: skip
FIGURES = (0.0, 2.5, 5.0, 7.5, 9.5, 10.0, -1.0, 11.0, float("nan"), float("inf"))
RULES_TAUGHT = (
    ("tool = restart_service", "deny"), ("tool = read_status, service = cart", "set service = checkout"),
    ("", "Look at the queue first."), ("tool = scale", "set replicas = 9"), ("tool = scale", "set replicas = many"),
    ("", "deny"),
)  # fmt: skip
FOUND: tuple[tuple[Found, Cause], ...] = (("happened", "lost"), ("not_happened", "lost"), ("not_happened", "stopped"))
SCOPES: tuple[Scope, ...] = ("thread", "channel", "team")
WORDS = ("Use checkout instead.", "ok", "why?", "", "service: checkout", "LGTM!")
SECONDS = (0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 60.0, 60.0, 60.0, 60.0, 600.0, 901.0)


class Over(Exception):
    """The row of numbers is used up."""


class Picker:
    """Chooses by a row of numbers, until they are used up."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self._numbers = numbers

    def of(self, choices: Sequence[T]) -> T:
        """Choose one, or raise Over."""
        number = next(self._numbers, None)
        if number is None:
            raise Over
        return choices[number % len(choices)]


def numbers_of(seed: str) -> Iterator[int]:
    """Give an endless row of numbers that is the same everywhere."""
    nth = 0
    while True:
        yield from hashlib.blake2b(f"{seed}/{nth}".encode()).digest()
        nth += 1


def walk(desk: Desk, picker: Picker, steps: int = 80) -> None:
    """Let things happen to a task; a refusal changes nothing, anything else that is raised breaks a law."""
    with suppress(Over):
        for _ in range(steps):
            kinds = (helpful, helpful, helpful, helpful, result, result, by_person, by_person, stray, surroundings)
            given = picker.of(kinds)(desk, picker)
            if given is None:
                continue
            try:
                desk.give(given)
            except Refused as no:
                check_refused(no)


def helpful(desk: Desk, picker: Picker) -> Input | None:  # noqa: PLR0911 - one return for each phase
    """Do what the task waits for."""
    by = picker.of((APPROVER, SECOND, MANAGER, FINANCE, LEAD))
    match desk.phase:
        case AwaitingApproval():
            return desk.approval(by)
        case AwaitingAnswer(question=Question(about="budget")):
            return inputs.ExtendBudget(by=by)
        case AwaitingAnswer():
            return inputs.Answer(by=REQUESTER, text="cart")
        case AwaitingScoreReview(score=score):
            return inputs.AcceptScore(by=by, digest=score.digest)
        case Paused():
            return inputs.Resume(by=REQUESTER)
        case OutcomeUnknown(proposal=proposal):
            verdict = picker.of(("happened", "not_happened", "try_again"))
            named = {"digest": proposal.digest, "version": proposal.version}
            return inputs.ResolveUnknown(by=REQUESTER, verdict=verdict, **named)  # type: ignore[arg-type]  # named are its own fields
        case _:
            return result(desk, picker)


def result(desk: Desk, picker: Picker) -> Input | None:
    """Answer one piece of pending work."""
    wanted = pending_work(desk.task)
    pending = [(name, effect) for name, effect in desk.outbox.items() if name in wanted or is_inquiry(effect)]
    if not pending:
        return by_person(desk, picker)
    name, effect = picker.of(pending)
    if picker.of(range(40)) == 0:
        return inputs.ModelFailed(effect_id=name, words="The model does not answer.")
    match effect:
        case AskModel(inquiry=str()):
            return inputs.ModelReplied(effect_id=name, reply=inputs.Tell(words="It is the next thing."), cost_usd=0.1)
        case RunTool():
            return tool_result(desk, picker, name)
        case Score():
            return figures(picker, name)
        case _:
            return thought(picker, name)


def is_inquiry(effect: Effect) -> bool:
    """Tell whether this is somebody's question."""
    return isinstance(effect, AskModel) and effect.inquiry is not None


def thought(picker: Picker, name: EffectId) -> Input:
    """Have the model say something."""
    tool, args = picker.of(CALLS)
    step = inputs.Propose(tool=tool, args_json=canonical(args), thought="It is down.")
    reply = picker.of(
        (
            *(step,) * 14,
            *(end for end in (inputs.Done(words="Done."), inputs.GiveUp(words="I can't.")) if picker.of(range(5)) == 0),
            inputs.Ask(text="Which?", options=("a", "b")),
            inputs.Ask(text="What now?", about="rejected"), inputs.Unclear(words="I understand “service: x”."),
            inputs.Tell(words="So it is."),
        )
    )  # fmt: skip
    cost = picker.of((0.0, 0.0, 0.5, float("inf"), -1.0))
    return inputs.ModelReplied(effect_id=name, reply=reply, memory=picker.of((None, "notes")), cost_usd=cost, tokens=10)


def tool_result(desk: Desk, picker: Picker, name: EffectId) -> Input:
    """Claim the call, or have it end, in time or under another fence."""
    phase = desk.phase.was if isinstance(desk.phase, Paused) else desk.phase
    assert isinstance(phase, Acting)
    proposal = phase.proposal
    if phase.claim is None or picker.of(range(8)) == 0:
        if picker.of(range(8)) == 0:
            return inputs.ToolHeld(effect_id=name, lock="service:cart")
        fresh = tuple(changed(picker, approval.by) for approval in proposal.approvals)
        digest = picker.of((proposal.digest,) * 29 + (Digest("0" * 32),))
        return inputs.ToolStarted(effect_id=name, digest=digest, worker="w", approvers=fresh)
    fence = phase.claim.fence + picker.of((0,) * 9 + (1,))
    ends: tuple[Input, ...] = (
        inputs.ToolFinished(effect_id=name, fence=fence, ok=True, exit_code=0, stdout="ok"),
        inputs.ToolFinished(effect_id=name, fence=fence, ok=False, exit_code=1, stderr="no"),
        inputs.ToolFailed(effect_id=name, fence=fence, how="timed_out", words="It took too long."),
        inputs.OutcomeUnknown(effect_id=name, fence=fence, words="The worker was lost."),
        *(
            inputs.ReadBack(effect_id=name, fence=fence, verdict=verdict, ended=cause, words="The log was read.")
            for verdict, cause in FOUND
        ),
    )
    return picker.of(ends)


def changed(picker: Picker, person: Person) -> Person:
    """Look an approver up afresh: mostly the same, sometimes gone or out of the group."""
    return picker.of(
        (person,) * 7
        + (replace(person, kind="deactivated"), replace(person, groups=frozenset(), in_channel=False), BOT)
    )


def figures(picker: Picker, name: EffectId) -> Input:
    """Have the critic say something, of use or not."""
    return inputs.Scored(
        effect_id=name,
        before=picker.of(FIGURES),
        after=picker.of(FIGURES[:5] * 3 + FIGURES),
        evidence="As it seems.",
        confidence=picker.of((1.0, 0.5, 7.0, float("nan"))),
        critic="a critic",
        cap=picker.of((10.0, 10.0, 8.9, float("nan"))),
        features_json=picker.of(('{"exit_code":0}', "{}", "no object", "[]")),
        tokens=picker.of((5, -5)),
    )


def by_person(desk: Desk, picker: Picker) -> Input:
    """Have somebody do something."""
    by = picker.of(picker.of((SOMEBODY, ANYBODY)))
    kinds: tuple[Callable[[Desk, Picker, Person], Input], ...] = (decision, decision, decision, words, steering, rest)
    return picker.of(kinds)(desk, picker, by)


def decision(desk: Desk, picker: Picker, by: Person) -> Input:
    """Have somebody decide on what waits, mostly by its name, on its card or a copy."""
    held = held_of(desk.task)
    digest = held.digest if held else Digest("d" * 32)
    version = held.version if held else desk.task.version
    digest = picker.of((digest,) * 11 + (Digest("0" * 32),))
    version = picker.of((version,) * 11 + (version - 1,))
    card = desk.task.card(held.card) if held else None
    ts = picker.of((None, card.ts if card else None, "1772459999.000001"))
    named = {"by": by, "digest": digest, "version": version}
    verdict = picker.of(("happened", "not_happened", "try_again"))
    kinds: tuple[Input, ...] = (
        inputs.Approve(**named, card=ts),  # type: ignore[arg-type]  # named are its own fields
        inputs.Approve(**named),  # type: ignore[arg-type]  # the same
        inputs.Approve(**named, seen_whole=True),  # type: ignore[arg-type]  # the same
        inputs.Reject(**named, card=ts, reason="too_risky"),  # type: ignore[arg-type]  # the same
        inputs.Edit(**named, card=ts, args_json=canonical(picker.of(EDITS))),  # type: ignore[arg-type]  # the same
        inputs.Withdraw(**named),  # type: ignore[arg-type]  # the same
        inputs.ResolveUnknown(**named, verdict=verdict),  # type: ignore[arg-type]  # the same
    )
    return picker.of(kinds)


def words(desk: Desk, picker: Picker, by: Person) -> Input:
    """Have somebody say something."""
    text = picker.of(WORDS)
    phase = desk.phase
    digest = phase.question.digest if isinstance(phase, AwaitingAnswer) else None
    kinds: tuple[Input, ...] = (
        inputs.Reply(by=by, text=text),
        inputs.Reply(by=REQUESTER, text="Use checkout."),
        inputs.Correct(by=by, text=text),
        inputs.Inquire(by=by, text="Why?"),
        inputs.Answer(by=by, text=text, digest=digest),
        inputs.Answer(by=by, text="cart"),
    )
    return picker.of(kinds)


def steering(desk: Desk, picker: Picker, by: Person) -> Input:
    """Have somebody steer the task; it is seldom aborted, so that walks go on."""
    kinds: list[Input] = [inputs.Resume(by=by), inputs.Stop(by=by), inputs.ExtendBudget(by=by)]
    kinds += [inputs.Resume(by=by)] * 6 if isinstance(desk.phase, Paused) else [inputs.Pause(by=by)]
    kinds += [inputs.Abort(by=by)] if picker.of(range(4)) == 0 else []
    kinds += [rewinding(desk, picker, by)] if picker.of(range(6)) == 0 else []
    return picker.of(kinds)


def rewinding(desk: Desk, picker: Picker, by: Person) -> Input:
    """Take the task up again as it was after some step, or as if it had been another task."""
    was = [done.checkpoint for _, done in desk.log if done.checkpoint.phase.kind == "thinking"]
    seed = picker.of(was) if was else desk.task
    other = picker.of((seed.thread_id, seed.thread_id, seed.thread_id, OPENING_THREAD))
    known = picker.of((desk.task.version, desk.task.version, desk.task.version, 1))
    return inputs.Rewind(by=by, seed=replace(seed, thread_id=other, happened=done_since(desk, seed)), known=known)


def done_since(desk: Desk, seed: Checkpoint) -> tuple[Happened, ...]:
    """Give the calls that were made after a version."""
    runs = [
        record.run
        for _, done in desk.log
        for record in done.records
        if done.checkpoint.version > seed.version and isinstance(record, StepEnded)
    ]
    return tuple(
        Happened(
            call_key=run.call.key, tool=run.call.tool, step=run.step, outcome=run.outcome, at=run.ended_at,
            thread=desk.task.thread_id,
        )
        for run in runs[-HAPPENED:]
    )  # fmt: skip


def rest(desk: Desk, picker: Picker, by: Person) -> Input:
    """Have somebody score, teach or forget."""
    score, phase = desk.task.score, desk.phase
    digest = phase.score.digest if isinstance(phase, AwaitingScoreReview) else (score.digest if score else None)
    when, do = picker.of(RULES_TAUGHT)
    known = [lesson.id for lesson in desk.rules.lessons] or [LessonId("heuristic:none")]
    scope, days = picker.of(SCOPES), picker.of((7, None))
    kinds: tuple[Input, ...] = (
        inputs.OverridePhi(by=by, digest=picker.of((digest, None)), phi=picker.of(FIGURES), why="I looked."),
        inputs.AcceptScore(by=by, digest=digest or Digest("0" * 32)),
        inputs.AcceptScore(by=REQUESTER, digest=digest or Digest("0" * 32)),
        inputs.Teach(by=by, when=when, do=do, scope=scope, days=days),
        inputs.Forget(by=by, lesson=picker.of(known)),
        inputs.ConfirmRule(by=by, rule="allow_rule:1"),
        inputs.Start(by=by, purpose="Again."),
    )
    return picker.of(kinds)


def stray(desk: Desk, picker: Picker) -> Input:
    """Give a result that came late, twice or to nobody, or something about a card."""
    version = picker.of(range(desk.task.version + 2))
    name = effect_id_of(desk.task.thread_id, version, 99)
    shown = effect_id_of(desk.task.thread_id, version, 0)
    card = picker.of([card.key for card in desk.task.cards] or [CardKey("none")])
    known = desk.task.card(card)
    ts = picker.of((known.ts if known and known.ts else "1772459999.000001", f"1772450000.{version:06d}"))
    old = [given for given, _ in desk.log if isinstance(given, inputs.WorldInput)]
    kinds: list[Input] = [
        tool_late(name, version),
        thought(picker, name),
        figures(picker, name),
        inputs.ToolStarted(effect_id=name, digest=Digest("0" * 32), worker="w"),
        inputs.NoApprover(effect_id=shown, card=card, whom="nobody"),
        inputs.Opened(effect_id=name, thread_id=desk.task.thread_id),
        inputs.CardPosted(effect_id=shown, card=card, ts=ts, shown=version),
        inputs.CardPosted(effect_id=shown, card=card, ts=ts, shown=desk.task.version),
        inputs.CardLost(card=card, ts=ts),
        inputs.TimerFired(),
        inputs.TimerFired(),
    ]
    kinds += [picker.of(old)] if old else []
    kinds += [inputs.SurfaceLost(words="The channel is archived.")] if picker.of(range(10)) == 0 else []
    kinds += [inputs.Restored(head="4e" * 32)] if picker.of(range(10)) == 0 else []
    return picker.of(kinds)


def tool_late(name: EffectId, version: int) -> Input:
    """Give the result of some call."""
    return inputs.ToolFinished(effect_id=name, fence=version, ok=True)


def surroundings(desk: Desk, picker: Picker) -> Input | None:
    """Let time go by, or another policy, other tools or other limits come into force."""
    desk.later(picker.of(SECONDS) + (1801.0 if picker.of(range(12)) == 0 else 0.0))
    what = picker.of(range(8))
    if what == 0:
        policy = picker.of((POLICY, POLICY, STRICTER, LAXER, FORBIDDING))
        desk.rules = replace(desk.rules, policy=policy)
    if what == 1:
        tool = picker.of([name for name in desk.rules.tools if name != "read_status"] or ["read_status"])
        fingerprint = picker.of(("f-1", "f-2"))
        tools = {**desk.rules.tools, tool: replace(desk.rules.tools[tool], fingerprint=fingerprint)}
        desk.rules = replace(desk.rules, tools=tools)
    return inputs.TimerFired() if what > 4 else None


VARIANTS: tuple[Limits, ...] = (
    Limits(max_steps=12, wall_s=10_000.0),
    Limits(max_steps=30, wall_s=10_000.0, review_scores=True),
    Limits(max_steps=30, wall_s=10_000.0, ask_every_steps=1),
    Limits(max_steps=6, wall_s=100.0, cost_usd=1.0, ask_every_steps=2),
)
