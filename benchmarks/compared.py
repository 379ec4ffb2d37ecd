"""Beside LangGraph with its Redis checkpointer: the same clicks, on the same Redis, behind the same Bolt app."""

import tempfile
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import stack
from benchmarks.clicks import Bench, Options, bench, checked, measured, warmed
from benchmarks.figures import Figures
from benchmarks.parts import Measure, say
from benchmarks.report import Found, Goal, Table, spread
from benchmarks.stage import fresh_stage
from benchmarks.wire import started

TIMES = 4.0
FULL = Options(rounds=5, alone=40, clicks=200, people=16, report=None)
QUICK = Options(rounds=1, alone=5, clicks=32, people=16, report=None)
VENV = Path(tempfile.gettempdir()) / "countersign-benchmarks" / "langgraph"
NAMES = ("bot", "floor", "langgraph")


async def run(quick: bool) -> Found:  # noqa: FBT001 - every part is called so, from one place
    """Measure the three in turn, or say why there is nothing to compare with."""
    try:
        python = await stack.installed(VENV)
        found = await rounds(QUICK if quick else FULL, python)
    except stack.NotInstalled as no:
        return Found(notes=(f"Left out: {no}",))
    ours, theirs = ([one.clicks_per_s for one in found[name]] for name in ("bot", "langgraph"))
    times = [a / b for a, b in zip(ours, theirs, strict=True)]
    goal = Goal(
        what="whole clicks a second, beside LangGraph's Redis checkpointer",
        measured=f"{spread(ours)}: {spread(times)} times LangGraph's {spread(theirs)}",
        floor=spread([one.clicks_per_s for one in found["floor"]]),
        goal=f"at least {TIMES:g} times LangGraph's",
        met=median(times) >= TIMES,
    )
    return Found(goals=(goal,), tables=(table(found),), notes=NOTES)


async def rounds(chosen: Options, python: Path) -> dict[str, list[Figures]]:
    """Measure each side in each round, by turns first."""
    found: dict[str, list[Figures]] = {name: [] for name in NAMES}
    async with fresh_stage(partial(stack.start, python=python)) as s, AsyncExitStack() as closing:
        b = await closing.enter_async_context(bench(s))
        theirs = await closing.enter_async_context(
            started("langgraph", "benchmarks.checkpointer", s.given, python=str(python))
        )
        beside: Bench = replace(b, floor=theirs)
        warm = max(20, chosen.people)
        for one in (b, beside):
            await warmed(one, warm)
        for nth in range(chosen.rounds):
            order = (b.bot, b.floor, theirs) if nth % 2 == 0 else (theirs, b.floor, b.bot)
            for side in order:
                found[side.name].append(await measured(b, side, chosen))
            say("  " + ", ".join(f"{name} {figures[-1].clicks_per_s:.0f} a second" for name, figures in found.items()))
        await checked(replace(b, bot=theirs), warm + chosen.rounds * (chosen.alone + chosen.clicks))
    return found


def table(found: dict[str, list[Figures]]) -> Table:
    """Give all three."""
    return Table(
        head=("median (lowest to highest)", *NAMES),
        rows=tuple(
            (what, *(spread([getattr(one, name) for one in found[side]], 2) for side in NAMES))
            for what, name in (
                ("whole clicks a second", "clicks_per_s"),
                ("acknowledgement alone, p50 (ms)", "ack_p50_ms"),
                ("acknowledgement alone, p99 (ms)", "ack_p99_ms"),
                ("whole click at full speed, p50 (ms)", "whole_p50_ms"),
                ("processor time a whole click (ms)", "processor_ms"),
            )
        ),
    )


NOTES = (
    f"{', '.join(stack.WANTED[:2])}; Redis Stack 7.4.1 with search and JSON, fsync always, for all three sides.",
    (
        "LangGraph's side is a graph of two nodes, `interrupt` and the effect with the card's update, resumed with "
        "durability `sync` and acknowledged when the decision's checkpoint is written. It keeps no journal and no "
        "claim, asks for no policy, and runs twice if two people press at once."
    ),
)
MEASURE = Measure(
    name="langgraph",
    title="Beside LangGraph's Redis checkpointer",
    how="The same presses, cards and effect as under *Clicks*, on three sides in turn, on one Redis.",
    run=run,
)
