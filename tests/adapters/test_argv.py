import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from agent_core.adapters.tools.argv import read_template
from agent_core.adapters.tools.command import CommandTool
from agent_core.adapters.tools.output import ArgumentRefused, ToolMisconfigured

HERE = Path(__file__).parent
NO_PATTERNS: Mapping[str, str] = {}


def tool(*argv: str, **options: object) -> CommandTool:
    """Build a command that is found in the test's own folder or on the fixed path."""
    return CommandTool(name="tool", argv=argv, config_dir=HERE, **options)  # type: ignore[arg-type] # a test's shorthand


@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])).filter(lambda t: t[:1] != "-"))
def test_any_text_becomes_exactly_one_word(text: str) -> None:
    """No splitting, no quoting, no joining."""
    template = read_template(["true", "{a}", "b"], config_dir=HERE, patterns=NO_PATTERNS)
    assert template.render({"a": text})[1:] == [text, "b"]


def test_values_become_words_by_their_type() -> None:
    """Strings as they are, numbers and booleans as JSON, an array as several words."""
    template = tool("true", "{s}", "{i}", "{f}", "{yes}", "{several}", "{none}", "end")
    args = {"s": "x y", "i": 7, "f": 1.5, "yes": True, "several": ["p", 2, False], "none": []}
    assert template.render(args)[1:] == ["x y", "7", "1.5", "true", "p", "2", "false", "end"]


def test_only_an_item_that_is_exactly_a_placeholder_is_one() -> None:
    """What stands inside other text is text."""
    command = tool("true", "--name={a}", "{a}{b}", "{}", "{{a}}", "{a}")
    assert command.render({"a": "x"})[1:] == ["--name={a}", "{a}{b}", "{}", "{{a}}", "x"]
    assert command.template.placeholders == {"a"}


@pytest.mark.parametrize("value", [{"a": 1}, None, [["nested"]], [{"a": 1}], [None]], ids=repr)
def test_what_is_no_word_is_refused(value: object) -> None:
    """An object has no one spelling on a command line."""
    with pytest.raises(ArgumentRefused, match="“a”"):
        tool("true", "{a}").render({"a": value})


@pytest.mark.parametrize("value", ["a\0b", "\ud800", ["ok", "\0"]], ids=ascii)
def test_what_no_program_can_be_given_is_refused(value: object) -> None:
    """A NUL would end the argument early; half a surrogate pair has no bytes."""
    with pytest.raises(ArgumentRefused, match="no program can be given"):
        tool("true", "{a}").render({"a": value})


def test_a_missing_argument_is_refused() -> None:
    """The call was validated before; this is the last door."""
    with pytest.raises(ArgumentRefused, match="missing"):
        tool("true", "{a}").render({})


@pytest.mark.parametrize("value", ["-rf", "--upload-pack=canary", "-", -5, ["ok", "-x"]], ids=repr)
@pytest.mark.parametrize("pattern", [None, "", "^", "[a-z]+", "(rf)?", "canary$", "(?=broken"])
def test_a_leading_dash_is_refused_unless_the_pattern_allows_it(value: object, pattern: str | None) -> None:
    """A pattern that matches something after the dash, or nothing at all, has not allowed the dash."""
    with pytest.raises(ArgumentRefused, match="option"):
        tool("true", "{a}", patterns={} if pattern is None else {"a": pattern}).render({"a": value})


@pytest.mark.parametrize(
    ("value", "pattern"), [("-5", "^-?[0-9]+$"), (-6, "^-?[0-9]+$"), ("--dry-run", "^--dry-run$|^$"), ("-x", "-")]
)
def test_a_leading_dash_that_the_pattern_spells_out_is_allowed(value: object, pattern: str) -> None:
    """A negative number is a number."""
    assert tool("true", "{a}", patterns={"a": pattern}).render({"a": value})[1:] == [str(value)]


def test_a_program_is_found_when_the_tool_is_built(tmp_path: Path) -> None:
    """On the fixed path by its name, beside the configuration by its path."""
    assert tool("sh").render({})[0] == "/usr/bin/sh" or tool("sh").render({})[0] == "/bin/sh"
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho here\n")
    (tmp_path / "run.sh").chmod(0o755)
    built = CommandTool(name="tool", argv=("./run.sh",), config_dir=tmp_path)
    assert built.render({}) == [str(tmp_path / "run.sh")]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "empty"),
        (("no-such-program-here",), "was not found in"),
        (("./no-such-file",), "no program at"),
        (("./polling.py",), "chmod"),
        (("./models",), "no program at"),
        (("{program}", "a"), "has to be fixed"),
        (("true", "a\0b"), "NUL"),
    ],
)
def test_a_tool_that_cannot_run_is_found_out_at_start(argv: tuple[str, ...], words: str) -> None:
    """Not when somebody has just approved it."""
    with pytest.raises(ToolMisconfigured, match=words):
        tool(*argv)


def test_the_fingerprint_follows_program_template_and_content(tmp_path: Path) -> None:
    """An approval of yesterday's script is not one of today's."""
    script = tmp_path / "run.sh"
    script.write_text("#!/bin/sh\necho one\n")
    script.chmod(0o755)
    first = CommandTool(name="tool", argv=(str(script), "{a}"), config_dir=tmp_path)
    interpreted = tool("sh", str(script))
    seen = [first.fingerprint_parts(), interpreted.fingerprint_parts()]
    assert seen == [first.fingerprint_parts(), interpreted.fingerprint_parts()]
    script.write_text("#!/bin/sh\necho two\n")
    assert first.fingerprint_parts() != seen[0]
    assert interpreted.fingerprint_parts() != seen[1]
    assert tool("sh", "{a}").fingerprint_parts() != tool("sh", "{b}").fingerprint_parts()
    secret = tool("sh", env={"TOKEN": "hunter2hunter2"})
    assert "hunter2" not in json.dumps(secret.fingerprint_parts()) + repr(secret)
