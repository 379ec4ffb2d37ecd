"""`python -m bot.playground`: the stand-in as a process of its own, with its page, until it is told to stop."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from bot.playground.app import listen, make_app
from bot.playground.setup import BANNER, Setup
from bot.playground.standin import Standin

KEPT_CALLS = 2_000


def arguments(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bot.playground", description=__doc__)
    parser.add_argument("--port", type=int, default=4000)
    parser.add_argument("--home", type=Path, required=True, help="where workspace and secrets are kept")
    parser.add_argument("--events-url", default="http://127.0.0.1:3000/slack/events")
    parser.add_argument("--socket-mode", action="store_true")
    parser.add_argument("--banner", default=BANNER, help="a line at the top of the page")
    parser.add_argument("--guide", type=Path, help="a JSON file for the page's guide")
    return parser.parse_args(words)


async def serve(chosen: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    setup = Setup(
        events_url=chosen.events_url,
        socket_mode=chosen.socket_mode,
        home=chosen.home,
        banner=chosen.banner,
        guide=chosen.guide.read_text() if chosen.guide else "",
        kept_calls=KEPT_CALLS,
    )
    slack = Standin(setup)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        runner = await listen(slack, make_app(slack), chosen.port)
    except OSError as trouble:
        sys.stderr.write(f"playground cannot listen on port {chosen.port}: {trouble.strerror}\n")
        return 1
    sys.stdout.write(f"playground ready on {slack.url}\n")
    sys.stdout.flush()
    await stop.wait()
    await slack.close()
    await runner.cleanup()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(serve(arguments(sys.argv[1:]))))
