"""The Store's laws of steps that follow from each other at once and are committed together."""

from dataclasses import replace
from datetime import timedelta

import pytest

from agent_core.effects import AskModel, PostCard, Say, Score, UpdateCard
from agent_core.errors import Broken
from agent_core.ports import Committed, Loaded, NotCommitted, Step
from agent_core.transition import Transition
from agent_core.words import effect_id_of
from tests.examples import CARD, THREAD, entry
from tests.laws.stage import Stage, step


class ChainLaws:
    """Laws of a commit with ``then``."""

    async def test_what_follows_at_once_is_written_with_it(self, stage: Stage) -> None:
        """A tool ended, it was scored, the runbook ended: three versions and lines, and one write."""
        before = await stage.begin(AskModel())
        first = step(before, UpdateCard(card=CARD.key), Score(), settled=frozenset({effect_id_of(THREAD, 1, 99)}))
        scored = step(after(before, first), UpdateCard(card=CARD.key), settled=frozenset({effect_id_of(THREAD, 2, 99)}))
        last = step(after(before, scored), PostCard(card=CARD.key), memory="last")
        then = [Step(transition=scored, entry=entry(3)), Step(transition=last, entry=entry(4))]
        done = await stage.store.commit(before, first, entry(2), then=then)
        assert isinstance(done, Committed)
        assert done.loaded.checkpoint == last.checkpoint
        loaded = await stage.store.load(THREAD)
        assert replace(loaded, now=done.loaded.now) == done.loaded
        assert await stage.store.journal(THREAD) == [entry(version) for version in (1, 2, 3, 4)]
        assert await stage.store.outbox(THREAD) == {
            effect_id_of(THREAD, 3, 0): UpdateCard(card=CARD.key),
            effect_id_of(THREAD, 4, 0): PostCard(card=CARD.key),
        }

    async def test_what_follows_is_lost_with_what_it_follows(self, stage: Stage) -> None:
        """All of it, or nothing; and none of it after the first moment at which one of it is too late."""
        before = await stage.begin()
        first = step(before)
        second = Step(transition=step(after(before, first), Say(words="second")), entry=entry(3))
        late = replace(second, transition=replace(second.transition, not_after=before.now - timedelta(seconds=1)))
        assert await stage.store.commit(before, first, entry(2), then=[late]) == NotCommitted(why="late")
        now = await stage.go_on(before)
        assert await stage.store.commit(before, first, entry(2), then=[second]) == NotCommitted(why="lost")
        assert (await stage.store.load(THREAD)).head == now.head
        assert await stage.store.outbox(THREAD) == {}

    async def test_what_follows_counts_one_version_each(self, stage: Stage) -> None:
        """Effects are named by versions, in one write as in several."""
        before = await stage.begin()
        again = Step(transition=step(before), entry=entry(2))
        with pytest.raises(Broken):
            await stage.store.commit(before, step(before), entry(2), then=[again])


def after(before: Loaded, transition: Transition) -> Loaded:
    """Give a thread as a transition leaves it."""
    return replace(before, checkpoint=transition.checkpoint)
