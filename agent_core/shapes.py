"""How each kind of stored value becomes JSON and is read back: its pydantic adapter, and how large it may be. Pure."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Generic, TypeAlias, TypeVar

from pydantic import ConfigDict, TypeAdapter

from agent_core.checkpoint import Checkpoint
from agent_core.effects import Effect
from agent_core.lesson import Lesson
from agent_core.records import Line
from agent_core.words import BY_KIND, Json

CAP_BYTES = 1 << 20  # of anything stored, packed and unpacked
LINE_CAP_BYTES = 16 << 20  # of a journal line: a tool may print a megabyte on each stream, and JSON escapes swell it
NOT_JSON = (b"NaN", b"Infinity")  # As the writer spells them.
EXACT = ConfigDict(ser_json_inf_nan="constants")  # Left to write them as null, the writer would lose them unseen.

Tree: TypeAlias = Mapping[str, Json]
T = TypeVar("T")


class Shape(Generic[T]):
    """One kind of stored value. Its adapter is built at first use: that takes about 0.1 s for a checkpoint.

    It is an adapter of a tuple of one, because pydantic takes no settings (``EXACT``) for a dataclass of its own.
    """

    def __init__(self, name: str, build: Callable[[], TypeAdapter[tuple[T]]], *, cap_bytes: int = CAP_BYTES) -> None:
        self.name = name
        self.cap_bytes = cap_bytes
        self._build = build

    @cached_property
    def adapter(self) -> TypeAdapter[tuple[T]]:
        """The pydantic adapter, built once. The unions in it are told apart by ``kind``, which each value carries."""
        return self._build()

    def write(self, value: T) -> bytes:
        """Write a value as JSON, or raise what pydantic or the writer of JSON raises."""
        body = self.adapter.dump_json((value,), warnings="error")
        if any(word in body for word in NOT_JSON):  # A number that JSON has not, or somebody's word.
            tree = self.adapter.dump_python((value,), mode="json", warnings="error")
            body = json.dumps(tree, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        return body[1:-1]

    def read(self, body: bytes) -> T:
        """Read what ``write`` gave, or raise ValidationError."""
        return self.adapter.validate_json(b"[%s]" % body)[0]

    def take(self, tree: Tree) -> T:
        """Read a tree of today's shape, or raise ValidationError."""
        return self.adapter.validate_python((tree,))[0]


CHECKPOINT: Shape[Checkpoint] = Shape("checkpoint", lambda: TypeAdapter(tuple[Checkpoint], config=EXACT))
LINE: Shape[Line] = Shape(
    "line", lambda: TypeAdapter(tuple[Annotated[Line, BY_KIND]], config=EXACT), cap_bytes=LINE_CAP_BYTES
)
EFFECT: Shape[Effect] = Shape("effect", lambda: TypeAdapter(tuple[Annotated[Effect, BY_KIND]], config=EXACT))
LESSON: Shape[Lesson] = Shape("lesson", lambda: TypeAdapter(tuple[Lesson], config=EXACT))
