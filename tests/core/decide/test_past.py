"""A task that was put back from a file waits for somebody to resume it, whatever it was at."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from agent_core.checkpoint import Checkpoint, Origin, Spent
from agent_core.effects import PostCard
from agent_core.errors import Refused
from agent_core.inputs import Abort, Approve, Fork, Restored, Resume, Rewind, ToolFinished
from agent_core.people import Person
from agent_core.phases import Acting, Opening, OutcomeUnknown, Paused, Thinking
from agent_core.records import Decided
from agent_core.rules.endings import FINAL, pending_work
from agent_core.words import ThreadId
from tests.core.decide.desk import Desk
from tests.core.decide.laws import held_of
from tests.core.decide.moves import done_since
from tests.core.decide.places import PLACES, finished, running, unknown
from tests.examples import APPROVER, GUEST, LEAD, OPENING_THREAD, REQUESTER, THREAD

BACK = Restored(head="4e" * 32)


def paused(desk: Desk) -> Paused:
    """Give the pause that the task is in."""
    assert isinstance(desk.phase, Paused)
    return desk.phase


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_nothing_is_under_way_in_a_task_that_was_put_back(place: Callable[[], Desk]) -> None:
    """Hours or months lie between: nothing may begin by itself, and no card can be decided on."""
    desk = place()
    if desk.checkpoint is None or desk.kind in ("opening", "finished"):
        return
    desk.give(BACK)
    assert isinstance(desk.phase, Paused)
    assert pending_work(desk.task) == ()
    held = held_of(desk.task)
    if held is not None:
        desk.refuses(Approve(by=APPROVER, digest=held.digest, version=held.version))


def test_a_call_that_was_running_is_asked_about() -> None:
    """Nobody knows whether it happened; its result comes too late to be believed."""
    desk = Desk().running()
    work, fence = desk.work, desk.fence
    assert isinstance(desk.phase, Acting)
    desk.give(BACK)
    assert isinstance(paused(desk).was, OutcomeUnknown)
    desk.give(ToolFinished(effect_id=work, fence=fence, ok=True, exit_code=0))
    assert isinstance(paused(desk).was, OutcomeUnknown)


def test_resumed_it_goes_on_where_it_was() -> None:
    """What it had asked for is asked for again."""
    desk = Desk().start()
    desk.give(BACK)
    desk.give(Resume(by=REQUESTER))
    assert isinstance(desk.phase, Thinking)
    assert len(pending_work(desk.task)) == 1


def test_a_finished_task_stays_as_it_ended() -> None:
    """There is nothing to pause."""
    desk = finished()
    assert "finished" in desk.refuses(BACK).words


def done_with(desk: Desk, *steps: tuple[str, float]) -> list[Checkpoint]:
    """Have steps done one after another; give the task after each of them, and before the first."""
    was = [desk.task]
    for tool, phi in steps:
        desk.propose(tool)
        if desk.kind == "awaiting_approval":
            desk.approve()
        desk.claim()
        desk.ended()
        desk.scored(phi)
        was.append(desk.task)
    return was


def rewinding(desk: Desk, seed: Checkpoint, by: Person = REQUESTER) -> Rewind:
    """Go back to a state, knowing what was done since."""
    return Rewind(by=by, seed=replace(seed, happened=done_since(desk, seed)), known=desk.task.version)


def test_a_rewound_task_stands_as_it_did_after_that_step_and_thinks_anew() -> None:
    """Φ, what the actor knows and what it was told; what it spent stays spent."""
    desk = Desk().start()
    was = done_with(desk, ("read_status", 2.0), ("restart_service", 5.0))
    spent = desk.task.spent
    desk.give(rewinding(desk, was[1]))
    task = desk.task
    assert isinstance(task.phase, Thinking)
    assert (task.step, task.phi, task.score, task.recent, task.memory) == (
        was[1].step, was[1].phi, was[1].score, was[1].recent, was[1].memory,
    )  # fmt: skip
    assert task.spent.cost_usd >= spent.cost_usd
    assert "What was done after it stays done: step 2 (restart_service, ok)" in desk.said()[-1]


def test_a_call_that_happened_waits_for_people_again_and_its_card_says_so() -> None:
    """Going back does not undo it; it is never simply made again."""
    desk = Desk().start()
    was = done_with(desk, ("restart_service", 5.0))
    desk.give(rewinding(desk, was[0]))
    desk.rules = replace(desk.rules, policy=replace(desk.rules.policy, rules=(), default="allow"))
    desk.propose("restart_service")
    assert desk.kind == "awaiting_approval"
    assert desk.proposal.thought.startswith("This very call was already made as step 1 at 2026-03-02 12:00 UTC; it ")
    assert not desk.proposal.allowed
    desk.approve(LEAD)
    desk.claim(LEAD)
    assert isinstance(desk.phase, Acting)


def test_a_look_may_be_taken_again_unasked() -> None:
    """What policy allows at low risk changes nothing."""
    desk = Desk().start()
    was = done_with(desk, ("read_status", 2.0))
    desk.give(rewinding(desk, was[0]))
    desk.propose("read_status")
    assert isinstance(desk.phase, Acting)


def test_another_call_is_judged_by_policy_alone() -> None:
    """Only what happened is held back."""
    desk = Desk().start()
    was = done_with(desk, ("restart_service", 5.0))
    desk.give(rewinding(desk, was[0]))
    desk.propose("restart_service", service="checkout")
    assert "already made" not in desk.proposal.thought


def test_a_finished_task_can_be_taken_up_again_and_ends_with_a_message_of_its_own() -> None:
    """The first end stays in the thread; the second is told anew."""
    desk = Desk().start()
    was = done_with(desk, ("read_status", 2.0))
    desk.give(Abort(by=REQUESTER))
    assert desk.kind == "finished"
    desk.give(rewinding(desk, was[1]))
    assert isinstance(desk.phase, Thinking)
    done = desk.give(Abort(by=REQUESTER))
    assert PostCard(card=FINAL) in done.effects


def test_what_waits_is_withdrawn_by_who_rewinds() -> None:
    """Its card can't be decided on any more, and says by whom."""
    desk = Desk().waiting()
    digest = desk.proposal.digest
    desk.give(rewinding(desk, desk.log[0][1].checkpoint))
    (decided,) = [record for record in desk.records if isinstance(record, Decided)]
    assert (decided.digest, decided.how, decided.by) == (digest, "withdrawn", (REQUESTER.id,))
    assert all(card.state == "closed" for card in desk.task.cards)


@pytest.mark.parametrize("place", [running, unknown], ids=["running", "unknown"])
def test_a_task_is_not_rewound_away_from_a_call_that_may_be_happening(place: Callable[[], Desk]) -> None:
    """Also not while it is paused: first it must be known."""
    for desk in (place(), place().paused()):
        assert desk.refuses(rewinding(desk, desk.log[0][1].checkpoint)).instead.endswith("then rewind.")


def test_a_task_that_moved_on_is_not_rewound_by_what_was_known_before() -> None:
    """What happened in between would be forgotten."""
    desk = Desk().start()
    given = rewinding(desk, desk.task)
    done_with(desk, ("restart_service", 5.0))
    assert "moved on" in desk.refuses(given).words
    other = replace(rewinding(desk, desk.task), seed=replace(desk.task, thread_id=OPENING_THREAD))
    assert "moved on" in desk.refuses(other).words


def test_only_who_may_steer_a_task_rewinds_it() -> None:
    """The requester, or somebody who may approve."""
    desk = Desk().start()
    desk.refuses(rewinding(desk, desk.task, by=LEAD))


def test_a_fork_is_a_task_of_who_forked_it_that_begins_as_the_other_was() -> None:
    """With a budget and a journal of its own."""
    desk = Desk().start()
    was = done_with(desk, ("restart_service", 5.0))
    seed = replace(was[1], happened=done_since(desk, was[0]), origin=Origin(thread=THREAD, step=1))
    new = ThreadId("T0TEAM:C0STAGING:1772452900.000100")
    fork = Desk(thread_id=new)
    fork.give(Fork(by=LEAD, seed=seed))
    task = fork.task
    assert (task.thread_id, task.requester, task.version, task.step, task.phi) == (new, LEAD.id, 1, 1, 5.0)
    assert (task.cards, task.approvers, task.spent) == ((), (), Spent())
    assert isinstance(task.phase, Thinking)
    (said,) = fork.said()
    assert said.startswith(f"Forked from step 1 of {THREAD}. What was done after it stays done: step 1 (restart_serv")
    fork.propose("restart_service")
    assert f"already made as step 1 of {THREAD}" in fork.proposal.thought


def test_a_fork_is_opened_first_and_begun_under_its_message() -> None:
    """The opening keeps all that the task needs."""
    seed = replace(Desk().start().task, origin=Origin(thread=THREAD, step=0))
    opening = Desk(thread_id=OPENING_THREAD)
    opening.give(Fork(by=LEAD, seed=seed))
    assert isinstance(opening.phase, Opening)
    assert opening.task.origin == seed.origin
    again = Desk(thread_id=ThreadId("T0TEAM:C0STAGING:1772452900.000100"))
    again.give(Fork(by=LEAD, seed=opening.task))
    assert (again.task.phi, again.task.memory, again.task.origin) == (seed.phi, seed.memory, seed.origin)


def test_nobody_forks_who_may_not_start_tasks() -> None:
    """A fork is a task."""
    with pytest.raises(Refused):
        Desk(thread_id=OPENING_THREAD).give(Fork(by=GUEST, seed=Desk().start().task))
