"""Patterns: linear time, or None for what cannot be judged."""

from agent_core.patterns import flaw, found, globbed, groups, is_text, names

SURROGATE = "\ud800"


def test_patterns_are_judged_in_linear_time_or_not_at_all() -> None:
    """Python's re would take longer than the universe has for this text."""
    assert found("^(a+)+$", "a" * 50_000 + "b") is False
    assert flaw("(?=ahead)") is not None
    assert flaw(SURROGATE) == "it holds a lone surrogate"
    assert flaw("^(a+)+$") is None
    assert not is_text(SURROGATE)


def test_patterns_give_the_named_groups_that_took_part() -> None:
    """An alternative that was not taken fills nothing."""
    pattern = "restart (?P<service>[a-z]+)|stop (?P<other>[a-z]+)"
    assert names(pattern) == {"service", "other"}
    assert names("(") == frozenset()
    assert groups(pattern, "please restart cart") == {"service": "cart"}
    assert groups(pattern, "RESTART cart") is None
    assert groups(pattern, "RESTART cart", ignore_case=True) == {"service": "cart"}
    assert groups("(", "x") is None
    assert groups(".", SURROGATE) is None
    assert globbed("a?[bc]*", "axc") is True
