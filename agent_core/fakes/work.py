"""An actor, a critic and tools that do as they were told beforehand, and remember what was asked of them."""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from agent_core.fakes.clock import turns
from agent_core.inputs import Done, ModelReply, Tell
from agent_core.ports import Figures, ModelDown, Output, Ran, Replied, Situation
from agent_core.proposal import Call, StepRun

if TYPE_CHECKING:
    from agent_core.errors import Refused

ModelStep = ModelReply | Replied | ModelDown
WENT_WELL = Ran(how="finished", ok=True, output=Output(exit_code=0, stdout="done\n"))


class FakeModel:
    """The Model port: one step after another, then done. Inquiries get ``answer`` and use up no step."""

    immediate: bool = False

    def __init__(self, *steps: ModelStep, answer: ModelReply | None = None) -> None:
        self.steps = deque(steps)
        self.answer: ModelReply = answer or Tell(words="It is the next thing to do.")
        self.refusal: Refused | None = None
        self.asked: list[Situation] = []

    def accepts(self, purpose: str) -> None:
        """Raise the refusal that was set, if any."""
        del purpose
        if self.refusal is not None:
            raise self.refusal

    async def next(self, situation: Situation) -> Replied:
        """Choose the next step, or answer the inquiry; raise ModelDown."""
        await turns()
        self.asked.append(situation)
        if situation.inquiry is not None:
            return Replied(reply=self.answer)
        step = self.steps.popleft() if self.steps else Done(words="Nothing is left to do.")
        if isinstance(step, ModelDown):
            raise step
        return step if isinstance(step, Replied) else Replied(reply=step, cost_usd=0.01, tokens=100)


class FakeCritic:
    """The Critic port: the Φ given, one after another, then the last again; a failed step scores what was before."""

    name = "fake critic"
    immediate: bool = False

    def __init__(self, *figures: float | Figures | ModelDown) -> None:
        self.figures = deque(figures)
        self._last = 0.0
        self.asked: list[tuple[Situation, StepRun | None, Output | None]] = []

    async def score(self, situation: Situation, run: StepRun | None, output: Output | None) -> Figures:
        """Judge the newest step, or the whole where ``run`` is None; raise ModelDown."""
        await turns()
        self.asked.append((situation, run, output))
        given = self.figures.popleft() if self.figures else self._last
        if isinstance(given, ModelDown):
            raise given
        if isinstance(given, Figures):
            self._last = given.after
            return given
        before, self._last = self._last, given
        return Figures(before=before, after=given, evidence="As the test says.", confidence=1.0)


class FakeTools:
    """The Tools port: outcomes by tool name, and a count of starts by idempotency key.

    A tool named in ``held`` runs until its event is set or it is stopped; ``started`` says which have begun.
    """

    def __init__(self, outcomes: Mapping[str, Ran] | None = None) -> None:
        self.outcomes: dict[str, Ran] = dict(outcomes or {})
        self.held: dict[str, asyncio.Event] = {}
        self.starts: Counter[str] = Counter()
        self.calls: list[Call] = []
        self.killed: list[Call] = []
        self._started: dict[str, asyncio.Event] = {}

    def hold(self, tool: str) -> asyncio.Event:
        """Make the tool run until the event that this gives is set."""
        self.held[tool] = asyncio.Event()
        return self.held[tool]

    def started(self, tool: str) -> asyncio.Event:
        """Give the event that is set when the tool begins for the first time."""
        return self._started.setdefault(tool, asyncio.Event())

    async def run(self, call: Call, *, key: str, stop: asyncio.Event) -> Ran:
        """Make the call under its time limit; ``key`` is its idempotency key; ``stop`` ends it early."""
        self.starts[key] += 1
        self.calls.append(call)
        self.started(call.tool).set()
        try:
            await turns()
            if call.tool in self.held and not await first_is_set(self.held[call.tool], stop):
                self.killed.append(call)
                return Ran(how="stopped", output=Output(stdout="so far\n"))
        except asyncio.CancelledError:
            self.killed.append(call)
            raise
        return self.outcomes.get(call.tool, WENT_WELL)


async def first_is_set(first: asyncio.Event, second: asyncio.Event) -> bool:
    """Wait for either event and tell whether the first is set."""
    waits = [asyncio.create_task(event.wait()) for event in (first, second)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return first.is_set()
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
