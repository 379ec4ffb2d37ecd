"""What happens after a crash with much under way: ten thousand approved steps are due when the bot starts.

Every task was approved and no worker had taken it. The bot finds them through the due index, looks each approver up
anew, claims, runs, scores, updates the card and says that the task has ended. The floor takes the same threads from a
list and does for each what it does after a click: one script, the effect, the card's update.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import islice
from time import perf_counter

from agent_core.adapters.system_clock import SystemClock
from agent_core.words import ThreadId
from benchmarks.crowd import Crowd, Waiting, threads
from benchmarks.parts import Measure, say
from benchmarks.report import Found, Goal, Table, spread
from benchmarks.stage import Stage, fresh_stage
from benchmarks.wire import Json, Side, started

LOOK_S = 0.05
PATIENCE_S, STALLED_S = 900.0, 45.0  # three leases
MOST = 0.99  # what is left after it waits for something, such as a lease that nobody gave back
FACE = '{"text": "note line is done.", "blocks": []}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """How long it took from the start of the process, in seconds, and what it cost."""

    ready_s: float
    first_s: float
    most_s: float
    all_s: float
    processor_ms: float
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """When the last effect came; of ``unknown`` tasks nobody can say whether they had theirs, and people are asked."""

    at_s: float
    unknown: int


async def run(quick: bool) -> Found:  # noqa: FBT001 - every part is called so, from one place
    """Start the bot and the floor on so many due threads each."""
    many, rounds = (200, 1) if quick else (10_000, 2)
    ours, floors = list[Recovered](), list[Recovered]()
    for _ in range(rounds):
        async with fresh_stage() as s, AsyncExitStack() as closing:
            crowd = Crowd.on(s, closing)
            names = list(islice(threads(), many))
            await crowd.gather(names, approved=True)
            ours.append(await of_the_bot(s, crowd, names))
            floors.append(await of_the_floor(s, await crowd.gather(islice(threads(many + 1), many))))
            say(f"  {many:,} due: {ours[-1].all_s:.1f} s, floor {floors[-1].all_s:.1f} s")
    return Found(
        goals=(
            Goal(
                what=f"recovery with {many:,} threads due: until all are done (s)",
                measured=spread([one.all_s for one in ours]),
                floor=spread([one.all_s for one in floors]),
            ),
        ),
        tables=(table(ours, floors, many),),
    )


async def of_the_bot(s: Stage, crowd: Crowd, names: Sequence[ThreadId]) -> Recovered:
    """Start the bot and wait until each step is run, once."""
    began, many = perf_counter(), len(names)
    async with started("bot", "benchmarks.bot", s.given) as bot:
        ready_s, up = perf_counter() - began, await bot.ask({})
        first_s, _ = await until(bot, 1, began)
        most_s, _ = await until(bot, int(many * MOST), began)
        done = await drained([bot], crowd, names)
        each = each_ms(up, await bot.ask({}), many)
        return Recovered(
            ready_s=ready_s,
            first_s=first_s,
            most_s=most_s,
            all_s=done.at_s - began,
            processor_ms=each,
            unknown=done.unknown,
        )


async def of_the_floor(s: Stage, waiting: list[Waiting]) -> Recovered:
    """Have the floor do the same threads."""
    began = perf_counter()
    async with started("floor", "benchmarks.floor", s.given) as floor:
        ready_s, up = perf_counter() - began, await floor.ask({})
        due = [(one.thread_id, one.card_ts) for one in waiting]
        told = await floor.ask({"faces": {"done": FACE}, "due": due})
        all_s = perf_counter() - began
        check(told, len(waiting))
        each = each_ms(up, told, len(waiting))
        return Recovered(ready_s=ready_s, first_s=ready_s, most_s=all_s, all_s=all_s, processor_ms=each)


async def drained(sides: Sequence[Side], crowd: Crowd, names: Sequence[ThreadId]) -> Drained:
    """Wait until each task has had its effect, once; raise RuntimeError if one neither has it nor asks people.

    A store that does not answer for a moment can leave a call of which nobody knows whether it happened.
    """
    clock, moved_s, before = SystemClock(), perf_counter(), -1
    while True:
        told = [await side.ask({}) for side in sides]
        noted = sum(one["noted"] for one in told)
        if noted != before:
            moved_s, before = perf_counter(), noted
        if noted >= len(names) or perf_counter() - moved_s > STALLED_S:
            break
        await clock.sleep(LOOK_S)
    phases = await crowd.standing(names) if noted != len(names) else Counter[str]()
    unknown = phases["outcome_unknown"]
    if noted + unknown < len(names) or sum(one["different"] for one in told) > len(names):
        raise RuntimeError(f"{len(names)} threads had {noted} effects and stand so: {dict(phases)}")
    return Drained(at_s=moved_s, unknown=unknown)


async def until(side: Side, noted: int, began: float) -> tuple[float, Json]:
    """Wait until a side has had so many effects; give when, and what it said."""
    while perf_counter() - began < PATIENCE_S:
        told = await side.ask({})
        if told["noted"] >= noted:
            return perf_counter() - began, told
        await SystemClock().sleep(LOOK_S)
    raise TimeoutError(f"{side.name} had not {noted} effects after {PATIENCE_S:.0f} s")


def each_ms(up: Json, told: Json, many: int) -> float:
    """Give the processor time of one thread, without that of the start."""
    return float(told["processor_s"] - up["processor_s"]) / many * 1000


def check(told: Json, many: int) -> None:
    """Raise RuntimeError unless each thread had its effect once."""
    if (told["noted"], told["different"]) != (many, many):
        raise RuntimeError(f"{many} threads had {told}")


def table(ours: list[Recovered], floors: list[Recovered], many: int) -> Table:
    """Give both, side by side."""
    return Table(
        head=(
            "",
            "up (s)",
            "first effect (s)",
            "99 % (s)",
            "all done (s)",
            "threads a second",
            "processor time a thread (ms)",
            "unknown",
        ),
        rows=tuple(
            (
                name,
                spread([one.ready_s for one in sides], 2),
                spread([one.first_s for one in sides], 2),
                spread([one.most_s for one in sides]),
                spread([one.all_s for one in sides]),
                spread([many / (one.all_s - one.ready_s) for one in sides], 0),
                spread([one.processor_ms for one in sides], 2),
                f"{max(one.unknown for one in sides)}",
            )
            for name, sides in (("bot", ours), ("floor", floors))
        ),
    )


MEASURE = Measure(
    name="recovery",
    title="Recovery",
    how=(
        "Threads with an approved step that no worker had taken, all due when the process starts; times are from its "
        "start. Each step is run once, checked. The floor does one script, the effect and the card's update for each, "
        "64 at a time."
    ),
    run=run,
)
