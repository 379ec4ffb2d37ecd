"""The bot's own page: what waits for me, what I started, what was learned this week. It links; it decides nothing."""

from datetime import timedelta

from agent_core.learning.taught import in_force
from agent_core.ports import TaskLine
from agent_core.words import PersonId, channel_of
from bot.blocks.home import LISTED, home_view
from bot.desk import Desk, is_open
from bot.payloads import AppHomeOpened

WEEK = timedelta(days=7)


async def opened(desk: Desk, visit: AppHomeOpened) -> None:
    """Draw the page anew for its visitor."""
    if visit.event.tab != "home":
        return
    who = PersonId(visit.event.user)
    lines = [line for line in await desk.index.tasks(desk.team, limit=1000) if is_open(line)]
    waiting = [line for line in lines if await waits_for(desk, line, who)][:LISTED]
    started = [line for line in lines if line.requester == who][:LISTED]
    log = in_force(await desk.lessons.of(desk.team), desk.clock.now())
    learned = [lesson for lesson in log if desk.clock.now() - lesson.at < WEEK][-LISTED:]
    view = home_view(waiting, started, learned, await desk.links((*waiting, *started)))
    await desk.slack.call("views.publish", user_id=who, view=view)


async def waits_for(desk: Desk, line: TaskLine, who: PersonId) -> bool:
    """Tell whether a task's card asks this person."""
    if not line.may_decide or who in line.not_by:
        return False
    person = await desk.directory.look_up(desk.team, channel_of(line.thread_id), who)
    return any(person in people for people in line.may_decide)
