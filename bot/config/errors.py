"""What is wrong with a configuration, said so that the operator can go to the place and mend it. Pure.

All problems are reported at once. A problem names the file, the line, the key and what was expected; it never repeats
what stands there, for that may be a secret.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend. ``line`` counts from 1; a problem of the environment has none."""

    file: str
    line: int | None
    key: str
    words: str

    def __str__(self) -> str:
        """Write the problem as editors and people read it: ``file:line: key: expected …``."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.words) if part)


class ConfigError(Exception):
    """The configuration cannot be used; nothing was started. The process ends with exit code 2."""

    def __init__(self, *problems: Problem) -> None:
        """Keep all problems, in the order in which they stand."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems

    @property
    def sentence(self) -> str:
        """Every problem on a line of its own."""
        return str(self)
