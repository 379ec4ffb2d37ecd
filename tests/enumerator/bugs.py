"""Bugs as somebody might make them, planted one at a time, so that the laws and the schedules are put to the test.

Each is a build of the bot in which one port or one small function is replaced. It names the law that finds it out, and
the scenario in whose schedules that happens.
"""

import asyncio
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent_core.effects import PostCard
from agent_core.fakes import MemoryStore, turns
from agent_core.inputs import Input, actor_of
from agent_core.phases import Acting
from agent_core.ports import Committed, Lease, Loaded, Look, NotCommitted, Output, Ran, Store, Taken
from agent_core.proposal import Call
from agent_core.records import Entry
from agent_core.rules.book import Rules
from agent_core.rules.due import due as next_due
from agent_core.runtime import Given, Runtime
from agent_core.transition import WORK_KINDS, Transition
from agent_core.words import EffectId, ThreadId
from tests.enumerator.loop import SKEW
from tests.enumerator.world import Build, World


@dataclass(frozen=True, slots=True)
class Bug:
    """One bug, where it is found, and by which law. ``patches`` are functions put in the place of others."""

    name: str
    scenario: str
    law: str
    build: Build = field(default_factory=Build)
    patches: Mapping[str, object] = field(default_factory=dict)


class Before:
    """A port in front of another; what a bug does not change goes through."""

    def __init__(self, port: Any, world: World) -> None:  # noqa: ANN401 - any port
        self.port = port
        self.world = world

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any port's any method
        """Pass on what is not changed."""
        return getattr(self.port, name)


class ExecutesFirst(Before):
    """Makes the call, and claims it afterwards."""

    async def commit(self, before: Loaded, transition: Transition, entry: Entry, **named: Any) -> Any:  # noqa: ANN401 - as the store's
        """Run the tool before its claim is committed."""
        phase = transition.checkpoint.phase
        if entry.input.kind == "tool_started" and isinstance(phase, Acting):
            key = f"{phase.proposal.digest}-{phase.proposal.version}"
            await self.world.works.start(phase.proposal.call, key)
            await self.world.works.take_effect(key)
        return await self.port.commit(before, transition, entry, **named)


class HasRun(Before):
    """Says that the call went well, which somebody else has made."""

    async def run(self, call: Call, *, key: str, stop: asyncio.Event) -> Ran:
        """Make no call."""
        del call, key, stop
        await turns()
        return Ran(how="finished", ok=True, output=Output(exit_code=0))


class Hasty(Runtime):
    """Tells a person that it is done, and then does it."""

    async def give(self, thread_id: ThreadId, given: Input, **named: Any) -> Given:  # noqa: ANN401 - as the runtime's
        """Answer first."""
        if actor_of(given) is None or given.kind == "start":
            return await super().give(thread_id, given, **named)
        loaded = await self.store.load(thread_id)
        self.later = asyncio.create_task(super().give(thread_id, given, **named))
        return Given(loaded=loaded)


class Forgetful(Runtime):
    """Keeps no marks of what was given before."""

    async def give(self, thread_id: ThreadId, given: Input, **named: Any) -> Given:  # noqa: ANN401 - as the runtime's
        """Drop the mark."""
        return await super().give(thread_id, given, **{**named, "dedupe": None})


class NeverLooks(Before):
    """Posts without looking for what was posted before."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any port's any method
        """Take every effect for fresh."""
        member = getattr(self.port, name)

        async def post(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - any port's any method
            return await member(*args, **({**named, "fresh": True} if "fresh" in named else named))

        return post if inspect.iscoroutinefunction(member) else member


class CountsTries(Before):
    """Makes the idempotency key from the try's number as well."""

    async def run(self, call: Call, *, key: str, stop: asyncio.Event) -> Ran:
        """Use a key of this try only."""
        ran: Ran = await self.port.run(call, key=f"{key}-{len(self.world.far.starts)}", stop=stop)
        return ran


class OwnClock(Before):
    """Takes the process's own time for the store's."""

    async def load(self, thread_id: ThreadId, **named: Any) -> Loaded:  # noqa: ANN401 - as the store's
        """Put the wrong time in."""
        loaded: Loaded = await self.port.load(thread_id, **named)
        return replace(loaded, now=loaded.now - SKEW)


class SettlesFirst(Before):
    """Takes what is to be shown out of the outbox before it is shown."""

    async def take(self, thread_id: ThreadId, holder: str, lease_s: float) -> Lease | None:
        """Settle what is found with the lease."""
        lease: Lease | None = await self.port.take(thread_id, holder, lease_s)
        if lease is not None and lease.found is not None:
            await self._settle(lease, lease.found)
        return lease

    async def look(self, lease: Lease, known: Loaded) -> Look | None:
        """Settle what is seen."""
        looked: Look | None = await self.port.look(lease, known)
        if looked is not None:
            await self._settle(lease, looked)
        return looked

    async def _settle(self, lease: Lease, looked: Look) -> None:
        shown = [name for name, effect in looked.pending.items() if effect.kind not in WORK_KINDS]
        await self.port.settle(lease, shown)


class ShowsFirst(Before):
    """Posts a card, and commits afterwards what it shows."""

    async def commit(self, before: Loaded, transition: Transition, entry: Entry, **named: Any) -> Any:  # noqa: ANN401 - as the store's
        """Post the transition's cards before it is committed."""
        task = transition.checkpoint
        for effect_id, effect in transition.outbox().items():
            card = task.card(effect.card) if isinstance(effect, PostCard) else None
            if card is not None:
                await self.world.surface.post_card(task, card, effect_id, fresh=False)
        return await self.port.commit(before, transition, entry, **named)


class NoOutbox(Before):
    """Writes the task, and none of what is to be done."""

    async def commit(self, before: Loaded, transition: Transition, entry: Entry, **named: Any) -> Any:  # noqa: ANN401 - as the store's
        """Leave the effects out."""
        return await self.port.commit(before, replace(transition, effects=()), entry, **named)


class Altered(MemoryStore):
    """A store whose commits are not what they should be."""

    async def commit(
        self,
        before: Loaded,
        transition: Transition,
        entry: Entry,
        **named: Any,  # noqa: ANN401 - as the store's
    ) -> Committed | NotCommitted:
        """Commit something else."""
        before, transition, entry = await self.altered(before, transition, entry)
        done = await super().commit(before, transition, entry, **named)
        self.spoil(transition.checkpoint.thread_id)
        return done

    async def altered(self, before: Loaded, transition: Transition, entry: Entry) -> tuple[Loaded, Transition, Entry]:
        """Give what is committed instead."""
        return before, transition, entry

    def spoil(self, thread_id: ThreadId) -> None:
        """Do what is wrong after a commit."""


class NoDue(Altered):
    """Writes what is to be done, and not when."""

    def spoil(self, thread_id: ThreadId) -> None:
        """Take the thread out of the due index."""
        self._due.pop(thread_id, None)


class LetsGo(Altered):
    """Gives the lease back with every commit, and looks at the task again when a timer wants it."""

    def spoil(self, thread_id: ThreadId) -> None:
        """Do as if nothing were pending."""
        self._leases.pop(thread_id, None)
        self._look_again(thread_id, next_due(self._codec.decode(self.kept[thread_id].checkpoint, thread_id)))


class Grabs(Altered):
    """Takes the lease with a commit, whoever has it."""

    async def altered(self, before: Loaded, transition: Transition, entry: Entry) -> tuple[Loaded, Transition, Entry]:
        """Take it from its holder first."""
        self._leases.pop(transition.checkpoint.thread_id, None)
        return before, transition, entry


class Careless(Altered):
    """Writes over whatever was written meanwhile."""

    async def altered(self, before: Loaded, transition: Transition, entry: Entry) -> tuple[Loaded, Transition, Entry]:
        """Pretend that what is there is what was loaded."""
        newest = await super().load(transition.checkpoint.thread_id)
        was = newest.checkpoint
        if was is None or before.checkpoint is None or was.version == before.checkpoint.version:
            return before, transition, entry
        version = was.version + 1
        transition = replace(transition, checkpoint=replace(transition.checkpoint, version=version))
        return newest, transition, replace(entry, version=version)


class Unstoppable(Altered):
    """Does not ask whether everything is stopped."""

    async def altered(self, before: Loaded, transition: Transition, entry: Entry) -> tuple[Loaded, Transition, Entry]:
        """Take nothing for a beginning."""
        return before, replace(transition, begins=False), entry


class Anyones(MemoryStore):
    """Gives the lease to whoever asks for it."""

    async def take(self, thread_id: ThreadId, holder: str, lease_s: float) -> Lease | None:
        """Take the lease from whoever has it."""
        self._leases.pop(thread_id, None)
        return await super().take(thread_id, holder, lease_s)


async def taken(_: object, team: object, name: str, holder: EffectId, **named: object) -> Taken:
    """Give a lock to whoever asks."""
    del team, name, named
    await turns()
    return Taken(holder=holder, place=0)


class RemembersPeople(Before):
    """Describes everybody as they once were."""

    async def look_up(self, team: Any, channel: Any, person: Any, *, fresh: bool = False) -> Any:  # noqa: ANN401 - as the directory's
        """Give what was true an hour ago."""
        found = await self.port.look_up(team, channel, person, fresh=fresh)
        return replace(found, kind="member") if found.kind == "deactivated" else found


def may_be_repeated(rules: Rules) -> Rules:
    """Declare every tool idempotent."""
    return replace(rules, tools={name: replace(spec, effect="idempotent") for name, spec in rules.tools.items()})


def yes(*_: object) -> bool:
    """Agree."""
    return True


def nothing(*_: object) -> None:
    """Check nothing."""


def seen(store: Callable[[Store, World], Any]) -> Build:
    """Build a bot that sees the store through another."""
    return Build(seen_store=store)


BUGS: Sequence[Bug] = (
    Bug(
        "the claim comes after the call", "restart", "nothing starts without a claim",
        Build(seen_store=ExecutesFirst, seen_tools=HasRun),
    ),
    Bug(
        "the answer comes before the commit", "restart", "what was acknowledged is in the journal",
        Build(runtime=Hasty),
    ),
    Bug(
        "a result counts whatever its fence", "slow", "a result counts under the fence of its claim",
        patches={"agent_core.decide.acting.is_current": yes},
    ),
    Bug("nobody looks for what was posted", "restart", "an effect posts one message", Build(seen_surface=NeverLooks)),
    Bug("the key has the try's number", "deploy", "a repeat has the same key", Build(seen_tools=CountsTries)),
    Bug("it expires by the bot's clock", "too late", "the time is the store's", seen(OwnClock)),
    Bug("the dedupe mark is dropped", "advised", "what somebody said once counts once", Build(runtime=Forgetful)),
    Bug("settled before it is performed", "restart", "every card stands in the thread", seen(SettlesFirst)),
    Bug(
        "what may be done once is done again", "restart", "one approval starts an action at most once",
        Build(book=may_be_repeated),
    ),
    Bug(
        "the card comes before the commit", "restart", "a card is drawn after the commit, from what is stored",
        seen(ShowsFirst),
    ),
    Bug("the outbox is not written", "restart", "a task ends or asks somebody", seen(NoOutbox)),
    Bug("the due index is not written", "restart", "what is pending is due", Build(store=NoDue)),
    Bug(
        "the lease is anyone's", "restart",
        "it is unknown only where a start may have happened and nobody can tell", Build(store=Anyones),
    ),
    Bug(
        "a commit takes the lease that another has", "paused while running",
        "it is unknown only where a start may have happened and nobody can tell", Build(store=Grabs),
    ),
    Bug("a commit gives the lease back too soon", "restart", "what is pending is due", Build(store=LetsGo)),
    Bug("commits do not compare", "restart", "the journal replays to the state", Build(store=Careless)),
    Bug(
        "approvers are not looked up again", "left meanwhile", "nothing starts without its approvers",
        Build(seen_directory=RemembersPeople),
    ),
    Bug(
        "the stop is not asked at the claim", "everything stopped", "nothing begins while everything is stopped",
        Build(store=Unstoppable),
    ),
    Bug(
        "a lock is everybody's", "two that tune", "one task at a time holds a lock",
        patches={"agent_core.fakes.MemoryLocks.take": taken},
    ),
    Bug(
        "any card's yes counts", "an old card", "nothing starts without its approvers",
        patches={
            "agent_core.decide.awaiting_approval.check_names": nothing,
            "agent_core.decide.check_is_not_spent": nothing,
        },
    ),
)  # fmt: skip
