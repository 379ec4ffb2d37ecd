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
from agent_core.runtime import Given, Runtime
from agent_core.transition import WORK_KINDS, Transition
from agent_core.words import EffectId, ThreadId
from tests.enumerator.loop import SKEW
from tests.enumerator.world import Build, World


@dataclass(frozen=True, slots=True, kw_only=True)
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


class NoDue(MemoryStore):
    """Writes what is to be done, and not when."""

    async def commit(
        self,
        before: Loaded,
        transition: Transition,
        entry: Entry,
        **named: Any,  # noqa: ANN401 - as the store's
    ) -> Committed | NotCommitted:
        """Take the thread out of the due index."""
        done = await super().commit(before, transition, entry, **named)
        self._due.pop(transition.checkpoint.thread_id, None)
        return done


class Anyones(MemoryStore):
    """Gives the lease to whoever asks."""

    async def take(self, thread_id: ThreadId, holder: str, lease_s: float) -> Lease | None:
        """Take the lease from whoever has it."""
        self._leases.pop(thread_id, None)
        return await super().take(thread_id, holder, lease_s)


class Careless(MemoryStore):
    """Writes over whatever was written meanwhile."""

    async def commit(
        self,
        before: Loaded,
        transition: Transition,
        entry: Entry,
        **named: Any,  # noqa: ANN401 - as the store's
    ) -> Committed | NotCommitted:
        """Pretend that what is there is what was loaded."""
        newest = await super().load(transition.checkpoint.thread_id)
        was = newest.checkpoint
        if was is not None and before.checkpoint is not None and was.version != before.checkpoint.version:
            version = was.version + 1
            transition = replace(transition, checkpoint=replace(transition.checkpoint, version=version))
            entry, before = replace(entry, version=version), newest
        return await super().commit(before, transition, entry, **named)


class Unstoppable(MemoryStore):
    """Does not ask whether everything is stopped."""

    async def commit(
        self,
        before: Loaded,
        transition: Transition,
        entry: Entry,
        **named: Any,  # noqa: ANN401 - as the store's
    ) -> Committed | NotCommitted:
        """Take nothing for a beginning."""
        return await super().commit(before, replace(transition, begins=False), entry, **named)


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
        name="the claim comes after the call",
        scenario="restart",
        law="nothing starts without a claim",
        build=Build(seen_store=ExecutesFirst, seen_tools=HasRun),
    ),
    Bug(
        name="the answer comes before the commit",
        scenario="restart",
        law="what was acknowledged is in the journal",
        build=Build(runtime=Hasty),
    ),
    Bug(
        name="a result counts whatever its fence",
        scenario="slow",
        law="a result counts under the fence of its claim",
        patches={"agent_core.decide.acting.is_current": yes},
    ),
    Bug(
        name="nobody looks for what was posted",
        scenario="restart",
        law="an effect posts one message",
        build=Build(seen_surface=NeverLooks),
    ),
    Bug(
        name="the key has the try's number",
        scenario="deploy",
        law="a repeat has the same key",
        build=Build(seen_tools=CountsTries),
    ),
    Bug(
        name="it expires by the bot's clock",
        scenario="too late",
        law="the time is the store's",
        build=seen(OwnClock),
    ),
    Bug(
        name="the dedupe mark is dropped",
        scenario="advised",
        law="what somebody said once counts once",
        build=Build(runtime=Forgetful),
    ),
    Bug(
        name="settled before it is performed",
        scenario="restart",
        law="every card stands in the thread",
        build=seen(SettlesFirst),
    ),
    Bug(
        name="what may be done once is done again",
        scenario="restart",
        law="one approval starts an action at most once",
        build=Build(book=may_be_repeated),
    ),
    Bug(
        name="the card comes before the commit",
        scenario="restart",
        law="a card is drawn after the commit, from what is stored",
        build=seen(ShowsFirst),
    ),
    Bug(
        name="the outbox is not written",
        scenario="restart",
        law="a task ends or asks somebody",
        build=seen(NoOutbox),
    ),
    Bug(
        name="the due index is not written", scenario="restart", law="what is pending is due", build=Build(store=NoDue)
    ),
    Bug(
        name="the lease is anyone's",
        scenario="restart",
        law="it is unknown only where a start may have happened and nobody can tell",
        build=Build(store=Anyones),
    ),
    Bug(
        name="commits do not compare",
        scenario="restart",
        law="the journal replays to the state",
        build=Build(store=Careless),
    ),
    Bug(
        name="approvers are not looked up again",
        scenario="left meanwhile",
        law="nothing starts without its approvers",
        build=Build(seen_directory=RemembersPeople),
    ),
    Bug(
        name="the stop is not asked at the claim",
        scenario="everything stopped",
        law="nothing begins while everything is stopped",
        build=Build(store=Unstoppable),
    ),
    Bug(
        name="a lock is everybody's",
        scenario="two that tune",
        law="one task at a time holds a lock",
        patches={"agent_core.fakes.MemoryLocks.take": taken},
    ),
    Bug(
        name="any card's yes counts",
        scenario="an old card",
        law="nothing starts without its approvers",
        patches={
            "agent_core.decide.awaiting_approval.check_names": nothing,
            "agent_core.decide.check_is_not_spent": nothing,
        },
    ),
)
