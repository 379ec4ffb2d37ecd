"""What became of all that people asked for: what they were told, held against ledger and journals."""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from agent_core.ports import StoreDown
from agent_core.records import Entry
from bot.assembly import assemble
from bot.config import Settings, load
from bot.playground.harness import Violation
from bot.threads.opened import Opened, opened
from bot.threads.reading import Past, past_of
from tests.faults.crowd import Crowd
from tests.faults.screen import FINISHED
from tests.faults.world import effects

T = TypeVar("T")
READ_TRIES = 20


@dataclass(slots=True, kw_only=True)
class Verdict:
    """The count of one scenario. ``lost``, ``doubled`` and ``broken`` name what must never be.

    ``copies`` are last messages that were posted twice, ``twins`` proposals with two live cards at some moment: only
    who was frozen just before a post, for longer than a lease, may do that (docs/limits.md). ``left`` are tasks that
    have ended and still have a card that seems to wait.
    """

    name: str
    seed: int
    faults: Counter[str]
    tasks: int = 0
    refused: int = 0
    presses: int = 0
    unknowns: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    twins: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """Say it on a line, with the seed from which it can be played again."""
        faults = ", ".join(f"{times} times {what}" for what, times in sorted(self.faults.items()))
        ended = ", ".join(f"{times} {how}" for how, times in sorted(self.ended.items()))
        return (
            f"{self.name} (seed {self.seed}): {faults}; {self.tasks} tasks, {self.presses} presses, "
            f"{self.refused} refused; {ended}; people were asked {self.unknowns} times; "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.copies)} copies, "
            f"{len(self.twins)} with two live cards, {len(self.left)} left open, {len(self.broken)} journals broken"
        )


async def judged(verdict: Verdict, crowd: Crowd, folder: Path, *, redis_url: str, key_file: Path) -> Verdict:
    """Hold what the tools did and what is stored against what people were told."""
    told = crowd.told
    verdict.refused, verdict.presses, verdict.unknowns = told.refused, told.presses, told.unknowns
    verdict.lost += await crowd.go_home()
    verdict.twins += sorted(told.twins)
    # A person who saw an error presses again; that a dying bot was late is no fault of what it says.
    verdict.violations = [one for one in crowd.slack.violations if one.rule != "late"]
    judge_threads(verdict, crowd, folder)
    judge_commands(verdict, crowd)
    settings = Settings(redis_url=SecretStr(redis_url), countersign_key_file=key_file)
    async with opened(settings) as store:
        await judge_journals(verdict, crowd, store, folder / "countersign.yml")
    return verdict


def judge_threads(verdict: Verdict, crowd: Crowd, folder: Path) -> None:
    """Hold the ledger against what each thread says."""
    done = effects(folder)
    verdict.doubled += [f"{line} happened {times} times" for line, times in done.items() if times > 1]
    verdict.lost += [f"{line} happened and has no thread" for line in done.keys() - crowd.screen.threads.keys()]
    for line, threads in crowd.screen.threads.items():
        verdict.tasks += len(threads)
        ends = [words for thread in threads for words in thread.ends]
        if len(threads) > 1:
            verdict.doubled.append(f"{line} has {len(threads)} threads")
        if len(ends) > 1:
            verdict.copies.append(f"{line} ended {len(ends)} times")
        if any(thread.live("approve") for thread in threads):
            verdict.left.append(f"{line} has a card that seems to wait")
        how = ends[0].removeprefix(FINISHED).split(" ")[0] if ends else "never"
        verdict.ended[how] += 1
        if how == "never" or (how == "succeeded") != bool(done[line]):
            verdict.lost.append(f"{line} ended as {how} and happened {done[line]} times")


def judge_commands(verdict: Verdict, crowd: Crowd) -> None:
    """See that each task which was accepted, and not taken back in words, has a thread."""
    threads = Counter(thread.channel for threads in crowd.screen.threads.values() for thread in threads)
    accepted: Counter[str] = Counter()
    taken_back: Counter[str] = Counter()
    for (person, channel), times in crowd.told.accepted.items():
        accepted[channel] += times
        taken_back[channel] += crowd.screen.times[person, channel, ""]
    for channel, times in accepted.items():
        missing = times - taken_back[channel] - threads[channel]
        if missing > 0:
            told = dict(crowd.screen.words)
            verdict.lost.append(f"{missing} of {times} tasks accepted in {channel}; people were told {told}")


async def judge_journals(verdict: Verdict, crowd: Crowd, store: Opened, config: Path) -> None:
    """Walk every journal: it is whole, leads to what is stored, and has each acknowledged approval once."""
    rules = assemble(load(config), store.key).rules
    approvals: Counter[str] = Counter()
    for thread_id in await surely(store.archive.threads):
        past = await surely(partial(past_of, store, thread_id, rules))
        if past.broken or past.difference is not None or past.pending:
            verdict.broken.append(f"{thread_id}: {past.broken or past.difference or past.pending}")
        approvals.update(approved(past))
    verdict.doubled += [f"{value} was approved {times} times" for value, times in approvals.items() if times > 1]
    missing = [value for value in crowd.acknowledged() if not approvals[value]]
    verdict.lost += [f"the approval of {value}" for value in missing]


async def surely(read: Callable[[], Awaitable[T]]) -> T:
    """Read from the store again where it took too long: the machine may still be busy with other scenarios."""
    for _ in range(READ_TRIES):
        with suppress(StoreDown):
            return await read()
    return await read()


def approved(past: Past) -> list[str]:
    """Give what was approved in a thread, as the buttons said it."""
    given = [one.line.input for one in past.relived if isinstance(one.line, Entry)]
    return [f"{past.thread_id}|{one.version}|{one.digest}" for one in given if one.kind == "approve"]
