"""A disk that is full when a test wants it: a small file system in memory, or where none may be mounted, a size limit.

The limit is that of files which one bot and its server may write; a server that meets it is ended by the system, as one
that must sync each write ends itself on a full disk. What both leave behind is a log that breaks off in a write.
"""

import os
import resource
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

SIZE_BYTES = 4 << 20
BALLAST = "ballast"
CHUNK = bytes(4096)
UNLIMITED = resource.RLIM_INFINITY


class Disk(Protocol):
    """A place for the data of one bot."""

    folder: Path

    def fill(self, bot: int) -> None:
        """Let nothing more be written by this process and its children."""

    def free(self, bot: int) -> None:
        """Let there be room again."""


class Mounted:
    """A small file system in memory."""

    def __init__(self, folder: Path) -> None:
        """Know where it is."""
        self.folder = folder

    def fill(self, bot: int) -> None:
        """Write until there is no room for a byte."""
        del bot
        descriptor = os.open(self.folder / BALLAST, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            while True:
                os.write(descriptor, CHUNK)
        except OSError:  # that is how it says that it is full
            os.close(descriptor)

    def free(self, bot: int) -> None:
        """Take away what filled it."""
        del bot
        (self.folder / BALLAST).unlink()


class Limited:
    """An ordinary folder, and a limit for the bot and the server that write there."""

    def __init__(self, folder: Path) -> None:
        """Know where it is."""
        self.folder = folder

    def fill(self, bot: int) -> None:
        """Let no file grow that is longer than a byte."""
        self._limit(bot, 1)

    def free(self, bot: int) -> None:
        """Take the limit away."""
        self._limit(bot, UNLIMITED)

    @staticmethod
    def _limit(bot: int, size_bytes: int) -> None:
        for pid in (bot, *servers_of(bot)):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, UNLIMITED))


def servers_of(pid: int) -> Iterator[int]:
    """Give the servers that this process started, itself or through others; not the tools."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            if Path(f"/proc/{child}/comm").read_text().strip().endswith("-server"):
                yield child
            yield from servers_of(child)


@contextmanager
def mounted(folder: Path) -> Generator[Mounted]:
    """Mount a small file system for the block; raise OSError where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES},mode=0700", "none", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True)
    if done.returncode:
        folder.rmdir()
        raise OSError(done.stderr.decode())
    try:
        yield Mounted(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607 - the system's own


@contextmanager
def limited(folder: Path) -> Generator[Limited]:
    """Take an ordinary folder for the block."""
    folder.mkdir()
    yield Limited(folder)
