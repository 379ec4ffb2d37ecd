"""One, two and four workers: how fast they drain what is due, and clicks that another process has taken.

Draining: approved steps are due when the workers start; counted from the moment at which all are up. Clicks: one
process serves, the others work, woken through docket; pressed and measured as in clicks.py. Beside them stands `run`,
which does both in one process.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count, islice
from time import perf_counter

from benchmarks.clicks import Bench, Options, measured, warmed
from benchmarks.crowd import Crowd, threads
from benchmarks.figures import Figures
from benchmarks.parts import Measure, say
from benchmarks.presses import Presser
from benchmarks.recovery import drained
from benchmarks.report import Found, Goal, Table
from benchmarks.slack import CHANNELS
from benchmarks.stage import Stage, fresh_stage
from benchmarks.wire import Side, started

WORKERS = (1, 2, 4)
HEAD = (
    "workers",
    "drained a second",
    "unknown",
    "whole clicks a second",
    "of the floor",
    "ack alone p50 (ms)",
    "whole p50 (ms)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    due: int
    clicks: Options


FULL = Size(due=3_000, clicks=Options(rounds=1, alone=40, clicks=300, people=16, report=None))
QUICK = Size(due=600, clicks=Options(rounds=1, alone=5, clicks=32, people=16, report=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What so many workers did."""

    workers: str
    drained_per_s: float
    unknown: int
    figures: Figures


async def run(quick: bool) -> Found:  # noqa: FBT001 - every part is called so, from one place
    """Measure each number of workers, on a fresh store."""
    size = QUICK if quick else FULL
    rows, floors = list[Row](), list[Figures]()
    for workers in (0, *WORKERS):
        figures, floor = await clicked(workers, size.clicks)
        per_s, unknown = await drained_per_s(workers, size.due)
        rows.append(Row(workers=str(workers or "run"), drained_per_s=per_s, unknown=unknown, figures=figures))
        floors.append(floor)
        say(f"  {rows[-1].workers}: {rows[-1].drained_per_s:.0f} drained a second, {figures.clicks_per_s:.0f} clicks")
    goals = (
        Goal(
            what=f"whole clicks a second, one process serving, {rows[-1].workers} working",
            measured=f"{rows[-1].figures.clicks_per_s:.1f}",
            floor=f"{floors[-1].clicks_per_s:.1f}",
        ),
        Goal(
            what=f"steps drained a second, {rows[-1].workers} workers",
            measured=f"{rows[-1].drained_per_s:.1f}",
            floor=f"{rows[1].drained_per_s:.1f} with one",
        ),
    )
    return Found(goals=goals, tables=(table(rows, floors),))


@asynccontextmanager
async def staffed(s: Stage, workers: int) -> AsyncGenerator[tuple[Side, Sequence[Side]]]:
    """Start what takes requests and so many workers; with none, one process that does both."""
    async with AsyncExitStack() as closing:
        role = "serve" if workers else "run"
        starting = [started(role, "benchmarks.bot", {**s.given, "role": role})]
        starting += [started(f"work {nth}", "benchmarks.bot", {**s.given, "role": "work"}) for nth in range(workers)]
        serving, *working = await asyncio.gather(*(closing.enter_async_context(one) for one in starting))
        yield serving, working or [serving]


async def drained_per_s(workers: int, due: int) -> tuple[float, int]:
    """Give how many approved steps are run a second, and of how many nobody can say whether they were."""
    async with fresh_stage() as s, AsyncExitStack() as closing:
        crowd, names = Crowd.on(s, closing), list(islice(threads(), due))
        await crowd.gather(names, approved=True)
        async with staffed(s, workers) as (_, working):
            began, before = perf_counter(), await noted(working)
            done = await drained(working, crowd, names)
            return (due - before) / (done.at_s - began), done.unknown


async def noted(working: Sequence[Side]) -> int:
    """Count the effects that all workers have had."""
    return sum([(await side.ask({}))["noted"] for side in working])


async def clicked(workers: int, chosen: Options) -> tuple[Figures, Figures]:
    """Press on a process that serves, and on the floor."""
    async with (
        fresh_stage() as s,
        staffed(s, workers) as (serving, working),
        started("floor", "benchmarks.floor", s.given) as floor,
    ):
        b = Bench(
            slack=s.slack,
            presser=Presser(s.http, s.given["secret"]),
            bot=serving,
            floor=floor,
            threads=((CHANNELS[nth % len(CHANNELS)], f"1772450000.{nth:06d}") for nth in count(1)),
        )
        warm = max(20, chosen.people)
        await warmed(b, warm)
        ours, floors = await measured(b, b.bot, chosen), await measured(b, b.floor, chosen)
        pressed = warm + chosen.alone + chosen.clicks
        if await noted(working) != pressed:
            raise RuntimeError(f"{pressed} clicks had {await noted(working)} effects")
        return ours, floors


def table(rows: Sequence[Row], floors: Sequence[Figures]) -> Table:
    """Give each number of workers."""
    return Table(
        head=HEAD,
        rows=tuple(
            (
                row.workers,
                f"{row.drained_per_s:.0f}",
                f"{row.unknown}",
                f"{row.figures.clicks_per_s:.0f}",
                f"{row.figures.clicks_per_s / floor.clicks_per_s:.0%}",
                f"{row.figures.ack_p50_ms:.1f}",
                f"{row.figures.whole_p50_ms:.0f}",
            )
            for row, floor in zip(rows, floors, strict=True)
        ),
    )


MEASURE = Measure(
    name="workers",
    title="One, two and four workers",
    how=(
        "`run` is one process that serves and works; otherwise one serves and so many work. The machine's cores are "
        "shared by all of them, Redis, the stand-in for Slack and who presses."
    ),
    run=run,
)
