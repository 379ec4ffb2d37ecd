"""The one way in: ``give`` loads a task, has it decided, and commits. It performs nothing.

A commit that was lost is decided again from what won, a bounded number of times; a dedupe ID makes a repeat give the
first outcome. What crashes before the commit has changed nothing; what crashes after it is found through the due index.

What whoever drains a task can answer at once (a runbook's next step, a postcondition) is decided on what it follows
from and committed with it: each is an input of its own with a version and a line of its own, and one script writes all.
"""

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from agent_core.decide import decide
from agent_core.errors import Broken, Refused, too_late
from agent_core.inputs import (
    Edit,
    Forget,
    Input,
    ModelReplied,
    OverridePhi,
    ResolveUnknown,
    Scored,
    Start,
    Teach,
    ToolStarted,
    actor_of,
)
from agent_core.ports import Committed, Engine, Lessons, Loaded, Step, Stopped, Store, StoreDown, Switched, Taking
from agent_core.records import Entry, Note
from agent_core.rules.book import Rules
from agent_core.transition import Transition, left_to_do
from agent_core.values import replace
from agent_core.words import EffectId, ThreadId, team_of

log = structlog.get_logger(__name__)

TRIES = 16  # notes of refused clicks move the journal's head as well
READS_LESSONS = (Edit, Forget, ModelReplied, OverridePhi, ResolveUnknown, Scored, Start, Teach, ToolStarted)
WORDS_CHARS = 500
MOST_AT_ONCE = 8  # inputs in one commit
FRESH = 10_000  # effects remembered as made here; a forgotten one is looked for before it is posted, no more


Answer: TypeAlias = Callable[[Loaded, Rules], Awaitable[Input]]
Follow: TypeAlias = Callable[[Step], Answer | None]
"""Gives what answers a step's request, or None where it makes none or the answer takes its time."""


def nothing_follows(step: Step) -> Answer | None:
    """Leave every request in the outbox."""
    del step
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the holder of a task's lease has of it: its newest state as far as known, and what was performed since."""

    loaded: Loaded
    performed: frozenset[EffectId] = frozenset()
    follow: Follow = nothing_follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What became of an input: the task as it now is, or with ``repeated`` that it had been given before.

    ``transitions`` are the input's own and those that followed at once. ``holder`` is who holds the thread's lease;
    ``was_known`` says that nobody else had moved the task since whoever gave the input last knew of it.
    """

    loaded: Loaded
    transitions: tuple[Transition, ...] = ()
    holder: str | None = None
    was_known: bool = False
    repeated: bool = False


class Crowded(Refused):
    """Every commit of an input was lost to somebody else's; what was to be committed is as good as before."""

    def __init__(self) -> None:
        """Say so to a person."""
        super().__init__("Too many people are acting on this task at once; nothing was changed.", "Try again.")


class Runtime:
    """Gives inputs to tasks. ``rules`` is asked for anew each time, so that a new policy holds at once."""

    def __init__(self, store: Store, lessons: Lessons, engine: Engine, rules: Callable[[], Rules]) -> None:
        """Hold the ports; nothing is opened here."""
        self.store = store
        self._lessons = lessons
        self._engine = engine
        self._rules = rules
        self._made_here: dict[EffectId, None] = {}

    async def give(
        self, thread_id: ThreadId, given: Input, *, dedupe: str | None = None, holding: Holding | None = None
    ) -> Given:
        """Have one input decided and committed; raise Refused, Broken, StoreDown or Quarantined.

        ``holding`` is for a worker under its lease, who sees what is new without being woken; the task is loaded anew
        if somebody else has moved it.
        """
        known = holding.loaded if holding else None
        for _ in range(TRIES):
            before = known or await self.store.load(thread_id, dedupe=dedupe)
            was_known, known = known is not None, None
            if before.seen is not None:
                return Given(loaded=before, repeated=True)
            steps = await self._steps(thread_id, before, given, holding)
            take = None if holding else self._engine.takes(thread_id)
            done = await self._committed(before, steps, dedupe, take)
            if done is not None:
                made = tuple(step.transition for step in steps)
                self._remember(made)
                if done.lease or (made[0].effects and not holding):
                    await self._engine.wake(thread_id, done.lease)
                return Given(loaded=done.loaded, transitions=made, holder=done.holder, was_known=was_known)
            log.info("commit not written", thread_id=thread_id, given=given.kind)
        raise Crowded

    async def _committed(
        self, before: Loaded, steps: Sequence[Step], dedupe: str | None, take: Taking | None
    ) -> Committed | None:
        """Commit steps, or give None where somebody was first; raise Refused where it may not be, or StoreDown."""
        first, *then = steps
        kind, thread_id = first.entry.input.kind, first.transition.checkpoint.thread_id
        try:
            done = await self.store.commit(
                before, first.transition, first.entry, dedupe=dedupe, outcome=kind, then=then, take=take
            )
        except (StoreDown, CancelledError) as gone:
            was_sent = gone.sent if isinstance(gone, StoreDown) else True
            if was_sent and take:  # It may be written, and the lease be taken for us.
                await self._engine.wake(thread_id)
            raise
        if isinstance(done, Committed):
            return done
        if done.why == "late":
            raise too_late()
        if done.why == "stopped":
            raise Stopped(Switched.of_mark(done.outcome))
        return None

    async def _steps(
        self, thread_id: ThreadId, before: Loaded, given: Input, holding: Holding | None
    ) -> tuple[Step, ...]:
        """Decide an input, and for whoever holds the lease what follows from it at once."""
        rules = await self._rules_for(thread_id, given)
        step = await self._decided(thread_id, before, given, rules)
        if holding is None:
            return (step,)
        transition = replace(step.transition, settled=step.transition.settled | holding.performed)
        step = replace(step, transition=transition)
        return (step, *await self._followed(before, step, holding.follow))

    async def _followed(self, before: Loaded, first: Step, follow: Follow) -> list[Step]:
        """Decide what can be answered at once; what goes wrong with that must not cost what it follows from.

        What is not answered here stays in the outbox, as it would have without.
        """
        step, steps = first, list[Step]()
        thread_id, rules = first.transition.checkpoint.thread_id, None
        try:
            while (answer := follow(step)) and len(steps) < MOST_AT_ONCE:
                rules = rules or await self.rules_with_lessons(thread_id)
                stands = replace(before, checkpoint=step.transition.checkpoint, length=before.length + 1 + len(steps))
                step = await self._decided(thread_id, stands, await answer(stands, rules), rules)
                steps.append(step)
        except (Refused, StoreDown) as no:
            log.info("not answered at once", thread_id=thread_id, why=str(no))
        except Exception:
            log.exception("not answered at once", thread_id=thread_id)
        return steps

    async def _rules_for(self, thread_id: ThreadId, given: Input) -> Rules:
        """Give the rules in force, with the team's lessons for an input that may depend on them."""
        return await self.rules_with_lessons(thread_id) if isinstance(given, READS_LESSONS) else self._rules()

    async def _decided(self, thread_id: ThreadId, before: Loaded, given: Input, rules: Rules) -> Step:
        """Decide one input, or note who was refused and raise Refused."""
        try:
            transition = decide(before.checkpoint, given, before.now, rules, thread_id=thread_id)
        except Refused as no:
            await self._note(thread_id, before, given, no)
            raise
        version = before.checkpoint.version if before.checkpoint else 0
        if transition.checkpoint.version != version + 1:
            raise Broken("every transition counts one version", here=version, there=transition.checkpoint.version)
        entry = Entry(
            version=transition.checkpoint.version,
            at=before.now,
            policy_version=rules.policy.version,
            input=given,
            records=transition.records,
        )
        return Step(transition=transition, entry=entry)

    async def _note(self, thread_id: ThreadId, before: Loaded, given: Input, no: Refused) -> None:
        """Leave a trace of a person's refused input; the world's are no decisions."""
        by = actor_of(given)
        if before.checkpoint is None or by is None:
            return
        words = no.sentence[:WORDS_CHARS]
        note = Note(version=before.checkpoint.version, at=before.now, by=by, what=f"refused {given.kind}", words=words)
        try:
            await self.store.note(thread_id, note)
        except StoreDown as down:  # the person is to hear the refusal all the same
            log.warning("refusal not noted", thread_id=thread_id, given=given.kind, why=str(down))

    async def hurry(self, thread_id: ThreadId) -> None:
        """Have a task looked at at once that waited for something; the wake-up is a hint, the due index the truth."""
        await self.store.hurry(thread_id)
        await self._engine.wake(thread_id)

    def _remember(self, transitions: Iterable[Transition]) -> None:
        """Keep in mind that these effects were made here."""
        self.trust(left_to_do(transitions)[0])

    def trust(self, effect_ids: Iterable[EffectId]) -> None:
        """Take effects for fresh that another process made, where nobody at all can have tried them yet."""
        self._made_here.update(dict.fromkeys(effect_ids))
        while len(self._made_here) > FRESH:
            del self._made_here[next(iter(self._made_here))]

    def is_fresh(self, effect_id: EffectId) -> bool:
        """Tell, once, that nobody can have tried an effect before."""
        if effect_id not in self._made_here:
            return False
        del self._made_here[effect_id]
        return True

    def forget(self, thread_id: ThreadId) -> None:
        """Take no effect of this thread for fresh any more: another process has held its lease meanwhile."""
        for effect_id in [made for made in self._made_here if made.startswith(f"{thread_id}/")]:
            del self._made_here[effect_id]

    def rules(self) -> Rules:
        """Give the rules in force, without lessons."""
        return self._rules()

    async def rules_with_lessons(self, thread_id: ThreadId) -> Rules:
        """Give the rules in force with the lessons of the task's team."""
        return replace(self._rules(), lessons=await self._lessons.of(team_of(thread_id)))
