"""The supervisor with its real playground and services, and a small program in the bot's place."""

import asyncio
import os
import re
import select
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.demo.supervisor import Options, run

PATIENCE_S = 30.0
PIDFD = hasattr(os, "pidfd_open") and Path("/proc/self/cmdline").exists()


class Terminal:
    """What the supervisor said, and waiting for it to say something."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = asyncio.Condition()
        self._loop = asyncio.get_running_loop()
        self._telling: set[asyncio.Task[None]] = set()

    def say(self, words: str) -> None:
        """Take what is said."""
        self.lines.append(words)
        task = self._loop.create_task(self._tell())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, pattern: str) -> str:
        """Wait for words that match, and give the first group, or all."""

        def found() -> str | None:
            match = re.search(pattern, "\n".join(self.lines))
            return None if match is None else match[match.re.groups and 1]

        async with asyncio.timeout(PATIENCE_S), self._changed:
            while (words := found()) is None:
                await self._changed.wait()
            return words


@asynccontextmanager
async def demo(home: Path, bot: tuple[str, ...], port: int = 0) -> AsyncIterator[Terminal]:
    """Run a demo until the test is through with it."""
    terminal, stop = Terminal(), asyncio.Event()
    options = Options(bot=bot, say=terminal.say, stop=stop, warm_up_s=0)
    running = asyncio.create_task(run(home, port=port, bot_port=0, options=options))
    ready = asyncio.create_task(terminal.until("demo is ready"))
    try:
        await asyncio.wait((running, ready), return_when=asyncio.FIRST_COMPLETED)
        assert ready.done(), terminal.lines
        yield terminal
    finally:
        ready.cancel()
        stop.set()
        assert await running == 0, terminal.lines


def processes_of(home: Path) -> set[int]:
    """Find every process whose command line names this folder."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if os.fsencode(home) in entry.read_bytes():
                found.add(int(entry.parent.name))
        except OSError:
            continue  # it ended while we looked
    return found


def all_end(pids: set[int]) -> bool:
    """Wait until processes that are not ours have ended."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended, _, _ = select.select([handle], [], [], PATIENCE_S)
        os.close(handle)
        if not ended:
            return False
    return True


async def test_the_page_the_services_and_the_bot_run_as_processes_of_their_own(
    tmp_path: Path, small_bot: tuple[str, ...]
) -> None:
    """The page has the demo's guide in it; cart answers; checkout is down."""
    async with demo(tmp_path / "demo", small_bot) as terminal, aiohttp.ClientSession() as http:
        url = await terminal.until(r"Open +(\S+)")
        async with http.get(url) as page:
            assert "/agent restart checkout" in await page.text()
        assert int(await terminal.until(r"kill -9 (\d+)")) != os.getpid()
    assert "a bot that only says it is ready" in (tmp_path / "demo" / "logs" / "bot.log").read_text()
    assert "What waits goes on" in terminal.lines[0]
    assert "Stopped" in terminal.lines[-1]


@pytest.mark.skipif(not PIDFD, reason="looks for processes as Linux shows them")
async def test_nothing_is_left_running_after_the_end(tmp_path: Path, small_bot: tuple[str, ...]) -> None:
    """Playground, keeper, two services, bot: all of them."""
    home = tmp_path / "demo"
    async with demo(home, small_bot) as terminal:
        pid = int(await terminal.until(r"kill -9 (\d+)"))
        assert len(processes_of(home)) >= 3
    assert not processes_of(home)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_bot_that_is_killed_is_started_again_and_it_is_said(tmp_path: Path, small_bot: tuple[str, ...]) -> None:
    """And the words name the new process, for whoever wants to do it again."""
    async with demo(tmp_path / "demo", small_bot) as terminal:
        before = int(await terminal.until(r"kill -9 (\d+)"))
        os.kill(before, signal.SIGKILL)
        await terminal.until(r"bot ended \(by signal 9\)")
        after = int(await terminal.until(r"bot runs again: process (\d+)"))
        assert after != before


async def test_a_bot_that_does_not_start_is_said_with_its_last_words(tmp_path: Path) -> None:
    """A newcomer must not have to look for a log."""
    said: list[str] = []
    wrong = (sys.executable, "-c", "import sys; sys.exit('countersign.yml: line 7 is wrong')")
    assert (
        await run(tmp_path / "demo", port=0, bot_port=0, options=Options(bot=wrong, say=said.append, warm_up_s=0)) == 1
    )
    assert "line 7 is wrong" in "\n".join(said)


async def test_a_second_demo_in_the_same_folder_is_refused(tmp_path: Path, small_bot: tuple[str, ...]) -> None:
    """Two of them would write over each other's workspace."""
    async with demo(tmp_path / "demo", small_bot):
        said: list[str] = []
        assert await run(tmp_path / "demo", port=0, bot_port=0, options=Options(bot=small_bot, say=said.append)) == 1
        assert str(os.getpid()) in said[0]


async def test_a_port_that_is_taken_is_replaced_and_it_is_said(tmp_path: Path, small_bot: tuple[str, ...]) -> None:
    """Something else may well listen on 4000."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with demo(tmp_path / "demo", small_bot, port) as terminal:
            await terminal.until(rf"Port {port} is taken on this machine; \d+ is used")
            assert f":{port}/" not in await terminal.until(r"Open +(\S+)")


ALONE = """
import asyncio, sys
from pathlib import Path
from bot.demo.supervisor import Options, run
home, *bot = sys.argv[1:]
asyncio.run(run(Path(home), port=0, bot_port=0, options=Options(bot=tuple(bot), warm_up_s=0)))
"""


@pytest.mark.skipif(not PIDFD, reason="the kernel's parent-death signal is Linux's")
async def test_everything_ends_with_a_supervisor_that_is_killed(tmp_path: Path, small_bot: tuple[str, ...]) -> None:
    """Nobody is left who could end the rest in order, so the kernel does."""
    home = tmp_path / "demo"
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ALONE, str(home), *small_bot, stdout=asyncio.subprocess.PIPE
    )
    assert supervisor.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        while b"kill -9" not in (line := await supervisor.stdout.readline()):
            assert line, "the demo ended"
    pids = (processes_of(home) | {int(line.split()[5])}) - {supervisor.pid}
    supervisor.kill()
    await supervisor.wait()
    assert await asyncio.to_thread(all_end, pids)
