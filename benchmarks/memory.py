"""What a task costs that waits for a person: bytes in Redis, and in the process nothing."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import islice
from statistics import median

from agent_core.adapters.redis_keys import DUE_KEYS, keys_of
from agent_core.adapters.system_clock import SystemClock
from agent_core.words import TeamId, ThreadId
from benchmarks.crowd import Crowd, threads
from benchmarks.parts import Measure, say
from benchmarks.report import Found, Goal, Table, spread
from benchmarks.slack import TEAM
from benchmarks.stage import Stage, fresh_stage
from benchmarks.state import STATE_BYTES, Entry, by_chance, files, typical
from benchmarks.wire import Json, started

REDIS_GOAL_BYTES = 4096
NOISE_BYTES = 16  # a thread; less than the smallest object that Python knows, so nothing can be kept for each
SETTLES_S = 3.0  # three looks at the due index, and what a start leaves behind is collected
SAMPLED = 200
HEAD = ("bytes a thread", "checkpoint", "due", "outbox", "together", "journal", "list of tasks", "all of Redis")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    waiting: tuple[int, ...]
    starts: int
    begun: tuple[int, ...]
    random: int


FULL = Size(waiting=(1_000, 10_000, 100_000), starts=3, begun=(12_000, 18_000, 24_000), random=1_000)
QUICK = Size(waiting=(100, 500), starts=1, begun=(50, 100, 150), random=50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Bytes in Redis for each waiting thread, by what they are for."""

    thread: float
    due: float
    outbox: float
    journal: float
    listed: float
    used: float

    @property
    def live(self) -> float:
        """Give what the goal is about: checkpoint, due and outbox."""
        return self.thread + self.due + self.outbox


async def run(quick: bool) -> Found:  # noqa: FBT001 - every part is called so, from one place
    """Measure both, at every size."""
    size = QUICK if quick else FULL
    stored, slopes = await waiting(size)
    chance = await at_random(size.random)
    begun = await beginning(size.begun)
    few, most = min(size.waiting), max(size.waiting)
    rows = [row(f"{many:,} threads, typical", one) for many, one in stored.items()]
    rows.append(row(f"{size.random:,} threads, random bytes", chance))
    return Found(
        goals=(
            Goal(
                what=f"Redis, bytes a waiting thread at {most:,} (checkpoint, due, outbox)",
                measured=f"{stored[most].live:,.0f}",
                floor=f"{STATE_BYTES:,} plain",
                goal=f"at most {REDIS_GOAL_BYTES:,}",
                met=stored[most].live <= REDIS_GOAL_BYTES,
            ),
            slope_goal(f"process, bytes a waiting thread, from {few:,} to {most:,}", slopes["resident_bytes"]),
            slope_goal(f"process, bytes a thread it began, from {begun.since:,} to {begun.until:,}", [begun.bytes]),
        ),
        tables=(Table(head=HEAD, rows=tuple(rows)),),
        notes=(
            (
                f"Python's own count of memory blocks grows by {spread(slopes['blocks'], 3)} a waiting thread, "
                f"and by {begun.blocks:.3f} a thread that the process began."
            ),
            (
                f"A slope under {NOISE_BYTES} bytes a thread counts as 0: the kernel counts in pages, "
                "and no Python object is that small."
            ),
            (
                "What a process keeps of the newest tasks that it began is bounded (10,000 effects, the lengths of "
                "10,000 journals), so it is measured beyond that."
            ),
        ),
    )


def row(what: str, one: Stored) -> tuple[str, ...]:
    """Write one row of bytes."""
    values = (one.thread, one.due, one.outbox, one.live, one.journal, one.listed, one.used)
    return (what, *(f"{value:,.0f}" for value in values))


def slope_goal(what: str, slopes: Sequence[float]) -> Goal:
    """Say whether nothing is kept for a thread."""
    return Goal(what=what, measured=spread(slopes), floor="0", goal="0", met=median(slopes) < NOISE_BYTES)


async def waiting(size: Size) -> tuple[dict[int, Stored], dict[str, list[float]]]:
    """Let ever more threads wait; weigh Redis, and a process that starts on it."""
    stored, weights = dict[int, Stored](), dict[int, list[Json]]()
    async with fresh_stage() as s, AsyncExitStack() as closing:
        s.given["files"] = files(typical, await entries_of(s, typical))
        crowd = Crowd.on(s, closing, says=whatever)
        empty, names, stand = await used(crowd), threads(), 0
        for many in size.waiting:
            await crowd.gather(islice(names, many - stand))
            stand = many
            s.slack.forget()
            stored[many] = await weigh(crowd, many, empty)
            weights[many] = [await weigh_start(s) for _ in range(size.starts)]
            resident = weights[many][-1]["resident_bytes"] / 2**20
            say(f"  {many:,} wait: {stored[many].live:,.0f} bytes each in Redis, process {resident:.1f} MiB")
    few, most = min(size.waiting), max(size.waiting)
    slopes = {
        what: [
            (after[what] - before[what]) / (most - few)
            for before, after in zip(weights[few], weights[most], strict=True)
        ]
        for what in ("resident_bytes", "blocks")
    }
    return stored, slopes


async def at_random(many: int) -> Stored:
    """Weigh Redis where the state cannot be packed."""
    async with fresh_stage() as s, AsyncExitStack() as closing:
        s.given["files"] = files(by_chance, await entries_of(s, by_chance))
        crowd = Crowd.on(s, closing, says=whatever)
        empty = await used(crowd)
        await crowd.gather(islice(threads(), many))
        return await weigh(crowd, many, empty)


def whatever(_: ThreadId) -> str:
    """Begin with the same words everywhere: the script does not depend on them."""
    return "apply the settings"


async def entries_of(s: Stage, entry: Entry) -> int:
    """Find how many entries make the state as large as it is to be."""
    entries, size_bytes = 0, 0
    while size_bytes < STATE_BYTES:
        entries += 1
        s.given["files"] = files(entry, entries)
        async with AsyncExitStack() as closing:
            size_bytes = len(await Crowd.on(s, closing, says=whatever).plain())
    return entries


async def used(crowd: Crowd) -> int:
    """Give what Redis has taken for everything."""
    return int((await crowd.redis.info("memory"))["used_memory"])


async def weigh(crowd: Crowd, many: int, empty: int) -> Stored:
    """Give the bytes a thread."""
    sample = [keys_of(name) for name in islice(threads(), min(SAMPLED, many))]
    lists = [f"cs:{{team:{TeamId(TEAM)}}}:{what}" for what in ("tasks", "tasks:at")]
    return Stored(
        thread=await sized(crowd, [keys.thread for keys in sample]) / len(sample),
        outbox=await sized(crowd, [keys.outbox for keys in sample]) / len(sample),
        journal=await sized(crowd, [keys.journal for keys in sample]) / len(sample),
        due=await sized(crowd, DUE_KEYS) / many,
        listed=await sized(crowd, lists) / many,
        used=(await used(crowd) - empty) / many,
    )


async def sized(crowd: Crowd, keys: Sequence[str]) -> int:
    """Add up what Redis takes for these keys; one that is not there takes nothing."""
    return sum([await crowd.redis.memory_usage(key, samples=0) or 0 for key in keys])


async def weigh_start(s: Stage) -> Json:
    """Start the bot on what is there, let it look around, and weigh it."""
    async with started("bot", "benchmarks.bot", s.given) as bot:
        await SystemClock().sleep(SETTLES_S)
        return await bot.ask({"weigh": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """How a process grew with the threads that it began itself."""

    since: int
    until: int
    bytes: float
    blocks: float


async def beginning(marks: tuple[int, ...]) -> Slope:
    """Have one process begin ever more tasks, which all go on waiting, and weigh it in between."""
    names, begun, weights = threads(), 0, list[Json]()
    async with fresh_stage() as s, started("bot", "benchmarks.bot", s.given) as bot:
        for mark in marks:
            while begun < mark:
                batch = list(islice(names, min(500, mark - begun)))
                await bot.ask({"prepare": batch})
                begun += len(batch)
                s.slack.forget()
            weights.append(await bot.ask({"weigh": True}))
            say(f"  {mark:,} begun: process {weights[-1]['resident_bytes'] / 2**20:.1f} MiB")
    first, last, more = weights[0], weights[-1], marks[-1] - marks[0]
    return Slope(
        since=marks[0],
        until=marks[-1],
        bytes=(last["resident_bytes"] - first["resident_bytes"]) / more,
        blocks=(last["blocks"] - first["blocks"]) / more,
    )


MEASURE = Measure(
    name="memory",
    title="Memory of a waiting task",
    how=(
        "Tasks that wait for an approval; their state (the checkpoint as plain JSON) has 10,000 bytes, half of them "
        "the proposed call, half the card that shows it. Redis's own figures (`MEMORY USAGE`, `used_memory`). The "
        "process is the whole bot, started on so many waiting tasks and weighed 3 s after it is up; and one that "
        "begins them itself."
    ),
    run=run,
)
