import asyncio
import socket
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from agent_core.adapters.key_file import make_key
from agent_core.fakes.clock import turns
from bot.app import running
from bot.config import ConfigError, Settings, load
from bot.playground.harness import Fault, Slack
from bot.reach import NotStarted, connect_to, key_of, who_we_are
from bot.slack.client import Slack as Client, session, web_client
from tests.bot.slack.office import opened
from tests.stories.world import furnished


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def settings_for(folder: Path, redis_url: str, port: int, slack: Slack | None = None) -> Settings:
    """Give settings with a Redis of one's own."""
    (folder / "home").mkdir(exist_ok=True)
    make_key(folder / "home" / "key")
    return Settings(
        slack_bot_token=SecretStr(slack.secrets.bot_token if slack else "xoxb-none"),
        slack_signing_secret=SecretStr("a secret"),
        slack_api_url=slack.api_url if slack else "http://127.0.0.1:9/api/",
        redis_url=SecretStr(redis_url),
        countersign_config=furnished(folder),
        countersign_home=folder / "home",
        countersign_key_file=folder / "home" / "key",
        countersign_port=port,
    )


async def asked(port: int, page: str) -> tuple[int, str]:
    """Ask a page of the bot's port as soon as there is one."""
    async with aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"http://127.0.0.1:{port}{page}") as answer:
                    return answer.status, await answer.text()
            except aiohttp.ClientConnectorError:
                await turns()


async def test_a_store_that_never_answers_is_waited_for_and_then_said(tmp_path: Path) -> None:
    """Meanwhile the port is there: alive, and not ready."""
    settings = settings_for(tmp_path, f"unix://{tmp_path}/nobody", free_port())

    async def start() -> None:
        async with running(settings, load(settings.countersign_config), wait_s=0.5):
            raise AssertionError("it started")

    starting = asyncio.create_task(start())
    assert await asked(settings.countersign_port, "/livez") == (200, "alive\n")
    assert await asked(settings.countersign_port, "/readyz") == (503, "starting\n")
    with pytest.raises(NotStarted, match=r"Redis did not answer .* Nothing was changed\. Is it running\?"):
        await starting


async def test_a_store_that_would_lose_decisions_is_refused_with_the_setting(tmp_path: Path, redis_url: str) -> None:
    """The one for tests writes no append-only file: a restart of it would lose what was approved."""
    settings = settings_for(tmp_path, redis_url, 0)
    with pytest.raises(NotStarted, match="Redis appendonly: A restart of Redis would lose decisions"):
        async with running(settings, load(settings.countersign_config), wait_s=0.5):
            raise AssertionError("it started")


def test_with_somebody_elses_redis_a_key_is_demanded(tmp_path: Path) -> None:
    """One made beside the bot would not be the other bots'."""
    settings = Settings(redis_url=SecretStr("redis://127.0.0.1:1/0"), countersign_home=tmp_path)
    with pytest.raises(ConfigError, match="COUNTERSIGN_KEY_FILE"):
        key_of(settings)


@pytest.mark.parametrize("url", ["http://:secret@host", "redis+sentinel://:secret@host", "redis://:secret@host:port"])
def test_a_url_that_leads_to_no_redis_is_a_configuration_error(url: str) -> None:
    """It says which forms there are; never the password."""
    with pytest.raises(ConfigError, match=r"REDIS_URL: expected .* redis\+sentinel://") as wrong:
        _ = connect_to(url)
    assert "secret" not in wrong.value.sentence


def test_with_our_own_redis_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    """Another key would make every card's digest another."""
    settings = Settings(countersign_home=tmp_path / "home")
    made = key_of(settings)
    assert len(made) >= 32
    assert key_of(settings) == made
    assert (tmp_path / "home" / "key").stat().st_mode & 0o777 == 0o600


async def test_a_token_that_slack_does_not_know_is_a_configuration_error() -> None:
    """It says which variable, Slack's word, and where the right one is; never the token."""
    async with opened() as office, session() as http:
        client = web_client("xoxb-mistyped", office.standin.api_url, http, direct=True)
        with pytest.raises(ConfigError, match=r"SLACK_BOT_TOKEN: expected .* invalid_auth") as wrong:
            await who_we_are(Client(client, office.clock), office.clock)
        assert "mistyped" not in wrong.value.sentence


async def test_slack_is_waited_for_while_it_has_trouble(tmp_path: Path) -> None:
    """A short outage is no reason not to start."""
    del tmp_path
    async with opened() as office:
        office.standin.faults.add(Fault(on="auth.test", kind="status", status=503, times=2))
        asking = asyncio.create_task(who_we_are(office.slack, office.clock))
        while not asking.done():
            await office.clock.advance(0.5)
        installation, bot_id = await asking
        assert (installation.team_id, installation.bot_user_id, bot_id) == ("T0COUNTER", "U0BOT", "B0BOT")


async def test_a_slack_that_stays_away_is_said() -> None:
    """And nothing was changed."""
    async with opened() as office:
        office.standin.faults.add(Fault(on="auth.test", kind="status", status=503, times=None))
        asking = asyncio.create_task(who_we_are(office.slack, office.clock, 3.0))
        while not asking.done():
            await office.clock.advance(0.5)
        with pytest.raises(NotStarted, match="Slack did not answer for 3 s"):
            await asking


def test_a_home_that_can_not_be_one_is_a_mistake_of_the_environment(tmp_path: Path) -> None:
    """A file stands there."""
    home = tmp_path / "home"
    home.write_text("a file")
    with pytest.raises(ConfigError, match="COUNTERSIGN_HOME: a folder that can be made and written to"):
        key_of(Settings(countersign_home=home))


def test_a_lost_key_is_not_replaced_where_a_store_was_written_with_it(tmp_path: Path) -> None:
    """With a new key nothing in it could be read, and every thread would be quarantined."""
    settings = Settings(countersign_home=tmp_path)
    key = key_of(settings)
    assert key_of(settings) == key
    (tmp_path / "redis" / "appendonlydir").mkdir(parents=True)
    (tmp_path / "key").unlink()
    with pytest.raises(ConfigError, match="a key that is gone"):
        key_of(settings)
    assert not (tmp_path / "key").exists()
