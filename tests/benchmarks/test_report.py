import pytest

from benchmarks.report import PART, Found, Goal, Part, Table, page, section, spread

HOST = {"processor": "2 cores", "store": "a server"}


def part(name: str = "one", *, reduced: bool = False, found: Found | None = None) -> Part:
    """Make a part that has found something."""
    return Part(
        name=name,
        title=name.capitalize(),
        how="By looking.",
        command=f"python -m benchmarks {name}",
        began="2026-03-02 12:00 UTC",
        took_s=3.4,
        load="0.10",
        reduced=reduced,
        host=HOST,
        found=found or Found(),
    )


def goal(met: bool | None) -> Goal:  # noqa: FBT001 - it is what is asked about
    """Make a goal that was reached, or not, or never asked for."""
    return Goal(what="a figure", measured="3.0", floor="2.0", goal="at most 2.5", met=met)


def test_a_figure_is_its_median_with_the_lowest_and_the_highest() -> None:
    assert spread([3.0, 1.0, 11.0]) == "3.0 (1.0 to 11.0)"


def test_a_figure_of_one_round_has_no_range() -> None:
    assert spread([1234.56], 0) == "1,235"


@pytest.mark.parametrize(("met", "words"), [(True, "| met |"), (False, "| **not met** |"), (None, "|  |")])
def test_whether_a_goal_is_met_stands_beside_it(met: bool | None, words: str) -> None:  # noqa: FBT001 - a case of three
    assert f"| a figure | 3.0 | 2.0 | at most 2.5 {words}" in section(part(found=Found(goals=(goal(met),))))


def test_the_page_counts_only_goals_that_were_asked_for() -> None:
    """A figure without a goal is neither met nor missed."""
    found = Found(goals=(goal(met=True), goal(met=False), goal(met=None)))
    assert "1 of 2 goals are met." in page([part(found=found)])


def test_a_figure_of_reduced_size_says_so() -> None:
    """Nobody must take a quick run for a measurement."""
    assert "At reduced size" in section(part(reduced=True))
    assert "At reduced size" not in section(part())


def test_the_page_names_the_parts_whose_goals_say_nothing_yet() -> None:
    """Whoever reads only the first table must see it there."""
    assert "say nothing yet: Two." in page([part("one"), part("two", reduced=True)])


def test_each_host_that_parts_ran_on_is_named_once() -> None:
    assert page([part("one"), part("two")]).count("Host: processor: 2 cores; store: a server.") == 1


def test_a_part_is_the_same_when_it_was_kept() -> None:
    """One part is measured anew and the page is made of all: what was kept must say what was found."""
    table = Table(head=("a", "b"), rows=(("1", "2"),))
    kept = part(found=Found(goals=(goal(met=False),), tables=(table,), notes=("A note.",)))
    assert PART.validate_json(PART.dump_json(kept)) == kept
