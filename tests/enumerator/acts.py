"""What people do: one act for each sort of input, and what anybody does whom a task asks something.

An act is done by whoever looks at the thread at rest, or while a tool runs; it names its dedupe mark, and is done again
under the same mark until somebody has answered. Somebody who is asked what happened tells the truth.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial

from agent_core import inputs
from agent_core.checkpoint import Checkpoint
from agent_core.forks import seed_of
from agent_core.inputs import Input
from agent_core.people import Person
from agent_core.phases import AwaitingAnswer, AwaitingScoreReview, Opening
from agent_core.proposal import Proposal, canonical
from agent_core.rules.due import due
from agent_core.words import ThreadId, thread_id_of
from tests.enumerator.office import MANAGER, SECOND
from tests.enumerator.world import Process, World
from tests.examples import APPROVER, CHANNEL, LEAD, OPENING_THREAD, REQUESTER, TEAM, THREAD

ABSENT = "absent"
OTHER = thread_id_of(TEAM, CHANNEL, "1772452800.000999")
MARKS = re.compile(r"[^A-Za-z0-9_.:/-]+")
RUNNING = "running"  # not a phase: while a tool runs


@dataclass(frozen=True, slots=True)
class Scene:
    """What somebody sees who looks at the task."""

    world: World
    thread_id: ThreadId
    task: Checkpoint | None

    @property
    def kind(self) -> str:
        """The phase."""
        return self.task.phase.kind if self.task else ABSENT

    @property
    def proposal(self) -> Proposal:
        """The proposal that the phase holds."""
        assert self.task is not None
        found = getattr(self.task.phase, "proposal", None)
        assert isinstance(found, Proposal)
        return found

    def named(self) -> dict[str, object]:
        """Name the proposal as a button does."""
        return {"digest": self.proposal.digest, "version": self.proposal.version}

    def card(self) -> str | None:
        """Give the message that stands for the proposal, where it is sure which one does."""
        if self.world.far.froze:
            return None
        key = self.proposal.card
        return next((ts for ts, one in self.world.far.messages.items() if one.card == key and one.what == "card"), None)


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody does when the task is in one of these phases; ``make`` gives None to do nothing.

    ``thread`` is another than that of the task looked at. ``does`` is what an operator has a process do instead, and
    ``is_done`` tells whether it took effect.
    """

    name: str
    when: frozenset[str]
    make: Callable[[Scene], Input | None]
    thread: ThreadId | None = None
    does: Callable[[Process], Awaitable[object]] | None = None
    is_done: Callable[[World], bool] | None = None

    @property
    def mark(self) -> str:
        """Name what is done, as the dedupe ID that it is given under."""
        return MARKS.sub("-", self.name)


def scene_of(world: World) -> Scene:
    """Look at the task that is not over yet, or that was the last."""
    found = Scene(world, THREAD, None)
    for thread_id, task in world.tasks().items():
        if not isinstance(task.phase, Opening):
            found = Scene(world, thread_id, task)
            if not task.is_finished:
                break
    return found


def at(phases: str, name: str, make: Callable[[Scene], Input | None]) -> Act:
    """Make an act of these phases."""
    return Act(name, frozenset(phases.split()), make)


def approve(by: Person = APPROVER, name: str = "") -> Act:
    """Say yes."""

    def make(scene: Scene) -> Input:
        return inputs.Approve(by=by, card=scene.card(), **scene.named())  # type: ignore[arg-type]  # its own fields

    return at("awaiting_approval", name or f"approve by {by.id}", make)


def start(purpose: str) -> Act:
    """Begin a task under a message that is there."""
    return at(ABSENT, f"start {purpose}", lambda _: inputs.Start(by=REQUESTER, purpose=purpose))


def opening(purpose: str) -> Act:
    """Begin a task whose message is still to be posted."""
    return at(ABSENT, f"open {purpose}", lambda _: inputs.Open(by=REQUESTER, purpose=purpose))


def says(phases: str, given: Input) -> Act:
    """Give an input that names nothing of the task."""
    words = (str(getattr(given, field.name)) for field in fields(given) if field.name not in ("by", "kind"))
    return at(phases, " ".join((given.kind, *words)), lambda _: given)


def reject(scene: Scene) -> Input:
    """Say no."""
    return inputs.Reject(by=APPROVER, reason="wrong_target", note="Not this one.", **scene.named())  # type: ignore[arg-type]  # its own fields


def edit(scene: Scene) -> Input:
    """Put other arguments in."""
    return inputs.Edit(by=APPROVER, args_json=canonical({"service": "checkout"}), **scene.named())  # type: ignore[arg-type]  # its own fields


def withdraw(scene: Scene) -> Input:
    """Take the yes back."""
    return inputs.Withdraw(by=APPROVER, **scene.named())  # type: ignore[arg-type]  # its own fields


def nothing(scene: Scene) -> None:
    """Tell the task nothing."""
    del scene


def switch(phases: str, name: str, *, is_stopped: bool) -> Act:
    """Pull the emergency stop, or lift it."""

    async def does(process: Process) -> None:
        await process.switch.switch(TEAM, is_stopped=is_stopped, by=APPROVER.id)

    def is_done(world: World) -> bool:
        return world.is_stopped() == is_stopped

    return Act(name, frozenset(phases.split()), nothing, does=does, is_done=is_done)


def rewind(phases: str, step: int) -> Act:
    """Take the task up again as it was after a step."""

    async def does(process: Process) -> None:
        seed, known = await seed_after(process, step)
        await process.give(THREAD, inputs.Rewind(by=REQUESTER, seed=seed, known=known), "rewind")

    is_done = partial(World.took, thread_id=THREAD, dedupe="rewind")
    return Act("rewind", frozenset(phases.split()), nothing, does=does, is_done=is_done)


def fork(phases: str, step: int) -> Act:
    """Begin another task as this one was after a step."""

    async def does(process: Process) -> None:
        seed, _ = await seed_after(process, step)
        await process.give(OPENING_THREAD, inputs.Fork(by=REQUESTER, seed=seed), "fork")

    is_done = partial(World.took, thread_id=OPENING_THREAD, dedupe="fork")
    return Act("fork", frozenset(phases.split()), nothing, does=does, is_done=is_done)


async def seed_after(process: Process, step: int) -> tuple[Checkpoint, int]:
    """Read how the task was after a step."""
    runtime = process.runtime
    rules = await runtime.rules_with_lessons(THREAD)
    return await seed_of(runtime.store, THREAD, step, rules=rules, lessons=rules.lessons)


def elsewhere(act: Act, name: str) -> Act:
    """Do the same in the other thread, whatever the first task is at."""

    def make(scene: Scene) -> Input | None:
        task = scene.world.tasks().get(OTHER)
        there = Scene(scene.world, OTHER, task)
        return act.make(there) if there.kind in act.when else None

    return Act(name, frozenset(), make, thread=OTHER)


def lose_card(scene: Scene) -> None:
    """Delete the card, and have the bot notice as it would."""
    ts = scene.card()
    if ts is not None:
        del scene.world.far.messages[ts]
        scene.world.far.deleted.append(ts)


def time_passes(scene: Scene) -> None:
    """Let time pass until something is due."""
    when = due(scene.task) if scene.task else None
    if when is not None:
        scene.world.time.move(max(0.0, (when - scene.world.time.now()).total_seconds()) + 1)


def leaves(scene: Scene) -> None:
    """Have the approver leave the company."""
    scene.world.far.gone.append(APPROVER.id)


def stricter(scene: Scene) -> None:
    """Put a stricter policy in force."""
    scene.world.far.book = "stricter"


def quietly(phases: str, name: str, change: Callable[[Scene], None]) -> Act:
    """Change the world without telling the bot."""

    def make(scene: Scene) -> None:
        change(scene)

    return at(phases, name, make)


# --- what anybody does who is asked something ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What happens in a leg: somebody's act at its beginning, and another's while a tool runs.

    ``counts`` where the first is an act of the story and not only what a task asks for.
    """

    act: Act | None = None
    during: Act | None = None
    counts: bool = False

    @property
    def name(self) -> str:
        """Name it."""
        return f"{self.act.name if self.act else '-'} / {self.during.name if self.during else '-'}"


def reaction(scene: Scene) -> Act | None:
    """Do what a task that asks somebody needs to go on; give None where it is over."""
    task = scene.task
    made = REACTIONS.get(scene.kind)
    if task is None or made is None:
        return None
    act = made(scene)
    return Act(f"{act.name} at {task.version}", act.when, act.make)


def another_yes(scene: Scene) -> Act:
    """Have the next of those say yes who may."""
    proposal = scene.proposal
    said = {approval.by.id for approval in proposal.approvals}
    wanted = [need.approvers for need in proposal.missing()]
    here = [one for one in (APPROVER, SECOND, MANAGER, LEAD) if one.id not in scene.world.far.gone]
    for person in here:
        if person.id not in said and any(person in people for people in wanted):
            return approve(person)
    return at("awaiting_approval", "abort", lambda _: inputs.Abort(by=REQUESTER))


def an_answer(scene: Scene) -> Act:
    """Answer, or extend the budget."""
    assert scene.task is not None
    phase = scene.task.phase
    assert isinstance(phase, AwaitingAnswer)
    if phase.question.about == "budget":
        return at(
            "awaiting_answer",
            "extend",
            lambda _: inputs.ExtendBudget(by=APPROVER if scene.task and scene.task.approvers else REQUESTER),
        )
    return at(
        "awaiting_answer", "answer", lambda _: inputs.Answer(by=REQUESTER, text="cart", digest=phase.question.digest)
    )


def an_accepted_score(scene: Scene) -> Act:
    """Accept the score."""
    assert scene.task is not None
    phase = scene.task.phase
    assert isinstance(phase, AwaitingScoreReview)
    return at("awaiting_score_review", "accept", lambda _: inputs.AcceptScore(by=REQUESTER, digest=phase.score.digest))


def the_truth(scene: Scene) -> Act:
    """Look at the far side, and say what happened."""
    proposal, far = scene.proposal, scene.world.far
    keys = {one.key for one in far.starts if (one.version, one.digest) == (proposal.version, proposal.digest)}
    verdict = "happened" if keys & set(far.effects) else "not_happened"
    return at(
        "outcome_unknown",
        f"resolve {verdict}",
        lambda here: inputs.ResolveUnknown(by=REQUESTER, verdict=verdict, **here.named()),  # type: ignore[arg-type]  # its own fields
    )


def going_on(scene: Scene) -> Act:
    """Resume."""
    del scene
    return at("paused", "resume", lambda _: inputs.Resume(by=REQUESTER))


REACTIONS: Mapping[str, Callable[[Scene], Act]] = {
    "awaiting_approval": another_yes,
    "awaiting_answer": an_answer,
    "awaiting_score_review": an_accepted_score,
    "outcome_unknown": the_truth,
    "paused": going_on,
}


def thread_of(act: Act, scene: Scene) -> ThreadId:
    """Name the thread that an act is about."""
    if act.thread is not None:
        return act.thread
    return OPENING_THREAD if act.name.startswith("open ") else scene.thread_id
