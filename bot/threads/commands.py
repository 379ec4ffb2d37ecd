"""The subcommands of ``threads``: what was typed goes in, words come out."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

import structlog

from agent_core.bundle import NotThisThread, read
from agent_core.checkpoint import Checkpoint
from agent_core.errors import Refused
from agent_core.people import Person
from agent_core.phases import Opening
from agent_core.ports import StoreDown, SurfaceBusy, SurfaceGone
from agent_core.rules.book import Rules
from agent_core.words import PersonId, ThreadId
from bot.assembly import assemble
from bot.blocks.args import Veil
from bot.blocks.shown import cut
from bot.config import ConfigError, Settings, load, read_settings, to_rules
from bot.reach import NotStarted
from bot.slack.client import SlackRefused
from bot.threads import again
from bot.threads.erasing import erased_words
from bot.threads.files import NotAFile, lines_in, write_private
from bot.threads.moving import NotMoved, put_back, taken_out
from bot.threads.named import NoSuchThread, thread_id_in, thread_named
from bot.threads.opened import Opened, opened
from bot.threads.page import written
from bot.threads.purging import purged
from bot.threads.reading import Past, past_of, task_of
from bot.threads.rows import Teller, stamp, steps_of
from bot.threads.text import as_json, told, told_difference
from bot.threads.told import told_stone, veils_in

PURPOSE_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a subcommand works with: the open store, the settings, and what was typed."""

    opened: Opened
    settings: Settings
    options: argparse.Namespace

    async def named(self) -> ThreadId:
        """Find the thread that was named."""
        text: str = self.options.id
        try:
            return thread_named(text, await self.opened.archive.threads())
        except NoSuchThread:
            one = thread_id_in(text)
            for stone in [] if one is None else await self.opened.archive.tombstones(one):
                raise NoSuchThread(told_stone(stone)) from None
            raise

    async def for_somebody(self) -> tuple[ThreadId, Person, Rules]:
        """Give the thread, the person for whom it is done, as Slack knows them, and today's rules."""
        thread_id = await self.named()
        config = load(self.settings.countersign_config)
        rules = assemble(config, self.opened.key).rules
        return thread_id, await again.person_of(self.settings, config, thread_id, self.options.by), rules


Subcommand: TypeAlias = Callable[[Asked], Awaitable[int]]


def go(subcommand: Subcommand) -> Callable[[argparse.Namespace], int]:
    """Make what the command line calls: open the store, do it, and say in words what went wrong."""

    async def do(options: argparse.Namespace) -> int:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))  # who asks reads this
        settings = read_settings()
        try:
            async with opened(settings) as store:
                return await subcommand(Asked(opened=store, settings=settings, options=options))
        except (NoSuchThread, NotAFile, NotMoved, NotThisThread) as no:
            say_wrong(str(no))
        except Refused as no:
            say_wrong(no.sentence)
        except (SlackRefused, SurfaceBusy, SurfaceGone) as no:
            say_wrong(f"Slack can't say who that is ({no}). Nothing was changed.")
        except StoreDown as down:
            raise NotStarted(f"The store does not answer ({down}).") from down
        return 1

    return lambda options: asyncio.run(do(options))


def say(words: str) -> None:
    """Say something to the person at the terminal."""
    sys.stdout.write(f"{words}\n")


def say_wrong(words: str) -> None:
    """Say what went wrong, beside what is printed."""
    sys.stderr.write(f"{words}\n")


async def list_(asked: Asked) -> int:
    """List every thread that is kept, the newest first; those that can't be read say so."""
    lines: list[tuple[str, str]] = []
    for thread_id in await asked.opened.archive.threads():
        task, broken = await task_of(asked.opened, thread_id)
        if task is not None and (has_led_on(task) or (asked.options.open and task.is_finished)):
            continue
        started = "" if task is None else stamp(task.started_at)
        lines.append((started, f"{thread_id}  {listed(task) if task else f'DAMAGED: {broken}'}"))
    for _, line in sorted(lines, reverse=True):
        say(line)
    if not lines:
        say_wrong("There are no threads.")
    return 0


def has_led_on(task: Checkpoint) -> bool:
    """Tell whether it was the opening of a task that has a thread of its own now."""
    return isinstance(task.phase, Opening) and task.phase.opened_as is not None


def listed(task: Checkpoint) -> str:
    """Say a task in one line."""
    purpose, left = cut(" ".join(task.purpose.split()), PURPOSE_CHARS)
    return f"{stamp(task.started_at)}  {steps_of(task)}  {task.requester}: {purpose}{'…' if left else ''}"


async def show(asked: Asked) -> int:
    """Show a thread's whole history, as text, as JSON or as a page."""
    thread_id = await asked.named()
    rules, why_not = rules_of(asked)
    past = await past_of(asked.opened, thread_id, rules)
    teller = Teller(veils=veils_of(asked))
    if asked.options.html is not None:
        written(asked.options.html, past, teller, why_not)
        say(f"Written to {asked.options.html}, readable by you only: it holds people's words and tools' output.")
    else:
        say((as_json if asked.options.json else told)(past, teller, why_not))
    return 1 if past.broken else 0


async def replay(asked: Asked) -> int:
    """Decide a thread's journal anew and say the first difference, or that there is none."""
    thread_id = await asked.named()
    rules = assemble(load(asked.settings.countersign_config), asked.opened.key).rules
    past: Past = await past_of(asked.opened, thread_id, rules)
    if past.broken:
        say_wrong(f"DAMAGED: {past.broken}")
        return 1
    say(told_difference(past))
    return 0 if past.difference is None else 1


async def export(asked: Asked) -> int:
    """Write one thread with its journal into a file."""
    lines = await taken_out(asked.opened, await asked.named())
    write_private(asked.options.file, lines)
    say(f"Written to {asked.options.file}, {len(lines)} lines, readable by you only: nothing in it is masked.")
    return 0


async def import_(asked: Asked) -> int:
    """Put a thread back from a file, paused; a file of which one byte was changed is refused."""
    config = load(asked.settings.countersign_config)
    bundle = read(lines_in(asked.options.file), asked.opened.codec)
    rules = to_rules(config, asked.opened.key, {tool.name: "" for tool in config.document.tools})
    stripped = await put_back(asked.opened, bundle, rules)
    how = "as it ended" if bundle.task.is_finished else "paused; resume it in its thread"
    say(f"{bundle.kept.thread_id} is back, {how}. The chain of its {bundle.kept.length} lines holds.")
    if stripped:
        say(f"Words that were erased since the file was written were taken out of {stripped} lines of it.")
    return 0


async def purge(asked: Asked) -> int:
    """Put tombstones in the place of threads that finished long ago, or erase one person's words."""
    if asked.options.words_of is not None:
        return await erase(asked)
    days: int | None = asked.options.older_than
    if days is None:
        days = load(asked.settings.countersign_config).document.retention_days
    dry: bool = asked.options.dry_run
    done = 0
    async for thread_id, words in purged(asked.opened, timedelta(days=days), dry=dry):
        say(f"{thread_id}  {words}")
        done += 1
    say(f"{done} threads finished more than {days} days ago{'; nothing was changed' if dry else ''}.")
    return 0


async def fork(asked: Asked) -> int:
    """Begin a task as another was after a step, for a person who may."""
    thread_id, by, rules = await asked.for_somebody()
    await again.fork(asked.opened, thread_id, asked.options.step, by=by, rules=rules)
    say("The fork is opened. A running bot posts its thread; it says what was done since.")
    return 0


async def rewind(asked: Asked) -> int:
    """Take a task up again as it was after a step, for a person who may."""
    thread_id, by, rules = await asked.for_somebody()
    await again.rewind(asked.opened, thread_id, asked.options.step, by=by, rules=rules)
    say(f"{thread_id} is rewound to step {asked.options.step}. A running bot goes on from there.")
    return 0


async def erase(asked: Asked) -> int:
    """Erase one person's words from finished threads."""
    person = PersonId(asked.options.words_of)
    async for thread_id, words in erased_words(asked.opened, person, dry=asked.options.dry_run):
        say(f"{thread_id}  {words}")
    say("Lessons are taken back with /agent forget. What stands in Slack itself is not ours to erase.")
    return 0


def rules_of(asked: Asked) -> tuple[Rules | None, str]:
    """Give today's rules, or say why there are none."""
    try:
        return assemble(load(asked.settings.countersign_config), asked.opened.key).rules, ""
    except ConfigError as wrong:
        return None, f"the configuration can't be used here.\n{wrong.sentence}"


def veils_of(asked: Asked) -> dict[str, Veil] | None:
    """Say which arguments are secret; None where the configuration can't be read, and so nobody knows."""
    try:
        return veils_in(load(asked.settings.countersign_config), asked.opened.key)
    except ConfigError:
        return None
