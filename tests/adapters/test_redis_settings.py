import pytest
from redis.asyncio import Redis

from agent_core.adapters.redis_settings import access, check_settings, health, replication

SAFE = {
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    "aof-load-truncated": "no",
    "maxmemory-policy": "noeviction",
}
HEALTHY = {"redis_version": "7.0.15", "role": "master", "aof_last_write_status": "ok", "rdb_last_bgsave_status": "ok"}


async def found(redis: Redis, **odd: str) -> list[tuple[str, str]]:
    """Set the server up safely but for some settings, and give what is said of it."""
    before = {name: str((await redis.config_get(name))[name]) for name in SAFE}
    for name, value in {**SAFE, **{name.replace("_", "-"): value for name, value in odd.items()}}.items():
        await redis.config_set(name, value)
    try:
        return [(finding.level, finding.setting) for finding in await check_settings(redis)]
    finally:
        for name, value in before.items():
            await redis.config_set(name, value)


async def test_a_safe_server_is_taken_without_a_word(redis: Redis) -> None:
    """Warnings that are always there are read by nobody."""
    assert await found(redis) == []


@pytest.mark.parametrize(
    ("setting", "value", "level"),
    [
        ("appendonly", "no", "refuse"),
        ("appendfsync", "everysec", "warn"),
        ("appendfsync", "no", "refuse"),
        ("no_appendfsync_on_rewrite", "yes", "warn"),
        ("aof_load_truncated", "yes", "note"),
        ("maxmemory_policy", "allkeys-lru", "refuse"),
    ],
)
async def test_an_unsafe_setting_is_named(redis: Redis, setting: str, value: str, level: str) -> None:
    """An operator learns at start what a power cut would cost."""
    assert await found(redis, **{setting: value}) == [(level, setting.replace("_", "-"))]


async def test_a_server_that_hides_its_settings_is_said_to_be_unverified(redis: Redis, redis_url: str) -> None:
    """Hosted servers forbid CONFIG."""
    await redis.acl_setuser("hosted", enabled=True, nopass=True, categories=["+@all"], commands=["-config"], keys=["*"])
    async with Redis.from_url(redis_url, username="hosted", password="any") as hosted:  # noqa: S106 - nopass: any will do
        findings = await check_settings(hosted)
    await redis.acl_deluser("hosted")
    ((level, words),) = [(finding.level, finding.words) for finding in findings]
    assert (level, words.startswith("Not verified: ")) == ("warn", True)


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("redis_version", "6.0.16"),
        ("role", "slave"),
        ("aof_last_write_status", "err"),
        ("rdb_last_bgsave_status", "err"),
    ],
)
def test_a_server_that_is_not_well_is_refused(fact: str, value: str) -> None:
    """No proposal is better than one whose approval cannot be written."""
    assert health(HEALTHY) == []
    (finding,) = health({**HEALTHY, fact: value})
    assert (finding.level, finding.setting) == ("refuse", fact)


@pytest.mark.parametrize(
    ("replicas", "to_write", "lag_s", "warned"),
    [
        ("0", "0", "10", False),
        ("1", "0", "10", True),
        ("1", "1", "10", False),
        ("1", "1", "11", True),
        ("2", "1", "0", True),
    ],
)
def test_replicas_that_may_lag_behind_are_warned_of(replicas: str, to_write: str, lag_s: str, *, warned: bool) -> None:
    """Only where there are any: a single server cannot fail over."""
    settings = {"min-replicas-to-write": to_write, "min-replicas-max-lag": lag_s}
    assert bool(replication(settings, {"connected_slaves": replicas})) is warned


@pytest.mark.parametrize(
    ("reached_by", "is_shared", "levels"),
    [
        ({"host": "10.0.0.1"}, False, ["warn"]),
        ({"host": "10.0.0.1"}, True, ["refuse"]),
        ({"host": "10.0.0.1", "password": "of it"}, True, []),
        ({"path": "/run/redis/s"}, True, []),
    ],
)
def test_a_server_that_anybody_may_command_is_refused_where_workers_are_woken_through_it(
    reached_by: dict[str, object], levels: list[str], *, is_shared: bool
) -> None:
    """A wake-up is pickled: who writes one runs code in a worker."""
    assert [finding.level for finding in access(reached_by, is_shared=is_shared)] == levels
