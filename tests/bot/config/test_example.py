from pathlib import Path

import pytest

from agent_core.adapters.models.runbook import RunbookModel
from agent_core.errors import Refused
from bot.config import load, to_rules, to_runbooks

EXAMPLE = Path(__file__).parents[3] / "examples" / "countersign.yml"


def test_the_example_is_a_configuration_whose_runbook_takes_the_words_that_it_is_for() -> None:
    """What a newcomer copies must work as it stands."""
    config = load(EXAMPLE)
    rules = to_rules(config, b"k" * 32, {tool.name: "0" * 32 for tool in config.document.tools})
    model = RunbookModel(to_runbooks(config), rules.tools)
    model.accepts("please restart the checkout")
    with pytest.raises(Refused):
        model.accepts("make coffee")
