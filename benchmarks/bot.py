"""The measured bot: the whole of it, as ``python -m bot run`` starts it, with tasks begun by order instead of by words.

Beginning a task is not what is measured, so ``prepare`` gives ``Start`` to the runtime directly; everything from there
on (the model, the proposal, the card, and all that a click sets off) is the product's own way.
"""

import asyncio
import gc
import logging
import os
import sys
from pathlib import Path

import structlog
from pydantic import SecretStr

from agent_core.adapters.system_clock import SystemClock
from agent_core.inputs import Start
from agent_core.people import Person
from agent_core.words import PersonId, ThreadId, team_of
from benchmarks.effect import NOTED
from benchmarks.wire import Json, orders, tell
from bot.app import Running, running
from bot.config import Settings, load

CONFIG = """
version: 1
tools:
  - {name: note, kind: python, function: "benchmarks.effect:note", args: {line: {type: string, maxLength: 200}}}
policy:
  rules:
    - {tools: [note], decision: ask, approvers: {users: APPROVERS}, timeout_s: 3600}
runbooks: [note.yml]
"""
RUNBOOK = """
name: note
match: ["note (?P<line>[a-z0-9-]+)"]
purpose: The line is noted.
steps:
  - {id: write, tool: note, args: {line: "{line}"}, why: It was asked for., expect: one more line}
"""
REQUESTER = PersonId("U0RITA")
LOOK_S = 0.02
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


async def main() -> None:
    """Furnish the bot's folder, start it, and follow orders."""
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    asked = orders()
    first = await anext(asked)
    settings = furnish(first)
    async with running(settings, load(settings.countersign_config), role=first.get("role", "run")) as bot:
        tell({"url": f"http://127.0.0.1:{bot.port}/slack/events"})
        async for order in asked:
            if "prepare" in order:
                await prepare(bot, [ThreadId(thread) for thread in order["prepare"]])
            facts = weighed() if "weigh" in order else {}
            tell({"noted": len(NOTED), "different": len(set(NOTED)), **facts})


def weighed() -> Json:
    """Say what memory this process has: of the kernel, and in objects that Python keeps."""
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES
    return {"resident_bytes": resident, "blocks": sys.getallocatedblocks()}


def furnish(given: Json) -> Settings:
    """Write the configuration, and say in settings what a deployment says in its environment."""
    home = Path(given["home"])
    approvers = "[" + ", ".join(given["approvers"]) + "]"
    for name, text in {"countersign.yml": CONFIG, "note.yml": RUNBOOK, **given.get("files", {})}.items():
        meant, file = text.replace("APPROVERS", approvers), home / name
        if not file.exists() or file.read_text() != meant:  # another side may be reading it just now
            file.write_text(meant)
    return Settings(
        slack_bot_token=SecretStr(given["token"]),
        slack_signing_secret=SecretStr(given["secret"]),
        slack_api_url=given["api_url"],
        redis_url=SecretStr(given["redis_url"]),
        countersign_key_file=Path(given["key_file"]),
        countersign_config=home / "countersign.yml",
        countersign_home=home,
        countersign_port=0,
    )


async def prepare(bot: Running, threads: list[ThreadId]) -> None:
    """Begin a task in each thread, and return when each waits for people and knows where its card stands."""
    runtime, clock = bot.desk.runtime, SystemClock()
    for thread in threads:
        by = Person(id=REQUESTER, team=team_of(thread), kind="member", in_channel=True, looked_up_at=clock.now())
        line = "line-" + thread.rpartition(":")[2].replace(".", "-")
        await runtime.give(thread, Start(by=by, purpose=f"note {line}"))
    for thread in threads:
        while not await waits(bot, thread):
            await clock.sleep(LOOK_S)


async def waits(bot: Running, thread: ThreadId) -> bool:
    """Tell whether a task waits and nothing of it is under way."""
    checkpoint = await bot.desk.task(thread)
    stands = bool(checkpoint.cards) and checkpoint.cards[-1].ts is not None
    return stands and not await bot.desk.runtime.store.outbox(thread)


if __name__ == "__main__":
    asyncio.run(main())
