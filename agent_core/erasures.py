"""What stands in the place of journal lines with somebody's words, once they are erased. Pure.

A line that changes keeps its head, the keyed hash of what it was. The same is done to a thread that is stored and to
one that comes back from a file which was written before: what was erased must not come back with an older copy.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from agent_core.checkpoint import Checkpoint
from agent_core.codec import Codec
from agent_core.effects import Effect
from agent_core.links import Link
from agent_core.ports.archive import Erasure
from agent_core.records import Line
from agent_core.words import ThreadId
from agent_core.words_erased import line_without, task_without, without_notes, without_words_of


@dataclass(slots=True)
class Stripping:
    """Takes a thread's links one after another, from the first, and keeps those that change.

    ``theirs`` are lines with words that go, ``notes`` those with only a model's notes to itself, by position. The notes
    go where any word goes, for they may hold anything that the model had heard.
    """

    thread_id: ThreadId
    codec: Codec
    erasures: tuple[Erasure, ...]
    theirs: dict[int, Link] = field(default_factory=dict)
    notes: dict[int, Link] = field(default_factory=dict)
    _previous: str = ""
    _position: int = 0

    def take(self, link: Link) -> None:
        """Look at the next link, which follows from the one before."""
        line = self.codec.decode_line(link.line)
        clean = self._clean(line)
        bare = without_notes(clean)
        if bare != line:
            new = self.codec.erased(
                link, bare, thread_id=self.thread_id, previous=self._previous, position=self._position
            )
            (self.theirs if clean != line else self.notes)[self._position] = new
        self._previous, self._position = link.head, self._position + 1

    def _clean(self, line: Line) -> Line:
        for erasure in self.erasures:
            if line.at <= erasure.at:
                line = line_without(erasure.person, line)
        return line

    @property
    def changed(self) -> dict[int, Link]:
        """All links that change."""
        return self.theirs | self.notes

    def task(self, task: Checkpoint) -> Checkpoint:
        """Give a finished task without these people's words."""
        for erasure in self.erasures:
            task = task_without(erasure.person, task)
        return task

    def bare(self, effect: Effect) -> Effect:
        """Give an effect without these people's words."""
        for erasure in self.erasures:
            effect = without_words_of(erasure.person, effect)
        return effect


def stripping(thread_id: ThreadId, links: Iterable[Link], erasures: Iterable[Erasure], codec: Codec) -> Stripping:
    """Look through a whole journal, held to its chain already, for what was erased elsewhere."""
    found = Stripping(thread_id, codec, tuple(one for one in erasures if thread_id not in one.left))
    for link in links:
        found.take(link)
    return found
