"""Entries of menus: on a message (its thread's status, pause, abort, teach, make a task of it), and anywhere."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from agent_core.checkpoint import Quote
from agent_core.errors import Refused
from agent_core.inputs import Abort, Pause
from agent_core.words import ChannelId, ThreadId, thread_id_of
from bot.blocks.cards import privately
from bot.blocks.modals.start_task import start_task_modal
from bot.blocks.modals.teach import teach_modal
from bot.carried import tried
from bot.desk import Desk
from bot.payloads import GlobalShortcut, MessageShortcut, ViewKey
from bot.payloads.escapes import unescaped
from bot.slack.ephemerals import Address
from bot.status import described

OnMessage: TypeAlias = Callable[[Desk, MessageShortcut], Awaitable[None]]
Anywhere: TypeAlias = Callable[[Desk, GlobalShortcut], Awaitable[None]]


def thread_of(desk: Desk, chosen: MessageShortcut) -> ThreadId:
    """Name the thread that a message belongs to."""
    return thread_id_of(desk.team, chosen.channel.id, chosen.thread_ts)


async def thread_status(desk: Desk, chosen: MessageShortcut) -> None:
    """Tell the person how the task stands."""
    checkpoint = await desk.task(thread_of(desk, chosen))
    desk.tell(where(desk, chosen), privately(described(checkpoint), frozenset({checkpoint.requester})))


async def pause(desk: Desk, chosen: MessageShortcut) -> None:
    """Pause the task of this thread."""
    await desk.give(chosen, thread_of(desk, chosen), lambda by: Pause(by=by))


async def abort(desk: Desk, chosen: MessageShortcut) -> None:
    """Abort the task of this thread."""
    await desk.give(chosen, thread_of(desk, chosen), lambda by: Abort(by=by))


async def teach(desk: Desk, chosen: MessageShortcut) -> None:
    """Ask for a rule, in the thread of a task."""
    checkpoint = await desk.task(thread_of(desk, chosen))
    key = ViewKey(thread_id=checkpoint.thread_id, version=checkpoint.version)
    preview = await tried(desk, checkpoint.thread_id, "", "")
    await desk.show_view(chosen.trigger_id, teach_modal(key.text, preview))


async def make_task(desk: Desk, chosen: MessageShortcut) -> None:
    """Make a task of a message: its words are data, the requester is who chose this."""
    text = unescaped(chosen.message.text).strip()
    if not text:
        raise Refused("This message has no words to make a task of.", "Start one with /agent.")
    quote = Quote(author=str(chosen.message.user or chosen.message.bot_id or "?"), text=text[:500])
    await desk.start(chosen, thread_of(desk, chosen), text, (quote,))


async def start_task(desk: Desk, chosen: GlobalShortcut) -> None:
    """Ask what is to be done, and where."""
    await desk.show_view(chosen.trigger_id, start_task_modal("{}"))


def where(desk: Desk, chosen: MessageShortcut) -> Address:
    """Say how who chose it is answered alone."""
    return Address(
        team=desk.team,
        person=desk.who(chosen),
        channel=ChannelId(chosen.channel.id),
        thread_ts=chosen.thread_ts,
        response_url=chosen.response_url,
    )


ON_MESSAGE: Mapping[str, OnMessage] = {
    "thread_status": thread_status,
    "pause": pause,
    "abort": abort,
    "teach": teach,
    "make_task": make_task,
}
ANYWHERE: Mapping[str, Anywhere] = {"start_task": start_task}
