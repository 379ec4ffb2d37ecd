"""Commands of many tasks travel to Redis together, and so share round trips and syncs of its log.

Redis syncs once for all that it reads at once, and answers nobody meanwhile, so more connections gain little: one batch
is under way, and what is asked in the meantime goes with the next, over the same connection. Whoever asks while nobody
else does is sent at once.
A batch is no transaction: each command has its own reply or refusal. Where a connection fails, whoever waits on it is
told so. Somebody who stops waiting takes nothing back and disturbs nobody else's reply.
"""

import asyncio
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as NoConnection, ResponseError

Command: TypeAlias = Sequence[str | bytes | int]
Reply: TypeAlias = "bytes | int | list[Reply] | None"

UNDER_WAY = 1  # with 2, commands shared fewer round trips
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
    """Sends what is asked over the client's own connections."""

    def __init__(self, redis: Redis, *, timeout_s: float) -> None:
        """Hold the client; ``timeout_s`` is how long a batch may take from its sending to its last reply."""
        self._pool = redis.connection_pool
        self._timeout_s = timeout_s
        self._waiting: list[Asked] = []
        self._under_way = 0
        self._carriers: set[asyncio.Task[None]] = set()

    async def ask(self, command: Command) -> Reply:
        """Send a command, at once or with the next batch, and give its reply or raise the client's error."""
        asked = Asked(command, asyncio.get_running_loop().create_future())
        if self._under_way < UNDER_WAY:
            await self._carry([asked])  # In the asker's own task: another one would only cost time.
        else:
            self._waiting.append(asked)
        return await asked.reply

    async def ask_all(self, commands: Iterable[Command]) -> list[Reply]:
        """Send commands together and give their replies, or raise the client's error for one of them."""
        asked = [Asked(command, asyncio.get_running_loop().create_future()) for command in commands]
        self._waiting += asked
        self._go_on()
        return await asyncio.gather(*(one.reply for one in asked))

    def _go_on(self, connection: AbstractConnection | None = None) -> bool:
        """Have sent what waits, if there is room, over this connection or another; say whether it is in use."""
        if not self._waiting or self._under_way >= UNDER_WAY:
            return False
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        carrier = asyncio.create_task(self._carry(batch, connection))
        self._carriers.add(carrier)
        carrier.add_done_callback(self._carriers.discard)
        return True

    async def _carry(self, batch: Sequence[Asked], connection: AbstractConnection | None = None) -> None:
        """Send a batch, and have sent what began to wait meanwhile."""
        self._under_way += 1
        free: AbstractConnection | None = None
        try:
            free = await self._carry_one(batch, connection)
        finally:
            self._under_way -= 1  # In one step with the last look, so that nobody begins to wait in between.
            is_used = self._go_on(free)
        if free is not None and not is_used:
            await self._pool.release(free)

    async def _carry_one(
        self, batch: Sequence[Asked], connection: AbstractConnection | None
    ) -> AbstractConnection | None:
        """Send a batch and give the connection that is free again; whatever happens, nobody is left waiting for it."""
        try:
            return await self._exchange(batch, connection)
        except Exception as error:  # noqa: BLE001 - it is raised again by everybody who waits for this batch
            for asked in batch:
                asked.fail(error)
            return None
        finally:
            for asked in batch:  # Cancelled: the process ends.
                asked.reply.cancel()

    async def _exchange(self, batch: Sequence[Asked], connection: AbstractConnection | None) -> AbstractConnection:
        """Send a batch and hand over each reply, or raise what kept all of them from being sent or answered."""
        connection = connection or await self._pool.get_connection()  # type: ignore[no-untyped-call]  # not typed there
        try:
            async with asyncio.timeout(self._timeout_s):
                await connection.send_packed_command(connection.pack_commands([asked.command for asked in batch]))
                for nth, asked in enumerate(batch):
                    await self._take(connection, asked, batch[nth + 1 :])
        except BaseException:
            await connection.disconnect(nowait=True)  # Replies that nobody read are not the next batch's.
            await self._pool.release(connection)
            raise
        return connection

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
