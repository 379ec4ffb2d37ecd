"""What is reached for at start: the key, the store, Slack. Each is waited for or refused, in words.

What is configured wrongly is a ConfigError; what can't be reached in time is NotStarted.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import structlog
from redis.asyncio import Redis
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agent_core.adapters import embedded_server, key_file
from agent_core.adapters.redis_client import connect
from agent_core.adapters.redis_settings import Finding, check_settings
from agent_core.ports import Clock, StoreDown, SurfaceBusy
from bot.config import ConfigError, Problem, Settings
from bot.guard import Installation
from bot.slack.client import Slack, SlackRefused

log = structlog.get_logger(__name__)

WAIT_S = 30.0
TRY_AGAIN_S = 0.5


class NotStarted(Exception):
    """The bot can't start for a reason outside of its configuration; the words say which. Exit code 1."""


def key_of(settings: Settings) -> bytes:
    """Read the key, or make one beside the embedded store; demanded where the store is somebody else's."""
    path = settings.countersign_key_file
    try:
        if path is not None:
            return key_file.read_key(path)
        if settings.redis_url is not None:
            words = "a file of 32 random bytes or more, mode 0600; it is demanded with REDIS_URL"
            raise ConfigError(Problem(file="environment", line=None, key="COUNTERSIGN_KEY_FILE", words=words))
        return own_key(settings.countersign_home)
    except key_file.KeyFileError as wrong:
        problem = Problem(
            file=str(path or settings.countersign_home), line=None, key="COUNTERSIGN_KEY_FILE", words=str(wrong)
        )
        raise ConfigError(problem) from wrong


def own_key(home: Path) -> bytes:
    """Read the key under a home, or make one where nothing was written with another; raise ConfigError."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = home / "key"
        if path.exists():
            return key_file.read_key(path)
        if any((home / "redis").glob("appendonly*")):
            words = "what it holds was written with a key that is gone; put the file “key” back, or move “redis” away"
            raise ConfigError(Problem(file=str(home), line=None, key="COUNTERSIGN_HOME", words=words))
        return key_file.make_key(path)
    except OSError as no:
        words = f"a folder that can be made and written to ({no.strerror})"
        raise ConfigError(Problem(file=str(home), line=None, key="COUNTERSIGN_HOME", words=words)) from no


async def redis_of(settings: Settings, closing: AsyncExitStack) -> tuple[Redis, str]:
    """Connect to the configured Redis, or start our own; say which it is."""
    if settings.redis_url is not None:
        client = connect_to(settings.redis_url.get_secret_value())
        words = "REDIS_URL"
    else:
        try:
            server = await embedded_server.start(settings.countersign_home)
        except embedded_server.EmbeddedServerError as no:
            raise NotStarted(str(no)) from no
        closing.push_async_callback(server.stop)
        client = connect(server.url, password=server.password)
        words = f"embedded: {server.describe()}"
    closing.push_async_callback(client.aclose)
    return client, words


def connect_to(url: str) -> Redis:
    """Make a client for REDIS_URL, or raise ConfigError if it is no such thing; its password is not repeated."""
    try:
        return connect(url)
    except ValueError as wrong:
        words = (
            "a URL such as redis://127.0.0.1:6379/0, unix:///path, redis+sentinel://host:26379,host:26379/name, "
            "redis+cluster://host:6379 (rediss for TLS)"
        )
        problem = Problem(file="environment", line=None, key="REDIS_URL", words=f"expected {words}")
        raise ConfigError(problem) from wrong


async def wait_for_store(redis: Redis, clock: Clock, wait_s: float = WAIT_S, *, is_shared: bool = False) -> None:
    """Wait until the store answers and can be trusted, or raise NotStarted."""
    findings = await first_findings(redis, clock, wait_s, is_shared=is_shared)
    refused = [finding for finding in findings if finding.level == "refuse"]
    for finding in findings:
        log.warning("redis setting", level=finding.level, setting=finding.setting, words=finding.words)
    if refused:
        words = [f"Redis {finding.setting}: {finding.words}" for finding in refused]
        raise NotStarted("\n".join([*words, "Nothing was changed."]))


async def first_findings(redis: Redis, clock: Clock, wait_s: float, *, is_shared: bool) -> list[Finding]:
    """Ask for the store's settings until it answers, or raise NotStarted."""
    began = clock.now()
    while True:
        try:
            return await check_settings(redis, is_shared=is_shared)
        except StoreDown as down:
            if (clock.now() - began).total_seconds() > wait_s:
                words = f"Redis did not answer for {wait_s:.0f} s ({down}). Nothing was changed. Is it running?"
                raise NotStarted(words) from down
        await clock.sleep(TRY_AGAIN_S)


async def who_we_are(slack: Slack, clock: Clock, wait_s: float = WAIT_S) -> tuple[Installation, str]:
    """Ask Slack which workspace and bot the token is for; a refused token is a configuration error."""
    answer = await first_answer(slack, clock, wait_s)
    installation = Installation(
        team_id=str(answer["team_id"]),
        enterprise_id=str(answer["enterprise_id"]) if answer.get("enterprise_id") else None,
        bot_user_id=str(answer["user_id"]),
    )
    return installation, str(answer.get("bot_id", ""))


async def first_answer(slack: Slack, clock: Clock, wait_s: float) -> Mapping[str, object]:
    """Ask Slack who the token is until it answers."""
    began = clock.now()
    while True:
        try:
            return await slack.call("auth.test")
        except SlackRefused as no:
            raise refused_token(no.error) from no
        except SurfaceBusy as busy:
            if slack.revoked:
                raise refused_token(slack.revoked) from busy
            if (clock.now() - began).total_seconds() > wait_s:
                raise NotStarted(f"Slack did not answer for {wait_s:.0f} s. Nothing was changed.") from busy
        await clock.sleep(TRY_AGAIN_S)


async def socket_url(client: AsyncWebClient, app_token: str) -> str:
    """Ask Slack for the first WebSocket's address; the SDK would try a token that is refused for ever."""
    try:
        answer = await client.apps_connections_open(app_token=app_token)
    except SlackApiError as no:
        words = f"an app-level token (xapp-…) with connections:write; Slack answered {no.response.get('error')}"
        raise ConfigError(
            Problem(file="environment", line=None, key="SLACK_APP_TOKEN", words=f"expected {words}")
        ) from no
    except (aiohttp.ClientError, TimeoutError) as down:
        raise NotStarted(f"Slack gave no WebSocket ({type(down).__name__}). Nothing was changed.") from down
    return str(answer["url"])


def refused_token(word: str) -> ConfigError:
    """Say that Slack does not take the token."""
    words = f"a bot token that Slack accepts; it answered {word}. Take it from the app's page “OAuth & Permissions”"
    return ConfigError(Problem(file="environment", line=None, key="SLACK_BOT_TOKEN", words=f"expected {words}"))
