"""Makes the demo's world: a folder with services to run, logs to delete, flags to change, and the agent's tools.

It is made at the first start and then it is the newcomer's: what they change stays. Only the programs are written anew
at each start, because they name the interpreter, which may have moved. The logs are days of made-up requests, their
ages real as far as the file system knows.
"""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bot.demo import tools
from bot.demo.tools import SERVICES, TOOLS

SEED = Path(__file__).with_name("world")
PROGRAM = "tools"
FOLDERS = ("config", "runbooks", "run", "tools", *(f"logs/{service}" for service in SERVICES))
FLAGS = {"new_cart": 0, "quick_pay": 5}
QUOTA_BYTES = 4_000_000
WARM_UP_S = 2.0
DAYS = 14
LINES_A_DAY = 4_000
CRASHED = 31_337  # the process that left its lock: it ended long ago, if it ever was
PATHS = ("/", "/cart", "/cart/add", "/pay", "/pay/confirm", "/search", "/item/{}")

# Valid sh and valid Python. A shebang that named the interpreter would break where its path is long or has spaces.
HEAD = """#!/bin/sh
''':'
exec {python} -E -s -S -B "$0" "$@"
'''
"""


def furnish(world: Path, now: datetime, *, warm_up_s: float = WARM_UP_S) -> None:
    """Make the world if there is none, and its programs in any case."""
    is_new = not (world / "countersign.yml").exists()
    for folder in FOLDERS:
        (world / folder).mkdir(parents=True, exist_ok=True)
    world.chmod(0o700)
    write_programs(world / "tools")
    if is_new:
        write_settings(world, warm_up_s)
        write_logs(world, now)
        (world / "run" / "checkout.lock").write_text(str(CRASHED), encoding="utf-8")
        for file in sorted((SEED / "runbooks").glob("*.yml")):
            shutil.copyfile(file, world / "runbooks" / file.name)
        shutil.copyfile(SEED / "countersign.yml", world / "countersign.yml")  # Last: it says that all is there.


def write_programs(folder: Path) -> None:
    """Write the one program and the names that it goes by."""
    source = Path(tools.__file__).read_text("utf-8")
    beside = folder / f"{PROGRAM}.new"
    beside.write_text(HEAD.format(python=shlex.quote(sys.executable)) + source, encoding="utf-8")
    beside.chmod(0o700)
    beside.replace(folder / PROGRAM)
    for name in TOOLS:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(PROGRAM)


def write_settings(world: Path, warm_up_s: float) -> None:
    """Write what the services and tools are told."""
    settings: dict[str, object] = {"flags": FLAGS, "disk": {"quota_bytes": QUOTA_BYTES}}
    for service in SERVICES:
        settings[service] = {"warm_up_s": warm_up_s}
    for name, content in settings.items():
        (world / "config" / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def write_logs(world: Path, now: datetime) -> None:
    """Write a file for each service and each of the last days, as old as it says."""
    for age in range(1, DAYS + 1):
        # Half a day off, so that no file turns older than so many days while somebody reads.
        end = now - timedelta(days=age - 0.5)
        for service in SERVICES:
            file = world / "logs" / service / f"{service}-{end:%Y-%m-%d}.log"
            file.write_text("\n".join(requests(service, end)) + "\n", encoding="utf-8")
            os.utime(file, (end.timestamp(), end.timestamp()))


def requests(service: str, end: datetime) -> Iterator[str]:
    """Make up one day's requests, the last at its end."""
    apart = timedelta(days=1) / LINES_A_DAY
    for number in range(LINES_A_DAY):
        at = end - apart * (LINES_A_DAY - 1 - number)
        path = PATHS[number * 7 % len(PATHS)].format(number % 997)
        yield f"{at:%Y-%m-%d %H:%M:%S} {service} GET {path} 200 {3 + number * 13 % 240} ms"
