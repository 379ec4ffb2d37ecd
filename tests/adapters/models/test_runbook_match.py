import pytest

from agent_core.adapters.models.runbook_match import example, fitting, matched, no_runbook
from agent_core.adapters.models.runbook_values import Runbook, Step
from tests.adapters.models.desk import RESTARTING


def book(*match: str, name: str = "book", purpose: str = "") -> Runbook:
    """Make a runbook that starts on these patterns."""
    return Runbook(name=name, match=match, purpose=purpose, steps=(Step(tool="read_status"),))


@pytest.mark.parametrize(
    ("pattern", "words", "values"),
    [
        (RESTARTING.match[0], "restart the checkout cache in staging", {"service": "checkout"}),
        (RESTARTING.match[0], "Please RESTART   the\n Checkout", {"service": "checkout"}),
        (RESTARTING.match[0], "restart cart", {"service": "cart"}),
        (RESTARTING.match[0], "stop the cart", None),
        (r"deploy (?P<branch>\S+)", "Deploy Feature/ABC-1 now", {"branch": "Feature/ABC-1"}),
        (r"Deploy (?P<branch>\S+)", "Deploy Feature/ABC-1", {"branch": "Feature/ABC-1"}),
        (r"fix (?P<ticket>[A-Z]+-\d+)", "fix PAY-12", {"ticket": "PAY-12"}),
        (r"look(?: at (?P<what>\w+))?", "look", {}),
        (r"look(?P<what>\w*)", "look", {}),
        ("(", "(", None),
    ],
)
def test_words_start_a_runbook_whatever_their_case_and_spacing(
    pattern: str, words: str, values: dict[str, str] | None
) -> None:
    """A value keeps its case only where its own group takes it; a group that found nothing is missing."""
    assert matched(book(pattern), words) == values


def test_the_first_pattern_that_fits_gives_the_values() -> None:
    """Later patterns are other ways to say the same."""
    assert matched(book("stop (?P<service>[a-z]+)", "halt (?P<service>[a-z]+)"), "halt cart") == {"service": "cart"}


def test_every_runbook_that_fits_is_a_candidate() -> None:
    """Which of several is meant is for a person to say."""
    one, two = book("restart", name="one"), book("start", name="two")
    assert fitting((one, two, book("halt")), "restart") == (one, two)


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        (RESTARTING.match, "restart <service>"),
        ((r"^scale\s+(?:up|down) (?P<service>\w+)( to (?P<size>[a-z]+))?$",), "scale up <service>"),
        ((r"restarts? (?P<a>x)?",), "restart"),
        ((r".*(?P<a>x{2})+", "look at (?P<what>.*)"), "look at <what>"),
    ],
)
def test_a_pattern_is_shown_as_words_that_would_start_it(patterns: tuple[str, ...], words: str) -> None:
    """People do not read regular expressions."""
    assert example(book(*patterns)) == words


@pytest.mark.parametrize(("purpose", "words"), [("It is up.", "It is up."), ("", "book")])
def test_a_pattern_that_is_no_words_is_shown_as_its_purpose(purpose: str, words: str) -> None:
    """Half a pattern would be read as words."""
    assert example(book("[a-z]{3}|x*", purpose=purpose)) == words


def test_a_refusal_lists_the_runbooks_there_are() -> None:
    """Who typed the wrong words sees the right ones, before anything is posted."""
    no = no_runbook((RESTARTING, book("go", name="other")))
    assert no.sentence == (
        "No runbook fits these words. There are: restart-service (“restart <service>”); other (“go”)."
    )
    assert no_runbook(()).instead == "There are none yet: an operator adds them."
    assert no_runbook(tuple(book("go") for _ in range(12))).instead.endswith("; and 2 more.")
