"""All configured tools behind the one port: a call in, how it ended out. Never raises for what a tool does.

The arguments are checked once more against the tool's schema right before the call, since what was shown may be long
ago; what does not fit is not started.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from agent_core.adapters.tools.output import (
    ArgumentRefused,
    OnOutput,
    ToolDidNotStart,
    ToolError,
    ToolOutput,
    ToolStopped,
    ToolTimedOut,
)
from agent_core.adapters.tools.tail import Tail
from agent_core.ports import Clock, Output, Ran
from agent_core.ports.spool import Spool
from agent_core.proposal import Call, canonical
from agent_core.rules.book import ToolSpec
from agent_core.rules.digests import keyed
from agent_core.rules.schema import problems
from agent_core.words import Args, Json


class Runner(Protocol):
    """One tool, whatever its kind."""

    def fingerprint_parts(self) -> Mapping[str, object]:
        """Give what makes this the same tool as before."""

    async def run(
        self,
        args: Mapping[str, object],
        *,
        idempotency_key: str,
        cancel: asyncio.Event | None = None,
        on_output: OnOutput | None = None,
    ) -> ToolOutput:
        """Make one call; raise ToolError where it gave no result of its own. ``on_output`` hears what it prints."""


def fingerprint_of(runner: Runner) -> str:
    """Name exactly this tool: its definition and the program that it resolves to. 32 hex digits."""
    parts: Json = {name: _json(value) for name, value in runner.fingerprint_parts().items()}
    return keyed(b"tool", canonical(parts))


def _json(value: object) -> Json:
    if isinstance(value, Mapping):
        return {str(name): _json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


class Toolbox:
    """Runs calls of the configured tools."""

    def __init__(self, runners: Mapping[str, Runner], specs: Mapping[str, ToolSpec]) -> None:
        """Hold the tools and the schemas that their arguments must fit."""
        self._runners = runners
        self._specs = specs
        self._spool: tuple[Spool, Clock] | None = None

    def spooling(self, spool: Spool, clock: Clock) -> "Toolbox":
        """Give the same tools, of whose calls the newest output is kept while they run."""
        other = Toolbox(self._runners, self._specs)
        other._spool = (spool, clock)
        return other

    async def run(self, call: Call, *, key: str, stop: asyncio.Event) -> Ran:
        """Make the call under its time limit and say how it ended."""
        runner, spec = self._runners.get(call.tool), self._specs.get(call.tool)
        if runner is None or spec is None or spec.fingerprint != call.fingerprint:
            return Ran(how="not_started", output=Output(), words=f"{call.tool} is not the tool that was shown.")
        args = call.args
        wrong = problems(spec, args)
        if wrong:
            words = f"{call.tool} was not called: {wrong[0].field} {wrong[0].words}"
            return Ran(how="not_started", output=Output(), words=words)
        try:
            return ended(await self._made(runner, args, key=key, stop=stop))
        except ToolError as error:
            return failed(error)

    async def _made(self, runner: Runner, args: Args, *, key: str, stop: asyncio.Event) -> ToolOutput:
        """Make the call, and keep what it prints where its worker's end does not reach it."""
        if self._spool is None:
            return await runner.run(args, idempotency_key=key, cancel=stop)
        spool, clock = self._spool
        async with Tail(spool, clock, key) as tail:
            return await runner.run(args, idempotency_key=key, cancel=stop, on_output=tail.add)


def ended(output: ToolOutput) -> Ran:
    """Say how a call ended by itself: a command by its exit code, a function by returning."""
    return Ran(how="finished", ok=output.exit_code in (0, None), output=output_of(output))


def failed(error: ToolError) -> Ran:
    """Say how a call ended that gave no result of its own."""
    output = output_of(error.partial)
    match error:
        case ArgumentRefused() | ToolDidNotStart():
            return Ran(how="not_started", output=output, words=error.words)
        case ToolTimedOut():
            return Ran(how="timed_out", output=output, words=error.words)
        case ToolStopped():
            return Ran(how="stopped", output=output, words=error.words)
        case _:
            return Ran(how="failed", output=output, words=error.words)


def output_of(output: ToolOutput) -> Output:
    """Give what came out as the core keeps it; a function's value stands as its standard output."""
    return Output(
        exit_code=output.exit_code,
        stdout=whole(output.stdout or output.value or ""),
        stderr=whole(output.stderr),
        cut_bytes=output.truncated_bytes,
    )


def whole(text: str) -> str:
    """Give a text that can be stored: half a character, which only a function can give back, becomes a mark."""
    return text.encode("utf-8", "replace").decode()
