"""Commands of many tasks travel to Redis together, and so share round trips and syncs of its log.

Redis syncs once for all that it reads at once, and answers nobody meanwhile, so more connections gain little: one batch
is under way (with two, they shared fewer round trips), and what is asked in the meantime goes with the next. Whoever
asks while nobody else does is sent at once.
A batch is no transaction: each command has its own reply or refusal. Where a connection fails, whoever waits on it is
told so, and where none can be had, everybody who waits. Somebody who stops waiting takes nothing back and disturbs
nobody else's reply.
"""

import asyncio
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from hiredis import pack_command
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as NoConnection, ResponseError

Command: TypeAlias = Sequence[str | bytes | int]
Reply: TypeAlias = "bytes | int | list[Reply] | None"

MOST = 128  # commands in a batch


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that waits to be sent, and where its reply goes; nobody may wait for it any more."""

    command: Command
    reply: asyncio.Future[Reply]

    def answer(self, reply: Reply) -> None:
        """Hand the reply over."""
        if not self.reply.done():
            self.reply.set_result(reply)

    def fail(self, error: Exception) -> None:
        """Say why there is none."""
        if not self.reply.done():
            self.reply.set_exception(error)


class Batches:
    """Sends what is asked over one connection of the client's pool, kept for as long as it works."""

    def __init__(self, redis: Redis, *, timeout_s: float) -> None:
        """Hold the client; ``timeout_s`` is how long a batch may take from its sending to its last reply."""
        self._pool = redis.connection_pool
        self._timeout_s = timeout_s
        self._waiting: list[Asked] = []
        self._is_under_way = False
        self._kept: AbstractConnection | None = None
        self._own_timeout_s: float | None = None
        self._carrier: asyncio.Task[None] | None = None

    async def ask(self, command: Command) -> Reply:
        """Send a command, at once or with the next batch, and give its reply or raise the client's error."""
        asked = Asked(command, asyncio.get_running_loop().create_future())
        if self._is_under_way:
            self._waiting.append(asked)
        else:
            self._is_under_way = True
            try:
                await self._carry([asked])  # In the asker's own task: another one would only cost time.
            finally:
                self._go_on()
        return await asked.reply

    async def ask_all(self, commands: Iterable[Command]) -> list[Reply]:
        """Send commands together and give their replies, or raise the client's error for one of them."""
        asked = [Asked(command, asyncio.get_running_loop().create_future()) for command in commands]
        self._waiting += asked
        if not self._is_under_way:
            self._go_on()
        return await asyncio.gather(*(one.reply for one in asked))

    def _go_on(self) -> None:
        """Have sent what waits. No await stands before it, so that nobody begins to wait in between."""
        self._is_under_way = bool(self._waiting)
        if self._is_under_way:
            self._carrier = asyncio.create_task(self._carry_all())

    async def _carry_all(self) -> None:
        """Send one batch after the other until nobody waits."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._carry(batch)
        finally:
            self._go_on()

    async def _carry(self, batch: Sequence[Asked]) -> None:
        """Send a batch; whatever happens, nobody is left waiting for it."""
        try:
            await self._exchange(batch)
        except Exception as error:  # noqa: BLE001 - it is raised again by everybody who waits for this batch
            for asked in batch:
                asked.fail(error)
        finally:
            for asked in batch:  # Cancelled: the process ends.
                asked.reply.cancel()

    async def _exchange(self, batch: Sequence[Asked]) -> None:
        """Send a batch and hand over each reply, or raise what kept all of them from being sent or answered."""
        try:
            connection = await self._connected()
        except Exception as error:
            self._give_up(error)
            raise
        try:
            async with asyncio.timeout(self._timeout_s):
                await connection.send_packed_command(b"".join(packed(asked.command) for asked in batch))
                for nth, asked in enumerate(batch):
                    await self._take(connection, asked, batch[nth + 1 :])
        except BaseException:
            await self._give_back(connection)  # Replies that nobody read are not the next batch's.
            raise

    def _give_up(self, error: Exception) -> None:
        """Tell all who wait that there is no connection; batch after batch, each would wait for it as long again."""
        waiting, self._waiting = self._waiting, []
        for asked in waiting:
            asked.fail(error)

    async def _connected(self) -> AbstractConnection:
        """Give the connection that is kept, or another if the server has closed that one meanwhile."""
        if self._kept is not None and not await is_usable(self._kept):
            await self._give_back(self._kept)
        if self._kept is None:
            self._kept = await self._pool.get_connection()  # type: ignore[no-untyped-call]  # not typed there
            # A batch has its own time-out; with the client's, each sending would be a task with a timer.
            self._own_timeout_s, self._kept.socket_timeout = self._kept.socket_timeout, None
        return self._kept

    async def _give_back(self, connection: AbstractConnection) -> None:
        """Close a connection; whoever is given it next opens it anew."""
        self._kept, connection.socket_timeout = None, self._own_timeout_s
        await connection.disconnect(nowait=True)
        await self._pool.release(connection)

    @staticmethod
    async def _take(connection: AbstractConnection, asked: Asked, later: Sequence[Asked]) -> None:
        """Read the next reply, or the refusal in its place; what it says of this command holds of no other."""
        try:
            asked.answer(await connection.read_response(timeout=math.inf))  # The batch has its own time-out.
        except ResponseError as refusal:
            asked.fail(refusal)
        except NoConnection as error:
            asked.fail(error)
            for other in later:
                other.fail(NoConnection("The connection failed at an earlier reply."))
            raise


def packed(command: Command) -> bytes:
    """Write a command as it travels; the client's own way to do so takes ten times as long."""
    words: bytes = pack_command(tuple(command))  # type: ignore[arg-type]  # its stub means a tuple of any length
    return words


async def is_usable(connection: AbstractConnection) -> bool:
    """Tell whether a connection that was good when it was last used is still open and has nothing unread."""
    try:
        return not await connection.can_read()
    except (NoConnection, OSError):
        return False
