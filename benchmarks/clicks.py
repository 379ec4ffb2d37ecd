"""Signed presses of Approve, from HTTP to the effect and the card's update, against a floor in the same run.

Both sides are processes of their own on one Redis (embedded, fsync always, as the demo has it); the presses and the
stand-in for Slack are in this one. A round measures each side twice: acknowledgements one at a time with nothing else
going on, and whole clicks as fast as so many people can press at once. A click is whole when the card's update to
"done" has arrived. Sides take turns in going first, and ratios are taken within a round, so that whatever else the
machine does meets both. Every effect is counted: one for each click, none twice.
"""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import structlog

from agent_core.adapters.system_clock import SystemClock
from benchmarks.figures import Figures, Round, machine, percentile, summary, table
from benchmarks.presses import Presser
from benchmarks.slack import CHANNELS, TEAM, Card, Slack
from benchmarks.stage import Stage, fresh_stage
from benchmarks.wire import Side, started

PATIENCE_S = 60.0
BETWEEN_S = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much is measured."""

    rounds: int
    alone: int
    clicks: int
    people: int
    report: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything that is set up."""

    slack: Slack
    presser: Presser
    bot: Side
    floor: Side
    threads: Iterator[tuple[str, str]]


def options(words: list[str]) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clicks", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--alone", type=int, default=60, help="acknowledgements one at a time, a side and round")
    parser.add_argument("--clicks", type=int, default=300, help="whole clicks at full speed, a side and round")
    parser.add_argument("--people", type=int, default=16, help="how many press at once")
    parser.add_argument("--json", type=Path, help="write everything there as well")
    read = parser.parse_args(words)
    return Options(rounds=read.rounds, alone=read.alone, clicks=read.clicks, people=read.people, report=read.json)


@asynccontextmanager
async def bench(s: Stage) -> AsyncGenerator[Bench]:
    """Start both sides."""
    async with (
        started("bot", "benchmarks.bot", s.given) as bot,
        started("floor", "benchmarks.floor", s.given) as floor,
    ):
        yield Bench(
            slack=s.slack,
            presser=Presser(s.http, s.given["secret"]),
            bot=bot,
            floor=floor,
            threads=((CHANNELS[nth % len(CHANNELS)], f"1772450000.{nth:06d}") for nth in count(1)),
        )


async def prepared(b: Bench, side: Side, how_many: int) -> list[Card]:
    """Let so many cards wait on one side."""
    places = [next(b.threads) for _ in range(how_many)]
    await side.ask({"prepare": [f"{TEAM}:{channel}:{ts}" for channel, ts in places]})
    return [b.slack.card_of(*place) for place in places]


async def whole(b: Bench, side: Side, card: Card) -> tuple[float, float, float]:
    """Press once and wait until the card shows it done; give when it was sent, acknowledged and done."""
    sent, acknowledged = await b.presser.press(side.url, card)
    async with asyncio.timeout(PATIENCE_S):
        await card.done.wait()
    return sent, acknowledged, card.done_at


async def alone(b: Bench, side: Side, how_many: int) -> list[float]:
    """Press one after the other, each when all that the one before had set off is over; give the times to the ack."""
    clock, times = SystemClock(), []
    for card in await prepared(b, side, how_many):
        sent, acknowledged, _ = await whole(b, side, card)
        times.append(acknowledged - sent)
        async with asyncio.timeout(PATIENCE_S):
            await (card.quiet if side is b.bot else card.done).wait()
        await clock.sleep(BETWEEN_S)
    return times


async def measured(b: Bench, side: Side, chosen: Options) -> Figures:
    """Measure one side once."""
    acks = await alone(b, side, chosen.alone)
    cards = await prepared(b, side, chosen.clicks)
    waiting, times = iter(cards), list[tuple[float, float, float]]()
    calls, before = sum(b.slack.calls.values()), await side.ask({})

    async def person() -> None:
        for card in waiting:
            times.append(await whole(b, side, card))

    await asyncio.gather(*(person() for _ in range(chosen.people)))
    took_s = max(done for *_, done in times) - min(sent for sent, *_ in times)
    if side is b.bot:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*(card.quiet.wait() for card in cards))
    after = await side.ask({})
    loaded = [acknowledged - sent for sent, acknowledged, _ in times]
    to_done = [done - sent for sent, _, done in times]
    return Figures(
        ack_p50_ms=percentile(acks, 0.5) * 1000,
        ack_p99_ms=percentile(acks, 0.99) * 1000,
        loaded_ack_p50_ms=percentile(loaded, 0.5) * 1000,
        loaded_ack_p99_ms=percentile(loaded, 0.99) * 1000,
        whole_p50_ms=percentile(to_done, 0.5) * 1000,
        whole_p99_ms=percentile(to_done, 0.99) * 1000,
        clicks_per_s=len(times) / took_s,
        calls_per_click=(sum(b.slack.calls.values()) - calls) / len(times),
        processor_ms=(after["processor_s"] - before["processor_s"]) / len(times) * 1000,
    )


async def warmed(b: Bench, how_many: int) -> None:
    """Let both sides do everything some times, and give the floor the bot's cards as its own."""
    card, *_ = cards = await prepared(b, b.bot, how_many)
    for one in cards:
        await whole(b, b.bot, one)
        await one.quiet.wait()
    thread = f"{TEAM}:{card.channel}:{card.thread_ts}"
    waiting = {"text": card.message["text"], "blocks": card.message["blocks"]}
    done = {"text": card.last["text"], "blocks": card.last["blocks"]}
    was = card.value.replace(thread, "THREAD")
    faces = {
        name: json.dumps(face).replace(thread, "THREAD").replace(was, f"THREAD|1|{was.rpartition('|')[2]}")
        for name, face in (("waiting", waiting), ("done", done))
    }
    await b.floor.ask({"faces": faces})
    for one in await prepared(b, b.floor, how_many):
        await whole(b, b.floor, one)


async def checked(b: Bench, clicks: int) -> None:
    """Raise RuntimeError unless each side had one effect for each click."""
    for side in (b.bot, b.floor):
        told = await side.ask({})
        if (told["noted"], told["different"]) != (clicks, clicks):
            raise RuntimeError(f"{side.name}: {clicks} clicks had {told}")


async def main(chosen: Options) -> None:
    """Measure, check, report."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    async with fresh_stage() as s, bench(s) as b:
        sys.stdout.write(f"{s.server_words}\n")
        warm = max(20, chosen.people)
        await warmed(b, warm)
        rounds = []
        for nth in range(chosen.rounds):
            order = (b.bot, b.floor) if nth % 2 == 0 else (b.floor, b.bot)
            found = {side.name: await measured(b, side, chosen) for side in order}
            rounds.append(Round(bot=found["bot"], floor=found["floor"]))
            one = rounds[-1]
            sys.stdout.write(f"round {nth + 1}: ack {one.ack_ratio:.2f}, clicks {one.clicks_ratio:.0%}\n")
            sys.stdout.flush()
        await checked(b, warm + chosen.rounds * (chosen.alone + chosen.clicks))
    facts = machine()
    sys.stdout.write(f"\n{facts['cores']} cores, {facts['system']}, Python {facts['python']}; ")
    sys.stdout.write(f"{chosen.people} people press at once\n\n{table(rounds)}")
    if chosen.report is not None:
        chosen.report.write_text(json.dumps({"machine": facts, **summary(rounds)}, indent=1) + "\n")


if __name__ == "__main__":
    asyncio.run(main(options(sys.argv[1:])))
