from collections.abc import Sequence
from dataclasses import replace

from agent_core.asking import Asking
from agent_core.effects import AskModel, Effect, PostCard, Say, UpdateCard
from agent_core.fakes import FakeCritic, FakeModel
from agent_core.giving import Task
from agent_core.inputs import Propose
from agent_core.ports import Figures, Loaded, Look, Output, Situation, Step
from agent_core.proposal import StepRun
from agent_core.records import Entry
from agent_core.transition import Transition, left_to_do
from agent_core.words import CardKey, effect_id_of
from tests.core.committing import Committing
from tests.core.workshop import Workshop
from tests.examples import CARD, THREAD, WAITING, entry


class Watched(Committing):
    """A store that remembers which inputs were committed together."""

    def __init__(self, shop: Workshop) -> None:
        super().__init__(shop.clock)
        self.together: list[list[str]] = []

    def asked(self, entry: Entry, then: Sequence[Step]) -> None:
        """Remember."""
        self.together.append([entry.input.kind, *(one.entry.input.kind for one in then)])


def watched(*steps: Propose, immediate: bool = True) -> tuple[Workshop, Watched]:
    """Set up a workshop whose actor and critic answer at once, and its store."""
    shop = Workshop(*steps, figures=(3.0, 9.5))
    shop.model.immediate = shop.critic.immediate = immediate
    shop.store = store = Watched(shop)
    shop.restarted()
    return shop, store


async def ended(shop: Workshop) -> list[str]:
    """Approve the one step, and say which inputs the journal has in the end."""
    await shop.until_waiting()
    await shop.approve()
    await shop.drain()
    assert (await shop.phase()).kind == "finished"
    assert await shop.pending() == {}
    return await shop.inputs()


async def test_what_is_answered_at_once_is_one_commit_and_the_same_journal() -> None:
    """A result, its score and the end are three versions with a line each, and one write."""
    shop, store = watched()
    slow, apart = watched(immediate=False)
    assert await ended(shop) == await ended(slow)
    assert ["tool_finished", "scored", "model_replied"] in [kinds[:3] for kinds in store.together]
    assert max(map(len, apart.together)) == 1
    assert len(store.together) < len(apart.together)


class Torn(FakeCritic):
    """A critic with a defect that shows once."""

    torn = True

    async def score(self, situation: Situation, run: StepRun | None, output: Output | None) -> Figures:
        """Break, then judge."""
        if self.torn:
            self.torn = False
            raise RuntimeError("torn")
        return await super().score(situation, run, output)


async def test_an_answer_that_breaks_does_not_cost_what_it_follows_from() -> None:
    """A tool has run: that must be on record, whatever the critic does."""
    shop, store = watched()
    shop.critic = Torn(9.5)
    shop.critic.immediate = True
    shop.restarted()
    given = await ended(shop)
    assert given.count("tool_finished") == given.count("tool_started") == 1
    assert ["tool_finished"] in store.together


def test_people_see_first_what_is_new_before_more_is_answered() -> None:
    """A card that is to be posted, and words that are to be said, come before the next step is asked for."""
    model, critic = FakeModel(), FakeCritic()
    asking = Asking(model, critic)

    def is_answered(*effects: Effect) -> bool:
        made = Transition(checkpoint=WAITING, effects=effects)
        return asking.at_once(Step(transition=made, entry=entry(WAITING.version))) is not None

    assert not is_answered(AskModel()), "this actor takes its time"
    model.immediate = True
    assert is_answered(AskModel())
    assert is_answered(UpdateCard(card=CARD.key), AskModel())
    assert not is_answered(PostCard(card=CARD.key), AskModel())
    assert not is_answered(Say(words="hello"), AskModel())


def test_a_spent_card_that_is_not_shown_yet_comes_before_anything_more() -> None:
    """The task may forget it a few steps later, and it would seem to wait for ever."""
    spent = replace(CARD, key=CardKey("spent"), state="done")
    checkpoint = replace(WAITING, cards=(spent, CARD))
    shop = Workshop()
    loaded = Loaded(checkpoint=checkpoint, head="", length=0, now=shop.clock.now())
    task = Task(thread_id=THREAD, loaded=loaded, worker="one", clock=shop.clock)
    assert not task.is_shown(), "what is pending is not known"
    waits, done = effect_id_of(THREAD, 1, 0), effect_id_of(THREAD, 2, 0)
    task.see(Look(loaded, {waits: UpdateCard(card=CARD.key)}))
    assert task.is_shown()
    task.see(Look(loaded, {waits: UpdateCard(card=CARD.key), done: UpdateCard(card=spent.key)}))
    assert not task.is_shown()
    task.perform({done})
    assert task.is_shown()
    assert task.pending == {waits: UpdateCard(card=CARD.key)}
    task.settle({waits, done})
    assert (task.pending, task.performed) == ({}, set())


def test_a_card_that_changed_twice_is_updated_once() -> None:
    """The newest change stands for the others; nothing else is left out."""
    first = Transition(checkpoint=WAITING, effects=(UpdateCard(card=CARD.key), PostCard(card=CARD.key)))
    second = Transition(checkpoint=replace(WAITING, version=WAITING.version + 1), effects=(UpdateCard(card=CARD.key),))
    made, gone = left_to_do([first, second])
    assert [effect.kind for effect in made.values()] == ["post_card", "update_card"]
    assert list(made)[-1] == effect_id_of(WAITING.thread_id, WAITING.version + 1, 0)
    assert gone == frozenset()
