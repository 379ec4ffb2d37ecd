"""A Redis that a story can take away and give back: a real one, on a private socket, with the settings that we want."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import READY, server_program

SETTINGS = {"port": "0", "save": "", "appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


@dataclass(slots=True)
class Server:
    """One server on one folder, started and ended as often as a story wants."""

    folder: Path
    _process: subprocess.Popen[str] | None = field(default=None)

    @property
    def url(self) -> str:
        """Its address, the same after every start."""
        return f"unix://{self.folder / 's'}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {**SETTINGS, "unixsocket": str(self.folder / "s"), "dir": str(self.folder)}
        words = (word for name, value in settings.items() for word in (f"--{name}", value))
        self._process = subprocess.Popen([server_program(), *words], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert any(READY in line for line in self._process.stdout), "the server did not start"

    def kill(self) -> None:
        """End it at once; nobody answers on the socket any more."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def freeze(self) -> None:
        """Let it take commands and answer none."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it was."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def own_server() -> Iterator[Server]:
    """Start a server for one file of stories."""
    with TemporaryDirectory(prefix="cs-") as folder:  # Short: a socket's path has 108 bytes at most.
        server = Server(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()
