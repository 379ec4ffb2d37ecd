"""Who kills, and when: after so many calls of Slack's Web API and a moment more, so that work is always under way."""

import signal
from collections import Counter
from contextlib import suppress

from tests.cluster.kit import Cluster
from tests.faults.chance import Chance
from tests.faults.crowd import CLOCK

CALLS = 12
IDLE_S = 5.0
MOMENT_S = 0.4
DOWN_S = 0.5


class Killer:
    """Ends or freezes processes of one deployment at random moments under load."""

    def __init__(self, cluster: Cluster, chance: Chance) -> None:
        """Begin with nobody killed."""
        self._cluster = cluster
        self._chance = chance
        self.faults: Counter[str] = Counter()

    async def moment(self) -> None:
        """Wait for a random moment while work is under way; where all of it waits for a lease, not for ever."""
        record = self._cluster.slack.standin.record
        enough = len(record.calls) + self._chance.up_to(CALLS)
        with suppress(TimeoutError):
            await self._cluster.slack.until(lambda: len(record.calls) >= enough, IDLE_S)
        await CLOCK.sleep(self._chance.between(0.0, MOMENT_S))

    async def members(self, role: str, times: int) -> None:
        """Kill a process of this role so often, each time with another in its place."""
        for _ in range(times):
            await self.moment()
            member = self._chance.one_of(self._cluster.of(role))
            await member.kill()
            self.faults[f"kill -9 of {role}"] += 1
            if member.port:
                self._cluster.balancer.ports.remove(member.port)
            await self._cluster.add(role)

    async def store(self, times: int) -> None:
        """Kill the server so often; it is back after a moment, with what it had."""
        for _ in range(times):
            await self.moment()
            await self._cluster.store.kill()
            self.faults["kill -9 of Redis"] += 1
            await CLOCK.sleep(self._chance.between(0.0, DOWN_S))
            await self._cluster.store.start()

    async def freezes(self, role: str, times: int, *, for_s: float) -> None:
        """Stop a process of this role so often for so long, and let it go on."""
        for _ in range(times):
            await self.moment()
            member = self._chance.one_of(self._cluster.of(role))
            member.process.send_signal(signal.SIGSTOP)
            self.faults[f"SIGSTOP of {role}"] += 1
            await CLOCK.sleep(for_s)
            member.process.send_signal(signal.SIGCONT)
