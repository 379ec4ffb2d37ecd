"""What a call gave, and the ways it can go wrong: each says whether the tool may have acted.

``ToolDidNotStart`` is the only one after which nothing can have happened. A tool that timed out, was stopped, or
failed may have done its work, or half of it: what that means is decided elsewhere, by the tool's class.
"""

from collections.abc import Callable
from dataclasses import dataclass

OnOutput = Callable[[str, str], None]
"""Hears what a call prints while it runs: the stream's name and whole lines, masked."""

OUTPUT_CAP_BYTES = 1_048_576
DEFAULT_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOutput:
    """What came out, masked and cut: a command fills the streams, a function the value."""

    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    truncated_bytes: int = 0
    value: str | None = None


class ToolMisconfigured(Exception):
    """A tool that cannot be used as configured; found at start, `words` are for the operator."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class ToolError(Exception):
    """A call that gave no result of its own; `words` are for people, `partial` is what came out until then."""

    def __init__(self, words: str, partial: ToolOutput | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.partial = partial or ToolOutput()


class ToolDidNotStart(ToolError):
    """Nothing was started, so nothing happened."""


class ArgumentRefused(ToolDidNotStart):
    """An argument that is not handed to the tool."""


class ToolTimedOut(ToolError):
    """The time was over; it may have happened."""


class ToolStopped(ToolError):
    """It was stopped on demand; it may have happened."""


class ToolFailed(ToolError):
    """The tool raised an error of its own; it may have happened."""
