from dataclasses import replace
from pathlib import Path

import pytest

from agent_core.adapters.models.postconditions import PostconditionsCritic
from agent_core.adapters.models.scripted import ScriptedModel
from agent_core.inputs import Ask, Done, GiveUp, ModelReply, Propose
from tests.adapters.models.desk import TOOLS, Desk, desk

FIRST = Propose(tool="read_status", args_json='{"service":"cart"}', thought="Look.", expect="a line")
SECOND = Propose(tool="restart_service", args_json='{"service":"cart"}')
QUESTION = Ask(text="Now?", options=("yes", "no"))


def scripted(*lines: ModelReply) -> Desk:
    """Set up a task that follows these lines."""
    return replace(desk(), model=ScriptedModel(lines), critic=PostconditionsCritic((), TOOLS))


async def test_each_asking_takes_one_line_and_past_the_end_is_done() -> None:
    """Whatever happened in between."""
    task = scripted(FIRST, QUESTION, SECOND)
    task.model.accepts("anything")
    step = await task.proposed()
    assert step == FIRST
    await task.ran(step)
    assert await task.ask() == QUESTION
    task.says("yes")
    step = await task.proposed()
    assert step == SECOND
    await task.ran(step, args={"service": "search"})
    assert isinstance(await task.ask(), Done)
    assert isinstance(await task.ask(), Done)


async def test_a_line_whose_call_was_rejected_is_passed_over() -> None:
    """It would be refused; the next line is what the script has instead."""
    task = scripted(FIRST, FIRST, SECOND)
    task.rejects(await task.proposed())
    assert await task.proposed() == SECOND


async def test_a_call_is_the_same_with_its_defaults_written_out() -> None:
    """A person rejected what the card showed, defaults and all."""
    short = Propose(tool="read_logs", args_json='{"service":"cart"}')
    task = scripted(short, short)
    await task.proposed()
    task.rejects(replace(short, args_json='{"lines":20,"service":"cart"}'))
    assert isinstance(await task.ask(), Done)


async def test_a_tool_that_there_is_not_is_left_to_the_core() -> None:
    """It refuses it with words."""
    unknown = Propose(tool="no_such_tool", args_json="{}")
    assert await scripted(unknown).ask() == unknown


async def test_a_question_is_told_that_it_is_a_script() -> None:
    """And takes no line."""
    task = scripted(FIRST)
    assert await task.told("why?") == (
        "I follow a fixed script and cannot answer questions. Nobody was asked, and nothing was changed."
    )
    assert await task.proposed() == FIRST


@pytest.mark.parametrize("memory", ["hello", '{"runbook": "x"}', '{"line": -1}', '{"line": "1"}'])
async def test_another_actor_s_task_is_not_taken_over_midway(memory: str) -> None:
    """Beginning from the first line would do things twice."""
    task = scripted(FIRST)
    task.checkpoint = replace(task.checkpoint, memory=memory)
    assert isinstance(await task.ask(), GiveUp)


async def test_a_file_of_json_lines_is_read(tmp_path: Path) -> None:
    """Arguments in any spelling become canonical; empty lines and a missing line end do not matter."""
    path = tmp_path / "script.jsonl"
    path.write_bytes(
        b'{"thought": "Look.", "tool": "read_status", "args": {"service" : "cart"}, "expect": "a line"}\r\n'
        b'\n{"ask": "Now?", "options": ["yes", "no"]}\n{"ask": "Sure?"}\n{"tool": "x"}\n'
        b'{"done": "Ready."}\n{"done": true}'
    )
    task = replace(desk(), model=ScriptedModel.load(path))
    assert [await task.ask() for _ in range(6)] == [
        FIRST,
        QUESTION,
        Ask(text="Sure?"),
        Propose(tool="x", args_json="{}"),
        Done(words="Ready."),
        Done(),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "Invalid JSON"),
        (b"[]", "object"),
        (b"{}", "tool: Field required"),
        (b'{"tool": "x", "arguments": {}}', "arguments: Extra inputs are not permitted"),
        (b'{"tool": "x", "args": "y"}', "args"),
        (b'{"tool": ""}', "tool"),
        (b'{"ask": 3}', "ask: "),
        (b'{"done": false}', "done"),
        (b'{"ask": "a", "done": "b"}', "Extra inputs"),
        (b'{"tool": "\xff"}', "Invalid JSON"),
        (b'{"tool": "x", "args": {"n": NaN}}', "Out of range"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, words: str) -> None:
    """Who wrote the script finds the place."""
    path = tmp_path / "script.jsonl"
    path.write_bytes(b'{"done": "x"}\n\n' + line)
    with pytest.raises(ValueError, match=r"script.jsonl:3: expected one of") as fault:
        ScriptedModel.load(path)
    assert words in str(fault.value)
