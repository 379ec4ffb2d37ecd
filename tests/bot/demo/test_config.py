import json
from pathlib import Path

import pytest

from agent_core.adapters.models.runbook_match import matched
from agent_core.adapters.models.runbook_values import Runbook as Book, Step as BookStep
from bot.config import CommandTool, Config, load
from bot.demo.furnish import SEED
from bot.demo.tools import SERVICES, TOOLS
from bot.playground.seeds import PEOPLE
from bot.wording import LABELS

GUIDE = json.loads((SEED.parent / "guide.json").read_text())["steps"]


@pytest.fixture(scope="module")
def config() -> Config:
    """Load what the demo comes with."""
    return load(SEED / "countersign.yml")


def begun_by(config: Config, words: str) -> set[str]:
    """Name the runbooks that these words start."""
    steps = (BookStep(tool="any"),)
    return {
        book.name
        for book in config.runbooks
        if matched(Book(name=book.name, match=book.match, purpose=book.purpose, steps=steps), words) is not None
    }


def test_the_demo_has_four_runbooks(config: Config) -> None:
    """Restart a service, free disk space, roll out a flag, answer a question."""
    assert {book.name for book in config.runbooks} == {
        "restart-service", "free-disk-space", "roll-out-flag", "answer-status",
    }  # fmt: skip


def test_every_tool_of_the_configuration_is_a_program_of_the_world(config: Config) -> None:
    """And each program is configured, with as many arguments as it takes."""
    found = {tool.name: tool for tool in config.document.tools}
    assert found.keys() == TOOLS.keys()
    for name, (_, takes) in TOOLS.items():
        tool = found[name]
        assert isinstance(tool, CommandTool)
        assert tool.argv == (f"./tools/{name}", *(f"{{{arg}}}" for arg in tool.args))
        assert len(tool.args) == len(takes)


def test_nothing_that_changes_the_world_is_allowed_without_asking(config: Config) -> None:
    """Policy's allow rule names what only looks."""
    changing = {"clear_lock", "restart_service", "delete_logs", "set_flag"}
    for rule in config.document.policy.rules:
        if rule.decision == "allow":
            assert not [name for name in changing for glob in rule.tools if Path(name).match(glob)]


@pytest.mark.parametrize("step", [step for step in GUIDE if step.get("say", "").startswith("/agent ")])
def test_what_the_guide_says_to_type_starts_one_runbook(config: Config, step: dict[str, str]) -> None:
    """A newcomer's first words must not end in a question about which runbook is meant."""
    assert len(begun_by(config, step["say"].removeprefix("/agent "))) == 1


@pytest.mark.parametrize(
    ("words", "book"),
    [
        ("restart the checkout cache in staging", "restart-service"),
        ("Restart", "restart-service"),
        ("delete logs older than 9 days", "free-disk-space"),
        ("how is cart?", "answer-status"),
        ("what is the status of the checkout", "answer-status"),
        ("roll out the flag quick_pay", "roll-out-flag"),
    ],
)
def test_other_words_start_them_too(config: Config, words: str, book: str) -> None:
    """People do not type what the page says."""
    assert begun_by(config, words) == {book}


def test_the_guide_names_people_and_buttons_that_there_are() -> None:
    """A step that waits for a button nobody has would never be done."""
    known = {person.id for person in PEOPLE}
    for step in GUIDE:
        assert step["as"] in known
        verb, _, what = step.get("done", "post").partition(":")
        assert verb in {"command", "post", "submit", "click", "open_home", "thread"}
        assert not what or what in LABELS


def test_the_guide_uses_every_way_to_decide() -> None:
    """What the page never mentions, a newcomer never sees."""
    used = {step["done"].partition(":")[2] for step in GUIDE if ":" in step.get("done", "")}
    wanted = {"approve", "edit", "reject", "override_phi", "teach", "answer", "withdraw", "view_full", "pause",
              "resume", "abort"}  # fmt: skip
    assert wanted <= used
    assert any("kill" in step["text"] for step in GUIDE)


def test_the_services_are_those_that_the_configuration_offers(config: Config) -> None:
    """The menu of the edit form shows them."""
    for tool in config.document.tools:
        if "service" in tool.args:
            assert tool.args["service"]["enum"] == [*SERVICES]
