"""A relay before Redis that loses replies: a request goes on, takes effect, and its connection ends without the answer.

It looks for the hash of a script in what the client sends, which names the script that is asked for; what travels in
the same writing is asked for as well, and its replies are lost with it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from importlib import resources

from agent_core.adapters.redis_client import script_of

CHUNK = 1 << 16
SHA_BYTES = 40


def scripts() -> dict[bytes, str]:
    """Name every script of ours by the hash by which a server knows it."""
    folder = resources.files("agent_core.adapters").joinpath("lua")
    names = [file.name.removesuffix(".lua") for file in folder.iterdir() if file.name.endswith(".lua")]
    return {script_of(name).sha.encode(): name for name in names}


class Lossy:
    """One address before a server's socket. ``seen`` and ``lost`` count scripts by name."""

    def __init__(self, socket: str) -> None:
        """Lose nothing yet."""
        self.seen: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.has_lost = asyncio.Event()
        self._socket = socket
        self._names: Mapping[bytes, str] = scripts()
        self._wanted, self._after = "", 0

    def lose(self, name: str, *, after: int = 0) -> None:
        """Lose the reply to this script once, after so many that get through."""
        self._wanted, self._after = name, after
        self.has_lost.clear()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection until either side ends it, or until a reply is to be lost."""
        theirs, ours = await asyncio.open_unix_connection(self._socket)
        back = asyncio.create_task(self._back(theirs, writer))
        try:
            with suppress(ConnectionError):
                await self._forth(reader, ours, theirs, back)
        finally:
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
            for end in (ours, writer):
                end.close()

    async def _forth(
        self,
        reader: asyncio.StreamReader,
        ours: asyncio.StreamWriter,
        theirs: asyncio.StreamReader,
        back: "asyncio.Task[None]",
    ) -> None:
        """Pass requests on; end it where one was to lose its reply, once the server has given that reply."""
        tail = b""
        while chunk := await reader.read(CHUNK):
            lost = self._named(tail + chunk)
            tail = (tail + chunk)[1 - SHA_BYTES :]
            if lost:
                back.cancel()
                await asyncio.gather(back, return_exceptions=True)
            ours.write(chunk)
            await ours.drain()
            if lost:
                await theirs.read(CHUNK)
                self.lost[lost] += 1
                self.has_lost.set()
                return

    async def _back(self, theirs: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await theirs.read(CHUNK):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    def _named(self, sent: bytes) -> str:
        """Count the scripts in what is sent; give the name of the one whose reply is to be lost now, if it is there."""
        lost = ""
        for sha, name in self._names.items():
            times = sent.count(sha)
            self.seen[name] += times
            if times and name == self._wanted:
                self._after -= times
                if self._after < 0:
                    lost, self._wanted = name, ""
        return lost


@asynccontextmanager
async def lossy(socket: str) -> AsyncGenerator[tuple[Lossy, str]]:
    """Run a relay before this socket until the block ends; give it and the URL at which Redis seems to be."""
    relay = Lossy(socket)
    server = await asyncio.start_server(relay.take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield relay, f"redis://127.0.0.1:{port}/0"
    finally:
        server.close()
