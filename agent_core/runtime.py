"""The one way in: ``give`` loads a task, has it decided, and commits. It performs nothing.

A commit that was lost is decided again from what won, a bounded number of times; a dedupe ID makes a repeat give the
first outcome. What crashes before the commit has changed nothing; what crashes after it is found through the due index.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from agent_core.decide import decide
from agent_core.errors import Broken, Refused
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
from agent_core.ports import Committed, Engine, Lessons, Loaded, Store, StoreDown
from agent_core.records import Entry, Note
from agent_core.rules.book import Rules
from agent_core.transition import Transition
from agent_core.words import EffectId, ThreadId, team_of

log = structlog.get_logger(__name__)

TRIES = 16  # notes of refused clicks move the journal's head as well
READS_LESSONS = (Edit, Forget, ModelReplied, OverridePhi, ResolveUnknown, Scored, Start, Teach, ToolStarted)
WORDS_CHARS = 500
FRESH = 10_000  # effects remembered as made here; a forgotten one is looked for before it is posted, no more
LATE = Refused("The time to decide is over, so the step was not run.", "Start the task again if it is still needed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What became of an input: the task as it now is, or with ``repeated`` that it had been given before."""

    loaded: Loaded
    transition: Transition | None = None
    repeated: bool = False


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
        self, thread_id: ThreadId, given: Input, *, dedupe: str | None = None, known: Loaded | None = None
    ) -> Given:
        """Have one input decided and committed; raise Refused, Broken, StoreDown or Quarantined.

        ``known`` is the task as the caller has it (a worker under its lease, who sees what is new without being woken);
        it is loaded anew if that is out of date.
        """
        is_drained = known is not None
        for _ in range(TRIES):
            before = known or await self.store.load(thread_id, dedupe=dedupe)
            known = None
            if before.seen is not None:
                return Given(loaded=before, repeated=True)
            transition, entry = await self._decided(thread_id, before, given)
            done = await self.store.commit(before, transition, entry, dedupe=dedupe, outcome=given.kind)
            if isinstance(done, Committed):
                self._remember(transition)
                if transition.effects and not is_drained:
                    await self._engine.wake(thread_id)
                return Given(loaded=done.loaded, transition=transition)
            if done.why == "late":
                raise LATE
            log.info("commit not written", thread_id=thread_id, why=done.why, given=given.kind)
        raise Refused("Too many people are acting on this task at once; nothing was changed.", "Try again.")

    async def _decided(self, thread_id: ThreadId, before: Loaded, given: Input) -> tuple[Transition, Entry]:
        rules = self._rules()
        if isinstance(given, READS_LESSONS):
            rules = replace(rules, lessons=await self._lessons.of(team_of(thread_id)))
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
        return transition, entry

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

    def _remember(self, transition: Transition) -> None:
        """Keep in mind that these effects were made here."""
        self._made_here.update(dict.fromkeys(transition.outbox()))
        while len(self._made_here) > FRESH:
            del self._made_here[next(iter(self._made_here))]

    def is_fresh(self, effect_id: EffectId) -> bool:
        """Tell, once, that this process made an effect and nobody can have tried it before."""
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
