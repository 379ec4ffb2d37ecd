"""Threads' pages for the admin port, drawn from the store of a process that is up.

A page is bounded, for the process that draws it has people's clicks to answer: what is beyond is told by the command
line. A thread is named by its whole ID, so that none has to be looked for.
"""

import asyncio
from functools import cache

from redis.asyncio import Redis

from agent_core.errors import Refused
from agent_core.rules.book import Rules
from bot.assembly import assemble
from bot.audit import Draw
from bot.config import Config
from bot.threads.named import thread_id_in
from bot.threads.opened import opened_on
from bot.threads.page import page
from bot.threads.reading import Most, past_of
from bot.threads.rows import Teller
from bot.threads.told import told_stone, veils_in

MOST = Most(lines=2_000, size_bytes=8 << 20)


def drawing(redis: Redis, key: bytes, config: Config) -> Draw:
    """Give who draws the pages of what is kept in this store."""
    store, teller = opened_on(redis, key), Teller(veils=veils_in(config, key))

    @cache
    def rules() -> Rules:
        """Make today's rules when they are first asked for: a start has more urgent things to do."""
        return assemble(config, key).rules

    async def draw(name: str) -> str:
        thread_id = thread_id_in(name)
        if thread_id is None:
            raise Refused("That is no thread's ID.", "“threads list” and /agent list show the IDs.")
        past = await past_of(store, thread_id, rules(), MOST)
        if past.is_nothing:
            for stone in reversed(await store.archive.tombstones(thread_id)):
                raise Refused(told_stone(stone))
            raise Refused("There is no such thread.", "“threads list” shows those that there are.")
        return await asyncio.to_thread(page, past, teller, "")

    return draw
