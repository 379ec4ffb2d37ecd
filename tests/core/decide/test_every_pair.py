"""Every input meets a task in every place: it leads where the map says, or is refused in words, and nothing else."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import cache

import pytest

from agent_core.checkpoint import Checkpoint
from agent_core.decide import ANYWHERE, LEADS_TO, STAYS_WHEN_LATE, decide, hold_to_the_map
from agent_core.errors import INSTEAD, PHASE_WORDS, Broken, Refused
from agent_core.inputs import Input, Reply, TimerFired
from agent_core.rules.replies import understood
from tests.core.decide.desk import Desk
from tests.core.decide.laws import check_refused
from tests.core.decide.office import RULES
from tests.core.decide.places import CIRCUMSTANCES, PLACES, fitting
from tests.examples import CHECKPOINTS, INPUTS, NOON, THREAD


def tried(desk: Desk, given: Input) -> Desk | None:
    """Give an input to a copy of a desk, or None if it is refused."""
    one = copy(desk)
    one.outbox, one.log, one.records = dict(desk.outbox), [], []
    one.ledger = replace(desk.ledger)
    one.ledger.yes = dict(desk.ledger.yes)
    one.ledger.verdicts = dict(desk.ledger.verdicts)
    try:
        one.give(given)
    except Refused as no:
        check_refused(no)
        return None
    return one


@pytest.mark.parametrize("given", INPUTS, ids=lambda given: given.kind)
@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda checkpoint: checkpoint.phase.kind)
def test_every_phase_answers_every_input(checkpoint: Checkpoint, given: Input) -> None:
    """With a transition along the map, or with two sentences; never with a defect."""
    try:
        done = decide(checkpoint, given, NOON, RULES)
    except Refused as no:
        check_refused(no)
        return
    here, there = checkpoint.phase.kind, done.checkpoint.phase.kind
    what = understood(checkpoint, given).kind if isinstance(given, Reply) else given.kind
    stays = given.kind in ANYWHERE or given.kind in STAYS_WHEN_LATE
    assert there in LEADS_TO[here].get(what, frozenset()) or (stays and there == here)


@pytest.mark.parametrize("given", INPUTS, ids=lambda given: given.kind)
def test_where_there_is_no_task_only_a_beginning_is_taken(given: Input) -> None:
    """Everything else is told that there is no task."""
    if given.kind in ("open", "start", "fork"):
        assert decide(None, given, NOON, RULES, thread_id=THREAD).checkpoint.version == 1
        return
    with pytest.raises(Refused, match="There is no task in this thread"):
        decide(None, given, NOON, RULES, thread_id=THREAD)


@pytest.mark.parametrize("circumstance", CIRCUMSTANCES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("place", PLACES, ids=lambda one: one.__name__)
def test_all_that_fits_a_place_leads_along_the_map(
    place: Callable[[], Desk], circumstance: Callable[[Desk], None]
) -> None:
    """Whatever the policy, the tools, the limits and the hour have become meanwhile."""
    ways(place, circumstance)


@cache
def ways(place: Callable[[], Desk], circumstance: Callable[[Desk], None]) -> frozenset[tuple[str, str, str]]:
    """Try everything that fits a place, and say where it leads."""
    desk = place()
    circumstance(desk)
    found = set()
    for given in fitting(desk):
        one = tried(desk, given)
        if one is not None:
            what = understood(desk.task, given).kind if isinstance(given, Reply) else given.kind
            found.add((desk.kind, what, one.kind))
    return frozenset(found)


def test_every_way_on_the_map_is_taken() -> None:
    """The map promises nothing that cannot happen."""
    promised = {(here, what, there) for here, to in LEADS_TO.items() for what, ends in to.items() for there in ends}
    promised -= {("absent", "open", "opening"), ("absent", "start", "thinking")}
    promised -= {("absent", "fork", "opening"), ("absent", "fork", "thinking")}
    found = {way for place in PLACES for circumstance in CIRCUMSTANCES for way in ways(place, circumstance)}
    assert promised - found == set()


def test_a_way_that_is_not_on_the_map_is_our_defect() -> None:
    """A rule that goes elsewhere is caught before it is committed."""
    with pytest.raises(Broken, match="every way is in LEADS_TO"):
        hold_to_the_map("thinking", "approve", "acting")
    with pytest.raises(Broken, match="every way is in LEADS_TO"):
        hold_to_the_map("thinking", "teach", "acting", stays=True)
    with pytest.raises(Broken, match="a task that is not there yet is named"):
        decide(None, TimerFired(), NOON, RULES)


def test_every_phase_has_words_for_what_it_refuses() -> None:
    """A refusal says what is so, and what to do instead."""
    assert PHASE_WORDS.keys() == INSTEAD.keys() == LEADS_TO.keys()
