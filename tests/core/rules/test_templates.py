from agent_core.rules.templates import filled, in_text
from agent_core.words import Args

ARGS: Args = {"service": "cart", "count": 3, "all": True, "tags": ["a", "{service}"]}


def test_a_placeholder_that_is_the_whole_text_gives_the_argument_as_it_is() -> None:
    """A number stays a number, and what is filled in is not searched again."""
    assert filled("{count}", ARGS) == 3
    assert filled("{all}", ARGS) is True
    assert filled("{tags}", ARGS) == ["a", "{service}"]


def test_inside_a_text_arguments_are_spelled_out() -> None:
    """Texts as they are, anything else as canonical JSON."""
    assert in_text("service:{service}/{count}/{all}", ARGS) == "service:cart/3/true"
    assert filled("{tags}!", ARGS) == '["a","{service}"]!'


def test_a_template_is_filled_at_any_depth() -> None:
    """Names of keys are no placeholders, and what is no text stays as it is."""
    assert filled({"{service}": ["{service}", 1, None, {"x": "is {count}"}]}, ARGS) == {
        "{service}": ["cart", 1, None, {"x": "is 3"}]
    }


def test_a_name_that_is_no_argument_stays_as_it_stands() -> None:
    """Whoever reads it sees what is missing."""
    assert filled("{nobody}", ARGS) == "{nobody}"
    assert in_text("{nobody}:{service}", ARGS) == "{nobody}:cart"
