"""A task in every place that it can be in, reached by decisions, and for each the inputs that fit there."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from agent_core import inputs
from agent_core.inputs import Input
from agent_core.phases import AwaitingAnswer, AwaitingScoreReview, OutcomeUnknown, Paused
from agent_core.proposal import Proposal
from agent_core.rules.endings import pending_work
from agent_core.words import CardKey, Digest, LessonId, effect_id_of
from tests.core.decide.desk import Desk, limits
from tests.core.decide.laws import held_of
from tests.core.decide.office import FORBIDDING, LAXER, SECOND, STRICTER, TOOLS
from tests.examples import APPROVER, LEAD, OPENING_THREAD, REQUESTER, SEED, THREAD


def opening() -> Desk:
    """Begin a task whose parent message is still to be posted."""
    desk = Desk(thread_id=OPENING_THREAD)
    desk.give(inputs.Open(by=REQUESTER, purpose="Restart the checkout cache in staging."))
    return desk


def opened() -> Desk:
    """Go on until the parent message is there."""
    desk = opening()
    desk.give(inputs.Opened(effect_id=desk.work, thread_id=THREAD))
    return desk


def thinking() -> Desk:
    """Begin, with a step behind it."""
    return Desk().start().step()


def held() -> Desk:
    """Have a correction put a proposal in doubt."""
    desk = Desk().waiting()
    desk.give(inputs.Correct(by=REQUESTER, text="Use checkout instead."))
    return desk


def waiting() -> Desk:
    """Wait for the approval of a restart."""
    return Desk().waiting()


def two_wanted() -> Desk:
    """Wait for two approvals."""
    desk = Desk().start()
    desk.propose("deploy")
    return desk


def half_approved() -> Desk:
    """Wait for the second of two approvals."""
    desk = two_wanted()
    desk.approve()
    return desk


def released() -> Desk:
    """Have a restart approved and not yet claimed."""
    return Desk().released()


def running() -> Desk:
    """Have a restart run."""
    return Desk().running()


def repeatable() -> Desk:
    """Have a call run that may be repeated."""
    desk = Desk().start()
    desk.propose("read_status")
    desk.claim()
    return desk


def stopping() -> Desk:
    """Have somebody stop a call that may be repeated."""
    desk = repeatable()
    desk.give(inputs.Stop(by=REQUESTER))
    return desk


def aborting() -> Desk:
    """Have somebody abort the task while a call runs."""
    desk = repeatable()
    desk.give(inputs.Abort(by=REQUESTER))
    return desk


def scoring() -> Desk:
    """Have a step scored."""
    return Desk().scoring()


def scoring_done() -> Desk:
    """Have the whole scored."""
    desk = Desk().start().step()
    desk.done()
    return desk


def review() -> Desk:
    """Have a score under review."""
    desk = Desk(rules=limits(review_scores=True)).scoring()
    desk.scored(5.0)
    return desk


def asked() -> Desk:
    """Have the agent ask something."""
    desk = Desk().start().step()
    desk.reply(inputs.Ask(text="Which service?", options=("cart", "checkout")))
    return desk


def asked_after_rejection() -> Desk:
    """Have the agent ask what to do after a rejection."""
    desk = Desk().waiting()
    desk.give(desk.rejection())
    desk.reply(inputs.Ask(text="Skip it, change it, or stop?", about="rejected"))
    return desk


def over_budget() -> Desk:
    """Have people asked for more budget."""
    desk = Desk(rules=limits(cost_usd=0.01)).start()
    desk.reply(inputs.Propose(tool="read_status", args_json='{"service":"cart"}'), cost_usd=0.015)
    desk.claim()
    desk.ended()
    desk.scored(3.0)
    return desk


def unknown() -> Desk:
    """Have a call of which nobody knows whether it happened."""
    desk = Desk().running()
    desk.give(inputs.OutcomeUnknown(effect_id=desk.work, fence=desk.fence, words="Its worker is gone."))
    return desk


def finished() -> Desk:
    """End a task."""
    desk = Desk().start().step(9.5)
    assert desk.kind == "finished"
    return desk


def paused(place: Callable[[], Desk]) -> Callable[[], Desk]:
    """Give a place with a pause around it."""

    def pause() -> Desk:
        desk = place()
        desk.give(inputs.Pause(by=REQUESTER))
        return desk

    pause.__name__ = f"paused_{place.__name__}"
    return pause


UNPAUSED = (
    thinking, held, waiting, two_wanted, half_approved, released, running, repeatable, stopping, aborting, scoring,
    scoring_done, review, asked, asked_after_rejection, over_budget, unknown,
)  # fmt: skip
PLACES: tuple[Callable[[], Desk], ...] = (opening, opened, *UNPAUSED, *map(paused, UNPAUSED), finished)


def normal(desk: Desk) -> None:
    """Leave everything as it is."""


def last_step(desk: Desk) -> None:
    """Have no step left."""
    desk.limited(max_steps=1)


def no_money(desk: Desk) -> None:
    """Have no money left."""
    desk.limited(cost_usd=0.0)


def often_asked(desk: Desk) -> None:
    """Have people asked after each step."""
    desk.limited(ask_every_steps=1)


def reviewed(desk: Desk) -> None:
    """Have every score reviewed."""
    desk.limited(review_scores=True)


def policy(name: str) -> Callable[[Desk], None]:
    """Bring another policy into force."""

    def change(desk: Desk) -> None:
        desk.rules = replace(desk.rules, policy={"stricter": STRICTER, "laxer": LAXER, "forbidding": FORBIDDING}[name])

    change.__name__ = name
    return change


def other_tools(desk: Desk) -> None:
    """Make every tool another than it was."""
    desk.rules = replace(desk.rules, tools={name: replace(spec, fingerprint="new") for name, spec in TOOLS.items()})


def other_tools_allowed(desk: Desk) -> None:
    """Make every tool another, and allow them all."""
    other_tools(desk)
    desk.rules = replace(desk.rules, policy=LAXER)


def no_tools(desk: Desk) -> None:
    """Take all tools away."""
    desk.rules = replace(desk.rules, tools={})


def much_later(desk: Desk) -> None:
    """Let all that can expire expire."""
    desk.later(100_000)


def escalating(desk: Desk) -> None:
    """Let the time of the escalation come."""
    desk.later(900)


CIRCUMSTANCES: tuple[Callable[[Desk], None], ...] = (
    normal, last_step, no_money, often_asked, reviewed, policy("stricter"), policy("laxer"), policy("forbidding"),
    other_tools, other_tools_allowed, no_tools, much_later, escalating,
)  # fmt: skip


def fitting(desk: Desk) -> Iterator[Input]:
    """Give everything that may be of use here, and the ways in which each may go."""
    phase = desk.phase.was if isinstance(desk.phase, Paused) else desk.phase
    proposal = held_of(desk.task)
    if proposal is not None:
        yield from decisions(proposal)
    for name in (*pending_work(desk.task), effect_id_of(desk.task.thread_id, 0, 99)):
        yield from results(desk, name)
    if isinstance(phase, AwaitingScoreReview):
        yield inputs.AcceptScore(by=REQUESTER, digest=phase.score.digest)
        yield inputs.AcceptScore(by=LEAD, digest=phase.score.digest)
    if isinstance(phase, AwaitingAnswer):
        yield inputs.Answer(by=REQUESTER, text="cart", digest=phase.question.digest)
    if isinstance(phase, OutcomeUnknown):
        yield inputs.ResolveUnknown(by=REQUESTER, digest=Digest("0" * 32), version=1, verdict="happened")
    yield from anyhow(desk)


def anyhow(desk: Desk) -> Iterator[Input]:
    """Give what people and the world may do at any time."""
    yield from (inputs.OverridePhi(by=LEAD, phi=phi) for phi in (4.0, 9.5, float("nan")))
    yield from (inputs.Pause(by=REQUESTER), inputs.Resume(by=REQUESTER), inputs.Abort(by=REQUESTER))
    yield from (inputs.Stop(by=REQUESTER), inputs.ExtendBudget(by=REQUESTER), inputs.ExtendBudget(by=APPROVER))
    yield from (inputs.Correct(by=REQUESTER, text="Use it."), inputs.Inquire(by=LEAD, text="Why?"))
    yield from (inputs.Reply(by=REQUESTER, text="Use it."), inputs.Reply(by=LEAD, text="Why?"))
    yield inputs.Teach(by=LEAD, when="tool = restart_service", do="deny")
    yield inputs.Forget(by=LEAD, lesson=LessonId("heuristic:none"))
    card = desk.task.cards[-1] if desk.task.cards else None
    key = card.key if card else CardKey("none")
    shown = effect_id_of(desk.task.thread_id, desk.task.version, 0)
    yield inputs.CardPosted(effect_id=shown, card=key, ts="1772450000.000001", shown=desk.task.version)
    yield inputs.CardLost(card=key, ts="1772450000.000001")
    yield inputs.NoApprover(effect_id=shown, card=key, whom="nobody")
    yield from (inputs.SurfaceLost(words="The channel is archived."), inputs.TimerFired())
    yield inputs.Restored(head="4e" * 32)
    seed = replace(SEED, thread_id=desk.task.thread_id)
    yield from (inputs.Rewind(by=REQUESTER, seed=seed, known=known) for known in (desk.task.version, 0))
    yield inputs.Start(by=REQUESTER, purpose="Again.")


def decisions(proposal: Proposal) -> Iterator[Input]:
    """Give all decisions on a proposal."""
    named = {"digest": proposal.digest, "version": proposal.version}
    for by in (APPROVER, SECOND, REQUESTER):
        yield inputs.Approve(by=by, **named)  # type: ignore[arg-type]  # named are its own fields
        yield inputs.Withdraw(by=by, **named)  # type: ignore[arg-type]  # the same
    yield inputs.Reject(by=APPROVER, reason="too_risky", **named)  # type: ignore[arg-type]  # the same
    yield inputs.Edit(by=APPROVER, args_json='{"service":"checkout"}', **named)  # type: ignore[arg-type]  # the same
    for verdict in ("happened", "not_happened", "try_again"):
        yield inputs.ResolveUnknown(by=APPROVER, verdict=verdict, **named)  # type: ignore[arg-type]  # the same


def results(desk: Desk, name: str) -> Iterator[Input]:
    """Give all results of one piece of work, under the fence in force."""
    phase = desk.phase.was if isinstance(desk.phase, Paused) else desk.phase
    claim = getattr(phase, "claim", None)
    proposal = held_of(desk.task)
    digest = proposal.digest if proposal else Digest("0" * 32)
    fresh = tuple(approval.by for approval in proposal.approvals) if proposal else ()
    replies = (
        *(inputs.Propose(tool=tool, args_json='{"service":"cart"}') for tool in ("read_status", "restart_service")),
        inputs.Propose(tool="wipe", args_json='{"service":"cart"}'), inputs.Propose(tool="no_tool", args_json="{}"),
        inputs.Ask(text="Which?"), inputs.Done(), inputs.GiveUp(words="No."), inputs.Unclear(words="What?"),
        inputs.Tell(words="So it is."),
    )  # fmt: skip
    work: dict[str, object] = {"effect_id": name}
    fence: dict[str, object] = {**work, "fence": claim.fence if claim else 1}
    yield from (inputs.ModelReplied(reply=reply, **work) for reply in replies)  # type: ignore[arg-type]  # its own fields
    yield inputs.ModelFailed(words="No answer.", **work)  # type: ignore[arg-type]  # the same
    yield inputs.Opened(thread_id=THREAD, **work)  # type: ignore[arg-type]  # the same
    yield inputs.ToolStarted(digest=digest, worker="w", approvers=fresh, **work)  # type: ignore[arg-type]  # the same
    yield inputs.ToolStarted(digest=digest, worker="w", **work)  # type: ignore[arg-type]  # the same
    yield inputs.ToolHeld(lock="service:cart", **work)  # type: ignore[arg-type]  # the same
    yield inputs.ToolFinished(ok=True, **fence)  # type: ignore[arg-type]  # the same
    yield inputs.ToolFinished(ok=True, **{**fence, "fence": 0})  # type: ignore[arg-type]  # the same
    yield inputs.ToolFailed(how="failed", words="No.", **fence)  # type: ignore[arg-type]  # the same
    yield inputs.ToolFailed(how="failed", words="No.", **{**fence, "fence": 0})  # type: ignore[arg-type]  # the same
    yield inputs.ToolFailed(how="timed_out", words="Too long.", **fence)  # type: ignore[arg-type]  # the same
    for verdict in ("happened", "not_happened", "unclear"):
        for ended in ("lost", "timed_out"):
            yield inputs.ReadBack(verdict=verdict, ended=ended, words="So.", **fence)  # type: ignore[arg-type]  # the same
    yield inputs.ReadBack(verdict="happened", **{**fence, "fence": 0})  # type: ignore[arg-type]  # the same
    yield inputs.OutcomeUnknown(**fence)  # type: ignore[arg-type]  # the same
    yield inputs.OutcomeUnknown(**{**fence, "fence": 0})  # type: ignore[arg-type]  # the same
    for after in (3.0, 9.5, float("nan")):
        yield inputs.Scored(before=0.0, after=after, evidence="So.", confidence=1.0, critic="c", **work)  # type: ignore[arg-type]  # the same


BY_NAME: Mapping[str, Callable[[], Desk]] = {place.__name__: place for place in PLACES}
