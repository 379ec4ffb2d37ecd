"""Keeps the demo's two services: real processes, which it starts, restarts when it is told to, and never by itself.

`python -m bot.demo.keeper WORLD` starts what can be started and prints ``services ready``. A service that ends stays
down: mending that is the agent's work. What it knows of each stands in ``run/<service>.json``; orders come as one line
of JSON over a loopback port, and only with the token in ``run/keeper.json``, which its owner alone can read.
"""

import asyncio
import hmac
import json
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.demo import service as service_program
from bot.demo.child import Child
from bot.demo.tools import HOST, SERVICES

READY_S = 30.0
ORDER_S = 5.0
STOP_S = 5.0


class Order(BaseModel):
    """What the tool restart_service sends."""

    model_config = ConfigDict(frozen=True, strict=True)
    token: str
    service: str
    grace_s: int = Field(ge=0, le=30)


class Service:
    """One service: its process if one runs, and what is noted of it."""

    def __init__(self, world: Path, name: str) -> None:
        self._world = world
        self._name = name
        self._child: Child | None = None
        self._watch: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> tuple[bool, str]:
        """Start the process and say how that went."""
        log = self._world / "run" / f"{self._name}.output"
        argv = [sys.executable, "-E", "-s", "-S", "-B", service_program.__file__, self._name, str(self._world)]
        child = await Child.start(argv, env={"PYTHONUTF8": "1"}, log=log)
        word, _, port = (await child.first_line(READY_S) or "").partition(" ")
        if word != "ready":
            code = await child.stop(0)
            self._note(exit_code=code)
            return False, f"{self._name} was started and ended with exit code {code}. Its log says why."
        self._child = child
        self._note(pid=child.pid, port=int(port))
        self._watch = asyncio.create_task(self._watched(child), name=f"watch of {self._name}")
        return True, f"{self._name} started: process {child.pid} is ready on port {port}."

    async def restart(self, grace_s: float) -> tuple[bool, str]:
        """End the process in order, if there is one, and start anew; one restart at a time."""
        async with self._turn:
            before = self._child
            if before is not None:
                await self.stop(grace_s)
            ok, words = await self.start()
            return ok, words if before is None else f"Process {before.pid} ended. {words}"

    async def stop(self, grace_s: float) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is not None:
            await child.stop(grace_s)
        if self._watch is not None:
            await self._watch

    async def _watched(self, child: Child) -> None:
        """Note the end of the process, expected or not."""
        code = await child.ended()
        self._note(exit_code=code)
        if self._child is child:
            self._child = None
            await child.stop(0)

    def forget_our_lock(self) -> None:
        """Take away the lock of a process that an unclean end of the demo itself cut off; others stay."""
        lock = self._world / "run" / f"{self._name}.lock"
        noted = self._read().get("pid")
        if lock.exists() and noted is not None and lock.read_text("utf-8").strip() == str(noted):
            lock.unlink()

    def _read(self) -> dict[str, object]:
        file = self._world / "run" / f"{self._name}.json"
        return cast("dict[str, object]", json.loads(file.read_text("utf-8"))) if file.exists() else {}

    def _note(self, *, pid: int | None = None, port: int | None = None, exit_code: int | None = None) -> None:
        write_private(
            self._world / "run" / f"{self._name}.json",
            json.dumps({"pid": pid, "port": port, "exit_code": exit_code}),
        )


class Keeper:
    """Takes orders for the services of a world."""

    def __init__(self, world: Path) -> None:
        self._world = world
        self._token = secrets.token_urlsafe(24)
        self._services = {name: Service(world, name) for name in SERVICES}
        self.ready = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the services until told to stop."""
        for service in self._services.values():
            service.forget_our_lock()
        await asyncio.gather(*(service.start() for service in self._services.values()))
        server = await asyncio.start_server(self._serve, HOST, 0)
        try:
            port = server.sockets[0].getsockname()[1]
            card = {"port": port, "token": self._token, "pid": os.getpid()}
            write_private(self._world / "run" / "keeper.json", json.dumps(card))
            self.ready.set()
            await stop.wait()
        finally:
            server.close()
            await asyncio.gather(*(service.stop(STOP_S) for service in self._services.values()))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one order and answer it."""
        try:
            async with asyncio.timeout(ORDER_S):
                line = await reader.readline()
            ok, words = await self._obey(line)
            writer.write(json.dumps({"ok": ok, "words": words}).encode() + b"\n")
            await writer.drain()
        except (ConnectionError, TimeoutError, ValueError) as error:
            sys.stderr.write(f"an order came to nothing: {type(error).__name__}\n")
        finally:
            writer.close()

    async def _obey(self, line: bytes) -> tuple[bool, str]:
        try:
            order = Order.model_validate_json(line)
        except ValidationError:
            return False, "The order was not understood. Nothing was done."
        if not hmac.compare_digest(order.token.encode(), self._token.encode()):
            return False, "The order came without the token. Nothing was done."
        service = self._services.get(order.service)
        if service is None:
            return False, f"There is no service “{order.service}”. Nothing was done."
        # Shielded: who ordered may be killed meanwhile, and a restart that has begun is carried through.
        return await asyncio.shield(service.restart(order.grace_s))


def write_private(file: Path, text: str) -> None:
    """Put a file that only its owner can read in place of what was there, whole or not at all."""
    beside = file.with_name(f"{file.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
    beside.replace(file)


async def main(world: Path) -> int:
    """Keep the services until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    keeper = Keeper(world)
    running = asyncio.create_task(keeper.run(stop))
    ready = asyncio.create_task(keeper.ready.wait())
    await asyncio.wait((running, ready), return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if keeper.ready.is_set():
        sys.stdout.write("services ready\n")
        sys.stdout.flush()
    await running
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]))))
