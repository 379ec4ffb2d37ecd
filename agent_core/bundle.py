"""One thread as a file: its sealed checkpoint, its pending effects and its whole journal, a JSON object a line. Pure.

Nothing in the file is trusted when it is read. Each line has one spelling, so that a changed byte is a changed line;
checkpoint and effects are unsealed, the journal is followed link by link, the parts are held against each other, and
the last line seals the whole, so that no line can be taken out, put in or brought from an older file. What does not
hold is refused with the number of its line. Only the key that wrote a thread can read its file.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from agent_core.checkpoint import Checkpoint
from agent_core.codec import Codec, Link, Unreadable
from agent_core.effects import Effect
from agent_core.ports.archive import Kept
from agent_core.records import Entry
from agent_core.shapes import EXACT, Shape
from agent_core.words import EffectId, Json, ThreadId

FORMAT = 1
NAME = re.compile(r"[A-Za-z0-9_:./-]{1,400}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What seals a file: the hash of every line before the last."""

    digest: str


WHOLE: Shape[Whole] = Shape("export", lambda: TypeAdapter(tuple[Whole], config=EXACT))


class NotThisThread(Exception):
    """The file is not what was written; the words say which line, and why it is not taken."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"Line {line} of the file: {why} Nothing was restored.")
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A thread that was read from a file and found whole."""

    kept: Kept
    task: Checkpoint
    outbox: Mapping[EffectId, Effect]
    links: tuple[Link, ...]


def written(kept: Kept, links: Iterable[Link], codec: Codec) -> Iterator[str]:
    """Write a thread, line by line."""
    hashed = hashlib.blake2b(digest_size=32)
    for line in lines_of(kept, links):
        hashed.update(line.encode())
        yield line
    sealed = codec.seal(WHOLE, Whole(digest=hashed.hexdigest()), kept.thread_id)
    yield spelled({"seal": text_of(sealed)})


def lines_of(kept: Kept, links: Iterable[Link]) -> Iterator[str]:
    """Write all lines that are sealed."""
    yield spelled(
        {
            "countersign_thread": FORMAT,
            "thread": kept.thread_id,
            "version": kept.version,
            "head": kept.head,
            "length": kept.length,
            "effects": len(kept.outbox),
        }
    )
    yield spelled({"checkpoint": text_of(kept.checkpoint)})
    for name, raw in kept.outbox.items():
        yield spelled({"effect": name, "sealed": text_of(raw)})
    for link in links:
        yield spelled({"head": link.head, "line": text_of(link.line)})


def read(lines: Iterable[str], codec: Codec) -> Bundle:
    """Read a thread, or raise NotThisThread for the first line that does not hold."""
    reading = Reading(lines, codec)
    kept, links = reading.parts()
    task = reading.task
    reading.check_ends_with_its_seal(kept.thread_id)
    return Bundle(kept=kept, task=task, outbox=reading.outbox, links=links)


class Reading:
    """Takes a file's lines one after another, and checks each before the next."""

    def __init__(self, lines: Iterable[str], codec: Codec) -> None:
        self._lines = iter(lines)
        self._codec = codec
        self._hashed = hashlib.blake2b(digest_size=32)
        self._number = 0
        self.outbox: dict[EffectId, Effect] = {}

    def parts(self) -> tuple[Kept, tuple[Link, ...]]:
        """Read everything up to the seal."""
        header = self._next("countersign_thread", "thread", "version", "head", "length", "effects")
        if header["countersign_thread"] != FORMAT:
            raise self._wrong(f"It is of format {header['countersign_thread']}, which this version does not know.")
        thread_id = ThreadId(self._text(header, "thread", NAME))
        version, length = self._count(header, "version"), self._count(header, "length")
        checkpoint = self._octets(self._next("checkpoint"), "checkpoint")
        self.task = self._task(checkpoint, thread_id, version)
        stored = dict(self._effect(thread_id) for _ in range(self._count(header, "effects")))
        links = tuple(self._links(thread_id, length, version))
        head = links[-1].head if links else ""
        if header["head"] != head:
            raise self._wrong("The journal does not end with the head that the file's first line names.")
        kept = Kept(
            thread_id=thread_id, version=version, head=head, length=length, checkpoint=checkpoint, outbox=stored
        )
        return kept, links

    def check_ends_with_its_seal(self, thread_id: ThreadId) -> None:
        """Raise NotThisThread unless the last line seals just these lines."""
        digest = self._hashed.hexdigest()
        sealed = self._octets(self._next("seal"), "seal")
        try:
            whole = self._codec.unseal(WHOLE, sealed, thread_id)
        except Unreadable as error:
            raise self._wrong(error.words) from error
        if whole.digest != digest:
            raise self._wrong("The seal is not that of the lines before it: one was put in, taken out or exchanged.")
        if next(self._lines, None) is not None:
            self._number += 1
            raise self._wrong("Something follows the seal.")

    def _task(self, raw: bytes, thread_id: ThreadId, version: int) -> Checkpoint:
        try:
            task = self._codec.decode(raw, thread_id)
        except Unreadable as error:
            raise self._wrong(error.words) from error
        if task.version != version:
            raise self._wrong(f"The checkpoint is of version {task.version}, not {version}.")
        return task

    def _effect(self, thread_id: ThreadId) -> tuple[EffectId, bytes]:
        found = self._next("effect", "sealed")
        name, raw = EffectId(self._text(found, "effect", NAME)), self._octets(found, "sealed")
        if not name.startswith(f"{thread_id}/"):
            raise self._wrong("The effect is another thread's.")
        try:
            self.outbox[name] = self._codec.decode_effect(raw, name)
        except Unreadable as error:
            raise self._wrong(error.words) from error
        return name, raw

    def _links(self, thread_id: ThreadId, length: int, version: int) -> Iterator[Link]:
        previous, newest = "", 0
        for position in range(length):
            found = self._next("head", "line")
            link = Link(head=self._text(found, "head", NAME), line=self._octets(found, "line"))
            fault = self._codec.verify(thread_id, [link], start=position, previous=previous)
            if fault is not None:
                raise self._wrong(fault.words)
            try:
                line = self._codec.decode_line(link.line)
            except Unreadable as error:
                raise self._wrong(error.words) from error
            newest = line.version if isinstance(line, Entry) else newest
            previous = link.head
            yield link
        if newest != version:
            raise self._wrong(f"The journal ends at version {newest}, the checkpoint is of {version}.")

    def _next(self, *names: str) -> Mapping[str, Json]:
        """Read the next line, which has just these names and is spelled as it was written."""
        text = next(self._lines, None)
        self._number += 1
        if text is None:
            raise self._wrong("The file ends here, before it is complete.")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or tuple(found) != names or spelled(found) != text:
            raise self._wrong(f"It should be one JSON object with {', '.join(names)}, as an export writes it.")
        if "seal" not in found:
            self._hashed.update(text.encode())
        return found

    def _octets(self, found: Mapping[str, Json], name: str) -> bytes:
        try:
            raw = base64.b64decode(str(found[name]), validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if not raw or text_of(raw) != found[name]:
            raise self._wrong(f"“{name}” is not base64.")
        return raw

    def _text(self, found: Mapping[str, Json], name: str, pattern: re.Pattern[str]) -> str:
        value = found[name]
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self._wrong(f"“{name}” is not what an export writes.")
        return value

    def _count(self, found: Mapping[str, Json], name: str) -> int:
        value = found[name]
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._wrong(f"“{name}” is not a number.")
        return value

    def _wrong(self, why: str) -> NotThisThread:
        return NotThisThread(self._number, why)


def spelled(value: Mapping[str, Json]) -> str:
    """Write one line in its one spelling."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True) + "\n"


def text_of(raw: bytes) -> str:
    """Write bytes as base64."""
    return base64.b64encode(raw).decode("ascii")
