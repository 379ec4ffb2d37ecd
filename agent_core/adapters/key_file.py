"""The key file: what keys digests, the journal's chain and secret arguments.

Whoever reads it can forge all three, so a file that others may read is refused rather than repaired: it has to be
thought of as known, and only the operator can decide what that means. The bytes are taken as they stand, a line's end
included. A link is followed, as mounted secrets are links; what counts is the file at its end.
"""

import os
import stat
from pathlib import Path

LEAST_BYTES = 32
MOST_BYTES = 4096
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyFileError(Exception):
    """A key file that cannot be used; `words` say why and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def read_key(path: Path) -> bytes:
    """Return the key, or raise KeyFileError if it is missing, short, or open to others."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # non-blocking: it may be a fifo
    except FileNotFoundError:
        raise KeyFileError(
            f"There is no key file at {path}. Make one with: "
            f"(umask 077; head -c 32 /dev/urandom > '{path}'), and keep a copy."
        ) from None
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be opened: {error.strerror}.") from error
    try:
        check_private(path, os.fstat(descriptor))
        key = os.read(descriptor, MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(key) < LEAST_BYTES:
        raise KeyFileError(
            f"The key file {path} holds {len(key)} bytes and at least {LEAST_BYTES} are needed. "
            "If it was never used, delete it and make a new one."
        )
    if len(key) > MOST_BYTES:
        raise KeyFileError(f"The key file {path} is over {MOST_BYTES} bytes long; is it the right file?")
    return key


def check_private(path: Path, found: os.stat_result) -> None:
    """Raise KeyFileError unless it is a regular file that only its owner can read or write."""
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileError(f"The key file {path} is not a regular file.")
    if found.st_uid not in {os.geteuid(), 0}:
        raise KeyFileError(f"The key file {path} belongs to another user. Give it to the user the bot runs as.")
    mode = stat.S_IMODE(found.st_mode)
    if mode & OTHERS:
        raise KeyFileError(
            f"The key file {path} has mode {mode:04o}, so others can read or change it. "
            f"If nobody has, run: chmod 600 '{path}'. Otherwise make a new key."
        )


def make_key(path: Path) -> bytes:
    """Make a new key of 32 random bytes on disk and return it; never touch a file that is there."""
    key = os.urandom(LEAST_BYTES)
    try:
        write_new(path, key)
    except FileExistsError:
        raise KeyFileError(f"There is already a file at {path}. It was not changed.") from None
    except OSError as error:
        raise KeyFileError(f"The key file {path} could not be written: {error.strerror}.") from error
    return key


def write_new(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 that was not there before, through to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)  # or a power cut may leave the name out
        finally:
            os.close(folder)
    except BaseException:
        path.unlink(missing_ok=True)  # Half a key would be refused at the next start, for no fault of anyone.
        raise
