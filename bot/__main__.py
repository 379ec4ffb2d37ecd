"""The commands of ``python -m bot``; a line or two each.

What can't start says why: exit code 2 for what is configured wrongly, 1 for what can't be reached.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import Callable, Mapping

import structlog

from bot.app import Role, Running, running
from bot.config import ConfigError, Settings, editor_line, json_schema, load, read_settings
from bot.demo import supervisor
from bot.doctor import examine
from bot.reach import NotStarted
from bot.stopping import add_stop
from bot.threads import add_threads
from bot.threads.served import drawing

EXIT_UNREACHABLE, EXIT_CONFIG = 1, 2


def main(argv: list[str] | None = None) -> int:
    """Run one command and give the exit code."""
    words = "Agents work in Slack threads; people countersign."
    parser = argparse.ArgumentParser(prog="countersign", description=words)
    commands = parser.add_subparsers(metavar="command", required=True)
    for name, (go, purpose) in COMMANDS.items():
        commands.add_parser(name, help=purpose, description=purpose).set_defaults(go=go)
    add_threads(commands)
    add_stop(commands)
    chosen = parser.parse_args(argv)
    log_as_json()
    wanted: Callable[[argparse.Namespace], int] = chosen.go
    try:
        return wanted(chosen)
    except ConfigError as wrong:
        complain(f"Not started; nothing was changed.\n{wrong.sentence}")
        return EXIT_CONFIG
    except NotStarted as no:
        complain(str(no))
        return EXIT_UNREACHABLE


def complain(words: str) -> None:
    """Say to the person at the terminal what went wrong."""
    sys.stderr.write(f"{words}\n")


def say(words: str) -> None:
    """Say something to the person at the terminal."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def log_as_json() -> None:
    """Write one JSON object a line to standard error, the libraries' warnings as well."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: list[structlog.typing.Processor] = [
        structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[meta, *render], foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def run(_: argparse.Namespace) -> int:
    """Run ingress and one worker in one process until it is told to stop."""
    return until_told("run")


def serve(_: argparse.Namespace) -> int:
    """Run ingress only; processes that work drain what it commits."""
    return until_told("serve")


def work(_: argparse.Namespace) -> int:
    """Run one worker only."""
    return until_told("work")


def until_told(role: Role) -> int:
    """Run a process in its role until it is told to stop."""
    return asyncio.run(until_stopped(read_settings(), role))


async def until_stopped(settings: Settings, role: Role) -> int:
    """Run the bot until SIGINT or SIGTERM, then say what waits and how to go on."""
    up, stopped, starting = asyncio.Event(), asyncio.Event(), asyncio.current_task()

    def stop() -> None:
        stopped.set()
        if starting is not None and not up.is_set():
            starting.cancel()  # whoever waits for a store that does not answer need not wait for it to stop

    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wanted, stop)
    try:
        async with running(settings, load(settings.countersign_config), role=role, pages=drawing) as bot:
            up.set()
            say(f"Countersign is up: {address(settings, bot)}. Store: {bot.store_words}. Stop it with Ctrl-C.")
            await stopped.wait()
            say(await bot.waiting_words())
    except asyncio.CancelledError:
        if not stopped.is_set() or up.is_set():
            raise
        say("Stopped before it was up; nothing was changed.")
    return 0


def address(settings: Settings, bot: Running) -> str:
    """Say where Slack and whoever watches over us reach the bot."""
    places = [] if bot.port else ["worker"]
    if bot.port:
        url = f"http://{settings.countersign_host}:{bot.port}/slack/events"
        places.append("Socket Mode" if settings.socket_mode else url)
    if bot.admin_port is not None:
        places.append(f"admin http://{settings.countersign_host}:{bot.admin_port}/metrics")
    return ", ".join(places)


def demo(_: argparse.Namespace) -> int:
    """Run the playground, the demo's world and the bot, each a process of its own."""
    settings = read_settings()
    return asyncio.run(supervisor.run(settings.countersign_home / "demo"))


def schema(_: argparse.Namespace) -> int:
    """Print the JSON Schema of countersign.yml, and how an editor is made to use it."""
    say(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    complain("Save it as countersign.schema.json beside countersign.yml, whose first line is then to be:")
    complain(editor_line())
    return 0


def doctor(_: argparse.Namespace) -> int:
    """Check everything that can be checked, and say what to mend."""
    return asyncio.run(examine(read_settings(), say))


COMMANDS: Mapping[str, tuple[Callable[[argparse.Namespace], int], str]] = {
    "demo": (demo, "try it: Slack, the bot and a small world on this machine"),
    "run": (run, "take Slack's requests and work, in one process"),
    "serve": (serve, "take Slack's requests only; any number, beside any number of `work`"),
    "work": (work, "work only; any number, beside any number of `serve`"),
    "doctor": (doctor, "check configuration, Slack, people and store"),
    "schema": (schema, "print the JSON Schema of countersign.yml"),
}

if __name__ == "__main__":
    sys.exit(main())
