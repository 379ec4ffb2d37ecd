import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from agent_core.adapters.tools.masking import MASK
from agent_core.adapters.tools.output import (
    ArgumentRefused,
    ToolFailed,
    ToolMisconfigured,
    ToolOutput,
    ToolStopped,
    ToolTimedOut,
)
from agent_core.adapters.tools.python import PythonTool


class Sign:
    """Tells a test that a function was called; its event is of the test's own loop."""

    event: asyncio.Event


class Place(BaseModel):
    """An argument with a shape of its own."""

    region: str
    zone: int = 1


@dataclass(frozen=True)
class Told:
    """A result that is not JSON yet."""

    when: date
    words: tuple[str, ...]


async def greet(name: str, times: Annotated[int, Field(ge=1)] = 1, *, loud: bool = False) -> str:
    """Greet."""
    return f"hello {name}{'!' if loud else ''}" * times


async def odd_names(json: str, copy: int, schema: list[str]) -> list[object]:
    """Take arguments whose names a pydantic model uses for itself."""
    return [json, copy, schema]


async def typed(place: Place, day: date, mood: Literal["good", "bad"], several: dict[str, int]) -> Told:
    """Take and give more than plain JSON."""
    return Told(when=day, words=(place.region, str(place.zone), mood, *several))


async def keyed(name: str, *, idempotency_key: str) -> str:
    """Pass the key on to a far side that knows repeats by it."""
    return f"{name} {idempotency_key}"


async def fails(secret: str) -> str:
    """Raise."""
    raise ValueError(f"cannot log in with {secret}" + "x" * 5000)


async def exits() -> None:
    """End the process, or try to."""
    sys.exit(3)


async def cancels() -> None:
    """Look as if somebody had cancelled us."""
    raise asyncio.CancelledError


async def hangs() -> None:
    """Wait for ever."""
    Sign.event.set()
    await asyncio.Event().wait()


async def deaf() -> None:
    """Wait for ever and not listen, until the test is over."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.Event().wait()


async def gives(what: str) -> object:
    """Give something back."""
    results: dict[str, object] = {"none": None, "object": object(), "nan": float("nan"), "long": "€" * 1000}
    return results[what]


def blocks() -> None:
    """Be synchronous."""


async def bare(name) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001 - what the test is about
    """Lack an annotation."""
    return str(name)


async def many(*names: str) -> str:
    """Take what has no name."""
    return str(names)


async def strange(function: Callable[[], int]) -> str:
    """Take what is not JSON."""
    return str(function)


def tool(name: str, **options: object) -> PythonTool:
    """Build a tool of a function in this file."""
    return PythonTool(name=name, function=f"{__name__}:{name}", **options)  # type: ignore[arg-type] # a test's shorthand


async def run(called: PythonTool, limit_s: float | None = None, /, **args: object) -> ToolOutput:
    """Call it with these arguments."""
    return await called.run(args, idempotency_key="key-1", deadline_s=limit_s)


@pytest.fixture(autouse=True)
def fresh_sign() -> None:
    """Start each test with nothing called."""
    Sign.event = asyncio.Event()


def test_the_schema_comes_from_the_annotations() -> None:
    """The same names, types, defaults and bounds."""
    schema = tool("greet").schema()
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name"]
    assert json.loads(json.dumps(schema["properties"])) == {
        "name": {"title": "Name", "type": "string"},
        "times": {"title": "Times", "type": "integer", "minimum": 1, "default": 1},
        "loud": {"title": "Loud", "type": "boolean", "default": False},
    }


async def test_a_string_comes_back_as_it_is() -> None:
    """No quotes around what is words already."""
    assert await run(tool("greet"), name="Ada", loud=True) == ToolOutput(value="hello Ada!")


async def test_anything_else_comes_back_as_canonical_json() -> None:
    """The same value, the same text."""
    output = await run(tool("typed"), place={"region": "é"}, day="2026-01-02", mood="good", several={"b": 1, "a": 2})
    assert output.value == '{"when":"2026-01-02","words":["é","1","good","b","a"]}'
    assert (await run(tool("gives"), what="none")).value == "null"


async def test_an_argument_may_have_any_name() -> None:
    """`json`, `copy` and `schema` are fine names for arguments."""
    assert (await run(tool("odd_names"), json="j", copy=1, schema=["s"])).value == '["j",1,["s"]]'


async def test_the_idempotency_key_is_handed_over_and_is_no_argument() -> None:
    """Neither the model nor a person chooses it."""
    keyed_tool = tool("keyed")
    assert "idempotency_key" not in json.dumps(keyed_tool.schema())
    assert (await run(keyed_tool, name="a")).value == "a key-1"
    with pytest.raises(ArgumentRefused):
        await run(keyed_tool, name="a", idempotency_key="mine")


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"name": 5},
        {"name": "a", "times": "2"},
        {"name": "a", "times": 0},
        {"name": "a", "loud": 1},
        {"name": "a", "other": 1},
        {"name": float("nan")},
        {"name": "\ud800"},
        {"name": object()},
    ],
    ids=ascii,
)
async def test_arguments_that_do_not_fit_are_refused_and_nothing_is_called(args: dict[str, object]) -> None:
    """Nothing is bent until it fits: what was shown is what is called."""
    with pytest.raises(ArgumentRefused, match="was not called"):
        await tool("greet").run(args, idempotency_key="k")


async def test_an_exception_becomes_words_without_secrets_or_traceback() -> None:
    """Type and message, cut; the argument that is secret is masked in it."""
    with pytest.raises(ToolFailed) as failed:
        await run(tool("fails", secret_args=frozenset({"secret"})), secret="hunter2hunter2")  # noqa: S106 - a canary
    assert failed.value.words.startswith(f"fails failed: ValueError: cannot log in with {MASK}xxx")
    assert len(failed.value.words) < 600
    assert "Traceback" not in failed.value.words


@pytest.mark.parametrize("name", ["exits", "cancels"])
async def test_a_tool_that_ends_itself_does_not_end_the_bot(name: str) -> None:
    """sys.exit() in a tool, or a CancelledError that nobody asked for."""
    with pytest.raises(ToolFailed):
        await run(tool(name))


async def test_a_call_that_hangs_is_ended_at_its_limit() -> None:
    """It may have happened."""
    with pytest.raises(ToolTimedOut, match=r"ended after 0\.05 s\. It may have happened"):
        await run(tool("hangs"), 0.05)


async def test_a_call_that_does_not_listen_is_left_behind_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker goes on, and people know that the function may too."""
    monkeypatch.setattr("agent_core.adapters.tools.python.GRACE_S", 0.05)
    with pytest.raises(ToolTimedOut, match="goes on in spite of it"):
        await run(tool("deaf"), 0.05)


async def test_a_stop_ends_the_call() -> None:
    """Somebody pressed Abort."""
    cancel = asyncio.Event()
    work = asyncio.create_task(tool("hangs").run({}, idempotency_key="k", cancel=cancel))
    await Sign.event.wait()
    cancel.set()
    with pytest.raises(ToolStopped, match="stopped while it ran"):
        await work


async def test_a_worker_that_is_cancelled_cancels_the_call() -> None:
    """Nothing goes on behind its back."""
    work = asyncio.create_task(tool("hangs").run({}, idempotency_key="k"))
    await Sign.event.wait()
    before = asyncio.all_tasks()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert len(asyncio.all_tasks()) < len(before) - 1


@pytest.mark.parametrize("what", ["object", "nan"])
async def test_a_result_that_is_not_json_is_said_so(what: str) -> None:
    """It ran, so this is no refusal."""
    with pytest.raises(ToolFailed, match="ran, but gave back"):
        await run(tool("gives"), what=what)


async def test_a_long_result_is_cut_and_counted() -> None:
    """By bytes, and never inside a character."""
    output = await run(tool("gives", output_cap_bytes=10), what="long")
    assert (output.value, output.truncated_bytes) == ("€€€", 2990)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("no-colon", "module:name"),
        (f"{__name__}:not a name", "module:name"),
        ("no_such_module_here:f", "cannot be imported"),
        (f"{__name__}:nothing", "does not exist"),
        (f"{__name__}:blocks", "not an async function"),
        (f"{__name__}:bare", "annotation"),
        (f"{__name__}:many", "needs a name"),
        (f"{__name__}:strange", "not JSON"),
    ],
)
def test_a_function_that_cannot_be_a_tool_is_found_out_at_start(function: str, words: str) -> None:
    """Not when somebody has just approved it."""
    with pytest.raises(ToolMisconfigured, match=words):
        PythonTool(name="tool", function=function)


def test_a_module_that_raises_on_import_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import runs the module."""
    (tmp_path / "broken_tool_module.py").write_text("raise RuntimeError('no database')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ToolMisconfigured, match="RuntimeError: no database"):
        PythonTool(name="tool", function="broken_tool_module:f")


def test_the_fingerprint_follows_the_schema() -> None:
    """Another argument, another tool."""
    assert tool("greet").fingerprint_parts() == tool("greet").fingerprint_parts()
    assert tool("greet").fingerprint_parts() != tool("keyed").fingerprint_parts()
