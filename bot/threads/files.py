"""Files that hold people's words and tools' secrets: readable by their owner only, and there whole or not at all."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

MODE = 0o600


class NotAFile(Exception):
    """A file can't be read or written; the words say which and why."""


def write_private(path: Path, parts: Iterable[str]) -> None:
    """Write a file of mode 0600 in place of what stood there, or leave that as it is."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(parts)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NotAFile(f"{path} can't be written: {error.strerror}.") from error


def lines_in(path: Path) -> Iterator[str]:
    """Give a file's lines as they stand, byte for byte."""
    try:
        with path.open(encoding="ascii", errors="surrogateescape", newline="\n") as file:
            yield from file
    except OSError as error:
        raise NotAFile(f"{path} can't be read: {error.strerror}.") from error
