"""P12: a configuration that is broken in any way is refused, naming file, line, key and what was expected.

The cases stand in tests/data/config: after ``===`` what is wrong, then the file, with ``#! key | words`` on the line
that must be named. Each has that one problem and no other.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.config import ConfigError, Problem, load

HERE = Path(__file__).parents[2] / "data" / "config"
TOOL = """\
tools:
  - name: restart
    argv: [systemctl, restart, "{service}"]
    args: {service: {type: string}, count: {type: integer, default: 1}}
"""


@dataclass(frozen=True)
class Case:
    """A broken file and the one problem that it has."""

    title: str
    text: str
    line: int
    key: str
    words: str

    def check(self, path: Path, problems: tuple[Problem, ...]) -> None:
        """Hold the problems found to the one there is."""
        assert [(one.file, one.line, one.key) for one in problems] == [(str(path), self.line, self.key)]
        assert self.words in problems[0].words
        assert str(problems[0]).startswith(f"{path}:{self.line}: ")


def cases(file: str) -> list[object]:
    """Read the cases of a file."""
    return [pytest.param(case, id=case.title) for case in map(read, (HERE / file).read_text().split("=== ")[1:])]


def read(block: str) -> Case:
    """Read one case; the marks are comments, so they may stay."""
    title, _, text = block.partition("\n")
    line = next(nth for nth, one in enumerate(text.splitlines(), 1) if "#! " in one)
    key, _, words = text.splitlines()[line - 1].partition("#! ")[2].partition(" | ")
    return Case(title, text, line, key, words)


def failure(path: Path) -> ConfigError:
    """Load what cannot be loaded."""
    with pytest.raises(ConfigError) as error:
        load(path)
    return error.value


def test_p12_has_forty_cases_and_more() -> None:
    """A reader of cases that finds none would make every test below true."""
    assert len(cases("broken.txt")) >= 60
    assert len(cases("broken-runbooks.txt")) >= 15


@pytest.mark.parametrize("case", cases("broken.txt"))
def test_p12_a_broken_file_is_refused_by_file_line_and_key(tmp_path: Path, case: Case) -> None:
    """The operator goes straight to the line; nothing is started on half a policy."""
    path = tmp_path / "countersign.yml"
    path.write_text(case.text)
    case.check(path, failure(path).problems)


@pytest.mark.parametrize("case", cases("broken-runbooks.txt"))
def test_p12_a_broken_runbook_is_refused_by_file_line_and_key(tmp_path: Path, case: Case) -> None:
    """A step that names no tool is found at the start, not at night."""
    (tmp_path / "countersign.yml").write_text(TOOL)
    (tmp_path / "runbooks").mkdir()
    path = tmp_path / "runbooks" / "book.yml"
    path.write_text(case.text)
    case.check(path, failure(tmp_path / "countersign.yml").problems)


@pytest.mark.parametrize(
    ("text", "line"),
    [("", 1), ("# nothing\n", 1), ("- version: 1\n", 1), ("5\n", 1), ("a: {b: 3\n", 2), ("a:\n\tb: 3\n", 2)],
)
def test_p12_what_is_no_mapping_or_no_yaml_is_refused_by_its_line(tmp_path: Path, text: str, line: int) -> None:
    """An empty file is a mistake and not a wish for all defaults."""
    path = tmp_path / "countersign.yml"
    path.write_text(text)
    problem, *others = failure(path).problems
    assert (problem.file, problem.line, others) == (str(path), line, [])


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """Nobody wants to mend one line, start, and read of the next."""
    path = tmp_path / "countersign.yml"
    path.write_text("agent: {max_steps: 0}\ntools:\n  - {name: a, argv: []}\npolicy: {default: maybe}\n")
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "a.yml").write_text("name: a\n")
    (tmp_path / "runbooks" / "b.yml").write_text("- a\n")
    error = failure(path)
    places = [(Path(one.file).name, one.line, one.key) for one in error.problems]
    assert places == [
        ("countersign.yml", 1, "agent.max_steps"),
        ("countersign.yml", 3, "tools[0].argv"),
        ("countersign.yml", 4, "policy.default"),
        ("a.yml", 1, "match"),
        ("a.yml", 1, "steps"),
        ("b.yml", 1, ""),
    ]
    assert error.sentence.splitlines()[0] == f"{path}:1: agent.max_steps: expected at least 1"


def test_problems_never_repeat_what_stands_in_the_file(tmp_path: Path) -> None:
    """S1: somebody puts a token where it does not belong, and it must not reach a log."""
    path = tmp_path / "countersign.yml"
    path.write_text("agent: {max_steps: xoxb-canary}\npolicy: {default: xoxb-canary}\nretention_days: xoxb-canary\n")
    assert "xoxb-canary" not in failure(path).sentence


def test_a_missing_file_is_refused_by_its_name(tmp_path: Path) -> None:
    """P12: no policy is no reason to allow anything."""
    path = tmp_path / "countersign.yml"
    assert failure(path).sentence == f"{path}: expected a file that can be read (No such file or directory)"
    assert "expected a file that can be read" in failure(tmp_path).sentence
