"""Everything that a worker needs, in memory: one store and one world, and as many processes as a test wants."""

import asyncio
from dataclasses import replace

from agent_core.checkpoint import Checkpoint
from agent_core.effects import Effect
from agent_core.errors import Refused
from agent_core.fakes import (
    FakeClock,
    FakeCritic,
    FakeDirectory,
    FakeEngine,
    FakeModel,
    FakeSurface,
    FakeTools,
    MemoryIndex,
    MemoryLessons,
    MemoryLocks,
    MemoryStore,
    MemorySwitch,
    turns,
)
from agent_core.fakes.spool import MemorySpool
from agent_core.holds import Gates
from agent_core.inputs import Approve, Input, Propose, Start
from agent_core.people import Person
from agent_core.perform import Performer, World
from agent_core.phases import AwaitingApproval, Phase
from agent_core.proposal import Proposal, canonical
from agent_core.records import Entry, Line, Note
from agent_core.runtime import Given, Runtime
from agent_core.words import ChannelId, EffectId, ThreadId
from agent_core.worker import Worker
from tests.core.decide.office import RULES
from tests.examples import APPROVER, NOON, PERSONS, REQUESTER, THREAD

MOST_TURNS = 5000


def step(tool: str = "restart_service", **args: str) -> Propose:
    """Make a step that the model proposes."""
    return Propose(tool=tool, args_json=canonical(args or {"service": "cart"}), thought="It is down.")


class Process:
    """One process of ours: what is lost when it dies."""

    def __init__(self, shop: "Workshop", name: str) -> None:
        self.runtime = Runtime(shop.store, shop.lessons, shop.engine, lambda: shop.rules)
        world = World(
            model=shop.model,
            critic=shop.critic,
            tools=shop.tools,
            surface=shop.surface,
            directory=shop.directory,
            lessons=shop.lessons,
            gates=Gates(locks=shop.locks, switch=shop.switch, links=shop),
            spool=shop.spool,
        )
        performer = Performer(self.runtime, world)
        self.worker = Worker(
            self.runtime, performer, index=shop.index, surface=shop.surface, clock=shop.clock, name=name
        )


class Workshop:
    """The store, the world, and the process that works now."""

    def __init__(self, *steps: Propose, figures: tuple[float, ...] = (9.5,)) -> None:
        self.clock = FakeClock(NOON)
        self.store = MemoryStore(self.clock)
        self.lessons = MemoryLessons()
        self.spool = MemorySpool()
        self.address: str | None = "https://example.slack.com"
        self.locks = MemoryLocks(self.clock)
        self.switch = MemorySwitch(self.store, self.clock)
        self.index = MemoryIndex()
        self.engine = FakeEngine()
        self.model = FakeModel(*(steps or (step(),)))
        self.critic = FakeCritic(*figures)
        self.tools = FakeTools()
        self.surface = FakeSurface()
        self.directory = FakeDirectory(self.clock, *PERSONS)
        self.rules = RULES
        self._started = 0
        self.process = self.restarted()

    def restarted(self) -> Process:
        """Begin a new process, as after a crash: it knows nothing but what is stored."""
        self._started += 1
        self.process = Process(self, f"worker-{self._started}")
        return self.process

    async def link(self, channel: ChannelId, ts: str) -> str | None:
        """Give a message's address, unless nobody knows it."""
        return None if self.address is None else f"{self.address}/archives/{channel}/p{ts.replace('.', '')}"

    def limited(self, **limits: object) -> None:
        """Change some of the limits."""
        self.rules = replace(self.rules, limits=replace(self.rules.limits, **limits))  # type: ignore[arg-type]  # limits are its own fields

    async def give(self, given: Input, thread_id: ThreadId = THREAD, *, dedupe: str | None = None) -> Given:
        """Give an input as a listener would."""
        return await self.process.runtime.give(thread_id, given, dedupe=dedupe)

    async def begin(self, thread_id: ThreadId = THREAD) -> None:
        """Begin a task."""
        await self.give(Start(by=REQUESTER, purpose="Restart the checkout cache in staging."), thread_id)

    async def drain(self, thread_id: ThreadId = THREAD) -> None:
        """Have all done that is pending."""
        await self.process.worker.drain(thread_id)

    def draining(self) -> "asyncio.Task[None]":
        """Have all done that is pending, in the background."""
        return asyncio.create_task(self.drain())

    async def until_waiting(self) -> Proposal:
        """Begin and go on until a proposal waits for people."""
        await self.begin()
        await self.drain()
        return await self.proposal()

    async def task(self, thread_id: ThreadId = THREAD) -> Checkpoint:
        """Load the task."""
        checkpoint = (await self.store.load(thread_id)).checkpoint
        assert checkpoint is not None
        return checkpoint

    async def phase(self, thread_id: ThreadId = THREAD) -> Phase:
        """Load the task's phase."""
        return (await self.task(thread_id)).phase

    async def proposal(self) -> Proposal:
        """Load the proposal that waits."""
        phase = await self.phase()
        assert isinstance(phase, AwaitingApproval)
        return phase.proposal

    async def approve(self, by: Person = APPROVER) -> Given:
        """Say yes to what waits."""
        proposal = await self.proposal()
        return await self.give(Approve(by=by, digest=proposal.digest, version=proposal.version))

    async def pending(self) -> dict[EffectId, Effect]:
        """Load what is to be done."""
        return await self.store.outbox(THREAD)

    async def lines(self) -> list[Line]:
        """Load the journal."""
        return await self.store.journal(THREAD, 0, 1000)

    async def notes(self) -> list[Note]:
        """Load the notes in the journal."""
        return [line for line in await self.lines() if isinstance(line, Note)]

    async def inputs(self) -> list[str]:
        """Say which inputs were accepted, oldest first."""
        return [line.input.kind for line in await self.lines() if isinstance(line, Entry)]

    async def refused(self, given: Input) -> Refused:
        """Give an input that must be refused, and its refusal."""
        try:
            await self.give(given)
        except Refused as no:
            return no
        raise AssertionError(f"{given.kind} was accepted")


async def until(event: asyncio.Event) -> None:
    """Wait for an event that must come within a bounded number of turns of the loop."""
    for _ in range(MOST_TURNS):
        if event.is_set():
            return
        await turns()
    raise AssertionError("it never came")


async def settled(task: "asyncio.Task[None]") -> None:
    """Wait for a task that must end within a bounded number of turns of the loop."""
    for _ in range(MOST_TURNS):
        if task.done():
            return await task
        await turns()
    task.cancel()
    raise AssertionError("it never ended")
