"""What loads: the design's own samples to the letter, defaults as the design shows them, paths beside their file."""

import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from agent_core.adapters.models import runbook_values as values
from bot.config import (
    CommandTool,
    Config,
    ConfigError,
    Document,
    PythonTool,
    Runbook,
    editor_line,
    json_schema,
    load,
    to_runbooks,
)
from bot.config.policies import PolicySpec
from bot.config.reading import read

HERE = Path(__file__).parents[2] / "data" / "config"
SAMPLE = HERE / "countersign.yml"
LOOK = """\
  - name: read_status
    argv: [systemctl, status, "{service}"]
    args: {service: {type: string}}
    effect: idempotent
    risk: low
"""
EVERYTHING = """\
agent: {model: "scripted:play.jsonl", budget: {wall_s: 60}}
agents:
  reader: {role: Reads., tools: ["read_*"], model: runbook, budget: {tokens: 10}, memory_tokens: 500}
  writer: {}
tools:
  - name: transfer
    kind: python
    function: pay.desk:transfer
    args:
      amount: {type: number, default: 1}
      to: {type: string}
      token: {type: string, writeOnly: true}
    risk: critical
    effect: readback
    timeout_s: 5
    readback:
      {tool: look, args: {at: "{to}"}, happened: {stdout_matches: "^paid"}, not_happened: {json: {/paid: false}}}
    preconditions: {tool: look, args: {at: "{to}"}}
    undo: {tool: look, args: {at: "{to}"}}
    lock: "account:{to}"
  - name: look
    kind: command
    argv: [cat, "{at}"]
    args: {at: {type: string}}
    sandbox: {read: [.], write: [out, /tmp], network: true}
policy:
  default: deny
  rules:
    - {name: big, tools: [transfer], decision: ask, args: {amount: {gt: 10, le: 5000}, to: {in: [a]}}, not_editor: true}
    - {tools: ["*"], risk: [low], decision: allow, require_sandbox: true}
corrections: {by: requester}
operators: {users: [U0LEAD], usergroups: [S0OPS]}
limits: {waiting_per_requester: 5}
retention_days: 7
runbooks: [one.yml, more/*.yml]
"""
BOOK = """\
name: {name}
match: ["pay (?P<to>[a-z]+)"]
steps:
  - id: look
    tool: look
    args: {{at: "{{to}}"}}
    check: {{exit_code: 0, stdout_contains: a, stderr_contains: b, json: {{/a: [1]}}}}
    when: {{step: pay, check: {{stdout_matches: x}}}}
    on_failure: pay
    ask: {{to: Whom?}}
  - {{id: pay, tool: transfer, args: {{amount: 3}}, on_failure: continue}}
"""


@pytest.fixture
def everything(tmp_path: Path) -> Config:
    """Load a file that says something about everything."""
    (tmp_path / "more").mkdir()
    (tmp_path / "play.jsonl").write_text("")
    (tmp_path / "countersign.yml").write_text(EVERYTHING)
    for name in ("one.yml", "more/two.yml", "more/three.yml"):
        (tmp_path / name).write_text(BOOK.format(name=Path(name).stem))
    return load(tmp_path / "countersign.yml")


def test_the_designs_sample_loads_and_shows_the_defaults() -> None:
    """What is left out has the value shown: but for tools and rules, the sample says nothing that a blank would not."""
    document = load(SAMPLE).document
    assert document.model_copy(update={"tools": (), "policy": PolicySpec()}) == Document()
    (tool,) = document.tools
    assert isinstance(tool, CommandTool)
    assert (tool.name, tool.argv) == ("restart_service", ("systemctl", "restart", "{service}"))
    assert len(document.policy.rules) == 3


def test_the_designs_runbook_loads_beside_the_tools_that_it_names(tmp_path: Path) -> None:
    """The second sample names a tool that the first does not have."""
    (tmp_path / "runbooks").mkdir()
    shutil.copy(HERE / "restart-service.yml", tmp_path / "runbooks")
    text = SAMPLE.read_text().replace("policy:\n", f"{LOOK}policy:\n")
    (tmp_path / "countersign.yml").write_text(text)
    (book,) = load(tmp_path / "countersign.yml").runbooks
    assert isinstance(book, Runbook)
    assert [step.tool for step in book.steps] == ["read_status", "restart_service", "read_status"]
    assert [step.on_failure for step in book.steps] == ["stop"] * 3


def test_the_sample_is_valid_under_the_exported_schema() -> None:
    """An editor must not underline what starts."""
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(read(SAMPLE).value)) == []
    assert list(Draft202012Validator(schema).iter_errors({"polcy": {}})) != []
    assert editor_line() == "# yaml-language-server: $schema=countersign.schema.json"


def test_a_file_that_uses_everything_is_valid_under_the_exported_schema(everything: Config) -> None:
    """The schema knows each key that the loader knows."""
    assert list(Draft202012Validator(json_schema()).iter_errors(read(everything.path).value)) == []


def test_paths_are_relative_to_the_file(everything: Config) -> None:
    """The bot may be started anywhere."""
    here = everything.path.parent
    assert everything.script == here / "play.jsonl"
    look = everything.document.tools[1]
    assert isinstance(look, CommandTool)
    assert look.sandbox is not None
    assert look.sandbox.read == (here,)
    assert look.sandbox.write == (here / "out", Path("/tmp"))  # noqa: S108 - a path in a sample, nothing is written


def test_a_runbook_keeps_all_that_its_file_says(everything: Config) -> None:
    """The actor follows what was checked and nothing else; a step without a name is called by its number."""
    one = to_runbooks(everything)[0]
    seen = values.Check(exit_code=0, stdout_contains="a", stderr_contains="b", json={"/a": [1]})
    assert one == values.Runbook(
        name="one",
        match=("pay (?P<to>[a-z]+)",),
        steps=(
            values.Step(
                id="look",
                tool="look",
                args={"at": "{to}"},
                check=seen,
                when=values.When(step="pay", check=values.Check(stdout_matches="x")),
                on_failure="pay",
                ask={"to": "Whom?"},
            ),
            values.Step(id="pay", tool="transfer", args={"amount": 3}, on_failure="continue"),
        ),
    )
    assert to_runbooks(load(SAMPLE)) == ()


def test_runbooks_are_read_in_the_order_of_their_globs(everything: Config) -> None:
    """Within a glob by name, so that two machines agree."""
    assert [book.name for book in everything.runbooks] == ["one", "three", "two"]


def test_a_glob_may_be_absolute_and_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    """Runbooks may live in a repository of their own."""
    books = tmp_path / "elsewhere"
    books.mkdir()
    (books / "a.yml").write_text("name: a\nmatch: [a]\nsteps: [{tool: ls}]\n")
    path = tmp_path / "countersign.yml"
    tools = "tools: [{name: ls, argv: [ls]}]\n"
    path.write_text(f'{tools}runbooks: ["{books}/*.yml", elsewhere/a.yml]\n')
    assert [book.name for book in load(path).runbooks] == ["a"]


def test_two_runbooks_of_one_name_are_refused(tmp_path: Path) -> None:
    """A person who is asked which one could not say."""
    (tmp_path / "runbooks").mkdir()
    for name in ("a", "b"):
        (tmp_path / "runbooks" / f"{name}.yml").write_text("name: twin\nmatch: [a]\nsteps: [{tool: ls}]\n")
    path = tmp_path / "countersign.yml"
    path.write_text("tools: [{name: ls, argv: [ls]}]\n")
    with pytest.raises(ConfigError, match=r"b\.yml:1: name: expected another name; “twin” is that of .*a\.yml"):
        load(path)


def test_kinds_and_defaults_of_tools(everything: Config) -> None:
    """A tool without kind is a command, of high risk, run once, for a minute."""
    pay = everything.document.tools[0]
    assert isinstance(pay, PythonTool)
    assert pay.function == "pay.desk:transfer"
    least = Document.model_validate_json('{"tools": [{"name": "ls", "argv": ["ls"]}]}').tools[0]
    assert isinstance(least, CommandTool)
    assert (least.risk, least.effect, least.timeout_s, least.sandbox) == ("high", "once", 60.0, None)


def test_a_configuration_cannot_be_changed(everything: Config) -> None:
    """Decisions are made from it: it is what was checked."""
    with pytest.raises(ValueError, match="frozen"):
        everything.document.policy.default = "allow"  # type: ignore[misc] # that it cannot be done is the test
