import asyncio
import stat
import sys
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.clock import Clock
from bot.playground.harness import Person, Setup, Slack, running
from bot.playground.setup import secrets_under
from tests.playground.kit import actions, button

META = {"event_type": "effect", "event_payload": {"id": "e1"}}


async def test_a_workspace_on_disk_is_there_again_after_a_restart(tmp_path: Path) -> None:
    """Messages with metadata and replies, direct messages, Home and secrets; not what only one person saw."""
    async with running(Setup(home=tmp_path)) as slack:
        client = AsyncWebClient(token=slack.secrets.bot_token, base_url=slack.api_url)
        root = await client.chat_postMessage(channel="C0OPS", text="a", blocks=[actions(button("go"))], metadata=META)
        await slack.as_person("U0RITA").post("C0OPS", "reply", thread_ts=root["ts"])
        gone = await client.chat_postMessage(channel="C0OPS", text="gone")
        await client.chat_delete(channel="C0OPS", ts=gone["ts"])
        await client.chat_postMessage(channel="U0RITA", text="direct")
        await client.chat_postEphemeral(channel="C0OPS", user="U0RITA", text="once")
        await client.views_publish(user_id="U0RITA", view={"type": "home", "blocks": []})
        before = (slack.channel("C0OPS"), slack.as_person("U0RITA").home, slack.secrets)
        slack.archive("C0DEV")
    async with running(Setup(home=tmp_path)) as again:
        rita = again.as_person("U0RITA")
        assert (again.channel("C0OPS"), rita.home, again.secrets) == before
        assert [message.text for message in again.thread("C0OPS", root["ts"])] == ["a", "reply"]
        assert [message.text for message in again.channel(rita.dm())] == ["direct"]
        assert rita.ephemerals == []
        assert again.standin.workspace.channels["C0DEV"].is_archived
        later = await rita.post("C0OPS", "later")
        assert later > before[0][-1].ts


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    """Supervisor, bot and tests read the same file."""
    made = secrets_under(tmp_path)
    assert secrets_under(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "slack-secrets.json").stat().st_mode) == 0o600
    assert made.bot_token.startswith("xoxb-")
    assert made.app_token.startswith("xapp-")


async def test_a_wait_ends_when_time_is_skipped_or_passes() -> None:
    """Nobody waits five minutes for a retry."""
    clock = Clock()
    waiting = asyncio.create_task(clock.wait(300))
    await clock.wait(0.001)  # it has begun
    clock.advance(299)
    await clock.wait(0.01)
    assert not waiting.done()
    clock.advance(1)
    await asyncio.wait_for(waiting, 1)


async def test_stamps_are_never_equal() -> None:
    """Even when the machine's clock stands still."""
    clock = Clock(wall=lambda: 1_800_000_000.0)
    assert [clock.stamp(), clock.stamp()] == ["1800000000.000000", "1800000000.000001"]


async def test_until_is_woken_by_a_change_and_gives_up_in_time(slack: Slack, rita: Person) -> None:
    """A test waits on what happens, never on the clock."""
    waiting = asyncio.create_task(slack.until(lambda: rita.ephemerals))
    slack.standin.workspace.whisper("C0OPS", "U0RITA", {"text": "now"})
    await waiting
    with pytest.raises(TimeoutError):
        await slack.until(lambda: False, timeout=0.01)


async def test_as_a_process_it_says_when_it_is_ready_and_stops_when_told(tmp_path: Path) -> None:
    """What the supervisor of the demo relies on."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.playground", "--port", "0", "--home", str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    url = line.removeprefix("playground ready on ").strip()
    client = AsyncWebClient(token=secrets_under(tmp_path).bot_token, base_url=f"{url}api/")
    assert (await client.auth_test())["ok"]
    process.terminate()
    assert await process.wait() == 0
