from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from agent_core.adapters.key_file import make_key
from agent_core.adapters.redis_views import RedisIndex
from agent_core.codec import Codec
from agent_core.ports import TaskLine
from agent_core.words import ChannelId, PersonId, TeamId, thread_id_of
from bot.config import Settings
from bot.doctor import examine
from bot.playground.harness import Fault, Setup, Slack, running
from bot.slack.scopes import NEEDED
from tests.examples import NOON
from tests.stories.world import furnished


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """Give a Slack in which the app has what its manifest asks for."""
    async with running(Setup(scopes=NEEDED)) as slack:
        yield slack


async def examined(slack: Slack, folder: Path, **other: object) -> tuple[int, str]:
    """Let the doctor look; give the exit code and what it said."""
    settings = Settings(
        slack_bot_token=SecretStr(slack.secrets.bot_token),
        slack_signing_secret=SecretStr(slack.secrets.signing_secret),
        slack_api_url=slack.api_url,
        countersign_config=furnished(folder),
        countersign_home=folder / "home",
    )
    said: list[str] = []
    code = await examine(settings.model_copy(update=other), said.append)
    return code, "\n".join(said)


async def test_where_all_is_well_every_finding_is_and_the_exit_code_is_nothing(slack: Slack, tmp_path: Path) -> None:
    """Token, scopes, clock, approvers and store are each looked at."""
    code, said = await examined(slack, tmp_path)
    assert code == 0
    assert said.splitlines()[-1] == "The bot can start."
    assert "BAD" not in said
    for what in ("configuration", "token", "scopes", "clock", "approvers of rule 2", "channels", "store"):
        assert f"ok   {what}: " in said


async def test_a_missing_scope_is_named(slack: Slack, tmp_path: Path) -> None:
    """With what to do about it."""
    slack.grant(NEEDED - {"users:read"})
    code, said = await examined(slack, tmp_path)
    assert code == 1
    assert "BAD  scopes: missing users:read. Install the app anew from manifest.yml." in said


async def test_a_wrong_token_is_said_with_slacks_word(slack: Slack, tmp_path: Path) -> None:
    """And never shown."""
    code, said = await examined(slack, tmp_path, slack_bot_token=SecretStr("xoxb-mistyped"))
    assert code == 1
    assert "BAD  token: Slack refuses it (invalid_auth)." in said
    assert "mistyped" not in said


async def test_a_set_in_which_nobody_can_approve_is_found_before_a_task_finds_it(slack: Slack, tmp_path: Path) -> None:
    """An approver who left is a step that never runs."""
    slack.change_person("U0APPROVER", "deactivated")
    slack.set_group("S0ONCALL", ("U0GONE",))
    code, said = await examined(slack, tmp_path)
    assert code == 1
    assert "WARN approvers of rule 2: do not count: U0APPROVER" in said
    assert "BAD  approvers of rule 8: nobody can approve; such steps will not be run" in said


async def test_a_channel_in_which_a_task_is_open_and_the_bot_can_not_speak_is_found(
    slack: Slack, tmp_path: Path, redis: Redis, redis_url: str
) -> None:
    """Its cards can't be shown any more; a task that has ended needs no channel."""
    here = await listed(redis, redis_url, tmp_path)
    slack.archive("C0DEV")
    slack.archive("G0PRIV")
    _, said = await examined(slack, tmp_path, **here)
    assert "BAD  channels: archived, or the bot is not in them: C0DEV." in said, said


async def test_of_a_channel_of_which_slack_does_not_say_it_is_not_said_that_the_bot_is_out(
    slack: Slack, tmp_path: Path, redis: Redis, redis_url: str
) -> None:
    """Slack is busy, as it is at times; nobody has to invite the bot for that."""
    here = await listed(redis, redis_url, tmp_path)
    slack.faults.add(Fault(on="conversations.info", kind="rate_limited"))
    _, said = await examined(slack, tmp_path, **here)
    assert "WARN channels: Slack did not say of all in time." in said, said


async def listed(redis: Redis, redis_url: str, folder: Path) -> dict[str, object]:
    """List three tasks, two of them open, each in a channel of its own; give where the doctor finds them."""
    key = folder / "key"
    index = RedisIndex(redis, Codec(make_key(key)))
    for channel, phase in (("C0OPS", "awaiting_approval"), ("C0DEV", "thinking"), ("G0PRIV", "finished")):
        await index.put(
            TaskLine(
                thread_id=thread_id_of(TeamId("T0COUNTER"), ChannelId(channel), "1772452800.000100"),
                version=1,
                requester=PersonId("U0RITA"),
                purpose="p",
                phase=phase,
                phi=None,
                card_ts=None,
                updated_at=NOON,
            )
        )
    return {"redis_url": SecretStr(redis_url), "countersign_key_file": key}


async def test_a_rule_for_a_tool_that_there_is_not_is_found(slack: Slack, tmp_path: Path) -> None:
    """A misspelt deny protects nothing. It may start: the same policy may serve several bots."""
    (tmp_path / "other").mkdir()
    path = furnished(tmp_path / "other", more="    - {tools: [wipe, 'wipe_*', note], decision: deny}")
    code, said = await examined(slack, tmp_path, countersign_config=path)
    assert (code, "WARN rule 10: there is no tool wipe, so for that it means nothing" in said) == (0, True), said


async def test_a_configuration_that_is_wrong_is_named_and_the_rest_is_looked_at(slack: Slack, tmp_path: Path) -> None:
    """One visit to the doctor finds everything."""
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("version: 1\nsurprise: 1\n")
    code, said = await examined(slack, tmp_path, countersign_config=wrong)
    assert code == 1
    assert f"BAD  configuration: {wrong}:2: surprise" in said
    assert "ok   token" in said


async def test_a_store_that_does_not_answer_is_said(slack: Slack, tmp_path: Path) -> None:
    """It is a finding, and no traceback."""
    code, said = await examined(slack, tmp_path, redis_url=SecretStr(f"unix://{tmp_path}/nobody"))
    assert code == 1
    assert "BAD  store: Redis cannot be reached" in said


async def test_an_app_token_that_slack_refuses_is_said(slack: Slack, tmp_path: Path) -> None:
    """With Socket Mode nothing would ever arrive."""
    code, said = await examined(slack, tmp_path, slack_app_token=SecretStr("xapp-1-mistyped"))
    assert code == 1
    assert "BAD  app token: " in said
    assert "mistyped" not in said
    code, said = await examined(slack, tmp_path, slack_app_token=SecretStr(slack.secrets.app_token))
    assert (code, "ok   app token" in said) == (0, True)
