"""A reply that is lost after the far side acted: of every script that a click needs, and of every method of Slack's.

The real bot with a lease of two seconds, so that what a worker gives up is soon taken up again; a relay stands before
its Redis. A first task of each kind shows which scripts and methods there are; then each loses its reply some times
while tasks go on.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass

import pytest
import pytest_asyncio

from agent_core import worker
from agent_core.adapters.key_file import make_key
from bot.playground.harness import OFF, Fault, Setup, Slack, running
from tests.faults.chance import Chance
from tests.faults.crowd import PATIENCE_S, Crowd
from tests.faults.proxy import Lossy, lossy
from tests.faults.scenario import undone
from tests.faults.verdict import Verdict, judged
from tests.faults.world import KINDS, furnish
from tests.stories.server import own_server
from tests.stories.stage import OPS, RITA, on_stage, settings_for

LEASE_S = 2.0
ROUNDS = 2
BETWEEN_S = 0.5
MOST_TASKS = 40
RARE = frozenset({"note", "quarantine", "renew"})  # what only a refusal, damage or a long call needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What was lost, which scripts a task had needed before, and what became of it."""

    verdict: Verdict
    scripts: frozenset[str]


class Loser:
    """Loses replies while tasks go on."""

    def __init__(self, slack: Slack, relay: Lossy, crowd: Crowd, chance: Chance) -> None:
        """Begin with nothing lost."""
        self.slack, self.relay, self.crowd, self.chance = slack, relay, crowd, chance
        self.lost: Counter[str] = Counter()
        self.usual: frozenset[str] = frozenset()

    async def scripts(self, names: Iterable[str]) -> None:
        """Lose one reply to each of these scripts."""
        for name in names:
            self.relay.lose(name, after=self.chance.up_to(3) - 1)
            await self._until_lost(self.relay.has_lost, name)
            self.lost[f"reply to {name} lost"] = self.relay.lost[name]

    async def answers(self, *faults: Fault) -> None:
        """Lose these answers, the second of which is to a question that follows from the first."""
        lost = asyncio.Event()
        for fault in faults:
            self.slack.faults.add(fault)
        self.slack.standin.workspace.watch(lambda _: lost.set() if all(fault.hits for fault in faults) else None)
        await self._until_lost(lost, str([fault.on for fault in faults]))
        for fault in faults:
            self.lost[f"answer to {fault.on} lost"] += fault.hits

    async def _until_lost(self, lost: asyncio.Event, what: str) -> None:
        """Ask for tasks until it happened."""
        for _ in range(MOST_TASKS):
            await self.crowd.ask(RITA, OPS, self.chance.one_of(KINDS))
            with suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), BETWEEN_S)
            if lost.is_set():
                return
        raise AssertionError(f"never lost: {what}; seen {self.relay.seen}")


def answers() -> list[list[Fault]]:
    """Give what is to be lost together: a first message is looked for in its channel, a card in its thread."""
    return [
        [Fault(on="users.info", kind="drop_after")],
        [Fault(on="chat.update", kind="drop_after")],
        [
            Fault(on="chat.postMessage", kind="drop_after", match=lambda given: "thread_ts" not in given),
            Fault(on="conversations.history", kind="drop_after"),
        ],
        [
            Fault(on="chat.postMessage", kind="drop_after", match=lambda given: "thread_ts" in given),
            Fault(on="conversations.replies", kind="drop_after"),
        ],
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def losses(tmp_path_factory: pytest.TempPathFactory, seed: int | None) -> AsyncIterator[Losses]:
    """Lose each reply, and say what came of it."""
    folder, chance = tmp_path_factory.mktemp("cs"), Chance(seed)
    make_key(folder / "key")
    with pytest.MonkeyPatch.context() as patch, own_server() as server:
        patch.setattr(worker, "LEASE_S", LEASE_S)
        socket = server.url.removeprefix("unix://")
        async with (
            lossy(socket) as (relay, url),
            running(Setup(rates=OFF, lenient=frozenset({"ack_budget"}))) as slack,
        ):
            settings = settings_for(slack, folder, furnish(folder), redis_url=url)
            crowd = Crowd(slack, folder, chance)
            async with on_stage(slack, settings, folder):
                loser = await lost_each(Loser(slack, relay, crowd, chance))
                stuck = await undone(server.url, crowd)
            verdict = Verdict(name="lost replies", seed=chance.seed, faults=loser.lost, lost=stuck)
            await judged(verdict, crowd, folder, redis_url=server.url, key_file=folder / "key")
            sys.stdout.write(f"{verdict.sentence}\n")
            yield Losses(verdict=verdict, scripts=loser.usual)


async def lost_each(loser: Loser) -> Loser:
    """See what there is to lose, and lose it."""
    for kind in KINDS:
        await loser.crowd.ask(RITA, OPS, kind)
    await loser.slack.until(lambda: len(loser.crowd.seen_to) == len(KINDS), PATIENCE_S)
    await asyncio.gather(*loser.crowd.seen_to)
    loser.usual = frozenset((+loser.relay.seen).keys() - RARE)
    for _ in range(ROUNDS):
        await loser.scripts(sorted(loser.usual))
        for faults in answers():
            await loser.answers(*faults)
    return loser


def test_every_script_of_a_click_s_way_has_lost_a_reply(losses: Losses) -> None:
    """From the command to the last message; a script that only failures need is among them."""
    lost = {name.split(" ")[2] for name in losses.verdict.faults if name.startswith("reply to ")}
    assert lost == losses.scripts
    assert {"load", "commit", "take", "release"} <= lost


def test_no_acknowledged_click_is_lost_with_a_reply(losses: Losses) -> None:
    """Whoever was told that it may not have counted has pressed again."""
    assert (losses.verdict.lost, losses.verdict.left) == ([], []), losses.verdict.sentence


def test_no_lost_reply_does_anything_twice(losses: Losses) -> None:
    """What took effect is found by its own token, by its version, or by its mark in the thread."""
    assert (losses.verdict.doubled, losses.verdict.copies) == ([], []), losses.verdict.sentence


def test_no_lost_answer_leaves_two_live_cards(losses: Losses) -> None:
    """The thread is read before anything is posted again."""
    assert losses.verdict.twins == [], losses.verdict.sentence


def test_journals_are_whole_after_lost_replies(losses: Losses) -> None:
    """A commit whose reply was lost stands in the journal once."""
    assert losses.verdict.broken == [], losses.verdict.sentence
