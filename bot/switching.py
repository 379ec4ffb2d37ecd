"""The emergency stop, from wherever an operator reaches for it: the slash command, a mention, the Home tab.

Only people who are named as operators (or are in a group that is) may touch it; where they are does not matter. Nobody
is told that everything is stopped before the store has said so for every thread.
"""

from datetime import UTC, datetime

import structlog

from agent_core.errors import Refused
from agent_core.people import Person
from agent_core.ports import StoreDown, Switched
from agent_core.rules.approvals import check_is_in
from agent_core.words import ChannelId
from bot.desk import Desk
from bot.payloads import Payload, Spoken

log = structlog.get_logger(__name__)

NOWHERE = ChannelId("")  # in no channel, so that being in one makes nobody an operator
STOPPED = (
    "No task begins and no call starts, in any channel. Calls that run go on to their end; each can be stopped on its "
    "card. Decisions are still taken. An operator lifts the stop with /agent resume-all."
)
LIFTED = "Tasks begin again, and steps that were approved meanwhile start."


async def operator(desk: Desk, payload: Payload) -> Person:
    """Look up who acts, as an operator is: by name and by groups alone."""
    return await desk.person(payload, NOWHERE)


async def switch(desk: Desk, payload: Payload, *, is_stopped: bool) -> Switched:
    """Pull or lift the stop for an operator; raise Refused for anybody else."""
    by = await operator(desk, payload)
    try:
        check_is_in(desk.runtime.rules().operators, by, "stop or resume everything")
    except Refused as no:
        log.warning("emergency stop refused", by=by.id, is_stopped=is_stopped, why=no.words)
        raise
    try:
        if not is_stopped:
            await check_is_not_older(desk, payload)
        done = await desk.switch.switch(desk.team, is_stopped=is_stopped, by=by.id)
    except StoreDown as down:
        log.warning("emergency stop not answered", by=by.id, is_stopped=is_stopped, why=str(down))
        what = "everything is stopped" if is_stopped else "the stop is lifted"
        raise Refused(f"I can't tell whether {what}.", "Say it again until I say that it is.") from down
    log.warning("emergency stop", by=done.by, is_stopped=done.is_stopped, at=done.at.isoformat())
    return done


async def check_is_not_older(desk: Desk, payload: Payload) -> None:
    """Raise Refused for a message that was said before the stop was pulled: Slack may deliver one late, or again."""
    stands = await desk.switch.stands(desk.team) if isinstance(payload, Spoken) else None
    if stands is None or not stands.is_stopped or not isinstance(payload, Spoken):
        return
    if datetime.fromtimestamp(float(payload.event.ts), UTC) < stands.at:
        raise Refused(f"{stands.words} You wrote before that, so the stop stands.", "Write it again to lift it.")


def answer(done: Switched) -> str:
    """Say what the stop means now."""
    return f"{done.words} {STOPPED if done.is_stopped else LIFTED}"
