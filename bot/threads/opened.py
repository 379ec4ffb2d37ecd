"""The store as the command line opens it: whether or not a bot is running, and nothing is begun.

With ``REDIS_URL`` that Redis is asked. Without, the embedded store: a running bot's server is asked through its socket,
and where none runs it is started for as long as the command takes. A home without a key has no threads, and gets none.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from agent_core.adapters import embedded_server
from agent_core.adapters.embedded.premises import Premises, password_in, private_folder, socket_in
from agent_core.adapters.redis_archive import RedisArchive
from agent_core.adapters.redis_client import connect
from agent_core.adapters.redis_holds import RedisSwitch
from agent_core.adapters.redis_store import RedisStore
from agent_core.adapters.redis_views import RedisIndex, RedisLessons
from agent_core.codec import Codec
from bot.config import Settings
from bot.reach import NotStarted, key_of, redis_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the commands work with."""

    store: RedisStore
    archive: RedisArchive
    lessons: RedisLessons
    index: RedisIndex
    switch: RedisSwitch
    codec: Codec
    key: bytes


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Opened]:
    """Open the store, or raise ConfigError or NotStarted."""
    home = settings.countersign_home
    if settings.redis_url is None and settings.countersign_key_file is None and not (home / "key").exists():
        raise NotStarted(f"There are no threads under {home}: it has no key. Is COUNTERSIGN_HOME right?")
    key = key_of(settings)
    async with AsyncExitStack() as closing:
        yield opened_on(await redis_for(settings, closing), key)


def opened_on(redis: Redis, key: bytes) -> Opened:
    """Give the store behind a client, which stays the caller's."""
    codec = Codec(key)
    return Opened(
        store=RedisStore(redis, codec),
        archive=RedisArchive(redis, codec),
        lessons=RedisLessons(redis, codec),
        index=RedisIndex(redis, codec),
        switch=RedisSwitch(redis, codec),
        codec=codec,
        key=key,
    )


async def redis_for(settings: Settings, closing: AsyncExitStack) -> Redis:
    """Connect to the configured Redis, to a running bot's own, or to one that is started for this."""
    folder = settings.countersign_home.absolute() / "redis"
    if settings.redis_url is not None or not (folder / "password").exists():
        return (await redis_of(settings, closing))[0]
    folder = private_folder(settings.countersign_home)
    premises = Premises(folder=folder, socket=socket_in(folder), password=password_in(folder))
    if not await embedded_server.answers(premises):
        return (await redis_of(settings, closing))[0]
    client = connect(f"unix://{premises.socket}", password=premises.password)
    closing.push_async_callback(client.aclose)
    return client
