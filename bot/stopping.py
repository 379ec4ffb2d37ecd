"""``stop-all`` and ``resume-all``: the emergency stop from the command line, whether or not Slack can be reached.

It stops what every process that shares this store would begin. Whoever can open the store and read the key may do it;
the log names the account and the machine.
"""

import argparse
import asyncio
import getpass
import logging
import re
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from agent_core.errors import Broken
from agent_core.ports import StoreDown
from agent_core.words import TeamId, team_of
from bot.config import read_settings
from bot.reach import NotStarted
from bot.switching import answer
from bot.threads.opened import Opened, opened

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives it no other name

TEAM = re.compile(r"[A-Z][A-Z0-9]{0,63}")
NO_TEAM = "No task of any workspace is kept in this store, so it is not known which to stop. Name it: --team T…"


def add_stop(commands: "Commands") -> None:
    """Add both commands to the command line; each sets ``go``."""
    for name, is_stopped, words in (
        ("stop-all", True, "stop everything: no task begins and no call starts until it is lifted"),
        ("resume-all", False, "lift the emergency stop"),
    ):
        parser = commands.add_parser(name, help=words, description=words)
        parser.add_argument(
            "--team", metavar="ID", type=team, help="the workspace; else every one that has tasks in the store"
        )
        parser.set_defaults(go=switching(is_stopped=is_stopped))


def switching(*, is_stopped: bool) -> Callable[[argparse.Namespace], int]:
    """Make what the command line calls."""

    async def do(options: argparse.Namespace) -> int:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # who asks reads this
        try:
            async with opened(read_settings()) as store:
                return await switched(store, options.team, is_stopped=is_stopped)
        except StoreDown as down:
            words = "It is not known whether all is as you asked: repeat it."
            raise NotStarted(f"The store does not answer ({down}). {words}") from down

    return lambda options: asyncio.run(do(options))


async def switched(store: Opened, named: TeamId | None, *, is_stopped: bool) -> int:
    """Pull or lift the stop of a team, or of every team that has tasks; give the exit code."""
    teams = {named} if named else {team_of(thread_id) for thread_id in await store.archive.threads()}
    if not teams:
        sys.stderr.write(f"{NO_TEAM}\n")
        return 1
    code = 0
    for one in sorted(teams):
        try:
            done = await store.switch.switch(one, is_stopped=is_stopped, by=whoever())
        except Broken as no:  # what is wrong with one workspace must not keep the others from stopping
            sys.stderr.write(f"{one}: nothing was changed; {no}\n")
            code = 1
        else:
            sys.stdout.write(f"{one}: {answer(done)}\n")
    return code


def team(text: str) -> TeamId:
    """Read a workspace's ID; argparse says what is wrong with it."""
    if not TEAM.fullmatch(text):
        raise ValueError(text)
    return TeamId(text)


def whoever() -> str:
    """Name whoever is at the command line, as the system knows them."""
    return f"the command line ({getpass.getuser()} on {socket.gethostname()})"[:80]
