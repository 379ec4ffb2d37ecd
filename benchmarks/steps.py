"""What a step costs and writes, early in a task and after a thousand of them: it must not grow with the history.

A step is one round of the loop with a person in it: proposed, its card posted, approved, claimed, run, scored, its card
updated. It is driven by presses as in clicks.py. The floor is a script that writes as many bytes as the smallest
checkpoint and journal line have, over a bare client, in a process of its own.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from agent_core.adapters.system_clock import SystemClock
from agent_core.words import ThreadId
from benchmarks.crowd import Crowd, threads
from benchmarks.parts import Measure, say
from benchmarks.presses import Presser
from benchmarks.report import Found, Goal, Table, spread
from benchmarks.slack import Card
from benchmarks.stage import Stage, fresh_stage
from benchmarks.wire import Side, started
from benchmarks.written import written

HISTORIES = (1, 10, 50, 200, 1000)
MOST_STEPS = 1000  # as many as a task may be given
FLOOR_STEPS = 200
WARM_STEPS = 20
WINDOW = 8  # steps from each of these on, or up to the last
SAME, STEP_BYTES = 0.1, 2048
LOOK_S, QUIET_S, PATIENCE_S = 0.002, 0.15, 60.0
KINDS = ("checkpoint", "journal", "outbox", "due", "lease", "list of tasks", "frames", "other")

CONFIG = """
version: 1
agent:
  model: "scripted:script.jsonl"
  max_steps: 1000
  budget: {wall_s: 36000, tokens: 100000000}
tools:
  - {name: note, kind: python, function: "benchmarks.effect:note", args: {line: {type: string, maxLength: 200}}}
policy:
  rules:
    - {tools: [note], decision: ask, approvers: {users: APPROVERS}, timeout_s: 3600}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Some steps of one task, at one length of its history: what each took."""

    processor_ms: float
    wall_ms: float
    commits: float
    written: Counter[str]


async def run(quick: bool) -> Found:  # noqa: FBT001 - every part is called so, from one place
    """Take some tasks through a thousand steps each, and hold the last against the first."""
    histories, tasks = (HISTORIES[:3], 1) if quick else (HISTORIES, 5)
    floors = list[Window]()
    found: dict[int, list[Window]] = {history: [] for history in histories}
    async with fresh_stage() as s, AsyncExitStack() as closing:
        s.given["files"] = {"countersign.yml": CONFIG, "script.jsonl": script()}
        crowd = Crowd.on(s, closing)
        await crowd.redis.config_set("auto-aof-rewrite-percentage", 0)  # so that the log only grows
        async with started("bot", "benchmarks.bot", s.given) as bot:
            names = threads()
            await Driver(s, bot, crowd, next(names)).window(WARM_STEPS)
            for nth in range(tasks):
                one = Driver(s, bot, crowd, next(names))
                for history, window in zip(histories, [await one.window(at) for at in histories], strict=True):
                    found[history].append(window)
                say(f"  task {nth + 1} of {tasks}: {one.step} steps")
        async with started("floor", "benchmarks.bare", s.given) as side:
            floors = [await floor(s, side) for _ in range(tasks)]
    return Found(goals=tuple(asked(found, floors)), tables=(costs(found, floors), kinds(found)))


def script() -> str:
    """Write a model's replies: as many steps as a task may have."""
    lines = (
        {"tool": "note", "args": {"line": f"line-{nth:04d}"}, "thought": "It is next.", "expect": "one more line"}
        for nth in range(1, MOST_STEPS + 1)
    )
    return "\n".join(json.dumps(line) for line in lines) + "\n"


class Driver:
    """Takes one task from step to step."""

    def __init__(self, s: Stage, bot: Side, crowd: Crowd, thread_id: ThreadId) -> None:
        """Hold what is needed; nothing is begun."""
        self.step = 0
        self._s = s
        self._bot = bot
        self._crowd = crowd
        self._thread_id = thread_id
        self._presser = Presser(s.http, s.given["secret"])
        self._clock = SystemClock()

    async def window(self, history: int) -> Window:
        """Go to this history, then measure some steps."""
        if self.step == 0:
            await self._bot.ask({"prepare": [self._thread_id]})
        await self._go_to(min(history, MOST_STEPS - WINDOW - 1))
        await self._clock.sleep(QUIET_S)
        before, version, log_bytes = await self._bot.ask({}), await self._version(), len(self._log())
        times = [await self._next() for _ in range(WINDOW)]
        await self._clock.sleep(QUIET_S)
        after = await self._bot.ask({})
        counted = written(self._log()[log_bytes:])
        return Window(
            processor_ms=(after["processor_s"] - before["processor_s"]) / WINDOW * 1000,
            wall_ms=median(times) * 1000,
            commits=(await self._version() - version) / WINDOW,
            written=Counter({kind: round(size / WINDOW) for kind, size in counted.items()}),
        )

    async def _go_to(self, history: int) -> None:
        while self.step < history:
            await self._next()

    async def _next(self) -> float:
        """Approve what waits; give the time until the next step waits."""
        card = self._card()
        began = perf_counter()
        await self._presser.press(self._bot.url, card)
        async with asyncio.timeout(PATIENCE_S):
            while self._card() is card:
                await self._clock.sleep(LOOK_S)
        self.step += 1
        return perf_counter() - began

    def _card(self) -> Card:
        _, channel, thread_ts = self._thread_id.split(":")
        return self._s.slack.card_of(channel, thread_ts)

    async def _version(self) -> int:
        """Count the inputs that the task has taken."""
        checkpoint = (await self._crowd.store.load(self._thread_id)).checkpoint
        return checkpoint.version if checkpoint else 0

    def _log(self) -> bytes:
        return log_of(self._s.folder)


def log_of(folder: Path) -> bytes:
    """Read what Redis has appended to its log."""
    (file,) = (folder / "redis" / "redis" / "appendonlydir").glob("*.incr.aof")
    return file.read_bytes()


async def floor(s: Stage, side: Side) -> Window:
    """Have the bare client write as much as a small step has, one script after the other."""
    before, log_bytes = await side.ask({}), len(log_of(s.folder))
    told = await side.ask({"steps": FLOOR_STEPS})
    counted = written(log_of(s.folder)[log_bytes:])
    return Window(
        processor_ms=(told["processor_s"] - before["processor_s"]) / FLOOR_STEPS * 1000,
        wall_ms=told["wall_ms"],
        commits=1,
        written=Counter({kind: round(size / FLOOR_STEPS) for kind, size in counted.items()}),
    )


def asked(found: Mapping[int, Sequence[Window]], floors: Sequence[Window]) -> Iterator[Goal]:
    """Hold the last steps against the first, and what a step writes against its goal."""
    first, last = min(found), max(found)
    for what, figure in (("processor time (ms)", processor_ms), ("bytes written", all_bytes)):
        was, came = ([figure(window) for window in found[history]] for history in (first, last))
        grown = median(came) / median(was)
        yield Goal(
            what=f"a step at history {last:,}: {what}",
            measured=f"{spread(came)}: {grown:.2f} times history {first}",
            floor=spread([figure(one) for one in floors]),
            goal=f"{1 - SAME:.1f} to {1 + SAME:.1f} times",
            met=abs(grown - 1) <= SAME,
        )
    every = [window for windows in found.values() for window in windows]
    yield Goal(
        what="bytes written a step of ordinary size, whole",
        measured=spread([all_bytes(window) for window in every], 0),
        floor=spread([all_bytes(one) for one in floors], 0),
        goal=f"at most {STEP_BYTES:,}",
        met=median([all_bytes(window) for window in every]) <= STEP_BYTES,
    )
    yield Goal(
        what="bytes written a commit (one input that was decided)",
        measured=spread([all_bytes(window) / window.commits for window in every], 0),
    )


def processor_ms(window: Window) -> float:
    """Give the processor time of a step."""
    return window.processor_ms


def all_bytes(window: Window) -> float:
    """Give all that a step writes to Redis's log."""
    return window.written.total()


def costs(found: Mapping[int, Sequence[Window]], floors: Sequence[Window]) -> Table:
    """Give what a step takes at each history."""
    return Table(
        head=("history", "processor time (ms)", "until the next card waits (ms)", "bytes written", "inputs"),
        rows=tuple(
            (
                words,
                spread([window.processor_ms for window in windows], 2),
                spread([window.wall_ms for window in windows]),
                spread([all_bytes(window) for window in windows], 0),
                spread([window.commits for window in windows]),
            )
            for words, windows in [*((f"{history:,}", found[history]) for history in found), ("floor", floors)]
        ),
    )


def kinds(found: Mapping[int, Sequence[Window]]) -> Table:
    """Give what the bytes of a step are for."""
    return Table(
        head=("bytes a step, by what they are for", *KINDS),
        rows=tuple(
            (f"{history:,}", *(f"{median([window.written[kind] for window in windows]):,.0f}" for kind in KINDS))
            for history, windows in found.items()
        ),
    )


MEASURE = Measure(
    name="steps",
    title="A step, early and late in a task",
    how=(
        f"One task after the other goes through {MOST_STEPS:,} steps, each proposed, shown on a card, approved by a "
        f"signed press, run, scored and shown as done. At each history {WINDOW} steps are measured (the last ones "
        "before the end stand for 1,000). Bytes are what Redis appends to its log, commands and all. The floor is a "
        "bare client that runs one script a step, with a checkpoint of 1,000 bytes and a line of 400."
    ),
    run=run,
)
