"""The bot's own page: what waits for me, what I started, what was learned this week. It links; it decides nothing."""

from datetime import timedelta

from agent_core.learning.taught import in_force
from agent_core.ports import TaskLine
from agent_core.words import PersonId, channel_of
from bot.blocks.home import LISTED, Stop, home_view
from bot.desk import Desk, is_open
from bot.payloads import AppHomeOpened, BlockActions, Payload
from bot.switching import operator, switch

WEEK = timedelta(days=7)
SWITCHES = frozenset({"stop_all", "resume_all"})


async def opened(desk: Desk, visit: AppHomeOpened) -> None:
    """Draw the page anew for its visitor."""
    if visit.event.tab == "home":
        await drawn(desk, visit)


async def switched(desk: Desk, click: BlockActions) -> None:
    """Pull or lift the emergency stop for an operator, and show how it stands."""
    await switch(desk, click, is_stopped=click.action.name == "stop_all")
    await drawn(desk, click)


async def drawn(desk: Desk, payload: Payload) -> None:
    """Draw the page anew for whoever looks at it."""
    who = desk.who(payload)
    lines = [line for line in await desk.unfinished() if is_open(line)]
    waiting = [line for line in lines if await waits_for(desk, line, who)]
    started = [line for line in lines if line.requester == who]
    log = in_force(await desk.lessons.of(desk.team), desk.clock.now())
    new = [lesson for lesson in log if desk.clock.now() - lesson.at < WEEK]
    learned = await desk.visible(new, lambda channel: desk.may_see(payload, channel))
    links, stop = await desk.links((*waiting[:LISTED], *started[:LISTED])), await stop_for(desk, payload)
    view = home_view(waiting, started, learned, links, stop=stop)
    await desk.slack.call("views.publish", user_id=who, view=view)


async def stop_for(desk: Desk, payload: Payload) -> Stop:
    """Say how the emergency stop stands, to an operator or to anybody else."""
    stands = await desk.switch.stands(desk.team)
    is_operator = await operator(desk, payload) in desk.runtime.rules().operators
    return Stop(words=stands.words if stands and stands.is_stopped else "", is_operator=is_operator)


async def waits_for(desk: Desk, line: TaskLine, who: PersonId) -> bool:
    """Tell whether a task's card asks this person."""
    if not line.may_decide or who in line.not_by:
        return False
    person = await desk.directory.look_up(desk.team, channel_of(line.thread_id), who)
    return any(person in people for people in line.may_decide)
