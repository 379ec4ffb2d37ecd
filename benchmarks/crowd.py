"""Many tasks at once: decided by the product's own rules, committed by its own store, and drawn by nobody.

A thread comes to wait in one commit: begun, proposed by the model, its card posted (and, for a crowd that is due,
approved), each decided on the one before, as a worker would have. What is left out is Slack: the card is put on the
stand-in's screen without a call. So a hundred thousand waiting tasks take minutes, not hours, and are stored byte for
byte as any other.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TypeAlias

from redis.asyncio import Redis

from agent_core.adapters.key_file import read_key
from agent_core.adapters.redis_client import connect
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.redis_views import RedisIndex
from agent_core.adapters.system_clock import SystemClock
from agent_core.asking import Asking
from agent_core.checkpoint import Checkpoint
from agent_core.codec import Codec
from agent_core.decide import decide
from agent_core.effects import AskModel, PostCard
from agent_core.inputs import Approve, CardPosted, Input, Start
from agent_core.people import Person
from agent_core.phases import AwaitingApproval
from agent_core.ports import Committed, Loaded, Step, StoreDown
from agent_core.proposal import Proposal
from agent_core.records import Entry
from agent_core.shapes import CHECKPOINT
from agent_core.transition import left_to_do
from agent_core.words import EffectId, PersonId, ThreadId, effect_id_of, team_of
from agent_core.worker import line_of
from benchmarks.bot import REQUESTER, furnish
from benchmarks.slack import APPROVERS, CHANNELS, TEAM, Card, Slack
from benchmarks.stage import Stage
from bot.assembly import Parts, assemble
from bot.config import load

AT_ONCE = 32
TRIES, AGAIN_S = 20, 0.5
Says: TypeAlias = Callable[[ThreadId], str]


class NotCrowded(Exception):
    """A task did not come to stand as it was to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One task of the crowd, as far as somebody needs to know it to press on it."""

    thread_id: ThreadId
    card_ts: str
    value: str  # of its Approve button


def noted(thread_id: ThreadId) -> str:
    """Say what the task of a thread is to note."""
    return "note line-" + thread_id.rpartition(":")[2].replace(".", "-")


def threads(first: int = 1) -> Iterator[ThreadId]:
    """Name threads, one after the other, in the channels by turns."""
    while True:
        yield ThreadId(f"{TEAM}:{CHANNELS[first % len(CHANNELS)]}:1772450000.{first:06d}")
        first += 1


class Crowd:
    """Puts tasks into a Redis, as the bot would that has this configuration and this key."""

    def __init__(self, redis: Redis, parts: Parts, key: bytes, slack: Slack, *, says: Says = noted) -> None:
        """Hold what is needed; ``says`` gives the words that a task is begun with."""
        self.redis = redis
        self.codec = Codec(key)
        self.store = RedisStore(redis, self.codec)
        self._index = RedisIndex(redis, self.codec)
        self._rules = parts.rules
        self._asking = Asking(parts.model, parts.critic)
        self._slack = slack
        self._says = says

    @classmethod
    def on(cls, s: Stage, closing: AsyncExitStack, *, says: Says = noted) -> "Crowd":
        """Make one for the bot of this stage."""
        settings, key = furnish(s.given), read_key(s.folder / "key")
        redis = connect(s.given["redis_url"])
        closing.push_async_callback(redis.aclose)
        return cls(redis, assemble(load(settings.countersign_config), key), key, s.slack, says=says)

    async def gather(
        self, names: Iterable[ThreadId], *, approved: bool = False, began: Callable[[int], datetime] | None = None
    ) -> list[Waiting]:
        """Let a task wait in each thread; ``began`` says when the nth began, now if it is not given."""
        clock, found = SystemClock(), list[Waiting]()
        numbered = enumerate(names)
        while batch := list(islice(numbered, AT_ONCE)):
            found += await asyncio.gather(
                *(self._one(name, began(nth) if began else clock.now(), approved=approved) for nth, name in batch)
            )
        return found

    async def standing(self, names: Iterable[ThreadId]) -> Counter[str]:
        """Count the tasks of these threads by their phase."""
        loaded = [(await self.store.load(name)).checkpoint for name in names]
        return Counter(checkpoint.phase.kind if checkpoint else "absent" for checkpoint in loaded)

    async def plain(self) -> bytes:
        """Write down how a waiting task stands, as JSON that is not packed."""
        _, steps = await self._steps(next(threads()), SystemClock().now())
        return self.codec.written(CHECKPOINT, steps[-1].transition.checkpoint)

    async def _one(self, thread_id: ThreadId, at: datetime, *, approved: bool) -> Waiting:
        """Let one task wait, or be approved and due."""
        begun, steps = await self._steps(thread_id, at)
        proposal = waiting_in(steps[-1].transition.checkpoint)
        value = f"{thread_id}|{proposal.version}|{proposal.digest}"
        waiting = Waiting(thread_id=thread_id, card_ts=card_ts_of(thread_id), value=value)
        if approved:
            someone = self._person(PersonId(APPROVERS[0]), thread_id, at)
            yes = Approve(by=someone, digest=proposal.digest, version=proposal.version, card=waiting.card_ts)
            steps.append(self._decided(thread_id, self._after(begun, steps), yes))
        await self._surely(begun, steps)
        self._slack.put(card_of(waiting))
        return waiting

    async def _steps(self, thread_id: ThreadId, at: datetime) -> tuple[Loaded, list[Step]]:
        """Decide all that brings a task from nothing to waiting."""
        begun = Loaded(checkpoint=None, head="", length=0, now=at)
        by = self._person(REQUESTER, thread_id, at)
        steps = [self._decided(thread_id, begun, Start(by=by, purpose=self._says(thread_id)))]
        steps.append(self._decided(thread_id, self._after(begun, steps), await self._replied(begun, steps)))
        card_posted = posted(steps[-1], card_ts_of(thread_id))
        steps.append(self._decided(thread_id, self._after(begun, steps), card_posted))
        return begun, steps

    async def _replied(self, begun: Loaded, steps: list[Step]) -> Input:
        """Ask the model for the step to propose."""
        (effect_id, effect), *_ = (
            (name, made) for name, made in steps[-1].transition.outbox().items() if isinstance(made, AskModel)
        )
        return await self._asking.model(effect, effect_id, self._after(begun, steps), self._rules)

    def _person(self, who: PersonId, thread_id: ThreadId, at: datetime) -> Person:
        return Person(id=who, team=team_of(thread_id), kind="member", in_channel=True, looked_up_at=at)

    def _after(self, begun: Loaded, steps: list[Step]) -> Loaded:
        return replace(begun, checkpoint=steps[-1].transition.checkpoint, length=len(steps))

    def _decided(self, thread_id: ThreadId, before: Loaded, given: Input) -> Step:
        """Decide one input, as the runtime does."""
        transition = decide(before.checkpoint, given, before.now, self._rules, thread_id=thread_id)
        entry = Entry(
            version=transition.checkpoint.version,
            at=before.now,
            policy_version=self._rules.policy.version,
            input=given,
            records=transition.records,
        )
        return Step(transition=transition, entry=entry)

    async def _surely(self, begun: Loaded, steps: list[Step]) -> None:
        """Write all of it, also where the store is too busy to answer for a while."""
        for nth in range(TRIES):
            try:
                return await self._commit(begun, steps, is_repeat=nth > 0)
            except StoreDown:
                await SystemClock().sleep(AGAIN_S)
        raise NotCrowded("the store does not answer")

    async def _commit(self, begun: Loaded, steps: list[Step], *, is_repeat: bool) -> None:
        """Write all of it, with everything settled but the call that was released, and list the task."""
        left, _ = left_to_do(step.transition for step in steps)
        shown = frozenset(name for name, effect in left.items() if effect.kind != "run_tool")
        ended = steps[-1].transition
        last = replace(steps[-1], transition=replace(ended, settled=ended.settled | shown))
        first, *then = [*steps[:-1], last]
        done = await self.store.commit(begun, first.transition, first.entry, then=then)
        if not isinstance(done, Committed) and not is_repeat:  # a repeat finds what was written unheard
            raise NotCrowded(f"a task was not committed: {done.why}")
        await self._index.put(line_of(ended.checkpoint, begun))


def card_ts_of(thread_id: ThreadId) -> str:
    """Say where a thread's card stands."""
    return f"1772460000.{thread_id.rpartition('.')[2]}"


def posted(step: Step, card_ts: str) -> CardPosted:
    """Say that the card of a proposal stands, as whoever posted it would."""
    after = step.transition.checkpoint
    for nth, effect in enumerate(step.transition.effects):
        if isinstance(effect, PostCard):
            effect_id: EffectId = effect_id_of(after.thread_id, after.version, nth)
            return CardPosted(effect_id=effect_id, card=effect.card, ts=card_ts, shown=after.version)
    raise NotCrowded(f"a proposal was to have a card, but the task is {after.phase.kind}")


def waiting_in(checkpoint: Checkpoint) -> Proposal:
    """Give the proposal that a task waits with."""
    if not isinstance(checkpoint.phase, AwaitingApproval):
        raise NotCrowded(f"a task was to wait for people, but is {checkpoint.phase.kind}")
    return checkpoint.phase.proposal


def card_of(waiting: Waiting) -> Card:
    """Give its card as it stands on the stand-in's screen, without the message, which nobody drew."""
    _, channel, thread_ts = waiting.thread_id.split(":")
    return Card(channel=channel, ts=waiting.card_ts, thread_ts=thread_ts, message={}, value=waiting.value)
