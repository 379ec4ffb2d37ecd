from typing import get_args

from agent_core import inputs
from agent_core.decide import ANYWHERE, LEADS_TO, STAYS_WHEN_LATE
from agent_core.diagram import PEOPLE, WORLD, cell
from tests.house.pages import README, STATES, readme_now, states_now


def test_the_page_of_states_is_what_the_code_says() -> None:
    """`python -m tests.house` writes it anew."""
    assert STATES.read_text() == states_now()


def test_the_diagram_in_the_readme_is_what_the_code_says() -> None:
    """`python -m tests.house` writes it anew."""
    assert README.read_text() == readme_now()


def test_the_table_has_every_input_that_there_is() -> None:
    """A new input must be given its place in every phase; a reply is read as another input first."""
    kinds = {kind.__dataclass_fields__["kind"].default for kind in get_args(inputs.Input)}
    assert {*PEOPLE, *WORLD} == kinds - {"reply"}


def test_a_pair_is_taken_recorded_or_refused() -> None:
    """No pair of phase and input is left open."""
    cells = {cell(phase, what).split(" ")[0] for phase in LEADS_TO for what in (*PEOPLE, *WORLD)}
    assert cells == {"→", "taken,", "late:", "refused"}
    assert {*PEOPLE, *WORLD} >= ANYWHERE | STAYS_WHEN_LATE
