"""How a person's rule is read; nothing is guessed."""

import pytest

from agent_core.errors import Refused
from agent_core.learning.teaching import Reading, read_rule
from agent_core.lesson import Condition

TOOL = (Condition(field="tool", value="restart_service"),)


@pytest.mark.parametrize(
    ("when", "do", "reading"),
    [
        ("tool = restart_service", "deny", Reading(when=TOOL, deny=True, words="deny")),
        (" tool=restart_service ", "  DENY! ", Reading(when=TOOL, deny=True, words="DENY!")),
        (
            "tool = restart_service, service = 'my, cart'",
            "Ask first.",
            Reading(when_words="tool = restart_service, service = 'my, cart'", words="Ask first."),
        ),
        ('tool = "restart_service"', "set n = 3", Reading(when=TOOL, set_json='{"n":3}', words="set n = 3")),
        ("tool = restart_service", "Set n = x y", Reading(when=TOOL, set_json='{"n":"x y"}', words="Set n = x y")),
        ("tool = restart_service", "set n = 'x'", Reading(when=TOOL, set_json='{"n":"x"}', words="set n = 'x'")),
        ("tool = restart_service", "set n = NaN", Reading(when=TOOL, set_json='{"n":"NaN"}', words="set n = NaN")),
        ("", "Ask first.", Reading(words="Ask first.")),
        ("at night", "Ask first.", Reading(when_words="at night", words="Ask first.")),
        ("tool = restart_service", "deny it", Reading(when=TOOL, words="deny it")),
    ],
)
def test_a_rule_is_read_as_it_will_be_obeyed(when: str, do: str, reading: Reading) -> None:
    """Exact where it is of the exact form, words where it is not."""
    assert read_rule(when, do) == reading
    assert reading.is_exact == (reading.deny or bool(reading.set_json))


@pytest.mark.parametrize(
    ("when", "do", "field"),
    [
        ("", "deny", "when"),
        ("at night", "deny", "when"),
        ("", "set n = 3", "when"),
        ("tool = x", "  ", "do"),
        ("x" * 501, "deny", "when"),
        ("", "x" * 501, "do"),
        (", ".join(f"a{nth} = 1" for nth in range(9)), "deny", "when"),
    ],
)
def test_a_rule_that_looks_exact_but_is_not_is_refused_at_its_field(when: str, do: str, field: str) -> None:
    """It would act wider than was meant, or not at all."""
    with pytest.raises(Refused) as no:
        read_rule(when, do)
    assert no.value.field == field
