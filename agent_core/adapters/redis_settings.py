"""Whether a Redis server can be trusted with approvals: its settings and its health, held against what we need.

``refuse`` means that acknowledged decisions could be lost, or that nothing can be written: do not start, or take no
proposals. ``warn`` means a narrow loss that the operator may accept. ``note`` is only said. Where the server does not
let its settings be read, that is said too: the operator vouches for them then. Where processes share the server, one
that takes commands from anybody is refused: what wakes workers is pickled, so whoever writes to it runs code in them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from agent_core.adapters.redis_client import asking
from agent_core.adapters.redis_cluster import servers_of

Level: TypeAlias = Literal["refuse", "warn", "note"]

SETTINGS = (
    "appendonly", "appendfsync", "no-appendfsync-on-rewrite", "aof-load-truncated", "maxmemory-policy",
    "min-replicas-to-write", "min-replicas-max-lag",
)  # fmt: skip
LEAST_VERSION = (6, 2)
MOST_LAG_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One setting that is not as wanted, and what follows from it."""

    level: Level
    setting: str
    words: str


EVERYSEC = "A power cut can lose about the last second of decisions, two when the disk is slow. Set it to always."
WANTED: Mapping[str, Mapping[str, tuple[Level, str]]] = {
    "appendonly": {"no": ("refuse", "A restart of Redis would lose decisions. Set it to yes.")},
    "appendfsync": {
        "everysec": ("warn", EVERYSEC),
        "no": ("refuse", "A power cut can lose many seconds of decisions. Set it to always."),
    },
    "no-appendfsync-on-rewrite": {"yes": ("warn", "While the log is rewritten nothing is synced. Set it to no.")},
    "aof-load-truncated": {
        "yes": (
            "note",
            "After a crash Redis starts with what its log holds whole. Journals tell what is missing.",
        )
    },
}
"""What is said of which value; other values are as wanted."""


UNVERIFIED = (
    "Not verified: this server does not let its settings be read. See to it that appendonly is yes, appendfsync always "
    "and maxmemory-policy noeviction, or what it offers in their place; without them decisions can be lost."
)


async def check_settings(redis: Redis, *, is_shared: bool = False) -> list[Finding]:
    """Say what about this server, or each master of a cluster, is not as it should be; raise StoreDown."""
    with asking():
        found = [finding for server in await servers_of(redis) for finding in await check_server(server)]
    return [*access(redis.connection_pool.connection_kwargs, is_shared=is_shared), *dict.fromkeys(found)]


async def check_server(redis: Redis) -> list[Finding]:
    """Say what about one server is not as it should be."""
    facts = {str(name): str(value) for name, value in (await redis.info("everything")).items()}
    try:
        config = [await redis.config_get(name) for name in SETTINGS]
    except ResponseError:  # Hosted servers forbid CONFIG.
        return [*health(facts), Finding(level="warn", setting="config", words=UNVERIFIED)]
    settings = {str(name): str(value) for each in config for name, value in each.items()}
    return [*health(facts), *durability(settings), *replication(settings, facts)]


def access(reached_by: Mapping[str, object], *, is_shared: bool) -> list[Finding]:
    """Judge who else may give this server commands; a socket's file has permissions of its own."""
    if reached_by.get("password") or reached_by.get("credential_provider") or reached_by.get("path"):
        return []
    words = "Whoever reaches this server can change tasks; set requirepass or an ACL, and the password in REDIS_URL."
    if is_shared:
        words = f"{words} What wakes workers runs in them, so `serve` and `work` do not start without."
    return [Finding(level="refuse" if is_shared else "warn", setting="requirepass", words=words)]


def health(facts: Mapping[str, str]) -> list[Finding]:
    """Judge what the server says of itself."""
    found = []
    version = tuple(int(part) for part in facts["redis_version"].split(".")[:2])
    if version < LEAST_VERSION:
        found.append(Finding(level="refuse", setting="redis_version", words="Redis 6.2 or later is needed."))
    if facts["role"] != "master":
        found.append(Finding(level="refuse", setting="role", words="This server is a replica and takes no decisions."))
    failed = [name for name in ("aof_last_write_status", "rdb_last_bgsave_status") if facts.get(name, "ok") != "ok"]
    return found + [
        Finding(level="refuse", setting=name, words="The last write to the disk failed.") for name in failed
    ]


def durability(settings: Mapping[str, str]) -> list[Finding]:
    """Judge what survives a crash."""
    found = []
    for name, values in WANTED.items():
        if settings.get(name) in values:
            level, words = values[settings[name]]
            found.append(Finding(level=level, setting=name, words=words))
    if settings.get("maxmemory-policy") != "noeviction":
        words = "Redis would throw tasks away when its memory is full. Set it to noeviction."
        found.append(Finding(level="refuse", setting="maxmemory-policy", words=words))
    return found


def replication(settings: Mapping[str, str], facts: Mapping[str, str]) -> list[Finding]:
    """Judge what survives a fail-over, where there are replicas."""
    if facts.get("connected_slaves", "0") == "0":
        return []
    replicas, lag_s = (int(settings.get(name) or 0) for name in ("min-replicas-to-write", "min-replicas-max-lag"))
    if replicas >= 1 and 0 < lag_s <= MOST_LAG_S:
        return []
    words = f"A fail-over can lose decisions. Set it to 1 or more, and min-replicas-max-lag to {MOST_LAG_S} or less."
    return [Finding(level="warn", setting="min-replicas-to-write", words=words)]
