"""What the demo's agent can do: nine small programs in one file, which goes by the name that it is called by.

The world's folder has a copy of this file, and a link to it for each name. What is read and changed there is real: log
files, lock files, a configuration file, processes. Nothing outside that folder is touched, whatever the arguments say:
services are two known names, log files are found and never named, flags are keys of one file. It says what it did in
plain words and ends with 0, or says why not and ends with 1. It needs the standard library alone, and starts quickly.
"""

import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

SERVICES = ("checkout", "cart")
ASKED = "cart"  # whose answer about a flag counts
HOST = "127.0.0.1"
ANSWER_S = 2.0
RESTART_S = 50.0
DAY_S = 86_400
MB = 1_000_000


class CannotDo(Exception):
    """What was asked for cannot be done; the words say why."""


def read_status(world: Path, service: str) -> str:
    """Say whether a service is active, from its own answer, and what keeps it down if it is not."""
    health = answer(world, service, "/health")
    if health is not None:
        return f"{service} is active: process {health['pid']} answers on port {state_of(world, service)['port']}."
    lines = [f"{service} is down: {how_it_ended(world, service)}."]
    owner = lock_owner(world, service)
    if owner is not None:
        lines.append(f"A stale lock of process {owner} is left. {service} does not start while it is there.")
    return "\n".join([*lines, *last_words(world, service)])


def check_health(world: Path, service: str) -> str:
    """Give what the service's health endpoint answers, as JSON."""
    health = answer(world, service, "/health")
    if health is None:
        raise CannotDo(f"{service} does not answer.")
    return json.dumps(health)


def clear_lock(world: Path, service: str) -> str:
    """Remove the lock file that a crashed process left, never that of a running one."""
    owner = lock_owner(world, service)
    if owner is None:
        return f"No lock of {service} is left: there was none."
    if owner == state_of(world, service).get("pid"):
        raise CannotDo(f"The lock belongs to process {owner}, which runs. Nothing was removed.")
    lock_file(world, service).unlink(missing_ok=True)
    return f"Removed the stale lock of process {owner}. No lock of {service} is left."


def restart_service(world: Path, service: str, grace_s: int) -> str:
    """Have the keeper of the services end the process, if there is one, and start it anew."""
    keeper = read_json(world / "run" / "keeper.json")
    order = {"token": keeper.get("token"), "service": service, "grace_s": grace_s}
    try:
        with socket.create_connection((HOST, int(str(keeper.get("port", 0)))), ANSWER_S) as line:
            line.settimeout(RESTART_S)
            line.sendall(json.dumps(order).encode() + b"\n")
            told = json.loads(line.makefile("r", encoding="utf-8").readline())
    except (OSError, ValueError) as error:
        raise CannotDo("The services' keeper does not answer; it runs while the demo does.") from error
    if not told["ok"]:
        raise CannotDo(told["words"])
    return str(told["words"])


def disk_usage(world: Path) -> str:
    """Say how much room the log files take, of how much."""
    quota = cast("int", read_json(world / "config" / "disk.json")["quota_bytes"])
    sizes = [file.stat().st_size for file in logs(world)]
    used = sum(sizes)
    verdict = "within the quota" if used <= quota else f"over the quota by {(used - quota) / MB:.1f} MB"
    return f"{len(sizes)} log files take {used / MB:.1f} MB of {quota / MB:.1f} MB: {verdict}."


def list_logs(world: Path, older_than_days: int) -> str:
    """List the log files that nobody has written to for so many days."""
    found = old_logs(world, older_than_days)
    if not found:
        return f"No log file is older than {older_than_days} days."
    lines = [f"{file.relative_to(world)}  {file.stat().st_size / MB:.2f} MB" for file in found]
    return "\n".join([f"{len(found)} log files are older than {older_than_days} days:", *lines])


def delete_logs(world: Path, older_than_days: int) -> str:
    """Delete the log files that nobody has written to for so many days."""
    freed, found = 0, old_logs(world, older_than_days)
    for file in found:
        size = file.stat().st_size
        file.unlink()
        freed += size
    return f"Deleted {len(found)} log files older than {older_than_days} days: {freed / MB:.1f} MB are free again."


def read_flag(world: Path, flag: str) -> str:
    """Say how far a flag is rolled out, as the running service sees it."""
    seen = answer(world, ASKED, "/flags")
    if seen is None:
        raise CannotDo(f"{ASKED} does not answer, so nobody can say what its shoppers see.")
    if flag not in seen:
        raise CannotDo(f"There is no flag “{flag}”. There are: {', '.join(sorted(seen))}.")
    return f"{flag} is at {seen[flag]} %, says the running {ASKED}."


def set_flag(world: Path, flag: str, percent: int) -> str:
    """Change a flag in the configuration file, whole or not at all."""
    file = world / "config" / "flags.json"
    flags = dict(read_json(file))
    if flag not in flags:
        raise CannotDo(f"There is no flag “{flag}”. There are: {', '.join(sorted(flags))}.")
    before, flags[flag] = flags[flag], percent
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(flags, indent=1) + "\n", encoding="utf-8")
    beside.replace(file)
    return f"{flag}: {before} % → {percent} %."


def answer(world: Path, service: str, path: str) -> Mapping[str, object] | None:
    """Ask a running service; None if none answers, or another process has its port by now."""
    state = state_of(world, service)
    line = http.client.HTTPConnection(HOST, int(str(state.get("port") or 0)), timeout=ANSWER_S)
    try:
        line.request("GET", path)
        told = json.loads(line.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        line.close()
    return told if isinstance(told, dict) and (path != "/health" or told.get("pid") == state.get("pid")) else None


def how_it_ended(world: Path, service: str) -> str:
    """Say how the last process of a service ended."""
    state = state_of(world, service)
    if state.get("pid") is not None:
        return f"process {state['pid']} does not answer"
    code = state.get("exit_code")
    return "no process runs" if code is None else f"its process ended with exit code {code}"


def last_words(world: Path, service: str) -> list[str]:
    """Give the last line of a service's log."""
    log = world / "logs" / service / f"{service}.log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [f"Its log ends with: {lines[-1]}"] if lines else []


def lock_file(world: Path, service: str) -> Path:
    """Name the file that keeps two processes of one service apart."""
    return world / "run" / f"{service}.lock"


def lock_owner(world: Path, service: str) -> int | None:
    """Say which process made the lock; None if there is none, 0 if it does not say."""
    try:
        text = lock_file(world, service).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return int(text) if text.isascii() and text.isdigit() else 0


def state_of(world: Path, service: str) -> Mapping[str, object]:
    """Read what the keeper noted of a service: pid, port and exit_code."""
    return read_json(world / "run" / f"{service}.json")


def read_json(file: Path) -> Mapping[str, object]:
    """Read an object from a file; nothing where there is no file."""
    try:
        return cast("Mapping[str, object]", json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def logs(world: Path) -> Iterator[Path]:
    """Give the world's log files; a link could lead out of it, so links are passed over."""
    for service in SERVICES:
        folder = world / "logs" / service
        for file in sorted(folder.glob("*.log")):
            if file.is_file() and not file.is_symlink() and not folder.is_symlink():
                yield file


def old_logs(world: Path, days: int) -> list[Path]:
    """Give the log files whose last line is older than so many days."""
    now = time.time()  # noqa: TID251 - a program of its own: the files' ages are counted by the same clock
    return [file for file in logs(world) if now - file.stat().st_mtime > days * DAY_S]


def known_service(word: str) -> str:
    """Take one of the services."""
    if word not in SERVICES:
        raise CannotDo(f"There is no service “{word}”. There are: {', '.join(SERVICES)}.")
    return word


def whole(least: int, most: int) -> Callable[[str], int]:
    """Take a whole number within bounds."""

    def read(word: str) -> int:
        if not (word.isascii() and word.isdigit() and least <= int(word[:9]) <= most):
            raise CannotDo(f"“{word}” is no whole number from {least} to {most}.")
        return int(word)

    return read


TOOLS: Mapping[str, tuple[Callable[..., str], tuple[Callable[[str], object], ...]]] = {
    "read_status": (read_status, (known_service,)),
    "check_health": (check_health, (known_service,)),
    "clear_lock": (clear_lock, (known_service,)),
    "restart_service": (restart_service, (known_service, whole(0, 30))),
    "disk_usage": (disk_usage, ()),
    "list_logs": (list_logs, (whole(0, 3650),)),
    "delete_logs": (delete_logs, (whole(1, 3650),)),
    "read_flag": (read_flag, (str,)),
    "set_flag": (set_flag, (str, whole(0, 100))),
}


def main(world: Path, name: str, words: Sequence[str]) -> int:
    """Do what the name says, and give the exit code."""
    run, takes = TOOLS[name]
    if len(words) != len(takes):
        sys.stderr.write(f"{name} takes {len(takes)} arguments.\n")
        return 1
    try:
        said = run(world, *(take(word) for take, word in zip(takes, words, strict=True)))
    except (CannotDo, OSError, ValueError) as no:
        sys.stderr.write(f"{no}\n")
        return 1
    sys.stdout.write(f"{said}\n")
    return 0


if __name__ == "__main__":
    here = Path(os.path.abspath(sys.argv[0]))  # noqa: PTH100 - resolve() would follow the link, whose name is the point
    sys.exit(main(here.parent.parent, here.name, sys.argv[1:]))
