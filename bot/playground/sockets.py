"""Socket Mode: the connections the bot opened to us, the envelopes we send, the acks we wait for.

A payload goes to any one connection. An envelope without an ack is the sender's to send again.
"""

import asyncio
import contextlib
import json
import secrets
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.playground.words import APP_ID, Json

CONNECTIONS = 10
LIFE_S = 3600.0


@dataclass(slots=True, eq=False)
class Connection:
    """One websocket of the bot."""

    socket: web.WebSocketResponse
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    is_leaving: bool = False


class Sockets:
    """All connections of the bot."""

    def __init__(self) -> None:
        self._open: list[Connection] = []
        self._turn = 0
        self.noticed = asyncio.Event()

    @property
    def connected(self) -> int:
        """Count the open connections."""
        return len(self._staying())

    def _staying(self) -> list[Connection]:
        return [connection for connection in self._open if not connection.is_leaving]

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Keep one connection until it ends."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = Connection(socket)
        if len(self._open) >= CONNECTIONS:
            await socket.send_json(self._disconnect("too_many_websockets"))
            await socket.close()
            return socket
        self._open.append(connection)
        try:
            await socket.send_json(self._hello())
            self._notice()
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledged(connection, message.data)
        finally:
            self._forget(connection)
        return socket

    def _notice(self) -> None:
        self.noticed.set()
        self.noticed = asyncio.Event()

    def _forget(self, connection: Connection) -> None:
        if connection in self._open:
            self._open.remove(connection)
        for future in connection.waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError("the socket closed before the ack"))
        self._notice()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": {
                "host": "applink-playground",
                "build_number": 1,
                "approximate_connection_time": int(LIFE_S),
            },
            "connection_info": {"app_id": APP_ID},
        }

    def _disconnect(self, reason: str) -> Json:
        return {
            "type": "disconnect",
            "reason": reason,
            "num_connections": len(self._open),
            "debug_info": {"host": "applink-playground"},
            "connection_info": {"app_id": APP_ID},
        }

    @staticmethod
    def _acknowledged(connection: Connection, text: str) -> None:
        with contextlib.suppress(ValueError):  # what is no JSON acknowledges nothing
            ack = json.loads(text)
            future = connection.waiting.pop(ack.get("envelope_id", ""), None) if isinstance(ack, dict) else None
            if future is not None and not future.done():
                future.set_result(ack)

    async def send(self, envelope: Json) -> Json:
        """Send an envelope over the next connection and give its ack."""
        staying = self._staying()
        if not staying:
            raise ConnectionRefusedError("no socket is open")
        self._turn += 1
        connection = staying[self._turn % len(staying)]
        envelope_id = secrets.token_hex(16)
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope_id] = future
        try:
            await connection.socket.send_json({"envelope_id": envelope_id} | envelope)
            return await future
        finally:
            connection.waiting.pop(envelope_id, None)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every connection to come back: it gets nothing more, but may still acknowledge what it has."""
        for connection in self._staying():
            connection.is_leaving = True
            await connection.socket.send_json(self._disconnect(reason))

    async def close(self) -> None:
        """Close every connection without a word."""
        for connection in tuple(self._open):
            await connection.socket.close()
