"""The far side of a virtual world: messages, tools, people and minds. It outlives every process and never lies.

A tool's call is two moments of the far side, its start and its effect, so that a process may die between them. What
a service does is in its name: ``cart`` works, ``broken`` fails, ``slow`` takes seven seconds, ``stuck`` runs into its
time limit, ``shut`` refuses before anything starts.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from agent_core.checkpoint import Card, Checkpoint
from agent_core.fakes import turns
from agent_core.inputs import Ask, Done, GiveUp, ModelReply, Propose, Tell
from agent_core.people import People, Person
from agent_core.ports import CardGone, Clock, Figures, Output, Ran, Replied, Situation, SurfaceGone
from agent_core.proposal import Call, StepRun, canonical
from agent_core.rules.summary import Summary
from agent_core.words import ChannelId, EffectId, PersonId, TeamId, ThreadId
from tests.enumerator.office import PEOPLE

SLOW_S = 7.0


class Message(NamedTuple):
    """One message: which effect posted it, and for a card which one and what it says."""

    effect_id: str
    thread_id: str
    what: str
    card: str = ""
    state: str = ""
    shown: int = 0


class Start(NamedTuple):
    """One start of a call: for which proposal, under which key."""

    thread_id: str
    version: int
    digest: str
    key: str
    tool: str
    args_json: str


@dataclass(slots=True)
class Far:
    """All that the far side keeps. ``effects`` are the keys under which something happened, once for each key."""

    messages: dict[str, Message] = field(default_factory=dict)
    posted: int = 0
    told: list[str] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    froze: bool = False
    deleted: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    book: str = "usual"
    archived: bool = False


class Thread:
    """The Surface port. ``watch`` is told of each message after it was posted or changed.

    A process that was ``frozen`` for longer than its lease, just before it posts, posts what another has posted
    meanwhile: no lease can keep it from that, and the laws about messages are not held to what follows.
    """

    def __init__(self, far: Far, watch: Callable[[Checkpoint | None, Message], None]) -> None:
        self.far = far
        self.watch = watch
        self.frozen = False

    async def post_parent(self, opening: Checkpoint, effect_id: EffectId, *, fresh: bool) -> str:
        """Post the message that a task's thread hangs under and give its ts."""
        return await self.post(Message(effect_id, opening.thread_id, "parent"), opening, fresh=fresh)

    async def post_card(
        self, checkpoint: Checkpoint, card: Card, effect_id: EffectId, *, fresh: bool, summary: Summary | None = None
    ) -> str:
        """Post a card and give its ts."""
        del summary
        message = Message(effect_id, checkpoint.thread_id, "card", card.key, card.state, checkpoint.version)
        return await self.post(message, checkpoint, fresh=fresh)

    async def update_card(self, checkpoint: Checkpoint, card: Card, *, summary: Summary | None = None) -> None:
        """Show what holds now; raise CardGone if the message was deleted."""
        del summary
        await self.reached()
        posted = self.far.messages.get(card.ts or "")
        if posted is None:
            raise CardGone
        self.far.froze = self.far.froze or self.frozen
        self.far.messages[card.ts or ""] = posted._replace(state=card.state, shown=checkpoint.version)
        self.watch(checkpoint, self.far.messages[card.ts or ""])

    async def update_parent(self, checkpoint: Checkpoint) -> None:
        """Show whether the task goes on; the laws do not look at it."""
        del checkpoint
        await self.reached()

    async def say(
        self,
        thread_id: ThreadId,
        words: str,
        effect_id: EffectId,
        *,
        fresh: bool,
        known: frozenset[PersonId] | None = None,
    ) -> None:
        """Post a plain message in the thread."""
        del words, known
        await self.post(Message(effect_id, thread_id, "words"), None, fresh=fresh)

    async def notify(self, checkpoint: Checkpoint, card: Card, why: str, effect_id: EffectId, *, fresh: bool) -> None:
        """Tell those who may decide about the card."""
        await self.post(Message(effect_id, checkpoint.thread_id, why, card.key), checkpoint, fresh=fresh)

    async def tell(self, team: TeamId, person: PersonId, words: str) -> None:
        """Write to one person directly."""
        del team
        await turns()
        self.far.told.append(f"{person}: {words}")

    async def reached(self) -> None:
        """Let others run; raise SurfaceGone where the channel is archived."""
        await turns()
        if self.far.archived:
            raise SurfaceGone("The channel is archived.")

    async def post(self, message: Message, checkpoint: Checkpoint | None, *, fresh: bool) -> str:
        """Post a message, or give the one that has this effect's mark."""
        await self.reached()
        if not fresh:
            for ts, there in self.far.messages.items():
                if there.effect_id == message.effect_id:
                    return ts
        self.far.posted += 1
        ts = f"1772452900.{self.far.posted:06d}"
        self.far.froze = self.far.froze or self.frozen
        self.far.messages[ts] = message
        self.watch(checkpoint, message)
        return ts


class Works:
    """What tools do to the world. ``watch`` is told of each start before it counts, and names its proposal."""

    def __init__(self, far: Far, watch: Callable[[Call, str], Start]) -> None:
        self.far = far
        self.watch = watch

    async def start(self, call: Call, key: str) -> None:
        """Begin."""
        await turns()
        self.far.starts.append(self.watch(call, key))

    async def take_effect(self, key: str) -> None:
        """Have the effect; under a key that had it already, nothing more happens."""
        await turns()
        if key not in self.far.effects:
            self.far.effects.append(key)

    async def find(self, call: Call) -> str:
        """Say whether an order with these arguments was taken."""
        await turns()
        keys = {one.key for one in self.far.starts if one.tool == "order" and one.args_json == call.args_json}
        return "it is there" if keys & set(self.far.effects) else "there is none"


class Toolbox:
    """The Tools port: the part of a call that lives in a process and dies with it."""

    def __init__(self, works: Works, clock: Clock, began: Callable[[], None]) -> None:
        self._works = works
        self._clock = clock
        self._began = began

    async def run(self, call: Call, *, key: str, stop: asyncio.Event) -> Ran:
        """Make the call under its time limit; ``key`` is its idempotency key; ``stop`` ends it early."""
        service = str(call.args["service"])
        if service == "shut":
            return Ran(how="not_started", output=Output(), words="The connection was refused.")
        if call.tool == "find":
            return Ran(how="finished", ok=True, output=Output(exit_code=0, stdout=await self._works.find(call)))
        await self._works.start(call, key)
        self._began()
        if service == "slow" and not await self._sleeps(stop):
            return Ran(how="stopped", output=Output(stdout="so far"), words="It was stopped.")
        if service == "broken":
            return Ran(how="finished", ok=False, output=Output(exit_code=1, stderr="no"))
        await self._works.take_effect(key)
        if service == "stuck":
            return Ran(how="timed_out", output=Output(), words="It took over 60 s.")
        return Ran(how="finished", ok=True, output=Output(exit_code=0, stdout="done"))

    async def _sleeps(self, stop: asyncio.Event) -> bool:
        """Take the time that it takes; say False if it was stopped before."""
        work = asyncio.create_task(self._clock.sleep(SLOW_S))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return not stop.is_set()
        finally:
            work.cancel()
            stopped.cancel()


class Actor:
    """The Model port. The purpose is the plan, ``tool:service`` after ``tool:service``; people's words change it."""

    def __init__(self, *, immediate: bool = False) -> None:
        self.immediate = immediate

    def accepts(self, purpose: str) -> None:
        """Take any words."""

    async def next(self, situation: Situation) -> Replied:
        """Choose the next step by the task alone, as one that is asked twice must."""
        await turns()
        if situation.inquiry is not None:
            return Replied(reply=Tell(words="It is the next thing to do."))
        return Replied(reply=chosen(situation.checkpoint), cost_usd=0.01, tokens=10)


def chosen(task: Checkpoint) -> ModelReply:
    """Choose the step after those that have run."""
    plan, nth = task.purpose.split(), task.tally.steps
    if nth >= len(plan):
        return Done(words="Done.")
    name, _, service = plan[nth].partition(":")
    if name == "ask":
        answers = [said.text for said in task.messages if said.about == "answer"]
        if not answers:
            return Ask(text="Which service?", options=("cart", "checkout"))
        name, service = "restart", answers[-1]
    corrections = [said.text for said in task.messages if said.about == "correction"]
    service = corrections[-1].removeprefix("use ") if corrections else service
    for other in (service, f"{service}-two"):
        step = Propose(tool=name, args_json=canonical({"service": other}), thought="It is down.")
        if not any(no.tool == name and no.args_json == step.args_json for no in task.rejected):
            denied = task.recent and task.recent[-1].outcome == "denied"
            return GiveUp(words="It is forbidden.") if denied else step
    return GiveUp(words="Nothing else is left.")


class Judge:
    """The Critic port: judges by the run alone."""

    name = "judge"

    def __init__(self, *, immediate: bool = False) -> None:
        self.immediate = immediate

    async def score(self, situation: Situation, run: StepRun | None, output: Output | None) -> Figures:
        """Say how far the task is."""
        del output
        await turns()
        if run is None:
            recent = situation.checkpoint.recent
            after = 8.0 if recent and recent[-1].ok else 2.0
        else:
            after = {"look": 3.0, "deploy": 5.0}.get(run.call.tool, 9.5) if run.ok else 1.0
        return Figures(before=0.0, after=after, evidence="As it is.", confidence=1.0)


class Register:
    """The Directory port, over people of whom some have gone."""

    def __init__(self, far: Far, clock: Clock) -> None:
        self.far = far
        self._clock = clock

    def find(self, person: PersonId) -> Person:
        """Describe a person as they are now."""
        found = next(known for known in PEOPLE if known.id == person)
        kind = "deactivated" if person in self.far.gone else found.kind
        return replace(found, kind=kind, looked_up_at=self._clock.now())

    async def look_up(self, team: TeamId, channel: ChannelId, person: PersonId, *, fresh: bool = False) -> Person:
        """Describe a person from facts of now."""
        del team, channel, fresh
        await turns()
        return self.find(person)

    async def members(
        self, team: TeamId, channel: ChannelId, people: People, *, enough: int | None = None
    ) -> frozenset[PersonId]:
        """Resolve a set to those who would count."""
        del team, channel, enough
        await turns()
        return frozenset(known.id for known in PEOPLE if self.find(known.id) in people)
