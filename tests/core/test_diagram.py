"""The generated table says what decide does, pair by pair."""

import pytest

from agent_core.checkpoint import Checkpoint
from agent_core.decide import LEADS_TO, decide
from agent_core.diagram import PEOPLE, WORLD, cell, mermaid, states_page, table
from agent_core.errors import Refused
from agent_core.inputs import Input, actor_of
from tests.core.decide.office import RULES
from tests.examples import CHECKPOINTS, INPUTS, NOON, REQUESTER


@pytest.mark.parametrize("given", [given for given in INPUTS if given.kind != "reply"], ids=lambda given: given.kind)
@pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda checkpoint: checkpoint.phase.kind)
def test_what_the_table_calls_refused_is_refused_and_nothing_else_is_done(checkpoint: Checkpoint, given: Input) -> None:
    """A reader may rely on the page."""
    here = checkpoint.phase.kind
    says = cell(here, given.kind)
    try:
        there = decide(checkpoint, given, NOON, RULES).checkpoint.phase.kind
    except Refused:
        return
    assert says != "refused"
    if says in ("taken, stays", "late: recorded"):
        assert there == here
    elif there != here:
        assert there in says


def test_the_table_has_every_phase_and_every_input() -> None:
    """Nothing is left out."""
    page = table()
    assert all(f"## {phase}" in page for phase in LEADS_TO)
    assert page.count("| `") == len(LEADS_TO) * (len(PEOPLE) + len(WORLD))
    assert states_page().endswith(page)


def test_the_picture_leads_from_the_beginning_to_the_end() -> None:
    """As Mermaid draws it."""
    lines = mermaid().splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert any(line.strip().startswith("[*] --> thinking: start") for line in lines)
    assert lines[-1].strip() == "finished --> [*]"


def test_an_input_names_the_person_behind_it_or_nobody() -> None:
    """The journal says who tried."""
    for given in INPUTS:
        by = actor_of(given)
        assert (by is None) == (given.kind in WORLD)
    assert actor_of(INPUTS[0]) == REQUESTER.id
