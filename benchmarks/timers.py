"""How late timers are, with a hundred thousand tasks waiting and ever more of them due each second.

What is due is the harshest timer there is: an approval's time runs out, so the task ends, its card is updated and the
thread is told. Lateness is the store's time at which the input was decided, read from the journal, less the time at
which it was due. The floor sweeps a sorted set of the same size and runs one script for each member that is due.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from agent_core.adapters.system_clock import SystemClock
from agent_core.records import Entry
from agent_core.words import ThreadId
from benchmarks.crowd import Crowd, threads
from benchmarks.figures import percentile
from benchmarks.parts import Measure, say
from benchmarks.report import Found, Goal, Table
from benchmarks.stage import Stage, fresh_stage
from benchmarks.wire import Side, started

LATE_S, RATE = 2.0, 300
EXPIRES_AFTER = timedelta(seconds=3600)
FIRST_LINES = 3  # begun, proposed, card posted; the timer comes fourth
BUILD_S, BEFORE_S = 0.006, 3.0  # to put a thread there, and before the first is due
LOOK_S = 0.5
READ_AT_ONCE = 200
LATER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    waiting: int
    rates: tuple[int, ...]
    window_s: int
    patience_s: float


FULL = Size(waiting=100_000, rates=(50, 100, 150, 200, 300), window_s=20, patience_s=240.0)
QUICK = Size(waiting=500, rates=(10, 40), window_s=3, patience_s=30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """How late the timers of one rate were, in seconds."""

    rate: int
    bot: Sequence[float]
    floor: Sequence[float]
    unfired: int

    @property
    def kept(self) -> bool:
        """Tell whether every timer came in time."""
        return not self.unfired and max(self.bot) <= LATE_S


async def run(quick: bool) -> Found:  # noqa: FBT001 - every part is called so, from one place
    """Measure one rate after the other, on the same waiting tasks."""
    size = QUICK if quick else FULL
    async with fresh_stage() as s, AsyncExitStack() as closing:
        crowd, names = Crowd.on(s, closing), threads()
        far = SystemClock().now() + LATER
        await crowd.gather(islice(names, size.waiting), began=lambda _: far)
        s.slack.forget()
        say(f"  {size.waiting:,} wait")
        bot = await closing.enter_async_context(started("bot", "benchmarks.bot", s.given))
        bare = await closing.enter_async_context(started("floor", "benchmarks.bare", s.given))
        await bare.ask({"timers": [1e12] * size.waiting})
        found = [await at_rate(s, crowd, bare, names, size, rate) for rate in size.rates]
        await bot.ask({})
    return Found(goals=tuple(asked(found, size)), tables=(table(found),))


async def at_rate(  # noqa: PLR0913, PLR0917 - one call, from one place
    s: Stage, crowd: Crowd, bare: Side, names: Iterator[ThreadId], size: Size, rate: int
) -> Late:
    """Let so many be due each second for a while, and see when each was."""
    many = rate * size.window_s
    first = SystemClock().now() + timedelta(seconds=many * BUILD_S + BEFORE_S)
    due = [first + timedelta(seconds=nth / rate) for nth in range(many)]
    waiting = await crowd.gather(islice(names, many), began=lambda nth: due[nth] - EXPIRES_AFTER)
    late, unfired = await fired(crowd, [one.thread_id for one in waiting], due, size)
    s.slack.forget()
    begin = SystemClock().now().timestamp() + 1
    told = await bare.ask({"timers": [begin + nth / rate for nth in range(many)]})
    found = Late(rate=rate, bot=late, floor=told["late_s"], unfired=unfired)
    say(f"  {rate} a second: latest {max(late, default=0):.2f} s late, {unfired} not at all")
    return found


async def fired(
    crowd: Crowd, names: Sequence[ThreadId], due: Sequence[datetime], size: Size
) -> tuple[list[float], int]:
    """Wait until every timer has come; give how late each was, and how many had not come when it was given up."""
    clock, late = SystemClock(), list[float]()
    await clock.sleep(max(0.0, (due[-1] - clock.now()).total_seconds() + LATE_S))
    missing, give_up = list(zip(names, due, strict=True)), due[-1] + timedelta(seconds=size.patience_s)
    while missing and clock.now() < give_up:
        asked, missing = iter(missing), []
        while batch := list(islice(asked, READ_AT_ONCE)):
            for one, found in zip(batch, await asyncio.gather(*(lateness(crowd, *one) for one in batch)), strict=True):
                if found is None:
                    missing.append(one)
                else:
                    late.append(found)
        await clock.sleep(LOOK_S)
    return late, len(missing)


async def lateness(crowd: Crowd, thread_id: ThreadId, due: datetime) -> float | None:
    """Say how late a thread's timer was, or None if it has not come."""
    lines = await crowd.store.journal(thread_id, FIRST_LINES, 1)
    if not lines or not isinstance(lines[0], Entry) or lines[0].input.kind != "timer_fired":
        return None
    return (lines[0].at - due).total_seconds()


def asked(found: Sequence[Late], size: Size) -> list[Goal]:
    """Hold the lateness at the rate that was asked for against its goal, and say what the limit is."""
    highest = found[-1]
    limit = max((one.rate for one in found if one.kept), default=0)
    return [
        Goal(
            what=f"timers at {highest.rate} a second, {size.waiting:,} waiting: the latest (s late)",
            measured=worst(highest),
            floor=f"{max(highest.floor):.2f}",
            goal=f"at most {LATE_S:g} at {RATE}",
            met=highest.kept and highest.rate >= RATE,
        ),
        Goal(
            what=f"timers a second with none more than {LATE_S:g} s late, of the rates that were tried",
            measured=f"{limit}",
        ),
    ]


def worst(one: Late) -> str:
    """Say how late the latest was."""
    missing = f", and {one.unfired:,} had not come when it was given up" if one.unfired else ""
    return f"{max(one.bot, default=0):.2f}{missing}"


def table(found: Sequence[Late]) -> Table:
    """Give each rate."""
    return Table(
        head=("due a second", "late p50 (s)", "p99 (s)", "latest (s)", "floor p50 (s)", "floor latest (s)"),
        rows=tuple(
            (
                f"{one.rate}",
                f"{percentile(one.bot, 0.5):.2f}",
                f"{percentile(one.bot, 0.99):.2f}",
                worst(one),
                f"{percentile(one.floor, 0.5):.2f}",
                f"{max(one.floor):.2f}",
            )
            for one in found
            if one.bot
        ),
    )


MEASURE = Measure(
    name="timers",
    title="Timers",
    how=(
        "So many tasks wait; of more, evenly, an approval's time runs out each second for 20 seconds: each ends its "
        "task, updates its card and says so in the thread. One process (`run`) beside the stand-in for Slack."
    ),
    run=run,
)
