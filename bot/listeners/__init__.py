"""The contents page of what Slack may tell us. Each kind of payload has one listener, and each name one function.

A listener returns once what it was told is committed; only then is Slack answered. A refusal goes to the one person, at
the field of a form or as words that only they see. A store that does not answer is said so, in words that tell whether
something may have been recorded. What is Broken goes on to the app's error handler.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from agent_core.errors import Refused
from agent_core.ports import StoreDown, SurfaceBusy, SurfaceGone
from agent_core.words import ChannelId
from bot.bolt import Ack
from bot.carried import check_is_here
from bot.desk import Desk
from bot.listeners import commands, home, messages
from bot.listeners.cards import PRESSED
from bot.listeners.forms import SENT, FieldErrors
from bot.listeners.shortcuts import ANYWHERE, ON_MESSAGE
from bot.payloads import (
    AppHomeOpened,
    BlockActions,
    BotMessageDeleted,
    GlobalShortcut,
    Malformed,
    MessageShortcut,
    Payload,
    SlashCommand,
    Spoken,
    ViewSubmission,
)
from bot.slack.client import SlackRefused
from bot.slack.ephemerals import Address

log = structlog.get_logger(__name__)

ANY = re.compile(r".*", re.DOTALL)
BUDGET_S = 2.6  # of Slack's three seconds
NOT_SENT = "I can't reach my memory just now. Nothing was changed. Try again in a moment."
MAYBE_SENT = "I can't tell whether this was recorded; the card shows what holds. Press again if it still waits."
SLOW = "This could not be finished just now. It may have been recorded: look at the card before you press again."
NOT_OURS = "This was not understood, so nothing was changed."
NOT_TAKEN = "Slack refused a part of this. The task's thread shows how it stands."


def register(app: AsyncApp, desk: Desk) -> None:
    """Connect every kind of payload to the one place that answers it."""
    for surface in (app.action, app.view, app.view_closed, app.shortcut):
        surface(ANY)(listener(desk, interacted))
    app.command(ANY)(listener(desk, commanded))
    app.event(ANY)(listener(desk, happened))


def listener(desk: Desk, answer: Callable[[Desk, Any, Ack], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Give Bolt, which passes arguments by their names, a function that answers a payload as it was read."""

    async def listen(ack: Ack, context: AsyncBoltContext) -> None:
        await answer(desk, context["typed"], ack)

    return listen


async def interacted(desk: Desk, payload: Payload, ack: Ack) -> None:
    """Do what was pressed, sent or chosen, then answer Slack."""
    answer: Mapping[str, object] = {}
    try:
        async with asyncio.timeout(BUDGET_S):
            await wanted(desk, payload)
    except FieldErrors as wrong:
        answer = {"response_action": "errors", "errors": dict(wrong.errors)}
    except Exception as error:
        words = words_for(error)
        if words is None:
            raise
        answer = refused(desk, payload, words, error)
    await ack(**answer)


async def wanted(desk: Desk, payload: Payload) -> None:
    """Find what was asked for by its name, and do it."""
    match payload:
        case BlockActions():
            await pressed(desk, payload)
        case ViewSubmission() if payload.callback_id in SENT:
            await SENT[payload.callback_id](desk, payload)
        case MessageShortcut() if payload.callback_id in ON_MESSAGE:
            await ON_MESSAGE[payload.callback_id](desk, payload)
        case GlobalShortcut() if payload.callback_id in ANYWHERE:
            await ANYWHERE[payload.callback_id](desk, payload)
        case _:
            log.info("nothing to do", kind=type(payload).__name__)


async def pressed(desk: Desk, click: BlockActions) -> None:
    """Do what was pressed, by its name: on a card or in a modal, or on the Home tab."""
    name = click.action.name
    if name in PRESSED:
        check_is_here(click)
        await PRESSED[name](desk, click)
    elif name in home.SWITCHES:
        await home.switched(desk, click)
    else:
        log.info("nothing to do", kind=type(click).__name__)


def words_for(error: Exception) -> str | None:
    """Say an error that is not our defect to a person, or give None."""
    match error:
        case Refused():
            return error.sentence
        case StoreDown():
            return MAYBE_SENT if error.sent else NOT_SENT
        case TimeoutError() | SurfaceBusy():
            return SLOW
        case Malformed():
            return NOT_OURS
        case SurfaceGone() | SlackRefused():
            return NOT_TAKEN
        case _:
            return None


def refused(desk: Desk, payload: Payload, words: str, error: Exception) -> Mapping[str, object]:
    """Tell the person: in the form that was sent, else alone where they are."""
    if isinstance(payload, ViewSubmission):
        field = error.field if isinstance(error, Refused) else None
        return {"response_action": "errors", "errors": {block_of(payload, field): words}}
    desk.tell(address_of(desk, payload), words)
    return {}


def block_of(form: ViewSubmission, field: str | None) -> str:
    """Find the input at which an error is shown: the named one, else the first."""
    inputs = form.values()
    for name in (field, f"arg:{field}"):
        if name in inputs:
            return str(name)
    return form.view.first_input or next(iter(inputs), "value")


def address_of(desk: Desk, payload: Payload) -> Address:
    """Say how whoever did something is answered alone."""
    channel = getattr(payload, "channel_id", None) or getattr(getattr(payload, "channel", None), "id", None)
    return Address(
        team=desk.team,
        person=desk.who(payload),
        channel=ChannelId(channel) if channel else None,
        thread_ts=getattr(payload, "thread_ts", None),
        response_url=getattr(payload, "response_url", None),
    )


async def commanded(desk: Desk, command: SlashCommand, ack: Ack) -> None:
    """Do what was typed, and answer with words for the one person, or with nothing."""
    try:
        async with asyncio.timeout(BUDGET_S):
            answer = await commands.run(desk, command)
    except Exception as error:
        words = words_for(error)
        if words is None:
            raise
        answer = words
    if answer:
        desk.tell(address_of(desk, command), answer)
    await ack()


async def happened(desk: Desk, payload: Payload, ack: Ack) -> None:
    """Take an event; what can't be recorded now is left to Slack to send again."""
    try:
        async with asyncio.timeout(BUDGET_S):
            await taken(desk, payload)
    except (Refused, Malformed, SurfaceGone, SlackRefused) as no:
        log.info("event refused", kind=type(payload).__name__, why=type(no).__name__)
        if isinstance(payload, Spoken):
            desk.tell(messages.address(desk, payload), words_for(no) or NOT_OURS, about=payload.dedupe_id)
    await ack()


async def taken(desk: Desk, payload: Payload) -> None:
    """Take an event for what it is."""
    match payload:
        case Spoken():
            await messages.heard(desk, payload)
        case BotMessageDeleted():
            await messages.card_deleted(desk, payload)
        case AppHomeOpened():
            await home.opened(desk, payload)
        case _:
            log.info("event noted", kind=type(payload).__name__)
