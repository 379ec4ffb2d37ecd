"""From the start of a process until it is ready for requests, beside a floor that imports and starts the same parts.

The bot is started as anybody would, ``python -m bot run`` and ``serve``; it is ready when ``/readyz`` says so. The
floor imports Bolt, aiohttp, redis and pydantic, asks Redis and Slack one thing each, and serves the same address.
"""

import asyncio
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping, Sequence
from statistics import median
from time import perf_counter

import aiohttp

from agent_core.adapters.system_clock import SystemClock
from benchmarks.bot import furnish
from benchmarks.parts import Measure, say
from benchmarks.report import Found, Goal, Table, spread
from benchmarks.stage import Stage, fresh_stage

TIMES = 1.3
LOOK_S, PATIENCE_S = 0.002, 60.0
OK = 200
SIDES: Mapping[str, Sequence[str]] = {
    "run": ("-m", "bot", "run"),
    "serve": ("-m", "bot", "serve"),
    "floor": ("-m", "benchmarks.floor_start"),
}


async def run(quick: bool) -> Found:  # noqa: FBT001 - every part is called so, from one place
    """Start each a few times, by turns."""
    rounds = 2 if quick else 11
    found: dict[str, list[float]] = {name: [] for name in SIDES}
    async with fresh_stage() as s:
        furnish(s.given)
        for name in SIDES:
            await ready_s(s, name)  # compiles what is not compiled yet, and warms the disk's cache
        for nth in range(rounds):
            for name in tuple(SIDES) if nth % 2 == 0 else reversed(tuple(SIDES)):
                found[name].append(await ready_s(s, name))
    say("  " + ", ".join(f"{name} {median(times):.2f} s" for name, times in found.items()))
    return Found(goals=tuple(goal(name, found) for name in ("serve", "run")), tables=(table(found),))


async def ready_s(s: Stage, name: str) -> float:
    """Start a process and give how long it takes to be ready; end it."""
    port = free_port()
    began = perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, *SIDES[name], env=environment(s, port), stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        await until_ready(s.http, process, port)
        return perf_counter() - began
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def environment(s: Stage, port: int) -> dict[str, str]:
    """Say what a deployment says in its environment."""
    return {
        "SLACK_BOT_TOKEN": s.given["token"],
        "SLACK_SIGNING_SECRET": s.given["secret"],
        "SLACK_API_URL": s.given["api_url"],
        "REDIS_URL": s.given["redis_url"],
        "COUNTERSIGN_KEY_FILE": s.given["key_file"],
        "COUNTERSIGN_CONFIG": str(s.folder / "countersign.yml"),
        "COUNTERSIGN_HOME": str(s.folder),
        "COUNTERSIGN_PORT": str(port),
    }


def free_port() -> int:
    """Find a port that is free."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def until_ready(http: aiohttp.ClientSession, process: Process, port: int) -> None:
    """Ask until it is ready, or raise RuntimeError if it ended."""
    async with asyncio.timeout(PATIENCE_S):
        while process.returncode is None:
            try:
                async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == OK:
                        return
            except aiohttp.ClientConnectionError:
                pass  # not listening yet
            await SystemClock().sleep(LOOK_S)
    raise RuntimeError("a process ended before it was ready")


def goal(name: str, found: Mapping[str, Sequence[float]]) -> Goal:
    """Hold a start against the floor's, round by round."""
    ratios = [ours / floor for ours, floor in zip(found[name], found["floor"], strict=True)]
    return Goal(
        what=f"start to ready, `{name}` (s)",
        measured=f"{spread(found[name], 2)}: {spread(ratios, 2)} times",
        floor=spread(found["floor"], 2),
        goal=f"at most {TIMES} times the floor's",
        met=median(ratios) <= TIMES,
    )


def table(found: Mapping[str, Sequence[float]]) -> Table:
    """Give all starts."""
    rows = tuple((name, spread(times, 2)) for name, times in found.items())
    return Table(head=("process", "start to ready (s)"), rows=rows)


MEASURE = Measure(
    name="start",
    title="Start to ready",
    how=(
        "From the start of the process until `GET /readyz` is answered with 200, asked every 2 ms; the first start of "
        "each is left out. The floor imports Bolt, aiohttp, redis and pydantic, sends Redis a PING and Slack "
        "auth.test, and answers at the same address."
    ),
    run=run,
)
