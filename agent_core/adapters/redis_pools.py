"""Connections to Redis, also to whichever server Sentinels name as the master, with failures that can be told apart.

A connection is opened when it is needed and never tried twice: whoever asked knows best whether to ask again. Behind
Sentinels each new connection asks them for the master, and one that finds itself with a former master is closed.

``redis+sentinel://[user:password@]host[:port],…/service[/db]`` names Sentinels (``rediss+…`` for TLS), and
``sentinel_username`` and ``sentinel_password`` what they themselves ask for; the other options are the client's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import AbstractConnection, parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection, TimeoutError as NoReply

TIMEOUT_S = 0.5
HEALTH_CHECK_S = 15
SENTINEL_PORT = 26379
SENTINEL_SCHEMES = ("redis+sentinel", "rediss+sentinel")
Options = Mapping[str, Any]  # type: ignore[explicit-any]  # as the client takes them
CLIENT: Options = {
    "socket_timeout": TIMEOUT_S,
    "socket_connect_timeout": TIMEOUT_S,
    "health_check_interval": HEALTH_CHECK_S,
    "protocol": 2,  # With 3 the client takes a dead connection's last words for news, and does not open a new one.
}


class NotSent(NoConnection):
    """There was no connection to send the command on."""


class Pool(BlockingConnectionPool):
    """A pool whose failures can be told from those of a command that was sent."""

    async def get_connection(self, command_name: str | None = None, *_: object, **__: object) -> AbstractConnection:
        """Give a connection that works, or raise NotSent."""
        del command_name  # Deprecated by the client; it would warn.
        try:
            connection: AbstractConnection = await super().get_connection()  # type: ignore[no-untyped-call]  # not typed there
        except (NoConnection, NoReply, OSError) as error:
            raise NotSent(str(error)) from error
        return connection


class SentinelPool(SentinelConnectionPool, Pool):
    """A pool of connections to the master that Sentinels name."""

    async def aclose(self) -> None:
        """Close the connections to the master and to the Sentinels."""
        await super().aclose()
        for sentinel in self.sentinel_manager.sentinels:
            await sentinel.aclose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A master as a URL names it: who watches it, what they call it, and how it and they are reached."""

    sentinels: tuple[tuple[str, int], ...]
    service: str
    options: Options
    sentinel_options: Options


def pool_of(url: str, *, connections: int, **credentials: str | int) -> Pool:
    """Make a pool for a URL, of a server or of Sentinels; raise ValueError for one that is neither.

    ``credentials`` go before what the URL says, as do a host and port.
    """
    limits = {"max_connections": connections, "timeout": TIMEOUT_S, **credentials}
    if urlsplit(url).scheme not in SENTINEL_SCHEMES:
        return Pool.from_url(url, **CLIENT, **limits, retry=Retry(NoBackoff(), 0))
    watched = watched_by(url)
    once = {"retry": Retry(NoBackoff(), 0)}
    theirs = {**CLIENT, **watched.sentinel_options, **once}
    manager = Sentinel(watched.sentinels, sentinel_kwargs=theirs)  # type: ignore[no-untyped-call]  # not typed there
    options = {**CLIENT, **watched.options, **limits, **once}
    return SentinelPool(watched.service, manager, **options)  # type: ignore[no-untyped-call]  # the same


def watched_by(url: str) -> Watched:
    """Read a URL of Sentinels, or raise ValueError saying what is missing."""
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    if not hosts or not service:
        raise ValueError("redis+sentinel://host:26379,host:26379/name-of-the-master")
    given = dict(parse_qsl(parts.query))
    theirs = {name: given.pop(f"sentinel_{name}") for name in ("username", "password") if f"sentinel_{name}" in given}
    options = {**parse_url(f"redis://?{urlencode(given)}"), "db": int(database or 0)}
    options |= {name: unquote(word) for name, word in (("username", user), ("password", password)) if word}
    tls = {"ssl": True} if parts.scheme.startswith("rediss") else {}
    certificates = {name: value for name, value in options.items() if name.startswith("ssl_")}
    return Watched(
        sentinels=tuple(address(host) for host in hosts.split(",")),
        service=service,
        options={**options, **tls},
        sentinel_options={**certificates, **theirs, **tls},
    )


def address(host: str) -> tuple[str, int]:
    """Read one Sentinel's address."""
    parts = urlsplit(f"//{host}")
    if not parts.hostname:
        raise ValueError(f"no host in {host!r}")
    return parts.hostname, parts.port or SENTINEL_PORT
