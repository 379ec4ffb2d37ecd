"""A real Redis or Valkey of our own, for a machine where nobody runs one: private, durable, and gone when we are.

The server is a child process behind a socket that only its owner can open. Every write is synced before it is
answered, so a kill of the bot, of the server or of both loses nothing that was acknowledged. The kernel ends the server
with the bot (launch.py says how); the lock that both hold keeps a second pair off the data until both have ended.
A server that dies while we live is started again, later and later but for ever: clients see refused connections
meanwhile, which they have to stand from any Redis. Whether it is ready is asked with PING, never assumed.

Start it from the thread that lives longest: Linux ties the server to the thread that started it.
"""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Self
from urllib.parse import quote

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, ConnectionError as NotConnected, RedisError

from agent_core.adapters.embedded.binary import ServerBinary, find_binary
from agent_core.adapters.embedded.errors import (
    AlreadyRunning,
    EmbeddedServerError,
    NoServerBinary,
    ServerDidNotStart,
)
from agent_core.adapters.embedded.premises import Premises, furnish, private_folder, take_lock
from agent_core.adapters.launch import command, signal_group

__all__ = ["AlreadyRunning", "EmbeddedServer", "EmbeddedServerError", "NoServerBinary", "ServerDidNotStart", "start"]

LOCK_WAIT_S = 5.0
READY_S = 30.0  # a long append-only file takes its time to load
STOP_S = 5.0
TICK_S = 0.01
FIRST_BACKOFF_S = 0.1
MOST_BACKOFF_S = 5.0
STEADY_S = 30.0  # a server that lived this long starts again with the first backoff

log = structlog.get_logger(__name__)


class EmbeddedServer:
    """The running server, kept running until it is stopped."""

    def __init__(self, binary: ServerBinary, premises: Premises, lock: int, *, watched: bool) -> None:
        self._binary = binary
        self._premises = premises
        self._lock = lock
        self._pipe = os.pipe() if watched else None
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The address without the password, fit for a log; give `password` to the client beside it."""
        return f"unix://{quote(str(self._premises.socket))}"

    @property
    def secret_url(self) -> str:
        """The address with the password in it, for clients that take nothing else; never for a log."""
        return f"{self.url}?password={self._premises.password}"

    @property
    def password(self) -> str:
        """The server's password."""
        return self._premises.password

    @property
    def connect_args(self) -> dict[str, str]:
        """What redis.asyncio.Redis takes."""
        return {"unix_socket_path": str(self._premises.socket), "password": self._premises.password}

    @property
    def pid(self) -> int:
        """The process that we started last."""
        return 0 if self._process is None else self._process.pid

    def describe(self) -> str:
        """Say which server was taken and where it keeps its data."""
        return f"{self._binary.describe()}, data in {self._premises.folder}"

    async def open(self) -> Self:
        """Start the server, wait until it answers, and keep it so."""
        try:
            await self._launch()
        except BaseException:
            await self.stop()
            raise
        self._keeper = asyncio.create_task(self._keep(), name="embedded server")
        return self

    async def stop(self) -> None:
        """End the server, by force if it takes more than 5 s, and free its data."""
        self._stopping.set()
        if self._process is not None:
            await end(self._process)
        if self._keeper is not None:
            await self._keeper
            self._keeper = None
        if self._lock >= 0:
            self._premises.clear_socket()
            for descriptor in (*(self._pipe or ()), self._lock):
                os.close(descriptor)
            self._lock = -1

    async def _launch(self) -> None:
        """Start one process and return when it answers, or raise ServerDidNotStart."""
        # Where a watcher stands between, its death can leave a server behind; two on one data would destroy it.
        if await answers(self._premises) is not None:
            raise ServerDidNotStart(self._binary.path.name, self._premises.log_file, "One of an earlier start answers.")
        with self._premises.log_file.open("ab") as log_file:
            self._process = await asyncio.create_subprocess_exec(
                *command(
                    [str(self._binary.path), str(self._premises.settings_file)],
                    at_parents_end=signal.SIGTERM,
                    watch_fd=None if self._pipe is None else self._pipe[0],
                ),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                pass_fds=(self._lock, *(self._pipe or ())[:1]),
                start_new_session=True,  # Ctrl-C is for us; the server has to outlive our drain.
            )
        if not await self._is_ready(self._process):
            await end(self._process)
            raise ServerDidNotStart(self._binary.path.name, self._premises.log_file, self._premises.last_words())

    async def _is_ready(self, process: asyncio.subprocess.Process) -> bool:
        """Wait until it answers PING; False if it ended, takes too long, or we are to stop."""
        ended = asyncio.create_task(process.wait())
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            async with asyncio.timeout(READY_S):
                while not await answers(self._premises):
                    done, _ = await asyncio.wait((ended, stopped), timeout=TICK_S, return_when=asyncio.FIRST_COMPLETED)
                    if done:
                        return False
        except TimeoutError:
            return False
        finally:
            ended.cancel()
            stopped.cancel()
        return True

    async def _keep(self) -> None:
        """Start the server again whenever it ends unasked, with a bounded backoff."""
        loop = asyncio.get_running_loop()
        backoff_s, started = FIRST_BACKOFF_S, loop.time()
        while self._process is not None:
            exit_code = await self._process.wait()
            signal_group(self._process.pid, signal.SIGTERM)  # a watcher that was killed left its server behind
            if self._stopping.is_set():
                return
            if loop.time() - started >= STEADY_S:
                backoff_s = FIRST_BACKOFF_S
            log.error("embedded_server_died", exit_code=exit_code, restart_in_s=backoff_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), backoff_s)
                return
            backoff_s, started = min(2 * backoff_s, MOST_BACKOFF_S), loop.time()
            await self._launch_again()

    async def _launch_again(self) -> None:
        """Try once more, and say in the log how it went."""
        try:
            await self._launch()
        except (EmbeddedServerError, OSError) as error:
            if not self._stopping.is_set():
                log.exception("embedded_server_not_restarted", why=str(error))
        else:
            log.warning("embedded_server_restarted", pid=self.pid)
        if self._stopping.is_set() and self._process is not None:
            await end(self._process)  # stop() came while we started it, and could not know of it


async def start(
    home: Path,
    *,
    lock_wait_s: float = LOCK_WAIT_S,
    search_path: str | None = None,
    watched: bool = sys.platform != "linux",
) -> EmbeddedServer:
    """Start the server on the data under `home`, or raise EmbeddedServerError with words."""
    binary = await find_binary(search_path)
    folder = private_folder(home)
    lock = await lock_of(folder, lock_wait_s)
    try:
        server = EmbeddedServer(binary, furnish(folder), lock, watched=watched)
    except BaseException:
        os.close(lock)
        raise
    await server.open()
    log.info("embedded_server_started", server=server.describe(), pid=server.pid)
    return server


async def lock_of(folder: Path, wait_s: float) -> int:
    """Return the lock's descriptor, waiting for a server that is still ending, or raise AlreadyRunning."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + wait_s
    while True:
        lock, holder = take_lock(folder)
        if lock is not None:
            return lock
        if loop.time() >= give_up_at:
            raise AlreadyRunning(folder, holder)
        await asyncio.sleep(TICK_S)  # noqa: TID251 - flock tells nobody when it is free, and no task waits on this


async def answers(premises: Premises) -> bool | None:
    """Tell whether a server is ready on the socket; False if it is there but not ready, None if none is there."""
    client = Redis(
        unix_socket_path=str(premises.socket),
        password=premises.password,
        socket_timeout=1.0,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        return bool(await client.ping())
    except BusyLoadingError:
        return False
    except NotConnected:
        return None
    except RedisError:
        return False  # It is there, and too busy to say more.
    finally:
        await client.aclose()


async def end(process: asyncio.subprocess.Process) -> None:
    """End a process: ask, wait, then force its whole group."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            signal_group(process.pid, signal.SIGKILL)
            await process.wait()
