import asyncio
import os
import resource
import signal
from pathlib import Path

import pytest

from agent_core.adapters.launch import COULD_NOT_START, READY, command


async def launched(line: list[str | bytes], status: tuple[int, int]) -> tuple[int, bytes]:
    """Run a launcher's command line to its end; return its exit code and what it wrote on the status pipe."""
    process = await asyncio.create_subprocess_exec(*line, pass_fds=(status[1],))
    os.close(status[1])
    exit_code = await process.wait()
    said = os.read(status[0], 100)
    os.close(status[0])
    return exit_code, said


async def test_a_program_that_runs_is_told_by_ready_and_the_end(tmp_path: Path) -> None:
    """Nothing comes after it."""
    status = os.pipe()
    line = command(["/usr/bin/touch", str(tmp_path / "ran")], at_parents_end=signal.SIGKILL, status_fd=status[1])
    assert await launched(line, status) == (0, READY)
    assert os.access(tmp_path / "ran", os.F_OK)


async def test_a_program_that_is_not_there_is_told_by_its_errno() -> None:
    """So that it is certain that nothing ran."""
    status = os.pipe()
    line = command(["/no/such/program"], at_parents_end=signal.SIGKILL, status_fd=status[1])
    assert await launched(line, status) == (COULD_NOT_START, READY + b"2")


async def test_nothing_is_started_for_a_parent_that_has_already_gone(tmp_path: Path) -> None:
    """It died between the fork and our asking for the signal, which would never come."""
    status = os.pipe()
    line = command(["/usr/bin/touch", str(tmp_path / "ran")], at_parents_end=signal.SIGKILL, status_fd=status[1])
    line[line.index(str(os.getpid()))] = str(os.getppid())
    assert await launched(line, status) == (COULD_NOT_START, b"")
    assert not os.access(tmp_path / "ran", os.F_OK)


@pytest.mark.parametrize("wanted", [64, 1 << 40])
async def test_a_limit_is_only_ever_lowered(wanted: int, tmp_path: Path) -> None:
    """An operator's own limit that is lower stays."""
    status = os.pipe()
    script = f"ulimit -Hn > {tmp_path}/limit"
    line = command(
        ["/bin/sh", "-c", script], at_parents_end=signal.SIGKILL, status_fd=status[1], limits={"NOFILE": wanted}
    )
    await launched(line, status)
    assert limit_in(tmp_path) == min(wanted, limit_here())


def limit_in(folder: Path) -> int:
    """Return the limit that the program found."""
    return int((folder / "limit").read_text())


def limit_here() -> int:
    """Return the limit of this process."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]
