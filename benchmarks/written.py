"""What stands in Redis's append-only file, by what it is for. Pure: bytes in, counts out.

The file is made of commands as clients send them; a script's writes stand there one by one. Each is counted whole, with
its frame, under the kind of its first key.
"""

from collections import Counter
from collections.abc import Iterator

KINDS = {b"thread": "checkpoint", b"journal": "journal", b"outbox": "outbox", b"lease": "lease", b"due": "due"}
FRAMES = frozenset({b"MULTI", b"EXEC", b"SELECT"})
LINE_END = b"\r\n"


def commands(raw: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Give each command with the bytes that it takes; what begins no command (an annotation) is passed over."""
    at = 0
    while at < len(raw):
        began, end = at, raw.index(LINE_END, at)
        at = end + 2
        if raw[began : began + 1] != b"*":
            continue
        words = list[bytes]()
        for _ in range(int(raw[began + 1 : end])):
            end = raw.index(LINE_END, at)
            size = int(raw[at + 1 : end])
            words.append(raw[end + 2 : end + 2 + size])
            at = end + 2 + size + 2
        yield at - began, words


def kind_of(words: list[bytes]) -> str:
    """Say what a command writes to."""
    if words[0].upper() in FRAMES:
        return "frames"
    _, _, rest = words[1].partition(b"}:")
    return KINDS.get(rest.partition(b":")[0], "list of tasks" if rest.startswith(b"tasks") else "other")


def written(raw: bytes) -> Counter[str]:
    """Count the bytes of each kind."""
    found: Counter[str] = Counter()
    for size, words in commands(raw):
        found[kind_of(words)] += size
    return found
