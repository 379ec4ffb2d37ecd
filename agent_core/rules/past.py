"""What is done to a task from outside of its own course: put back from a file, forked, rewound. Pure.

A task that was put back begins nothing by itself: hours or months may lie between, and nobody knows what happened
meanwhile. So it is paused, whatever it was at, and a call that was running is one of which nobody knows whether it
happened. A task that is taken up at an earlier step, in a new thread or in place, knows which calls were made after
that step: what was done is not undone by going back, so such a call waits for people again and its card says so.
"""

from collections.abc import Mapping
from datetime import datetime

from agent_core.checkpoint import Checkpoint, Tally
from agent_core.effects import Say, UpdateCard
from agent_core.errors import Refused
from agent_core.inputs import Fork, Input, Restored, Rewind
from agent_core.phases import Acting, Finished, Opening, OutcomeUnknown, Pausable, Paused, Thinking
from agent_core.records import Decided
from agent_core.rules.approvals import check_is_in, check_may_steer
from agent_core.rules.book import Rules
from agent_core.rules.claims import ask_what_happened, unclear
from agent_core.rules.draft import begin, do, enter, keep, settle, show, turn
from agent_core.rules.endings import FINAL, PARENT, close_waiting, pending_work, undecided
from agent_core.rules.scores import with_point
from agent_core.rules.steering import LIVE, suspended
from agent_core.rules.thinking import paused_card, think
from agent_core.rules.under_way import PAUSABLE
from agent_core.transition import Transition
from agent_core.values import replace
from agent_core.words import ThreadId

GOES_ON = (*PAUSABLE, "paused")
REWINDABLE = frozenset({*GOES_ON, "finished"}) - {"outcome_unknown"}
PAST: Mapping[str, Mapping[str, frozenset[str]]] = {
    phase: ({"restored": frozenset({"paused"})} if phase in GOES_ON else {})
    | ({"rewind": frozenset({"thinking"})} if phase in REWINDABLE else {})
    for phase in (*GOES_ON, "finished")
}
WORDS = "This task was put back from a file and is paused: nothing starts until somebody resumes it."
LOST = "It was running when the task was taken out into a file."


def of_the_past(checkpoint: Checkpoint, given: Input, now: datetime, rules: Rules) -> Transition | None:
    """Answer what is done to a task from outside, or give None."""
    phase = checkpoint.phase
    if isinstance(phase, Opening):
        return None
    match given:
        case Restored() if not isinstance(phase, Finished):
            return restored(begin(checkpoint, now), phase, now)
        case Rewind():
            check_may_steer(checkpoint, given.by, rules)
            check_can_rewind(checkpoint, given)
            return rewound(begin(checkpoint, now), given, now)
        case _:
            return None


def check_can_rewind(checkpoint: Checkpoint, given: Rewind) -> None:
    """Raise Refused where going back would leave a call behind that runs, or of which nobody knows."""
    was = checkpoint.underlying
    if isinstance(was, Acting) and was.claim is not None:
        raise Refused("A step is running.", "Stop it or wait until it has ended, then rewind.")
    if isinstance(was, OutcomeUnknown):
        raise Refused("It is not known whether the last step happened.", "Say so on its card first, then rewind.")
    if given.known != checkpoint.version or given.seed.thread_id != checkpoint.thread_id:
        raise Refused("The task moved on meanwhile; nothing was changed.", "Rewind it again.")


def rewound(draft: Transition, given: Rewind, now: datetime) -> Transition:
    """Take a task up again as it was after a step; what it used and whom it asked stays."""
    seed, before = given.seed, draft.checkpoint
    why = f"Rewound to step {seed.step} by <@{given.by.id}>."
    draft = settle(draft, *pending_work(before))
    open_still = undecided(before.phase)
    if open_still is not None:
        draft = keep(draft, Decided(digest=open_still.digest, how="withdrawn", by=(given.by.id,), words=why))
    draft = close_waiting(draft, why, now)
    cards = tuple(card for card in draft.checkpoint.cards if card.key != FINAL)  # the next end is told anew
    back = as_it_was(draft.checkpoint, seed)
    draft = turn(draft, replace(back, cards=cards, tally=moved_back(before, seed.phi)))
    if isinstance(before.phase, Finished) and before.parent_is_ours:  # it says how the task ended
        draft = do(draft, UpdateCard(card=PARENT))
    return think(do(draft, Say(words=f"{why} {told(seed)}")), now)


def as_it_was(task: Checkpoint, seed: Checkpoint) -> Checkpoint:
    """Give a task the working state of its seed."""
    return replace(
        task,
        step=seed.step,
        phi=seed.phi,
        phi_by=seed.phi_by,
        score=seed.score,
        recent=seed.recent,
        messages=seed.messages,
        rejected=seed.rejected,
        memory=seed.memory,
        asked_at_step=seed.asked_at_step,
        happened=seed.happened,
    )


def moved_back(task: Checkpoint, phi: float | None) -> Tally:
    """Count that Φ went back: the reward is the sum of all Δ."""
    was, now_is = task.phi or 0.0, phi or 0.0
    if task.tally.phi_start is None or was == now_is:
        return task.tally
    tally = replace(task.tally, reward=round(task.tally.reward + now_is - was, 2))
    return with_point(tally, task.tally.phi_start, now_is)


def forked(thread_id: ThreadId, given: Fork, now: datetime, rules: Rules) -> Checkpoint:
    """Make version 1 of a task that begins as another was; it is for who forked it, and has used nothing yet."""
    check_is_in(rules.starters, given.by, "start tasks")
    seed = given.seed
    fresh = Checkpoint(
        thread_id=thread_id,
        version=1,
        purpose=seed.purpose,
        requester=given.by.id,
        started_at=now,
        phase=Thinking(asked=1),
        context=seed.context,
        origin=seed.origin,
        tally=Tally(phi_start=seed.phi, course=() if seed.phi is None else (seed.phi,)),
    )
    return as_it_was(fresh, seed)


def told(seed: Checkpoint) -> str:
    """Say what happened after the step at which a task is taken up again."""
    if not seed.happened:
        return "Nothing was done after it."
    calls = ", ".join(f"step {one.step} ({one.tool}, {one.outcome.replace('_', ' ')})" for one in seed.happened[-8:])
    return f"What was done after it stays done: {calls}. A call that happened waits for people again, and says so."


def restored(draft: Transition, phase: Pausable | Paused, now: datetime) -> Transition:
    """Pause a task that was put back; what ran is asked about."""
    draft = settle(draft, *pending_work(draft.checkpoint))
    was = phase.was if isinstance(phase, Paused) else phase
    for card in draft.checkpoint.cards:
        if card.state in LIVE:
            draft = show(draft, replace(card, state="paused", words=WORDS))
    if isinstance(was, Acting) and was.claim is not None:
        draft = ask_what_happened(draft, was.proposal, LOST, now)
        was = unclear(was, was.claim, LOST)
    draft = enter(draft, Paused(was=suspended(was), by=None, at=now), now)
    return show(draft, paused_card(draft.checkpoint, now, WORDS))
