"""``/agent``: a subcommand if the whole text fits its form, else a task.

Answers are for the person who asked, and are short.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from agent_core.errors import Refused
from agent_core.inputs import Abort, Forget, Pause, Resume
from agent_core.learning.taught import in_force, told
from agent_core.ports import TaskLine
from agent_core.words import ChannelId, LessonId, ThreadId, thread_id_of
from bot.blocks.kit import Rendered
from bot.blocks.listing import listing
from bot.desk import Desk, is_open
from bot.payloads import SlashCommand
from bot.status import described
from bot.wording import HELP

LISTED = 20
PERMALINK = re.compile(r"<?https?://[^\s>|]+/archives/([A-Z0-9]+)/p(\d{10})(\d{6})(?:\?[^\s>|]*)?(?:\|[^>]*)?>?")
IN_THREAD = re.compile(r"thread_ts=(\d{1,12}\.\d{6})")
TS = re.compile(r"\d{1,12}\.\d{1,6}")
THREAD = re.compile(r"[A-Z0-9_]+:[A-Z0-9_]+:\d{1,12}\.\d{1,6}(?:/[\w-]+)*")
LATER = Refused("This version of the bot can't do that yet; nothing was changed.", "/agent help lists what it can.")

Command: TypeAlias = Callable[[Desk, SlashCommand, str], Awaitable[str | Rendered]]


def thread_named(desk: Desk, text: str, channel: str) -> ThreadId:
    """Find the thread that a permalink, a thread's ID or a ts in this channel names, or raise Refused."""
    text = text.strip()
    link = PERMALINK.fullmatch(text)
    if link is not None:
        parent = IN_THREAD.search(text)
        return thread_id_of(desk.team, link[1], parent[1] if parent else f"{link[2]}.{link[3]}")
    if THREAD.fullmatch(text):
        return ThreadId(text)
    if TS.fullmatch(text):
        return thread_id_of(desk.team, channel, text)
    raise Refused(f"“{text}” names no task.", "Give its link, its ID or its ts; /agent list shows them.")


async def run(desk: Desk, command: SlashCommand) -> str | Rendered:
    """Do what was typed, and give the words for the person; nothing where the thread itself answers."""
    text = command.text.strip()
    if not text:
        return "\n".join(HELP)
    for form, do in FORMS.items():
        found = form.fullmatch(text)
        if found is not None:
            return await do(desk, command, found[1] if found.re.groups else "")
    await desk.open(command, ChannelId(command.channel_id), text, command.trigger_id)
    return ""


async def help_(desk: Desk, command: SlashCommand, rest: str) -> str:
    """Say what there is."""
    del desk, command, rest
    return "\n".join(HELP)


async def status(desk: Desk, command: SlashCommand, rest: str) -> str | Rendered:
    """List my open tasks in this channel."""
    del rest
    mine = [
        line
        for line in await open_tasks(desk)
        if line.requester == command.user_id and line.thread_id.split(":")[1] == command.channel_id
    ]
    return await listed(desk, mine, "You have no open tasks here.")


async def list_(desk: Desk, command: SlashCommand, rest: str) -> str | Rendered:
    """List the newest open tasks."""
    del command, rest
    return await listed(desk, await open_tasks(desk), "There are no open tasks.")


async def open_tasks(desk: Desk) -> list[TaskLine]:
    """Give the team's open tasks, newest first."""
    return [line for line in await desk.index.tasks(desk.team, limit=1000) if is_open(line)]


async def listed(desk: Desk, lines: list[TaskLine], nothing: str) -> str | Rendered:
    """Say which tasks there are, with ID and link."""
    newest = lines[:LISTED]
    return listing(newest, await desk.links(newest)) if newest else nothing


async def show(desk: Desk, command: SlashCommand, rest: str) -> str:
    """Say how one task stands."""
    return described(await desk.task(thread_named(desk, rest, command.channel_id)))


async def learned(desk: Desk, command: SlashCommand, rest: str) -> str:
    """List what people taught that is in force."""
    del rest
    lessons = in_force(await desk.lessons.of(desk.team), desk.clock.now())
    if not lessons:
        return "Nothing was taught yet."
    lines = [
        f"{lesson.id} by <@{lesson.author}>: {said_of(lesson.kind, told(lesson), lesson.phi)}" for lesson in lessons
    ]
    del command
    return "\n".join(lines[-LISTED:])


def said_of(kind: str, rule: str, phi: float | None) -> str:
    """Say a lesson in one line."""
    return f"Φ {phi:g} for one exact state. {rule}".strip() if kind == "override" else rule


async def rules(desk: Desk, command: SlashCommand, rest: str) -> str:
    """List allow rules."""
    del desk, command, rest
    return "There are no allow rules. What people taught is listed by /agent learned."


async def why(desk: Desk, command: SlashCommand, rest: str) -> str:
    """Say where a lesson comes from."""
    del command
    found = next((lesson for lesson in await desk.lessons.of(desk.team) if lesson.id == rest), None)
    if found is None:
        raise Refused(f"There is no lesson “{rest}”.", "/agent learned lists them.")
    channel, ts = found.thread.split(":")[1:3]
    link = await desk.surface.link(ChannelId(channel), ts)
    return (
        f"{found.id}: {told(found)}\nBy <@{found.author}> on {found.at:%Y-%m-%d %H:%M} UTC, step {found.step} of {link}"
    )


async def forget(desk: Desk, command: SlashCommand, rest: str) -> str:
    """Take a lesson back, through the thread that it was taught in."""
    found = next((lesson for lesson in await desk.lessons.of(desk.team) if lesson.id == rest), None)
    if found is None:
        raise Refused(f"There is no lesson “{rest}”.", "/agent learned lists them.")
    await desk.give(command, found.thread, lambda by: Forget(by=by, lesson=LessonId(rest)))
    return f"{rest} is taken back."


def steer(make: type[Pause] | type[Resume] | type[Abort]) -> Command:
    """Make a subcommand that steers one task."""

    async def do(desk: Desk, command: SlashCommand, rest: str) -> str:
        thread_id = thread_named(desk, rest, command.channel_id)
        await desk.give(command, thread_id, lambda by: make(by=by))
        return "Done. The task's thread shows how it stands."

    return do


async def later(desk: Desk, command: SlashCommand, rest: str) -> str:
    """Refuse what this version does not have yet."""
    del desk, command, rest
    raise LATER


def form(words: str) -> re.Pattern[str]:
    """Compile a subcommand's form."""
    return re.compile(words, re.IGNORECASE | re.DOTALL)


ID = r"(<?https?://\S+|[A-Z0-9_]+:\S+|\d{1,12}\.\d{1,6})"
LESSON = r"((?:override|approval|rejection|edit|correction|heuristic|allow_rule):\S+)"
FORMS: Mapping[re.Pattern[str], Command] = {
    form("help"): help_,
    form("status"): status,
    form("list"): list_,
    form(rf"show\s+{ID}"): show,
    form("learned"): learned,
    form("rules"): rules,
    form(rf"why\s+{LESSON}"): why,
    form(rf"forget\s+{LESSON}"): forget,
    form(rf"pause\s+{ID}"): steer(Pause),
    form(rf"resume\s+{ID}"): steer(Resume),
    form(rf"abort\s+{ID}"): steer(Abort),
    form(r"(stats|stop-all)"): later,
    form(r"(?:fork\s+\S+\s+\d+)"): later,
    form(r"(?:delegate\s+<?@.*)"): later,
    form(rf"why\s+{ID}#\d+"): later,
}
