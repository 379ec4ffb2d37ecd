"""One of the demo's two services: a real process with a health endpoint, a log and a lock file.

`python service.py NAME WORLD` prints ``ready <port>`` once it answers and has warmed up. It refuses to start while its
lock file lies there, as careful servers do; a crash leaves it, an orderly end takes it away. What it says about flags
it reads anew at each request. It listens on the loopback address and needs the standard library alone.
"""

import json
import logging
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType

REFUSED = 70  # EX_SOFTWARE in sysexits.h
HOST = "127.0.0.1"
log = logging.getLogger("service")


class Answers(BaseHTTPRequestHandler):
    """GET /health and GET /flags."""

    name = ""
    world = Path()

    def do_GET(self) -> None:
        """Answer with JSON."""
        match self.path:
            case "/health":
                self._send({"service": self.name, "status": "ok", "pid": os.getpid()})
            case "/flags":
                self._send(json.loads((self.world / "config" / "flags.json").read_text(encoding="utf-8")))
            case _:
                self.send_error(404)

    def _send(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server calls it so
        """Write to the service's own log."""
        log.info(format, *args)


def end(_number: int, _frame: FrameType | None) -> None:
    """End in order: what is open is closed, the lock is taken away."""
    raise SystemExit(0)


def take_lock(file: Path) -> bool:
    """Make the lock file with our process in it; False if another one's lies there."""
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as lock:
        lock.write(str(os.getpid()))
    return True


def serve(name: str, world: Path) -> None:
    """Warm up, say that we are ready, and answer until we are told to end."""
    Answers.name, Answers.world = name, world
    with ThreadingHTTPServer((HOST, 0), Answers) as server:
        settings = json.loads((world / "config" / f"{name}.json").read_text(encoding="utf-8"))
        log.info("warming up for %s s", settings["warm_up_s"])
        time.sleep(settings["warm_up_s"])
        log.info("ready on port %s", server.server_port)
        sys.stdout.write(f"ready {server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever(poll_interval=0.1)


def main(name: str, world: Path) -> int:
    """Run the service; give the exit code."""
    signal.signal(signal.SIGTERM, end)
    file = world / "logs" / name / f"{name}.log"
    logging.basicConfig(filename=file, level=logging.INFO, format="%(asctime)s %(message)s", encoding="utf-8")
    lock = world / "run" / f"{name}.lock"
    if not take_lock(lock):
        log.error("refusing to start: the lock file %s is there", lock.name)
        return REFUSED
    try:
        serve(name, world)
    finally:
        lock.unlink(missing_ok=True)
        log.info("ended")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
