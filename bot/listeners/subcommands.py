"""The words that ``/agent`` understands, and that a mention understands as well; all others are a task or a correction.

A text is a subcommand only if the whole of it fits a form. Answers are for the person who asked, and are short.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from agent_core.errors import Refused
from agent_core.inputs import Abort, Forget, Pause, Resume
from agent_core.learning.taught import in_force, told
from agent_core.lesson import Lesson
from agent_core.ports import TaskLine
from agent_core.records import Line
from agent_core.words import ChannelId, LessonId, ThreadId, channel_of, team_of, thread_id_of, ts_of
from bot.blocks.cards import privately
from bot.blocks.kit import Rendered, line, link, rich
from bot.blocks.listing import listing
from bot.desk import Desk, is_open
from bot.forking import forked
from bot.payloads import Payload
from bot.status import described, step_described
from bot.switching import answer, switch
from bot.wording import HELP

LISTED = 20
LOOKED_AT = 2 * LISTED  # some may have ended since they were listed
PAGE = 200
PERMALINK = re.compile(
    r"<?https?://[^\s>|]+/archives/([A-Z0-9]{1,64})/p([0-9]{10})([0-9]{6})(?:\?[^\s>|]*)?(?:\|[^>]*)?>?"
)
IN_THREAD = re.compile(r"thread_ts=([0-9]{1,12}\.[0-9]{6})")
TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,6}")  # of any name that is taken here, the store can make a key
THREAD = re.compile(r"[A-Z0-9_]{1,64}:[A-Z0-9_]{1,64}:[0-9]{1,12}\.[0-9]{1,6}(?:/[A-Za-z0-9_-]{1,64})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asked for what, where; ``thread`` is the task in whose thread it was said, ``rest`` what the form holds."""

    payload: Payload
    channel: ChannelId
    thread: ThreadId | None = None
    rest: str = ""


Answer: TypeAlias = str | Rendered
Command: TypeAlias = Callable[[Desk, Asked], Awaitable[Answer]]


async def subcommand(desk: Desk, asked: Asked, text: str) -> Answer | None:
    """Do what a text asks for, and give the words for the person; None if it is no subcommand."""
    forms = FORMS if asked.thread is None else {**HERE, **FORMS}
    for form, do in forms.items():
        found = form.fullmatch(text.strip())
        if found is not None:
            return await do(desk, replace(asked, rest=found[1] if found.re.groups else ""))
    return None


def thread_named(desk: Desk, asked: Asked) -> ThreadId:
    """Find the thread that a permalink, a thread's ID or a ts in this channel names, or raise Refused."""
    text = asked.rest.strip()
    if not text and asked.thread is not None:
        return asked.thread
    named = PERMALINK.fullmatch(text)
    if named is not None:
        parent = IN_THREAD.search(text)
        return thread_id_of(desk.team, named[1], parent[1] if parent else f"{named[2]}.{named[3]}")
    if THREAD.fullmatch(text) and team_of(ThreadId(text)) == desk.team:
        return ThreadId(text)
    if TS.fullmatch(text):
        return thread_id_of(desk.team, asked.channel, text)
    raise Refused(f"“{text}” names no task.", "Give its link or its ID; /agent list shows both.")


async def help_(desk: Desk, asked: Asked) -> Answer:
    """Say what there is."""
    del desk, asked
    return "\n".join(HELP)


async def status(desk: Desk, asked: Asked) -> Answer:
    """List my open tasks in this channel."""
    who = desk.who(asked.payload)
    here = [line for line in await desk.unfinished() if channel_of(line.thread_id) == asked.channel]
    return await listed(desk, [line for line in here if line.requester == who], "You have no open tasks here.")


async def list_(desk: Desk, asked: Asked) -> Answer:
    """List the newest open tasks that the person may see."""
    lines = await desk.unfinished()
    channels = {channel_of(line.thread_id) for line in lines}
    seen = {channel for channel in channels if await desk.may_see(asked.payload, channel)}
    return await listed(
        desk, [line for line in lines if channel_of(line.thread_id) in seen], "There are no open tasks."
    )


async def listed(desk: Desk, lines: list[TaskLine], nothing: str) -> Answer:
    """Say which tasks there are, as they stand now, with ID and link."""
    standing = await desk.as_they_stand(lines[:LOOKED_AT])
    newest = [line for line in standing if is_open(line)][:LISTED]
    return listing(newest, await desk.links(newest)) if newest else nothing


async def show(desk: Desk, asked: Asked) -> Answer:
    """Say how one task stands."""
    thread_id = thread_named(desk, asked)
    await desk.check_may_see(asked.payload, thread_id)
    checkpoint = await desk.task(thread_id)
    return privately(described(checkpoint), frozenset({checkpoint.requester}))


async def learned(desk: Desk, asked: Asked) -> Answer:
    """List what people taught that is in force, as far as the person may read it."""
    lessons = await readable(desk, asked, in_force(await desk.lessons.of(desk.team), desk.clock.now()))
    if not lessons:
        return "Nothing was taught yet in the channels that you can see."
    newest = lessons[-LISTED:]
    lines = [f"{lesson.id} by <@{lesson.author}>: {said_of(lesson)}" for lesson in newest]
    return quoting("\n".join(lines), *newest)


async def readable(desk: Desk, asked: Asked, lessons: Iterable[Lesson]) -> list[Lesson]:
    """Leave out what was taught in channels that the person can't see."""
    return await desk.visible(lessons, lambda channel: desk.may_see(asked.payload, channel))


def quoting(words: str, *lessons: Lesson) -> Rendered:
    """Say words that have lessons' own in them: their authors are named, and nothing else is a name or a link."""
    return privately(words, frozenset(lesson.author for lesson in lessons))


def said_of(lesson: Lesson) -> str:
    """Say a lesson in one line."""
    words = " ".join(told(lesson).split())
    return f"Φ {lesson.phi:g} for one exact state. {words}".strip() if lesson.kind == "override" else words


async def rules(desk: Desk, asked: Asked) -> Answer:
    """List allow rules."""
    del desk, asked
    return "There are no allow rules. What people taught is listed by /agent learned."


async def lesson_named(desk: Desk, asked: Asked) -> Lesson:
    """Find the lesson of this name that the person may read, or raise Refused."""
    named = [lesson for lesson in await desk.lessons.of(desk.team) if lesson.id == asked.rest]
    for lesson in await readable(desk, asked, named):
        return lesson
    raise Refused(f"There is no lesson “{asked.rest}”.", "/agent learned lists them.")


async def why(desk: Desk, asked: Asked) -> Answer:
    """Say where a lesson comes from."""
    found = await lesson_named(desk, asked)
    url = await desk.link(channel_of(found.thread), ts_of(found.thread))
    origin = f"By <@{found.author}> on {found.at:%Y-%m-%d %H:%M} UTC, step {found.step} of {found.thread}"
    said = quoting(f"{found.id}: {said_of(found)}\n{origin}", found)
    return said if url is None else replace(said, blocks=(*said.blocks, rich(line(link(url, "Open the thread")))))


async def why_step(desk: Desk, asked: Asked) -> Answer:
    """Say why a step went as it did."""
    named, number = asked.rest.rsplit("#", 1)
    thread_id = thread_named(desk, replace(asked, rest=named))
    await desk.check_may_see(asked.payload, thread_id)
    await desk.task(thread_id)
    words = step_described(await journal_of(desk, thread_id), int(number))
    if not words:
        raise Refused(f"No step {int(number)} was proposed in this task.", "The cards in its thread have the numbers.")
    return privately(words)


async def journal_of(desk: Desk, thread_id: ThreadId) -> list[Line]:
    """Read all that was noted of a task."""
    found: list[Line] = []
    while page := await desk.runtime.store.journal(thread_id, len(found), PAGE):
        found += page
    return found


async def forget(desk: Desk, asked: Asked) -> Answer:
    """Take a lesson back, through the thread that it was taught in."""
    found = await lesson_named(desk, asked)
    await desk.give(asked.payload, found.thread, lambda by: Forget(by=by, lesson=LessonId(asked.rest)))
    return f"{asked.rest} is taken back."


def steer(make: type[Pause] | type[Resume] | type[Abort]) -> Command:
    """Make a subcommand that steers one task; where that is this thread's own, its card says what became of it."""

    async def do(desk: Desk, asked: Asked) -> Answer:
        thread_id = thread_named(desk, asked)
        await desk.give(asked.payload, thread_id, lambda by: make(by=by))
        return "" if thread_id == asked.thread else "Done. The task's thread shows how it stands."

    return do


def turned(*, is_stopped: bool) -> Command:
    """Make a subcommand that pulls or lifts the emergency stop."""

    async def do(desk: Desk, asked: Asked) -> Answer:
        return privately(answer(await switch(desk, asked.payload, is_stopped=is_stopped)))

    return do


async def fork(desk: Desk, asked: Asked) -> Answer:
    """Begin a task as another was after one of its steps; the new thread says what was done since."""
    text, step = asked.rest.rsplit(None, 1)
    thread_id = thread_named(desk, replace(asked, rest=text))
    await forked(desk, asked.payload, thread_id, int(step))
    return ""


async def later(desk: Desk, asked: Asked) -> Answer:
    """Refuse what this version does not have yet."""
    del desk, asked
    raise not_yet()


def form(words: str) -> re.Pattern[str]:
    """Compile a subcommand's form."""
    return re.compile(words, re.IGNORECASE | re.DOTALL)


NAMED = r"(?:<?https?://\S+|[A-Z0-9_]+:\S+|\d{1,12}\.\d{1,6})"
ID = rf"({NAMED})"
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
    form("stop-all"): turned(is_stopped=True),
    form("resume-all"): turned(is_stopped=False),
    form("stats"): later,
    form(rf"fork\s+({NAMED}\s+\d{{1,6}})"): fork,
    form(r"delegate\s+\S.*"): later,
    form(rf"why\s+({NAMED}#\d{{1,6}})"): why_step,
}
HERE: Mapping[re.Pattern[str], Command] = {  # in a task's own thread, where it needs no name
    form(r"(?:status|show)[.!]*"): show,
    form(r"pause[.!]*"): steer(Pause),
    form(r"resume[.!]*"): steer(Resume),
    form(r"abort[.!]*"): steer(Abort),
}


def not_yet() -> Refused:
    """Refuse what this version can't do."""
    return Refused("This version of the bot can't do that yet; nothing was changed.", "/agent help lists what it can.")
