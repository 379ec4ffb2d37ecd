"""A build of this repository as it was: whole, from its history, run by this very interpreter.

``COUNTERSIGN_OLDER`` names the commit or tag; without it, it is the one before the newest. A clone without history, or
a copy that is no clone, has none.
"""

import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.stories.process import ROOT

OLDER = "COUNTERSIGN_OLDER"
PARTS = ("agent_core", "bot")


@contextmanager
def older_build() -> Iterator[Path]:
    """Unpack the older build into a folder, or skip the test."""
    commit = os.environ.get(OLDER, "HEAD~1")  # noqa: TID251 - the runner's choice, not the bot's
    with TemporaryDirectory(prefix="cs-") as folder:
        packed = Path(folder) / "older.tar"
        command = ("git", "-C", str(ROOT), "archive", "--format=tar", f"--output={packed}", commit, *PARTS)
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("There is no older build: no git here.")
        if done.returncode:
            pytest.skip(f"There is no older build: {commit} is not in this clone.")
        with tarfile.open(packed) as tar:
            tar.extractall(folder, filter="data")
        yield Path(folder)


def program_of(build: Path) -> tuple[str, ...]:
    """Say how a build's commands are run: as ``python -m bot``, with the build before everything else."""
    words = f"import runpy, sys; sys.path.insert(0, {str(build)!r}); runpy.run_module('bot', None, '__main__', True)"
    return ("-c", words)
