"""The journal as it is stored: lines as bytes, each with the head of the chain after it. Pure.

Whether a link follows from the one before is for the codec to say, which has the key.
"""

from dataclasses import dataclass

HEAD_CHARS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One stored line of the journal, and the head of the chain after it."""

    head: str
    line: bytes

    def to_bytes(self) -> bytes:
        """Write the link as it is stored."""
        return self.head.encode() + self.line

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Link":
        """Read a stored link; whether it holds is for the chain to say."""
        return cls(head=raw[:HEAD_CHARS].decode("ascii", "replace"), line=raw[HEAD_CHARS:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The first journal position that does not hold."""

    position: int
    words: str
