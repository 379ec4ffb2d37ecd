import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis, from_url
from redis.exceptions import ConnectionError as NotConnected
from structlog.testing import capture_logs

from agent_core.adapters.embedded.premises import take_lock
from agent_core.adapters.embedded_server import (
    AlreadyRunning,
    ServerDidNotStart,
    start,
)
from tests.adapters.embedded_stage import NO_SYSTEM_SERVER, client_of, mode, running
from tests.adapters.polling import gone, until


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

            async def said() -> bool:
                return [entry["event"] for entry in logs] == [
                    "embedded_server_started",
                    "embedded_server_died",
                    "embedded_server_restarted",
                ]

            await until(said, "all three lines in the log")


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


async def test_a_restart_that_fails_is_tried_again(tmp_path: Path) -> None:
    """The disk was full, somebody made room: the bot has not given up."""
    with capture_logs() as logs:
        async with running(tmp_path) as server, client_of(server) as client:
            await client.set("kept", "yes")
            (manifest,) = (tmp_path / "redis" / "appendonlydir").glob("*.manifest")
            good = manifest.read_text()
            manifest.write_text("damaged\n")
            os.kill(server.pid, signal.SIGKILL)

            async def failed() -> bool:
                return any(entry["event"] == "embedded_server_not_restarted" for entry in logs)

            await until(failed, "a restart that fails")
            manifest.write_text(good)

            async def back() -> bool:
                try:
                    return await client.get("kept") == b"yes"
                except NotConnected:
                    return False

            await until(back, "the server's return")


async def test_a_server_that_is_down_can_be_stopped(tmp_path: Path) -> None:
    """The stop comes between its death and its restart, and nothing is started after it."""
    async with running(tmp_path) as server:
        pid = server.pid
        os.kill(pid, signal.SIGKILL)
        await gone(pid)
    assert commands_naming(str(tmp_path)) == []


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
        assert take_lock(tmp_path / "redis") == (None, str(process.pid))
        starting = asyncio.create_task(start(tmp_path, search_path=NO_SYSTEM_SERVER))
        done, _ = await asyncio.wait({starting}, timeout=0.3)
        assert not done
        os.kill(server_pid, signal.SIGCONT)
        server = await starting
        assert not commands_naming("tests.adapters.embedded_parent\0" + str(tmp_path))
        await server.stop()


async def test_data_that_the_server_refuses_is_said_with_its_last_words(tmp_path: Path) -> None:
    """A damaged file is left for a person to look at."""
    async with running(tmp_path) as server, client_of(server) as client:
        await client.set("kept", "yes")
    (manifest,) = (tmp_path / "redis" / "appendonlydir").glob("*.manifest")
    manifest.write_text("damaged\n")
    with pytest.raises(ServerDidNotStart, match="AOF manifest"):
        await start(tmp_path, search_path=NO_SYSTEM_SERVER)
    assert manifest.read_text() == "damaged\n"
