"""``python -m bot demo``: one command that starts a whole workspace with work in it, on this machine alone.

It makes the world, starts the playground, the services and the bot as processes of their own, keeps them running, and
says in a few lines what to do next. All that there is lies under one folder, so the next start shows the same threads
and goes on with what waited. The processes end with this one, however it ends.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agent_core.adapters.embedded.premises import take_lock
from agent_core.adapters.system_clock import SystemClock
from bot.demo import parts
from bot.demo.furnish import WARM_UP_S, furnish
from bot.demo.kept import Kept, NotStarted, Part, private_folder
from bot.demo.parts import Place

STOPPED = "Stopped. Nothing was lost: what waits goes on with the next `make demo`."
BUSY = 1
FAILED = 1

READY = """
The demo is ready. Nothing leaves this machine.

  Open         {url}
  Type         /agent restart checkout      in #ops, as Rita. The page says whom to be next.

  Kill the bot kill -9 {pid}{key}
               It is started again, and the same card still works.
  Stop         Ctrl-C. What waits goes on with the next `make demo`.
  The world    {world}
               Its services, logs and flags are real: look at them while the agent works.
  Bot's log    {log}
"""
KEY = "      or type k and Enter here"


def to_terminal(words: str) -> None:
    """Print for the person at the terminal."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What tests choose otherwise: the bot's command, where words go, what ends it, how long services warm up."""

    bot: tuple[str, ...] = parts.RUN
    say: Callable[[str], None] = to_terminal
    stop: asyncio.Event | None = None
    warm_up_s: float = WARM_UP_S


async def run(home: Path, *, port: int = 4000, bot_port: int = 3000, options: Options | None = None) -> int:
    """Run the demo in its folder until Ctrl-C or SIGTERM; give the exit code."""
    chosen = options or Options()
    home = private_folder(home)
    lock, holder = take_lock(home)
    if lock is None:
        chosen.say(f"The demo runs already, as process {holder}. Use its page, or end it first.")
        return BUSY
    try:
        place = Place(home=home, port=chosen_port(port, chosen.say), bot_port=chosen_port(bot_port, chosen.say))
        with ending_by_signals(chosen.stop or asyncio.Event()) as stop:
            return await Demo(place, chosen).until(stop)
    finally:
        os.close(lock)


def chosen_port(wanted: int, say: Callable[[str], None]) -> int:
    """Give the port, or a free one, and say so."""
    port = parts.free_port(wanted)
    if wanted not in (port, 0):
        say(f"Port {wanted} is taken on this machine; {port} is used.")
    return port


class Demo:
    """The three parts together."""

    def __init__(self, place: Place, options: Options) -> None:
        self._place = place
        self._options = options
        self._kept: list[Kept] = []

    async def until(self, stop: asyncio.Event) -> int:
        """Start everything, keep it, and end it in order when it is time."""
        living = asyncio.create_task(self._live(), name="demo")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait((living, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            living.cancel()
            (ended,) = await asyncio.gather(living, return_exceptions=True)
            for kept in reversed(self._kept):
                await kept.close()
        if isinstance(ended, NotStarted):
            self._options.say(f"{ended}\nThe demo was not started.")
            return FAILED
        if isinstance(ended, Exception):
            raise ended
        self._options.say(STOPPED)
        return 0

    async def _live(self) -> None:
        """Start each part after those that it needs, say so, and keep all."""
        place = self._place
        furnish(place.world, SystemClock().now(), warm_up_s=self._options.warm_up_s)
        await self._open(parts.playground(place))
        await self._open(parts.services(place))
        bot = await self._open(parts.bot(place, self._options.bot))
        with killed_by_key(bot) as is_watched:
            words = READY.format(
                url=place.url,
                pid=bot.pid,
                key=KEY if is_watched else "",
                world=place.world,
                log=place.log("bot"),
            )
            self._options.say(words)
            await asyncio.gather(*(kept.keep() for kept in self._kept))

    async def _open(self, part: Part) -> Kept:
        """Start a part, and have it ended with the others."""
        kept = Kept(part, self._options.say)
        self._kept.append(kept)
        await kept.open()
        return kept


@contextlib.contextmanager
def ending_by_signals(stop: asyncio.Event) -> Iterator[asyncio.Event]:
    """Have Ctrl-C and SIGTERM set the event."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def killed_by_key(bot: Kept) -> Iterator[bool]:
    """Have “k” and Enter at the terminal kill the bot; tell whether there is a terminal to type at."""
    loop = asyncio.get_running_loop()
    if not sys.stdin.isatty():
        yield False
        return
    terminal = sys.stdin.fileno()

    def typed() -> None:
        # A job in the background that reads from its terminal is stopped by the kernel.
        if os.tcgetpgrp(terminal) == os.getpgrp() and os.read(terminal, 100).strip().lower() == b"k":
            bot.kill()

    loop.add_reader(terminal, typed)
    try:
        yield True
    finally:
        loop.remove_reader(terminal)
