import json
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from jsonschema import Draft202012Validator

from agent_core.adapters.key_file import make_key
from agent_core.fakes.clock import turns
from bot.playground.harness import Setup, running
from tests.bot.test_reach import free_port
from tests.stories.process import PATH, ROOT, Bot
from tests.stories.world import furnished


def bot(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the bot to its end, in an environment of its own."""
    command = [sys.executable, "-m", "bot", *words]
    env = {"PATH": PATH, **environment}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)


def test_schema_prints_a_json_schema_and_how_an_editor_is_made_to_use_it() -> None:
    """Standard output is the schema alone, so that it can be sent into a file."""
    done = bot("schema")
    assert done.returncode == 0
    Draft202012Validator.check_schema(json.loads(done.stdout))
    assert "# yaml-language-server: $schema=" in done.stderr


def test_without_slacks_tokens_the_bot_says_which_variables_it_needs(tmp_path: Path) -> None:
    """All of them at once, each with where to find it."""
    done = bot("run", COUNTERSIGN_CONFIG=str(furnished(tmp_path)), COUNTERSIGN_HOME=str(tmp_path / "home"))
    assert done.returncode == 2
    assert "SLACK_BOT_TOKEN" in done.stderr
    assert "SLACK_SIGNING_SECRET" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("variable", ["COUNTERSIGN_PORT", "REDIS_URL", "SLACK_API_URL"])
def test_a_variable_that_is_no_such_thing_is_named_and_not_repeated(variable: str) -> None:
    """Its value may be a secret."""
    done = bot("run", **{variable: "certainly not"})
    assert done.returncode == 2
    assert variable in done.stderr
    assert "certainly not" not in done.stderr


async def test_ctrl_c_while_the_store_is_waited_for_ends_the_wait(tmp_path: Path) -> None:
    """Nobody has to watch it try for half a minute."""
    furnished(tmp_path)
    (tmp_path / "home").mkdir()
    make_key(tmp_path / "home" / "key")
    port = free_port()
    async with running(Setup()) as slack, aiohttp.ClientSession() as http:
        started = Bot(
            slack,
            tmp_path,
            more={
                "REDIS_URL": f"unix://{tmp_path}/nobody",
                "COUNTERSIGN_KEY_FILE": str(tmp_path / "home" / "key"),
                "COUNTERSIGN_PORT": str(port),
            },
        )
        process = await started.run()
        status = 0
        while not status:
            try:
                async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    status = answer.status
            except aiohttp.ClientConnectorError:
                await turns()
        assert status == 503
        process.send_signal(signal.SIGINT)
        code, out, errors = await started.ended()
        assert (code, out) == (0, "Stopped before it was up; nothing was changed.\n"), errors
