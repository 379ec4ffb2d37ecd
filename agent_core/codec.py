"""Values to bytes and back: what is stored is what was decided, or it is refused. Pure.

Stored bytes are JSON with a schema number, packed with zstd where that pays, under a MAC that binds them to their
place (thread, effect, team): bytes that were changed or moved are refused before they are unpacked, and nothing is
unpacked past its cap. Journal lines have no MAC of their own: the chain over thread, position, previous head and line
is one, and names the first line that was changed, moved or left out. A line from which words were erased keeps its
head, the keyed hash of what it was, and has a seal of its own for just this link. A shape that an older version wrote
goes through one upgrade step per schema number; one that this version cannot know is left alone, and says so.

The journal, effects and lessons hold the same values as a checkpoint, so all stored shapes share one schema number.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

import zstandard
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json

from agent_core.checkpoint import NEWEST_SCHEMA, Checkpoint
from agent_core.effects import Effect
from agent_core.errors import Broken
from agent_core.lesson import Lesson
from agent_core.links import HEAD_CHARS as HEAD_CHARS, Fault as Fault, Link as Link  # noqa: PLC0414 - given on from here
from agent_core.records import Line
from agent_core.shapes import CAP_BYTES, CHECKPOINT, EFFECT, LESSON, LINE, Shape, Tree
from agent_core.words import EffectId, Json, TeamId, ThreadId

PACK_FROM_BYTES = 512  # measured: docs/decisions, where stored values are packed
PACK_LEVEL = 1  # level 3 took up to twice as long for 1 % less
MAGIC = b"cs1"
PACKER, UNPACKER = zstandard.ZstdCompressor(level=PACK_LEVEL), zstandard.ZstdDecompressor()
"""Kept, for making them costs more than using them. Like everything here they are used by one thread at a time."""
KEY_ID_BYTES = 4
MAC_BYTES = 16
PLAIN, PACKED, ERASED = b"j", b"z", b"e"
SEAL_BYTES = len(MAGIC) + KEY_ID_BYTES + MAC_BYTES
LEFT_ALONE = "It is left as it is. Ask an operator to look at it."

Upgrade: TypeAlias = Callable[[str, Tree], Tree]
T = TypeVar("T")

UPGRADES: Mapping[int, Upgrade] = {}
"""From schema n to n + 1: given a shape's name and what version n wrote of it, a step gives what n + 1 would have."""


class Unreadable(Exception):
    """Stored bytes that give no value; ``words`` say why, to the people of the thread."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class Corrupt(Unreadable):
    """The bytes are not what was written for this place."""


class UnknownSchema(Unreadable):
    """The bytes are sound, and written in a shape that this version does not know."""


class Codec:
    """Encodes and decodes under one key. ``schema`` and ``upgrades`` are arguments so that migrations can be tested."""

    def __init__(self, key: bytes, *, schema: int = NEWEST_SCHEMA, upgrades: Mapping[int, Upgrade] = UPGRADES) -> None:
        self._mac_key = derived(key, b"stored")
        self._chain_key = derived(key, b"journal")
        self._key_id = derived(key, b"key id")[:KEY_ID_BYTES]
        self._schema = schema
        self._upgrades = upgrades

    def encode(self, checkpoint: Checkpoint) -> bytes:
        """Write a checkpoint for its own thread."""
        return self.seal(CHECKPOINT, checkpoint, checkpoint.thread_id)

    def decode(self, stored: bytes, thread_id: ThreadId) -> Checkpoint:
        """Read the checkpoint of this thread, or raise Unreadable."""
        return self.unseal(CHECKPOINT, stored, thread_id)

    def encode_effect(self, effect_id: EffectId, effect: Effect) -> bytes:
        """Write an effect under its ID, which names its thread."""
        return self.seal(EFFECT, effect, effect_id)

    def decode_effect(self, stored: bytes, effect_id: EffectId) -> Effect:
        """Read the effect of this ID, or raise Unreadable."""
        return self.unseal(EFFECT, stored, effect_id)

    def encode_lesson(self, lesson: Lesson) -> bytes:
        """Write a lesson for its team's log."""
        return self.seal(LESSON, lesson, lesson.team)

    def decode_lesson(self, stored: bytes, team: TeamId) -> Lesson:
        """Read a lesson of this team's log, or raise Unreadable."""
        return self.unseal(LESSON, stored, team)

    def encode_line(self, line: Line) -> bytes:
        """Write a journal line; only the chain makes it sure."""
        return packed(self.written(LINE, line))

    def decode_line(self, stored: bytes) -> Line:
        """Read a journal line whose link was found to hold, or raise Unreadable."""
        return self.read(LINE, stored[1 + SEAL_BYTES :] if stored[:1] == ERASED else stored)

    def seal(self, shape: Shape[T], value: T, place: str) -> bytes:
        """Write a value so that it can be read at this place only."""
        body = packed(self.written(shape, value))
        return MAGIC + self._key_id + self._mac(shape.name, place, body) + body

    def unseal(self, shape: Shape[T], stored: bytes, place: str) -> T:
        """Read what was sealed for this place, or raise Unreadable."""
        key_at, mac_at = len(MAGIC), len(MAGIC) + KEY_ID_BYTES
        body_at = mac_at + MAC_BYTES
        if stored[:key_at] != MAGIC or len(stored) <= body_at:
            raise Corrupt(f"The stored {shape.name} is not in our format.")
        if stored[key_at:mac_at] != self._key_id:
            raise Corrupt(f"The stored {shape.name} was written with another key.")
        body = stored[body_at:]
        if not hmac.compare_digest(stored[mac_at:body_at], self._mac(shape.name, place, body)):
            raise Corrupt(f"The stored {shape.name} was changed or moved after it was written.")
        return self.read(shape, body)

    def chain(self, thread_id: ThreadId, previous: str, position: int, line: bytes) -> str:
        """Give the head after this line stands at this position of this thread's journal (the first head is '')."""
        return keyed(
            self._chain_key, HEAD_CHARS // 2, thread_id.encode(), previous.encode(), b"%d" % position, line
        ).hex()

    def link(self, thread_id: ThreadId, previous: str, position: int, line: Line) -> Link:
        """Write a line as the link that follows ``previous``."""
        written = self.encode_line(line)
        return Link(head=self.chain(thread_id, previous, position, written), line=written)

    def links(self, thread_id: ThreadId, previous: str, position: int, lines: Iterable[Line]) -> list[Link]:
        """Write lines as the links that follow ``previous``, the first of them at this position."""
        links: list[Link] = []
        for at, line in enumerate(lines, position):
            links.append(self.link(thread_id, links[-1].head if links else previous, at, line))
        return links

    def verify(self, thread_id: ThreadId, links: Iterable[Link], *, start: int = 0, previous: str = "") -> Fault | None:
        """Find the first link that does not follow from the one before; ``previous`` is the head before ``start``."""
        for position, link in enumerate(links, start):
            if not self._holds(thread_id, previous, position, link):
                return Fault(
                    position=position,
                    words=f"Line {position} of the journal was changed or moved, or the one before it is missing.",
                )
            previous = link.head
        return None

    def erased(self, link: Link, line: Line, *, thread_id: ThreadId, previous: str, position: int) -> Link:
        """Put a line with fewer words in a link's place, under the head of what stood there."""
        return Link(head=link.head, line=ERASED + self.seal(LINE, line, place_of(thread_id, previous, position, link)))

    def _holds(self, thread_id: ThreadId, previous: str, position: int, link: Link) -> bool:
        """Tell whether a link follows from the one before, or words were erased from one that did."""
        if link.line[:1] != ERASED:
            expected = self.chain(thread_id, previous, position, link.line)
            return hmac.compare_digest(link.head.encode(), expected.encode())
        try:
            self.unseal(LINE, link.line[1:], place_of(thread_id, previous, position, link))
        except Unreadable:
            return False
        return True

    def lines(self, thread_id: ThreadId, links: Sequence[Link], *, start: int = 0, previous: str = "") -> list[Line]:
        """Read links that hold, or raise Unreadable for the first that does not."""
        fault = self.verify(thread_id, links, start=start, previous=previous)
        if fault is not None:
            raise Corrupt(fault.words)
        return [self.decode_line(link.line) for link in links]

    def written(self, shape: Shape[T], value: T) -> bytes:
        """Write a value as the JSON bytes that everything stored is made of, or raise Broken."""
        try:
            written = b"%s%s}" % (self._begin(shape), shape.write(value))
        except (PydanticSerializationError, ValueError) as error:
            raise Broken("every value that is decided can be stored", shape=shape.name) from error
        if len(written) > shape.cap_bytes:
            raise Broken("what is stored stays under its cap", shape=shape.name, size_bytes=len(written))
        return written

    def read(self, shape: Shape[T], body: bytes) -> T:
        """Read a body whose MAC or chain was found to hold, or raise Unreadable."""
        try:
            content = unpacked(body, shape.cap_bytes)
            begins = self._begin(shape)
            if content.startswith(begins):  # As this version writes it: read as it stands, with no tree in between.
                return shape.read(content[len(begins) : -1])
            return shape.take(self._upgraded(shape.name, from_json(content)))
        except ValidationError as error:
            raise Corrupt(f"The stored {shape.name} is not what this version writes.") from error
        except (zstandard.ZstdError, ValueError) as error:
            raise Corrupt(f"The stored {shape.name} cannot be unpacked.") from error

    def _begin(self, shape: Shape[T]) -> bytes:
        """Give what the JSON of this shape begins with where this version writes it."""
        return b'{"schema":%d,"%s":' % (self._schema, shape.name.encode())

    def _mac(self, name: str, place: str, body: bytes) -> bytes:
        return keyed(self._mac_key, MAC_BYTES, name.encode(), place.encode(), body)

    def _upgraded(self, name: str, document: Json) -> Tree:
        """Bring what was written to today's shape, one step per schema number."""
        schema = document.get("schema") if isinstance(document, Mapping) else None
        tree = document.get(name) if isinstance(document, Mapping) else None
        if not isinstance(schema, int) or isinstance(schema, bool):
            raise UnknownSchema(f"The stored {name} does not say in which schema it was written.")
        if schema > self._schema:
            raise UnknownSchema(
                f"The stored {name} was written by a newer version (schema {schema}; this one knows {self._schema})."
            )
        steps = range(schema, self._schema)
        if schema < 1 or not all(step in self._upgrades for step in steps):
            raise UnknownSchema(f"The stored {name} is of schema {schema}, which this version cannot read.")
        if not isinstance(tree, Mapping):
            raise Corrupt(f"The stored {name} is empty.")
        try:
            for step in steps:
                tree = self._upgrades[step](name, tree)
        except (LookupError, TypeError, ValueError) as error:
            raise Corrupt(f"The stored {name} cannot be brought up from schema {schema}.") from error
        return tree


def place_of(thread_id: ThreadId, previous: str, position: int, link: Link) -> str:
    """Name the one place in the one journal where a line stands from which words were erased."""
    return f"{thread_id} {position} {previous} {link.head}"


def derived(key: bytes, purpose: bytes) -> bytes:
    """Give a key of its own to each purpose; the key file's may be longer than blake2b takes."""
    return hashlib.blake2b(key, digest_size=32, person=purpose).digest()


def keyed(key: bytes, digest_bytes: int, *parts: bytes) -> bytes:
    """Hash parts under a key so that no two lists of parts look alike."""
    hashed = hashlib.blake2b(key=key, digest_size=digest_bytes)
    for part in parts:
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.digest()


def packed(written: bytes) -> bytes:
    """Make a body of JSON bytes, smaller if that pays."""
    if len(written) >= PACK_FROM_BYTES:
        smaller = PACKER.compress(written)
        if len(smaller) < len(written):
            return PACKED + smaller
    return PLAIN + written


def unpacked(body: bytes, cap_bytes: int = CAP_BYTES) -> bytes:
    """Give the JSON bytes of a body; raise ValueError before anything grows past the cap."""
    form, content = body[:1], body[1:]
    if len(content) > cap_bytes:
        raise ValueError("over the cap")
    if form == PLAIN:
        return content
    if form != PACKED:
        raise ValueError("neither plain nor packed")
    # The frame's own word on its size is what the library would allocate, so that is what is checked.
    size_bytes = zstandard.frame_content_size(content)
    if not 0 <= size_bytes <= cap_bytes:
        raise ValueError("unpacked, over the cap, or of unknown size")
    return UNPACKER.decompress(content, max_output_size=cap_bytes, allow_extra_data=False)
