"""The stories that are told under every fault: each sort of input, each class of tool, each way to end.

A scenario is what people do of their own accord; what a task asks for besides is given by whoever may (see acts).
Without a fault it ends in the way that it names; with faults it may end otherwise, but never in silence.
"""

from dataclasses import dataclass, replace

from agent_core import inputs
from agent_core.inputs import Input
from agent_core.records import Entry, Proposed
from tests.enumerator.acts import (
    ABSENT,
    OTHER,
    RUNNING,
    Act,
    Doing,
    Scene,
    approve,
    at,
    edit,
    elsewhere,
    fork,
    leaves,
    lose_card,
    opening,
    quietly,
    reaction,
    reject,
    rewind,
    says,
    start,
    stricter,
    switch,
    thread_of,
    time_passes,
    withdraw,
)
from tests.enumerator.office import SECOND
from tests.examples import APPROVER, GUEST, LEAD, REQUESTER

WAITING = "awaiting_approval"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story: what people do in order, how it ends, and what somebody else may do at any moment (``rival``)."""

    name: str
    acts: tuple[Act, ...]
    ends: str = "succeeded"
    rival: Act | None = None

    def caught_up(self, scene: Scene, done: int) -> int:
        """Count those acts as done that took effect, though nobody could tell who did them."""
        while done < len(self.acts) and took_effect(self.acts[done], scene):
            done += 1
        return done

    def doing(self, scene: Scene, done: int) -> Doing | None:
        """Say what happens next, after so many of the acts, or None where the story is over."""
        if not scene.world.at_rest():
            return Doing()
        following = self.acts[done] if done < len(self.acts) else None
        if following is not None and scene.kind in following.when:
            return Doing(act=following, counts=True)
        act = reaction(scene)
        if act is None:
            return Doing() if scene.world.pending() else None
        is_beside = following is not None and RUNNING in following.when
        return Doing(act=act, during=following if is_beside else None)


def took_effect(act: Act, scene: Scene) -> bool:
    """Tell whether an act was done before now."""
    if act.is_done is not None:
        return act.is_done(scene.world)
    return scene.world.took(thread_of(act, scene), act.mark)


def book(name: str) -> Act:
    """Put other rules in force before anything begins."""

    def put(scene: Scene) -> None:
        scene.world.far.book = name

    return quietly(ABSENT, f"book {name}", put)


def left_meanwhile(scene: Scene) -> Input | None:
    """Say yes, and leave the company before the claim."""
    leaves(scene)
    return approve().make(scene)


def changed_meanwhile(scene: Scene) -> Input | None:
    """Say yes while the policy becomes stricter."""
    stricter(scene)
    return approve().make(scene)


def too_late(scene: Scene) -> Input | None:
    """Say yes a moment after the proposal expired, before anybody noticed."""
    scene.world.time.move((scene.proposal.expires_at - scene.world.time.now()).total_seconds() + 1)
    return approve().make(scene)


def forgets(scene: Scene) -> Input | None:
    """Take back the first lesson that there is."""
    lessons = [lesson for log in scene.world.lessons.kept.values() for lesson in log]
    return inputs.Forget(by=LEAD, lesson=lessons[0]) if lessons else None


def old_card(scene: Scene) -> Input | None:
    """Press Approve on the first card that there was."""
    for line in scene.world.lines(scene.thread_id):
        for record in line.records if isinstance(line, Entry) else ():
            if isinstance(record, Proposed) and record.proposal.requirements:
                first = record.proposal
                return inputs.Approve(by=APPROVER, digest=first.digest, version=first.version)
    return None


def archive(scene: Scene) -> None:
    """Archive the channel."""
    scene.world.far.archived = True


def nobody(scene: Scene) -> None:
    """Have everybody leave who could approve."""
    scene.world.far.gone.extend((APPROVER.id, SECOND.id))


def again(scene: Scene) -> Input:
    """Have a step tried again of which nobody knows whether it happened."""
    return inputs.ResolveUnknown(by=REQUESTER, verdict="try_again", **scene.named())  # type: ignore[arg-type]  # its own fields


RESTART = start("restart:cart")
DEPLOY = start("deploy:cart restart:cart")
LEAD_RESUMES = says("paused", inputs.Resume(by=REQUESTER))
PAUSE = inputs.Pause(by=REQUESTER)
ABORT = inputs.Abort(by=REQUESTER)
DENY = inputs.Teach(by=LEAD, when="tool = restart", do="deny")
ADVISE = inputs.Teach(by=LEAD, when="", do="Look at the queue.")
WHY = inputs.Reply(by=REQUESTER, text="Why this one?")
USE = inputs.Reply(by=REQUESTER, text="use checkout")
REJECT = at(WAITING, "reject", reject)
APPROVE = approve()
ABORTED = says(WAITING, ABORT)

STOP_ALL = switch(WAITING, "stop all", is_stopped=True)
STOP_ALL_RUNNING = switch(RUNNING, "stop all", is_stopped=True)
RESUME_ALL = switch(f"acting {WAITING} finished", "resume all", is_stopped=False)
ANOTHER = replace(start("tune:slow"), name="start another", when=frozenset({WAITING}), thread=OTHER)
ANOTHER_YES = replace(elsewhere(APPROVE, "approve another"), when=frozenset({RUNNING}))

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("look and restart", (start("look:cart restart:cart"),)),
    Scenario("restart", (RESTART, APPROVE), rival=REJECT),
    Scenario("opened", (opening("restart:cart"),)),
    Scenario("deploy", (DEPLOY,), rival=at(WAITING, "another yes", lambda scene: approve(LEAD).make(scene))),
    Scenario("staged", (start("pay:cart"),)),
    Scenario("ordered", (start("order:cart"),)),
    Scenario("order timed out", (start("order:stuck"),)),
    Scenario("tuned", (start("tune:cart"),)),
    Scenario("two that tune", (start("tune:slow"), ANOTHER, ANOTHER_YES), ends="succeeded succeeded"),
    Scenario("everything stopped", (RESTART, STOP_ALL, APPROVE, RESUME_ALL)),
    Scenario("everything stopped while running", (start("deploy:slow restart:cart"), STOP_ALL_RUNNING, RESUME_ALL)),
    Scenario("pressed twice", (RESTART, APPROVE, at("finished", "again", lambda _: ABORT))),
    Scenario("rejected", (RESTART, REJECT)),
    Scenario("an old card", (RESTART, REJECT, at(WAITING, "old card", old_card), ABORTED), ends="aborted"),
    Scenario("edited", (RESTART, at(WAITING, "edit", edit)), rival=APPROVE),
    Scenario("withdrawn", (DEPLOY, APPROVE, at(WAITING, "withdraw", withdraw))),
    Scenario("overridden", (RESTART, says(WAITING, inputs.OverridePhi(by=LEAD, phi=2.0, why="Still full.")))),
    Scenario("far enough", (RESTART, says(WAITING, inputs.OverridePhi(by=LEAD, phi=9.5, why="It is up.")))),
    Scenario("reviewed", (book("reviewed"), start("look:cart restart:cart"))),
    Scenario("denied by a lesson", (RESTART, says(WAITING, DENY), REJECT), ends="failed"),
    Scenario("advised", (RESTART, says(WAITING, ADVISE), at(WAITING, "forget", forgets))),
    Scenario("suggested", (RESTART, says(WAITING, inputs.ConfirmRule(by=LEAD, rule="none")))),
    Scenario("asked back", (RESTART, says(WAITING, WHY))),
    Scenario("asked twice", (RESTART, says(WAITING, inputs.Inquire(by=LEAD, text="Is it safe?")), says(WAITING, WHY))),
    Scenario("corrected", (RESTART, says(WAITING, USE)), rival=APPROVE),
    Scenario("redirected", (RESTART, says(WAITING, inputs.Correct(by=REQUESTER, text="use checkout")))),
    Scenario("a question", (start("ask:x"),)),
    Scenario("a question answered", (start("ask:x"), says("awaiting_answer", inputs.Reply(by=REQUESTER, text="cart")))),
    Scenario("paused", (RESTART, says(WAITING, PAUSE), LEAD_RESUMES), rival=says("acting scoring thinking", PAUSE)),
    Scenario("paused while running", (start("restart:slow"), says(RUNNING, PAUSE), LEAD_RESUMES)),
    Scenario("aborted", (RESTART, ABORTED), ends="aborted"),
    Scenario(
        "aborted at any time",
        (start("look:cart restart:cart"),),
        rival=says("thinking awaiting_approval acting scoring", ABORT),
    ),
    Scenario("aborted while running", (start("restart:slow"), says(RUNNING, ABORT)), ends="aborted"),
    Scenario("stopped", (start("restart:slow"), says(RUNNING, inputs.Stop(by=REQUESTER))), ends="failed"),
    Scenario("slow", (start("deploy:slow"),)),
    Scenario("broken", (start("restart:broken"),), ends="failed"),
    Scenario("timed out", (start("restart:stuck"),)),
    Scenario("tried again", (start("restart:stuck"), at("outcome_unknown", "try again", again))),
    Scenario("archived", (RESTART, quietly(WAITING, "archive", archive), says(WAITING, PAUSE)), ends="aborted"),
    Scenario("nobody there", (quietly(ABSENT, "nobody", nobody), RESTART), ends="failed"),
    Scenario("rewound", (start("look:cart restart:cart"), rewind("finished", 1))),
    Scenario("rewound while it waits", (start("look:cart restart:cart"), rewind(WAITING, 0))),
    Scenario("forked", (start("look:cart restart:cart"), fork("finished", 1)), ends="succeeded succeeded"),
    Scenario("restored", (RESTART, says(WAITING, inputs.Restored(head="0" * 64)))),
    Scenario("shut", (start("restart:shut"),), ends="failed"),
    Scenario("forbidden", (start("wipe:cart"),), ends="failed"),
    Scenario("short of money", (book("short of money"), DEPLOY)),
    Scenario("asks every step", (book("asks every step"), DEPLOY)),
    Scenario("expired", (RESTART, *(quietly(WAITING, f"time {nth}", time_passes) for nth in range(4))), ends="expired"),
    Scenario("too late", (RESTART, at(WAITING, "too late", too_late)), ends="expired"),
    Scenario("left meanwhile", (RESTART, at(WAITING, "left", left_meanwhile))),
    Scenario("changed meanwhile", (RESTART, at(WAITING, "changed", changed_meanwhile))),
    Scenario("card deleted", (RESTART, quietly(WAITING, "delete", lose_card))),
    Scenario("a guest presses", (RESTART, approve(GUEST))),
    Scenario("a lesson at any time", (RESTART,), rival=says("thinking awaiting_approval acting scoring", ADVISE)),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
