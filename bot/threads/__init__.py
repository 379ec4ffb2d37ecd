"""``threads``: what operators and auditors do with whole threads, from the command line, whether or not a bot runs.

Exit codes: 0 done, 1 something is not as it should be (a difference, damage, nothing there), 2 a wrong configuration.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from bot.threads.commands import export, fork, go, import_, list_, purge, replay, rewind, show

if TYPE_CHECKING:
    import argparse

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives it no other name

MOST = 100_000  # days or steps: more than any task has, and less than a calendar ends at
ID = "a thread's ID, its permalink, or its ts"


def add_threads(commands: "Commands") -> None:
    """Add ``threads`` and its subcommands to the command line; each sets ``go``."""
    words = "Look at whole threads, and what became of them."
    inner = commands.add_parser("threads", help=words, description=words).add_subparsers(
        metavar="what", required=True, dest="what"
    )
    for add in (add_looking, add_going_back, add_moving):
        add(inner)


def add_looking(inner: "Commands") -> None:
    """Add what changes nothing."""
    listing = inner.add_parser("list", help="every thread that is kept")
    listing.add_argument("--open", action="store_true", help="only those that go on")
    listing.set_defaults(go=go(list_))
    showing = inner.add_parser("show", help="a thread's whole history")
    showing.add_argument("id", help=ID)
    form = showing.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as one JSON object")
    form.add_argument("--html", type=Path, metavar="FILE", help="write a page that any browser opens, private to you")
    showing.set_defaults(go=go(show))
    deciding = inner.add_parser("replay", help="decide a thread's journal anew, and say where it differs")
    deciding.add_argument("id", help=ID)
    deciding.set_defaults(go=go(replay))


def add_going_back(inner: "Commands") -> None:
    """Add what takes a task up again at an earlier step."""
    ways = {
        "fork": (fork, "begin a new task as this one was after a step"),
        "rewind": (rewind, "take a task up again as it was after a step; later steps stay in its journal"),
    }
    for name, (way, words) in ways.items():
        going = inner.add_parser(name, help=words)
        going.add_argument("id", help=ID)
        going.add_argument("step", type=count, help="the step after which it goes on; 0 is before the first")
        going.add_argument("--by", required=True, metavar="USER", help="the Slack user ID of the person it is done for")
        going.set_defaults(go=go(way))


def add_moving(inner: "Commands") -> None:
    """Add what takes threads out, puts them back and lets them go."""
    taking = inner.add_parser("export", help="write one thread with its journal into a file")
    taking.add_argument("id", help=ID)
    taking.add_argument("file", type=Path, help="where to; made readable by you only")
    taking.set_defaults(go=go(export))
    putting = inner.add_parser("import", help="put a thread back from such a file, paused")
    putting.add_argument("file", type=Path)
    putting.set_defaults(go=go(import_))
    burying = inner.add_parser("purge", help="put tombstones in the place of threads that finished long ago")
    which = burying.add_mutually_exclusive_group()
    which.add_argument("--older-than", type=count, metavar="DAYS", help="instead of the configured retention_days")
    which.add_argument("--words-of", metavar="USER", help="erase this person's words from finished threads instead")
    burying.add_argument("--dry-run", action="store_true", help="only say which")
    burying.set_defaults(go=go(purge))


def count(text: str) -> int:
    """Read a number of days or steps; argparse says what is wrong with it."""
    number = int(text)
    if not 0 <= number <= MOST:
        raise ValueError(text)
    return number
