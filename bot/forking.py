"""Beginning a task at a step of another one's past: what was done since is read from its journal, then it is opened.

Whoever forks must be able to see the other task and to start tasks; the new one is theirs, in the same channel.
"""

import hashlib

from agent_core.errors import Refused
from agent_core.forks import seed_of
from agent_core.inputs import Fork
from agent_core.words import ThreadId, channel_of, thread_id_of
from bot.desk import Desk
from bot.payloads import Payload


async def forked(desk: Desk, payload: Payload, thread_id: ThreadId, step: int) -> ThreadId:
    """Open a task that begins as another was after a step, or raise Refused."""
    channel = channel_of(thread_id)
    if not await desk.may_see(payload, channel):
        raise Refused("You are not in that task's channel.", "Ask somebody who is.")
    lessons = await desk.lessons.of(desk.team)
    seed, _ = await seed_of(desk.runtime.store, thread_id, step, rules=desk.runtime.rules(), lessons=lessons)
    await desk.check_can_start(desk.who(payload), channel, seed.purpose)
    digest = hashlib.blake2b(f"fork {payload.dedupe_id}".encode(), digest_size=10).hexdigest()
    opening = thread_id_of(desk.team, channel, f"new-{digest}")
    await desk.listed(await desk.give(payload, opening, lambda by: Fork(by=by, seed=seed)))
    return opening
