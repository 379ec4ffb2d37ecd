"""A process dies between any two steps of its work, and another goes on from what is stored.

Any turn of the event loop is a place to die at: the story is told once for each, cut there, and gone on with by a
process that knows nothing. What must hold is what DESIGN.md promises: an action starts at most once on its own, and
what nobody can know is asked.
"""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from agent_core.errors import Refused
from agent_core.fakes import FakeCritic, FakeModel, FakeTools, turns
from agent_core.inputs import Abort, Approve, Done, Inquire, OverridePhi, Pause, Propose, ResolveUnknown, Resume, Teach
from agent_core.phases import AwaitingApproval, Finished, OutcomeUnknown
from agent_core.ports import Figures, Output, Ran, Replied, Situation, StoreDown
from agent_core.proposal import Call, StepRun
from agent_core.records import Entry
from agent_core.words import ThreadId
from tests.core.decide.laws import held_of
from tests.core.workshop import Workshop, step
from tests.examples import APPROVER, LEAD, REQUESTER, TEAM, THREAD, person

SECOND = person("U0SECOND", groups=frozenset({"S0ONCALL"}))
ROUNDS = 40
OTHER = ThreadId("T0TEAM:C0STAGING:1772452800.000101")


class Plan(FakeModel):
    """An actor that chooses by the task alone, as one that was asked twice must."""

    async def next(self, situation: Situation) -> Replied:
        """Choose the step after those that have run, or answer the inquiry."""
        nth = situation.checkpoint.tally.steps
        steps = [step for step in self.steps if isinstance(step, Propose)]
        await turns()
        if situation.inquiry is not None:
            return Replied(reply=self.answer)
        return Replied(reply=steps[nth] if nth < len(steps) else Done(words="Done."))


class Judge(FakeCritic):
    """A critic that judges by the run alone."""

    async def score(self, situation: Situation, run: StepRun | None, output: Output | None) -> Figures:
        """Judge reading by 3.0 and the rest by 9.5."""
        del situation, output
        await turns()
        after = 3.0 if run is not None and run.call.tool == "read_status" else 9.5
        return Figures(before=0.0, after=after, evidence="As it is.", confidence=1.0)


class Fuse:
    """Counts the turns that a story takes, and dies at one of them: killed, or told to stop."""

    def __init__(self, at: int | None, *, killed: bool = True) -> None:
        self.at = at
        self.killed = killed
        self.burnt = 0
        self.died = False

    async def drain(self, shop: Workshop) -> None:
        """Have all done that is pending, or die on the way."""
        task = asyncio.create_task(shop.drain())
        while not task.done():
            if self.burnt == self.at:
                shop.store.down = StoreDown("the process is dead", sent=False) if self.killed else None
                task.cancel()
                self.died = True
            self.burnt += 1
            await turns()
        await asyncio.gather(task, return_exceptions=True)
        shop.store.down = None  # A dead process sends nothing more; the next one finds the store as it was.
        if self.died and self.at is not None:
            self.at = None
            shop.restarted()


async def told(shop: Workshop, fuse: Fuse) -> Counter[str]:
    """Tell the story to its end, whatever process tells it; give what people were asked on the way."""
    asked: Counter[str] = Counter()
    await shop.begin()
    for _ in range(ROUNDS):
        await fuse.drain(shop)
        phase = await shop.phase()
        asked[phase.kind] += 1
        if isinstance(phase, Finished) and not await shop.pending():
            return asked
        if isinstance(phase, AwaitingApproval) and not await shop.pending():
            await talk(shop)
            await shop.approve()
            if (await shop.phase()).kind == "awaiting_approval":
                await shop.approve(SECOND)
        elif isinstance(phase, OutcomeUnknown) and not await shop.pending():
            named = {"digest": phase.proposal.digest, "version": phase.proposal.version}
            await shop.give(ResolveUnknown(by=REQUESTER, verdict="happened", **named))  # type: ignore[arg-type]  # named are its own fields
        shop.clock.move(61)
    raise AssertionError("the story has no end")


async def talk(shop: Workshop) -> None:
    """Have people say, teach and steer things while a step waits."""
    await shop.give(Inquire(by=LEAD, text="Why?"))
    await shop.give(Teach(by=LEAD, when="", do="Look at the queue."))
    await shop.give(OverridePhi(by=LEAD, phi=2.0))
    await shop.give(Pause(by=REQUESTER))
    await shop.give(Resume(by=REQUESTER))


def workshop(tool: str, *, immediate: bool = False) -> Workshop:
    """Set the story up: a step that policy allows, and one that people are asked about."""
    shop = Workshop()
    shop.model, shop.critic = Plan(step("read_status"), step(tool)), Judge()
    shop.model.immediate = shop.critic.immediate = immediate
    shop.restarted()
    shop.directory.persons[SECOND.id] = SECOND
    shop.rules = replace(shop.rules, limits=replace(shop.rules.limits, wall_s=1e9))
    return shop


async def check(shop: Workshop, asked: Counter[str], tool: str) -> None:
    """Hold the end of a story to what is promised."""
    once = [key for key, times in shop.tools.starts.items() if times > 1]
    calls = Counter(call.tool for call in shop.tools.calls)
    if tool == "restart_service":
        assert calls[tool] <= 1, "started twice on its own"
        assert calls[tool] == 1 or asked["outcome_unknown"]
    else:
        assert calls[tool] >= 1
        assert not asked["outcome_unknown"], "what may be repeated is repeated under the same key"
        assert len(once) <= 1
    marks = Counter(posted.effect_id for posted in shop.surface.messages.values())
    assert set(marks.values()) == {1}, "one message for each effect"
    keys = Counter(posted.card.key for posted in shop.surface.cards() if posted.card)
    assert set(keys.values()) == {1}, "one message for each card"
    lessons = await shop.lessons.of(TEAM)
    assert [lesson.kind for lesson in lessons] == ["heuristic", "override"]
    lines = [line for line in await shop.lines() if isinstance(line, Entry)]
    assert [line.version for line in lines] == list(range(1, len(lines) + 1))
    assert [record.kind for line in lines for record in line.records].count("ended") == 1
    for posted in shop.surface.cards():
        assert posted.card is not None
        assert posted.card.state in ("done", "failed", "closed"), "every card shows how it ended"
    assert await shop.pending() == {}


async def length_of(tool: str, *, immediate: bool) -> int:
    """Tell the story without a crash, and say how many turns it takes."""
    shop, fuse = workshop(tool, immediate=immediate), Fuse(None)
    await check(shop, await told(shop, fuse), tool)
    return fuse.burnt


@pytest.mark.parametrize(
    ("tool", "killed", "immediate"),
    [
        ("restart_service", True, False),
        ("deploy", True, False),
        ("restart_service", False, False),
        ("restart_service", True, True),
        ("deploy", True, True),
    ],
)
async def test_a_crash_at_any_turn_loses_and_doubles_nothing(
    tool: str,
    killed: bool,  # noqa: FBT001 - a column
    immediate: bool,  # noqa: FBT001 - a column
) -> None:
    """Cut all along the way; each story comes to the same good end, whether or not answers come at once."""
    length = await length_of(tool, immediate=immediate)
    assert length > 50
    unknown = 0
    for at in range(length):
        shop, fuse = workshop(tool, immediate=immediate), Fuse(at, killed=killed)
        asked = await told(shop, fuse)
        assert fuse.died
        await check(shop, asked, tool)
        unknown += asked["outcome_unknown"] > 0
    assert (unknown > 0) == (tool == "restart_service"), "some crashes leave what nobody can know"


class Warehouse(FakeTools):
    """Tools of which one can say whether the other's effect is there: it is, as soon as that one has begun."""

    async def run(self, call: Call, *, key: str, stop: asyncio.Event) -> Ran:
        """Make the call; reading says what there is."""
        ordered = any(made.tool == "order" for made in self.calls)
        said = Output(exit_code=0, stdout="ordered" if ordered else "nothing")
        self.outcomes["read_status"] = Ran(how="finished", ok=True, output=said)
        return await super().run(call, key=key, stop=stop)


def warehouse() -> Workshop:
    """Set up a story whose second step can be read back."""
    shop = workshop("order")
    shop.tools = Warehouse()
    shop.restarted()
    return shop


async def test_a_call_that_can_be_read_back_is_made_once_and_nobody_is_asked() -> None:
    """Cut all along the way: it happened, and counts as done; or it did not, and is proposed anew."""
    shop, fuse = warehouse(), Fuse(None)
    await told(shop, fuse)
    for at in range(0, fuse.burnt, 2):
        shop, cut = warehouse(), Fuse(at)
        asked = await told(shop, cut)
        assert cut.died
        assert [call.tool for call in shop.tools.calls].count("order") == 1
        assert not asked["outcome_unknown"]
        assert await how(shop) == "succeeded"


async def how(shop: Workshop) -> str:
    """Say how the task ended."""
    phase = await shop.phase()
    assert isinstance(phase, Finished)
    return phase.how


async def test_a_lock_is_free_again_whatever_dies_and_never_held_by_two() -> None:
    """Another task that needs it comes through after each crash, and not before the outcome is known."""
    shop, fuse = workshop("reboot"), Fuse(None)
    await told(shop, fuse)
    for at in range(0, fuse.burnt, 3):
        shop, cut = workshop("reboot"), Fuse(at)
        await told(shop, cut)
        assert [call.tool for call in shop.tools.calls].count("reboot") <= 1
        await shop.begin(OTHER)
        await shop.drain(OTHER)
        proposal = held_of(await shop.task(OTHER))
        assert proposal is not None
        await shop.give(Approve(by=APPROVER, digest=proposal.digest, version=proposal.version), OTHER)
        before = len(shop.tools.calls)
        await shop.drain(OTHER)
        assert len(shop.tools.calls) == before + 1, "nobody is waited for any more"


async def test_every_reply_of_the_surface_may_be_lost() -> None:
    """Whatever was posted is found again, and posted once."""
    for at in range(12):
        shop, fuse = workshop("restart_service"), Fuse(None)
        shop.surface.fails.extend([None] * at + [ConnectionError("reset")])
        shop.surface.lose_replies = 1 if at % 2 else 0
        await check(shop, await told(shop, fuse), "restart_service")


async def test_an_abort_is_not_lost_in_a_crash() -> None:
    """It is committed before it is acknowledged; the tool is stopped or its end is asked for."""
    shop = Workshop()
    shop.tools.hold("restart_service")
    await shop.until_waiting()
    await shop.approve()
    drain = shop.draining()
    await shop.tools.started("restart_service").wait()
    await shop.give(Abort(by=REQUESTER))
    drain.cancel()
    await asyncio.gather(drain, return_exceptions=True)
    shop.clock.move(61)
    shop.restarted()
    await shop.drain()
    phase = await shop.phase()
    assert isinstance(phase, Finished)
    assert (phase.how, len(shop.tools.calls)) == ("aborted", 1)
    assert "It is not known whether step 1 happened" in phase.why
    with pytest.raises(Refused):
        await shop.give(Pause(by=APPROVER), THREAD)
