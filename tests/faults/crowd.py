"""People who go on whatever dies: they ask for tasks, press what there is to press, and press again when told to.

Each task has a line of its own. Whoever gets an error asks again, in other words. A press counts as acknowledged when
it was answered with 200 and who pressed was told nothing afterwards; it is never repeated then, so that one which is
lost leaves its task standing. Where the bot asks whether a call happened, people look into the
ledger and say so.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from agent_core.adapters.system_clock import SystemClock
from bot.playground.harness import Slack
from tests.faults.chance import Chance
from tests.faults.screen import Screen, Thread
from tests.faults.world import KINDS, effects
from tests.stories.stage import ADA, DEV, OPS, RITA, TINA

CLOCK = SystemClock()
REQUESTERS = ((RITA, OPS), (TINA, DEV))
BETWEEN_S = (0.2, 1.0)
AGAIN_S = 0.3
PATIENCE_S = 120.0  # two leases of the death, the work itself, another death, and a busy machine
UNKNOWN = "happened"


@dataclass(frozen=True, slots=True)
class Press:
    """A press that was answered with 200: what its button said, and how often who pressed had been told something."""

    thread: Thread
    action: str
    value: str
    told: int


@dataclass(slots=True)
class Told:
    """What people asked for and pressed, and what was answered."""

    accepted: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: int = 0
    presses: int = 0
    unknowns: int = 0
    pressed: dict[tuple[str, str, str], Press] = field(default_factory=dict)
    twins: set[str] = field(default_factory=set)


class Crowd:
    """The people of one workspace."""

    def __init__(self, slack: Slack, folder: Path, chance: Chance) -> None:
        """Begin with nobody doing anything; a task that appears is seen to from then on."""
        self.slack = slack
        self.told = Told()
        self.seen_to: dict[asyncio.Task[None], Thread] = {}
        self._folder = folder
        self._chance = chance
        self._numbers = count(1)
        self.screen = Screen(slack, self._follow)

    def _follow(self, thread: Thread) -> None:
        self.seen_to[asyncio.create_task(self._see_to(thread))] = thread

    async def ask_until(self, enough: asyncio.Event) -> None:
        """Ask for tasks until it is enough."""
        await asyncio.gather(*(self._ask_on(person, channel, enough) for person, channel in REQUESTERS))

    async def _ask_on(self, person: str, channel: str, enough: asyncio.Event) -> None:
        while not enough.is_set():
            await self.ask(person, channel, self._chance.one_of(KINDS))
            await CLOCK.sleep(self._chance.between(*BETWEEN_S))

    async def ask(self, person: str, channel: str, kind: str) -> str:
        """Ask for one task of this kind, and give its line."""
        line = f"line-{next(self._numbers)}"
        asked = await self.slack.as_person(person).command(channel, "/agent", f"{kind} {line}")
        self.told.accepted[person, channel] += asked.ok
        self.told.refused += not asked.ok
        return line

    async def _see_to(self, thread: Thread) -> None:
        """Press what there is to press in a task until it has ended."""
        while not thread.ends:
            thread.moved.clear()
            for ts, action, value in self._to_press(thread):
                await self._press(thread, ts, action, value)
            if not (thread.ends or thread.moved.is_set() or self._to_press(thread)):
                await thread.moved.wait()

    async def go_home(self) -> list[str]:
        """Wait for nothing any more, and name the tasks that have not ended."""
        left = {task: thread for task, thread in self.seen_to.items() if not task.done()}
        for task in self.seen_to:
            if task in left:
                task.cancel()
            else:
                task.result()  # what went wrong with the people themselves is no verdict on the bot
        await asyncio.gather(*left, return_exceptions=True)
        return [f"{thread.line} stands still: {thread.messages[-1].text}" for thread in left.values()]

    def _to_press(self, thread: Thread) -> list[tuple[str, str, str]]:
        """List what waits for a press that was not acknowledged yet; note two live cards of one proposal."""
        approvals = thread.live("approve")
        self.told.twins.update(value for value, times in Counter(value for _, value in approvals).items() if times > 1)
        waiting = [(ts, "approve", value) for ts, value in approvals]
        waiting += [(ts, UNKNOWN, value) for ts, value in thread.live(UNKNOWN)]
        return [one for one in waiting if not self._is_acknowledged((thread.channel, *one[:2]))]

    def _is_acknowledged(self, place: tuple[str, str, str]) -> bool:
        press = self.told.pressed.get(place)
        return press is not None and self.screen.times_told(press.thread) == press.told

    async def _press(self, thread: Thread, ts: str, action: str, value: str) -> None:
        """Press a button; whoever has pressed it before, or gets an error, waits a moment first."""
        if (thread.channel, ts, action) in self.told.pressed:
            await CLOCK.sleep(AGAIN_S)
        told, card = self.screen.times_told(thread), self.slack.message(thread.channel, ts)
        if card is None or action not in card.action_ids:
            return
        wanted = action if action != UNKNOWN or effects(self._folder)[thread.line] else "not_happened"
        self.told.presses += 1
        if (await self.slack.as_person(ADA).click(card, wanted)).ok:
            self.told.pressed[thread.channel, ts, action] = Press(thread, action, value, told)
            self.told.unknowns += action == UNKNOWN
        else:
            await CLOCK.sleep(AGAIN_S)

    def acknowledged(self) -> set[str]:
        """Give what approvals were acknowledged, by what their buttons said."""
        pressed = self.told.pressed
        return {press.value for at, press in pressed.items() if press.action == "approve" and self._is_acknowledged(at)}
