"""Clicks, as clicks.py measures them, and two figures more: acknowledgements at full speed and at half load.

At full speed a person presses the next card as soon as the last press was acknowledged, and what the presses set off
goes on beside them. At half load presses come evenly, on both sides at half of the rate of whole clicks that the bot
has just reached, whether the ones before were answered or not.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

from agent_core.adapters.system_clock import SystemClock
from benchmarks.clicks import PATIENCE_S, Bench, Options, bench, checked, measured, prepared, warmed, whole
from benchmarks.figures import Figures, percentile
from benchmarks.parts import Measure, say
from benchmarks.report import Found, Goal, Table, spread
from benchmarks.slack import Card
from benchmarks.stage import fresh_stage
from benchmarks.wire import Side

FULL = Options(rounds=7, alone=60, clicks=300, people=16, report=None)
QUICK = Options(rounds=1, alone=10, clicks=48, people=16, report=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """One side in one round."""

    figures: Figures
    acked_per_s: float
    half_load_p99_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Both sides in one round."""

    bot: Pressed
    floor: Pressed


Figure: TypeAlias = Callable[[Pressed], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A figure that was asked for, as a multiple of the floor's."""

    what: str
    figure: Figure
    times: float
    more_is_better: bool = False


ASKED = (
    Asked(what="acknowledged clicks a second", figure=lambda one: one.acked_per_s, times=0.8, more_is_better=True),
    Asked(what="whole clicks a second", figure=lambda one: one.figures.clicks_per_s, times=0.5, more_is_better=True),
    Asked(what="acknowledgement alone, p50 (ms)", figure=lambda one: one.figures.ack_p50_ms, times=1.2),
    Asked(what="acknowledgement at half load, p99 (ms)", figure=lambda one: one.half_load_p99_ms, times=3.0),
    Asked(what="processor time a whole click (ms)", figure=lambda one: one.figures.processor_ms, times=2.0),
)
BESIDE: tuple[tuple[str, Figure], ...] = (
    ("acknowledgement alone, p99 (ms)", lambda one: one.figures.ack_p99_ms),
    ("acknowledgement at full speed, p50 (ms)", lambda one: one.figures.loaded_ack_p50_ms),
    ("acknowledgement at full speed, p99 (ms)", lambda one: one.figures.loaded_ack_p99_ms),
    ("whole click at full speed, p50 (ms)", lambda one: one.figures.whole_p50_ms),
    ("whole click at full speed, p99 (ms)", lambda one: one.figures.whole_p99_ms),
    ("Web API calls a click", lambda one: one.figures.calls_per_click),
)


async def run(quick: bool) -> Found:  # noqa: FBT001 - every part is called so, from one place
    """Measure clicks round by round, and hold the medians of the ratios against the goals."""
    pairs = await rounds(QUICK if quick else FULL)
    return Found(goals=tuple(asked(pairs)), tables=(table(pairs),))


async def rounds(chosen: Options) -> list[Pair]:
    """Measure both sides in each round, by turns first."""
    pairs = list[Pair]()
    async with fresh_stage() as s, bench(s) as b:
        warm = max(20, chosen.people)
        await warmed(b, warm)
        for nth in range(chosen.rounds):
            pairs.append(await one_round(b, chosen, (b.bot, b.floor) if nth % 2 == 0 else (b.floor, b.bot)))
            say(f"  round {nth + 1}: whole clicks {ratios(pairs[-1:], ASKED[1].figure)[0]:.0%} of the floor's")
        await checked(b, warm + chosen.rounds * (chosen.alone + 3 * chosen.clicks))
    return pairs


async def one_round(b: Bench, chosen: Options, order: Sequence[Side]) -> Pair:
    """Measure both sides once; the half load is the same for both."""
    figures = {side.name: await measured(b, side, chosen) for side in order}
    acked = {side.name: await acknowledged(b, side, chosen) for side in order}
    rate = figures["bot"].clicks_per_s / 2
    half = {side.name: await at_rate(b, side, chosen.clicks, rate) for side in order}
    bot, floor = (
        Pressed(figures=figures[name], acked_per_s=acked[name], half_load_p99_ms=half[name])
        for name in ("bot", "floor")
    )
    return Pair(bot=bot, floor=floor)


async def acknowledged(b: Bench, side: Side, chosen: Options) -> float:
    """Give how many presses a second are acknowledged when nobody waits for more."""
    cards = await prepared(b, side, chosen.clicks)
    waiting, times = iter(cards), list[tuple[float, float]]()

    async def person() -> None:
        for card in waiting:
            times.append(await b.presser.press(side.url, card))

    await asyncio.gather(*(person() for _ in range(chosen.people)))
    await all_over(b, side, cards)
    return len(times) / (max(acked for _, acked in times) - min(sent for sent, _ in times))


async def at_rate(b: Bench, side: Side, how_many: int, rate: float) -> float:
    """Press evenly, so many a second; give the time to the acknowledgement that one in a hundred exceeds."""
    cards, clock, loop = await prepared(b, side, how_many), SystemClock(), asyncio.get_running_loop()
    began, pressing = loop.time(), list[asyncio.Task[tuple[float, float, float]]]()
    for nth, card in enumerate(cards):
        await clock.sleep(max(0.0, began + nth / rate - loop.time()))
        pressing.append(asyncio.create_task(whole(b, side, card)))
    times = await asyncio.gather(*pressing)
    await all_over(b, side, cards)
    return percentile([acked - sent for sent, acked, _ in times], 0.99) * 1000


async def all_over(b: Bench, side: Side, cards: Sequence[Card]) -> None:
    """Wait until all that these presses have set off is over."""
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*((card.quiet if side is b.bot else card.done).wait() for card in cards))


def ratios(pairs: Sequence[Pair], figure: Figure) -> list[float]:
    """Give the bot's figure as a multiple of the floor's, round by round."""
    return [figure(pair.bot) / figure(pair.floor) for pair in pairs]


def ours(pairs: Sequence[Pair], figure: Figure) -> list[float]:
    """Give the bot's figure, round by round."""
    return [figure(pair.bot) for pair in pairs]


def asked(pairs: Sequence[Pair]) -> list[Goal]:
    """Hold what was reached against what was asked for."""
    return [
        Goal(
            what=one.what,
            measured=f"{spread(ours(pairs, one.figure))}: {spread(ratios(pairs, one.figure), 2)} times",
            floor=spread([one.figure(pair.floor) for pair in pairs]),
            goal=f"at {'least' if one.more_is_better else 'most'} {one.times:g} times the floor's",
            met=(median(ratios(pairs, one.figure)) >= one.times) is one.more_is_better,
        )
        for one in ASKED
    ]


def table(pairs: Sequence[Pair]) -> Table:
    """Give the rest, side by side."""
    return Table(
        head=("median (lowest to highest)", "bot", "floor"),
        rows=tuple(
            (what, *(spread([figure(side) for side in sides], 2) for sides in zip(*map(sides_of, pairs), strict=True)))
            for what, figure in BESIDE
        ),
    )


def sides_of(pair: Pair) -> tuple[Pressed, Pressed]:
    """Give both sides of a round."""
    return pair.bot, pair.floor


MEASURE = Measure(
    name="clicks",
    title="Clicks",
    how=(
        "Signed presses of Approve over HTTP, as `benchmarks.clicks` makes them; the floor is a bare Bolt app with one "
        "script in Redis. *Alone*: one press at a time. *Whole*: 16 people, each presses the next card when the last "
        "one shows “done”. *Acknowledged*: each presses again as soon as the last press was answered. *At half load*: "
        "evenly, on both sides at half of the bot's whole clicks a second. Ratios are taken within a round."
    ),
    run=run,
)
