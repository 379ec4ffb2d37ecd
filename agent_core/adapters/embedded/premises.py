"""Where the server lives: a private folder with its data, password, configuration, log, lock and socket.

Everything is readable by the owner only. The password is made once and stands in files, never on a command line. The
lock is inherited by the server, so it is free only when the bot *and* its server have ended. A socket's path may have
no more than 107 bytes (103 on macOS); where the home is deeper than that, the socket goes to a private temporary
folder whose name is kept in a file, so that the next start cleans up after this one.
"""

import fcntl
import os
import secrets
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from agent_core.adapters.embedded.errors import EmbeddedServerError
from agent_core.adapters.key_file import write_new

MOST_SOCKET_BYTES = 103
SOCKET_NAME = "server.sock"
PASSWORD_BYTES = 32
LAST_LINES = 5
LOG_TAIL_BYTES = 4096

SETTINGS = """\
# Written at each start. What is changed here is lost.
port 0
unixsocket {socket}
unixsocketperm 600
requirepass {password}
dir {folder}
appendonly yes
appendfsync always
no-appendfsync-on-rewrite no
save ""
maxmemory-policy noeviction
daemonize no
loglevel notice
logfile {log_file}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """The paths of one embedded server, and its password."""

    folder: Path
    socket: Path
    password: str = field(repr=False)

    @property
    def settings_file(self) -> Path:
        """The server's configuration."""
        return self.folder / "server.conf"

    @property
    def log_file(self) -> Path:
        """The server's own log."""
        return self.folder / "server.log"

    def write_settings(self) -> None:
        """Write the configuration anew."""
        text = SETTINGS.format(
            socket=quoted(self.socket),
            password=self.password,
            folder=quoted(self.folder),
            log_file=quoted(self.log_file),
        )
        replace_private(self.settings_file, text)

    def last_words(self) -> str:
        """Return the last lines of the server's log."""
        if not self.log_file.exists():
            return ""
        tail = self.log_file.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
        return "\n".join(tail.splitlines()[-LAST_LINES:])

    def clear_socket(self) -> None:
        """Remove the socket, and its temporary folder where it has one."""
        self.socket.unlink(missing_ok=True)
        if self.socket.parent != self.folder:
            self.socket.parent.rmdir()


def private_folder(home: Path) -> Path:
    """Return the server's folder, made if need be, with no door for others."""
    folder = home.absolute() / "redis"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise EmbeddedServerError(
            f"The directory {folder} cannot be used: {error.strerror}. Nothing was started. "
            "Make it writable, or set COUNTERSIGN_HOME to another directory."
        ) from error
    return folder


def furnish(folder: Path) -> Premises:
    """Find or make all that the server needs. Only for the holder of the lock."""
    premises = Premises(folder=folder, socket=socket_in(folder), password=password_in(folder))
    premises.write_settings()
    return premises


def take_lock(folder: Path) -> tuple[int | None, str]:
    """Try to take the lock; return its descriptor, or None and the process that holds it."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode(errors="replace").strip()
        os.close(lock)
        return None, holder
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock, ""


def password_in(folder: Path) -> str:
    """Return the server's password, made at the first start."""
    file = folder / "password"
    if not file.exists() or not file.read_text("ascii"):
        replace_private(file, secrets.token_hex(PASSWORD_BYTES))
    return file.read_text("ascii")


def socket_in(folder: Path) -> Path:
    """Return the socket's path: in the folder, or in a short temporary one where that is too deep."""
    socket = folder / SOCKET_NAME
    if fits(socket):
        return socket
    note = folder / "socket-folder"
    kept = Path(note.read_text()) if note.exists() else None
    if kept is not None and is_private(kept):
        return kept / SOCKET_NAME
    short = Path(tempfile.mkdtemp(prefix="countersign-"))
    if not fits(short / SOCKET_NAME):
        short.rmdir()
        short = Path(tempfile.mkdtemp(prefix="countersign-", dir="/tmp"))
    replace_private(note, str(short))
    return short / SOCKET_NAME


def fits(socket: Path) -> bool:
    """Tell whether a path is short enough for a socket."""
    return len(os.fsencode(socket)) <= MOST_SOCKET_BYTES


def is_private(folder: Path) -> bool:
    """Tell whether it is a real folder of ours with no door for others; anybody may write to /tmp."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == stat.S_IRWXU


def replace_private(file: Path, text: str) -> None:
    """Put a file of mode 0600 in place of what was there, whole or not at all."""
    beside = file.with_name(f"{file.name}.new")
    beside.unlink(missing_ok=True)
    write_new(beside, text.encode())
    beside.replace(file)


def quoted(path: Path) -> str:
    """Quote a path for the server's configuration."""
    text = str(path)
    if any(ord(letter) < ord(" ") for letter in text):
        raise EmbeddedServerError(f"The path {text!r} has a control character; choose another COUNTERSIGN_HOME.")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
