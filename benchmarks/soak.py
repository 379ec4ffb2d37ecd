"""Signed interactions at an even rate for minutes on end: nothing lost, nothing doubled, nobody kept waiting.

Of each four interactions one is a press of Approve that decides; then somebody asks for help, somebody else presses the
same card, and Slack delivers the first press again. They come evenly, whether those before were answered or not. The
rate is the one that was wished for, or what this host carries beside the load generator and the stand-in for Slack: it
is looked for first. A task is lost if a press on it was acknowledged and it had no effect; doubled if it had two.

``python -m benchmarks.soak --minutes 10 --rate 500``; the exit code is 1 where something was lost or too late.
"""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import aiohttp
import structlog

from agent_core.adapters.system_clock import SystemClock
from benchmarks.crowd import Crowd, Waiting, card_of, threads
from benchmarks.figures import percentile
from benchmarks.parts import Measure, say
from benchmarks.presses import Presser
from benchmarks.report import Found, Goal, Table, goals
from benchmarks.slack import RESPONSES, TEAM, Card
from benchmarks.stage import Stage, fresh_stage
from benchmarks.wire import Json, Side, started

if TYPE_CHECKING:
    from agent_core.words import ThreadId

P99_S, MOST_S, RATE = 0.3, 3.0, 500.0
OF_EACH = 4  # interactions, one decides
LESS, TRIES, LEAST = 0.75, 12, 4.0
SETTLED_S = 5.0  # after a trial, all that it set off has to be over
PATIENCE_S = 120.0
SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for."""

    rate: float
    seconds: float
    trial_s: float


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of the interactions of one run."""

    rate: float
    seconds: float
    tasks: int = 0
    times: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    late: int = 0
    behind_s: float = 0.0

    @property
    def p99_s(self) -> float:
        """Give the time to the acknowledgement that one in a hundred exceeds."""
        return percentile(self.times, 0.99)

    @property
    def is_in_time(self) -> bool:
        """Tell whether nobody was kept waiting."""
        return not self.failed and self.p99_s < P99_S and max(self.times) < MOST_S

    @property
    def is_carried(self) -> bool:
        """Tell whether the host carries this rate: in time, and what was set off did not pile up."""
        return self.is_in_time and not self.late and self.behind_s < P99_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """What was found, with the memory before and after."""

    tally: Tally
    wish: Wish
    told: Json
    pressed: int
    unknown: int
    before: Json
    after: Json
    redis: tuple[int, int]

    @property
    def lost(self) -> int:
        """Count the tasks that had no effect, and do not ask people either whether they had."""
        return self.pressed - self.unknown - int(self.told["different"])

    @property
    def doubled(self) -> int:
        """Count the effects that came twice."""
        return int(self.told["noted"] - self.told["different"])


class Load:
    """Whoever interacts, and what is seen of what comes of it."""

    def __init__(self, s: Stage, crowd: Crowd, bot: Side, message: str) -> None:
        """Hold what is needed; ``message`` is a card's, with the placeholder THREAD and VALUE."""
        self.pressed: list[ThreadId] = []
        self._s = s
        self._crowd = crowd
        self._bot = bot
        self._message = message
        self._names: Iterator[ThreadId] = threads(1000)
        origin = s.given["api_url"].removesuffix("/api/")
        self._presser = Presser(s.http, s.given["secret"], response_url=f"{origin}{RESPONSES}")
        self._clock = SystemClock()

    async def go(self, rate: float, seconds: float) -> Tally:
        """Interact at this rate, then wait until all is over that was set off."""
        how_many = int(rate * seconds) // OF_EACH
        waiting = await self._crowd.gather(islice(self._names, how_many))
        tally, open_tasks = Tally(rate=rate, seconds=seconds, tasks=how_many), set[asyncio.Task[None]]()
        loop = asyncio.get_running_loop()
        began = loop.time()
        for nth, body in enumerate(self._bodies(waiting, open_tasks)):
            at = began + nth / rate
            if at > loop.time():
                await self._clock.sleep(at - loop.time())
            tally.behind_s = max(tally.behind_s, loop.time() - at)
            keep(open_tasks, self._one(body, tally))
        self.pressed += [one.thread_id for one in waiting]
        tally.late = await left(open_tasks, SETTLED_S)
        await left(open_tasks, PATIENCE_S)
        return tally

    def _bodies(self, waiting: Sequence[Waiting], open_tasks: set[asyncio.Task[None]]) -> Iterator[bytes]:
        """Write what is sent, one after the other."""
        for one in waiting:
            card = self._drawn(one)
            first = self._presser.pressed(card)
            keep(open_tasks, self._over(card))
            yield first
            yield self._presser.commanded("help", card.channel)
            yield self._presser.pressed(card)
            yield first

    def _drawn(self, one: Waiting) -> Card:
        """Put a card on the screen as the bot would have drawn it."""
        card = card_of(one)
        card.message = json.loads(self._message.replace("VALUE", one.value).replace("THREAD", one.thread_id))
        card.message |= {"ts": card.ts, "thread_ts": card.thread_ts}
        self._s.slack.put(card)
        return card

    async def _one(self, body: bytes, tally: Tally) -> None:
        """Send one interaction and note how long it took, or what went wrong."""
        try:
            sent, acknowledged, _ = await self._presser.send(self._bot.url, body)
        except (RuntimeError, aiohttp.ClientError, TimeoutError) as no:
            tally.failed.append(repr(no))
        else:
            tally.times.append(acknowledged - sent)

    async def _over(self, card: Card) -> None:
        """Forget a card once its task has said that it ended."""
        await card.quiet.wait()
        self._s.slack.take_away(card)


async def left(open_tasks: set[asyncio.Task[None]], wait_s: float) -> int:
    """Wait for what goes on, and count what goes on all the same."""
    waited = set(open_tasks)
    if waited:
        await asyncio.wait(waited, timeout=wait_s)
    return sum(not task.done() for task in waited)


def keep(open_tasks: set[asyncio.Task[None]], what: Coroutine[None, None, None]) -> None:
    """Let something go on, and know when it has ended."""
    task = asyncio.create_task(what)
    open_tasks.add(task)
    task.add_done_callback(open_tasks.discard)


async def run(quick: bool) -> Found:  # noqa: FBT001 - every part is called so, from one place
    """Soak for a while."""
    wish = Wish(rate=40.0, seconds=5, trial_s=3) if quick else Wish(rate=RATE, seconds=120, trial_s=10)
    return report(await soaked(wish))


async def soaked(wish: Wish) -> Soaked:
    """Look for the rate that is carried, hold it for the time that was wished for, and count."""
    async with fresh_stage() as s, AsyncExitStack() as closing:
        crowd = Crowd.on(s, closing)
        bot = await closing.enter_async_context(started("bot", "benchmarks.bot", s.given))
        load = Load(s, crowd, bot, await drawn(s, bot))
        rate = await carried(load, wish)
        before, stored = await bot.ask({"weigh": True}), await used(crowd)
        tally = await load.go(rate, wish.seconds)
        after = await bot.ask({"weigh": True})
        return Soaked(
            tally=tally,
            wish=wish,
            told=after,
            pressed=len(load.pressed),
            unknown=await unknown(crowd, load, after),
            before=before,
            after=after,
            redis=(stored, await used(crowd)),
        )


async def unknown(crowd: Crowd, load: Load, told: Json) -> int:
    """Count the tasks that ask people whether their step was run, where some had no effect."""
    if told["different"] == len(load.pressed):
        return 0
    return (await crowd.standing(load.pressed))["outcome_unknown"]


async def used(crowd: Crowd) -> int:
    """Give what Redis has taken for everything."""
    return int((await crowd.redis.info("memory"))["used_memory"])


async def drawn(s: Stage, bot: Side) -> str:
    """Have the bot draw a card, and give its message with placeholders."""
    thread = f"{TEAM}:C0BENCH0:1772450000.000001"
    await bot.ask({"prepare": [thread]})
    card = s.slack.card_of("C0BENCH0", "1772450000.000001")
    return json.dumps(card.message).replace(card.value, "VALUE").replace(thread, "THREAD")


async def carried(load: Load, wish: Wish) -> float:
    """Give the rate that was wished for, or the first lower one that this host carries."""
    rate = wish.rate
    for _ in range(TRIES):
        tally = await load.go(rate, wish.trial_s)
        words = "carried" if tally.is_carried else "not carried"
        say(f"  {rate:.0f} a second: p99 {tally.p99_s * 1000:.0f} ms, {tally.late} not over in time: {words}")
        if tally.is_carried or rate < LEAST:
            break
        rate *= LESS
    return rate


def report(one: Soaked) -> Found:
    """Hold what was found against what was asked for."""
    tally, minutes = one.tally, one.tally.seconds / 60
    wished = one.wish.rate
    return Found(
        goals=(
            Goal(
                what=f"soak, signed interactions a second for {minutes:.1f} min",
                measured=f"{tally.rate:.0f}",
                goal=f"at least {wished:g}, or what the host carries",
                met=tally.rate >= wished or None,
            ),
            Goal(
                what="soak, lost and doubled",
                measured=f"{one.lost} and {one.doubled} of {one.pressed:,}",
                goal="0",
                met=not one.lost and not one.doubled and not tally.failed,
            ),
            Goal(
                what="soak, acknowledgement p99 (ms)",
                measured=f"{tally.p99_s * 1000:.0f}",
                goal=f"under {P99_S * 1000:.0f}",
                met=tally.p99_s < P99_S,
            ),
            Goal(
                what="soak, slowest acknowledgement (ms)",
                measured=f"{max(tally.times) * 1000:.0f}",
                goal=f"under {MOST_S * 1000:.0f}",
                met=max(tally.times) < MOST_S,
            ),
        ),
        tables=(counted(one),),
        notes=tuple(f"not acknowledged: {words}" for words in tally.failed[:SHOWN]),
    )


def counted(one: Soaked) -> Table:
    """Give what was counted."""
    tally, (redis_before, redis_after) = one.tally, one.redis
    before, after = one.before["resident_bytes"], one.after["resident_bytes"]
    rows = (
        ("interactions", f"{len(tally.times):,} acknowledged, {len(tally.failed)} not"),
        ("tasks decided", f"{tally.tasks:,}"),
        ("tasks that ask people whether their step was run", f"{one.unknown}"),
        ("acknowledgement p50 (ms)", f"{percentile(tally.times, 0.5) * 1000:.1f}"),
        (f"tasks not over {SETTLED_S:g} s after the last interaction", f"{tally.late}"),
        ("most that the load generator was behind (ms)", f"{tally.behind_s * 1000:.0f}"),
        ("memory of the process, before and after (MiB)", f"{before / 2**20:.1f}, {after / 2**20:.1f}"),
        ("bytes a task that the process grew by", f"{(after - before) / tally.tasks:,.0f}"),
        ("memory of Redis, before and after (MiB)", f"{redis_before / 2**20:.0f}, {redis_after / 2**20:.0f}"),
        (
            "processor time of the process",
            f"{(one.after['processor_s'] - one.before['processor_s']) / tally.seconds:.0%} of a core",
        ),
    )
    return Table(head=("counted", ""), rows=rows)


def wished(words: Sequence[str]) -> Wish:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=RATE, help="interactions a second, or fewer if it must be")
    parser.add_argument("--trial", type=float, default=10.0, help="seconds for which each rate is tried beforehand")
    read = parser.parse_args(words)
    return Wish(rate=read.rate, seconds=read.minutes * 60, trial_s=read.trial)


def main(words: Sequence[str]) -> int:
    """Soak, say what was found, and give 1 where something was lost, doubled or too late."""
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
    )
    one = asyncio.run(soaked(wished(words)))
    found = report(one)
    say(f"\n{goals((found,))}\n\n{found.tables[0].markdown()}")
    return 0 if one.tally.is_in_time and not one.lost and not one.doubled else 1


MEASURE = Measure(
    name="soak",
    title="Soak",
    how=(
        "Of each four signed interactions one is a press of Approve that decides, one asks for help, one is somebody "
        "else's press of the same card, one is the first press delivered again; they come evenly, whether those before "
        "were answered or not. The rate is the one asked for or, step by step, the first lower one at which "
        "acknowledgements stay in time and nothing piles up."
    ),
    run=run,
)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
