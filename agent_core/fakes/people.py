"""Who is who, and the engine that wakes workers, for tests."""

from dataclasses import replace

from agent_core.fakes.clock import turns
from agent_core.people import People, Person
from agent_core.ports import Clock, Lease, Taking
from agent_core.words import ChannelId, PersonId, TeamId, ThreadId


class FakeDirectory:
    """The Directory port over persons that a test may change at any time; whoever is not among them is unknown.

    A look-up that is not fresh may give what was true up to 60 s ago, and here it always does if it can.
    """

    def __init__(self, clock: Clock, *persons: Person) -> None:
        self._clock = clock
        self._known: dict[PersonId, Person] = {}
        self.persons: dict[PersonId, Person] = {person.id: person for person in persons}
        self.asked: list[tuple[PersonId, bool]] = []

    async def look_up(self, team: TeamId, channel: ChannelId, person: PersonId, *, fresh: bool = False) -> Person:
        """Describe a person from facts at most 60 s old, or asked for now; ``unknown`` if nobody can say."""
        del channel  # ``in_channel`` of the persons given is about the one channel of the test
        await turns()
        self.asked.append((person, fresh))
        now = self._clock.now()
        known = self._known.get(person)
        if not fresh and known is not None and (now - known.looked_up_at).total_seconds() < 60:  # noqa: PLR2004 - 60 s is in the port's words
            return known
        found = self.persons.get(person) or Person(id=person, team=team, kind="unknown", looked_up_at=now)
        self._known[person] = replace(found, looked_up_at=now)
        return self._known[person]

    async def members(
        self, team: TeamId, channel: ChannelId, people: People, *, enough: int | None = None
    ) -> frozenset[PersonId]:
        """Resolve a set to those who would count, or to at least ``enough`` of them."""
        del team, channel, enough
        await turns()
        return frozenset(person.id for person in self.persons.values() if person in people)


class FakeEngine:
    """The Engine port: it remembers who was to be woken, and wakes nobody. ``broken`` makes it raise.

    ``taking`` is for whom commits take leases; ``leases`` are those that came with a waking.
    """

    def __init__(self) -> None:
        self.woken: list[ThreadId] = []
        self.leases: dict[ThreadId, Lease] = {}
        self.taking: Taking | None = None
        self.broken: Exception | None = None

    def takes(self, thread_id: ThreadId) -> Taking | None:
        """Say for whom a commit may take the thread's lease."""
        del thread_id
        return self.taking

    async def wake(self, thread_id: ThreadId, lease: Lease | None = None) -> None:
        """Have this thread drained soon."""
        await turns()
        if self.broken is not None:
            raise self.broken
        self.woken.append(thread_id)
        if lease is not None:
            self.leases[thread_id] = lease
