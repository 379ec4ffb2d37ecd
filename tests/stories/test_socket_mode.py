from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import running as bot_running
from bot.config import ConfigError, load
from bot.playground.harness import Setup, running
from tests.stories.stage import ADA, RITA, settings_for, staged
from tests.stories.world import furnished


async def test_over_a_websocket_a_task_runs_from_the_command_to_its_end(tmp_path: Path) -> None:
    """The same listeners stand behind both ways; forms and their errors come back through the acknowledgement."""
    async with staged(tmp_path, setup=Setup(socket_mode=True)) as stage:
        task = await stage.task("note wired")
        card = await task.card()
        form = await task.form(ADA, card, "edit")
        wrong = await task.send(ADA, form, **{"arg:line": "Not a word"})
        assert list(wrong.errors) == ["arg:line"]
        assert (await task.send(ADA, form, **{"arg:line": "rewired"})).errors == {}
        newer = await task.card(besides=card)
        await task.reply(RITA, "ok")
        await task.told(RITA, "Words in the thread never decide a step.")
        await task.click(ADA, newer, "approve")
        await task.ends("succeeded")
        assert stage.written == ["rewired"]
        await stage.check()


async def test_a_refused_app_token_is_a_configuration_error(tmp_path: Path) -> None:
    """It names the variable, and where the right one is."""
    path = furnished(tmp_path)
    async with running(Setup(socket_mode=True)) as slack:
        settings = settings_for(slack, tmp_path / "home", path, socket=True)
        wrong = settings.model_copy(update={"slack_app_token": SecretStr("xapp-1-wrong")})
        with pytest.raises(ConfigError, match="SLACK_APP_TOKEN"):
            async with bot_running(wrong, load(path)):
                raise AssertionError("it started")
