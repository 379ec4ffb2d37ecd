"""A store in whose commits a test has a hand."""

from collections.abc import Sequence
from typing import Any

from agent_core.fakes import MemoryStore
from agent_core.ports import Committed, Loaded, NotCommitted, Step
from agent_core.records import Entry
from agent_core.transition import Transition


class Committing(MemoryStore):
    """Asks before each commit; what is answered then is the commit's own answer, and nothing is written."""

    async def commit(
        self,
        before: Loaded,
        transition: Transition,
        entry: Entry,
        **named: Any,  # noqa: ANN401 - as the store's
    ) -> Committed | NotCommitted:
        """Commit, unless something else is answered."""
        return self.asked(entry, named.get("then", ())) or await super().commit(before, transition, entry, **named)

    def asked(self, entry: Entry, then: Sequence[Step]) -> NotCommitted | None:
        """Hear of a commit, and give None to have it done."""
        raise NotImplementedError
