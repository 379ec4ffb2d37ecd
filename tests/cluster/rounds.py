"""The story of a deployment that loses one process after another: people go on, nothing is lost, nothing done twice.

A round starts some tasks, kills one process with -9 after so many calls of Slack's Web API, starts another in its
place, and lets people press what there is to press until every task has ended. Who gets an error presses again. Where
the bot can't tell whether a call happened, it asks, and people look and say so. The truth is the file that the tool
writes to.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

from bot.playground.harness import Message
from bot.playground.words import BOT_USER_ID
from tests.cluster.kit import Cluster
from tests.stories.stage import ADA, DEV, OPS, RITA

TASKS = 6
PATIENCE_S = 60.0  # two leases of the death, the work itself, and a busy machine
FINISHED = "Finished: "
LINE = re.compile(r"line-\d+")


@dataclass(slots=True)
class Count:
    """What became of all that was asked for."""

    killed: list[str] = field(default_factory=list)
    accepted: int = 0
    refused: int = 0
    asked: int = 0
    succeeded: int = 0
    failed: int = 0
    lost: int = 0
    doubled: int = 0

    @property
    def sentence(self) -> str:
        """Say it on a line."""
        return (
            f"{len(self.killed)} kills; {self.accepted} tasks accepted, {self.refused} refused and asked for again; "
            f"{self.succeeded} succeeded, {self.failed} ended otherwise, {self.asked} times people were asked; "
            f"{self.lost} lost, {self.doubled} doubled"
        )


class Rounds:
    """One deployment, and the people who use it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.slack = cluster.slack
        self.count = Count()
        self._number = 0
        self._pressed: set[tuple[str, str, str]] = set()
        self._accepted: set[str] = set()

    async def play(self, role: str, after_calls: int, *, tasks: int = TASKS) -> None:
        """Play one round in which a process of this role is killed."""
        seen = len(self.slack.standin.record.calls)
        for nth in range(tasks):
            await self.ask((OPS, DEV)[nth % 2])
        await self.people_go_on(until_calls=seen + after_calls)
        member = self.cluster.of(role)[0]
        self.count.killed.append(member.name)
        await member.kill()
        replaced = self.cluster.add(role)
        await self.press_all()
        await replaced
        await self.people_go_on()

    async def ask(self, channel: str) -> None:
        """Ask for a task; who gets an error asks again, in other words."""
        while True:
            self._number += 1
            line = f"line-{self._number}"
            if (await self.slack.as_person(RITA).command(channel, "/agent", f"note {line}")).ok:
                self.count.accepted += 1
                self._accepted.add(line)
                return
            self.count.refused += 1

    async def people_go_on(self, *, until_calls: int | None = None) -> None:
        """Press what there is to press until every task has ended, or until Slack was called so often."""

        def is_over() -> bool:
            called = len(self.slack.standin.record.calls)
            return self.all_ended() or (until_calls is not None and called >= until_calls)

        while not is_over():
            try:
                await self.slack.until(lambda: self.to_press() or is_over(), PATIENCE_S)
            except TimeoutError:
                raise AssertionError(self.stuck()) from None
            if not is_over():
                await self.press_all()

    def stuck(self) -> str:
        """Say what does not go on, as people see it, and what the processes have to say about it."""
        threads = [thread for found in self.roots().values() for thread in found if not ends(thread)]
        seen = [f"{line_of(thread)}: {thread[-1].text}" for thread in threads]
        missing = [f"{line}: never begun" for line in self._accepted - self.roots().keys()]
        told = [f"told: {message.words}" for message in self.slack.as_person(ADA).ephemerals]
        return "\n".join([*seen, *missing, *told, *(f"{one.name} said: {one.said}" for one in self.cluster.members)])

    async def press_all(self) -> None:
        """Press each button that waits, once; again only where the press got an error."""
        for card, action in self.to_press():
            thread = self.slack.thread(card.channel, card.thread_ts or card.ts)
            wanted = (
                "not_happened" if action == "happened" and line_of(thread) not in self.cluster.stage.written else action
            )
            if (await self.slack.as_person(ADA).click(card, wanted)).ok:
                self._pressed.add((card.channel, card.ts, action))
                self.count.asked += action == "happened"

    def to_press(self) -> list[tuple[Message, str]]:
        """List the cards that wait and were not answered yet."""
        return [
            (card, action)
            for action in ("approve", "happened")
            for card in self.slack.messages_with_button(action)
            if (card.channel, card.ts, action) not in self._pressed
        ]

    def roots(self) -> dict[str, list[list[Message]]]:
        """Give the threads of each line: there is to be one, also where nobody was told that it was accepted."""
        threads: dict[str, list[list[Message]]] = {}
        for message in [*self.slack.channel(OPS), *self.slack.channel(DEV)]:
            is_root = message.user == BOT_USER_ID and message.thread_ts in (None, message.ts)
            if is_root and LINE.search(message.words):
                thread = self.slack.thread(message.channel, message.ts)
                threads.setdefault(line_of(thread), []).append(thread)
        return threads

    def all_ended(self) -> bool:
        """Tell whether every accepted task is there, and every task that is there has said how it ended."""
        roots = self.roots()
        threads = [thread for found in roots.values() for thread in found]
        return self._accepted <= roots.keys() and all(ends(thread) for thread in threads)

    def judge(self) -> Count:
        """Hold what the tool really did against what people were told."""
        written = Counter(self.cluster.stage.written)
        roots = self.roots()
        count = self.count
        count.doubled = sum(times - 1 for times in written.values())
        count.doubled += sum(len(threads) - 1 for threads in roots.values())
        count.doubled += sum(len(ends(thread)) - 1 for threads in roots.values() for thread in threads)
        count.lost = len(self._accepted - roots.keys()) + len(written.keys() - roots.keys())
        for line, threads in roots.items():
            succeeded = ends(threads[0])[-1].startswith(f"{FINISHED}succeeded")
            count.succeeded += succeeded
            count.failed += not succeeded
            count.lost += succeeded and not written[line]
        return count


def line_of(thread: list[Message]) -> str:
    """Find the task's own line in its first message."""
    found = LINE.search(thread[0].words)
    assert found is not None
    return found[0]


def ends(thread: list[Message]) -> list[str]:
    """Give the messages that say how a task ended."""
    return [message.text for message in thread if message.text.startswith(FINISHED)]
