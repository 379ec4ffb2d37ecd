from pathlib import Path

import aiohttp
import pytest

from tests.bot.test_commands import bot
from tests.cluster.kit import deployed
from tests.stories.world import furnished


@pytest.mark.parametrize("role", ["serve", "work"])
def test_processes_that_share_work_need_a_redis_to_share(role: str, tmp_path: Path) -> None:
    """Each with a server of its own, a worker would wait for ever for what another took in."""
    environment = {
        "SLACK_BOT_TOKEN": "xoxb-any",
        "SLACK_SIGNING_SECRET": "any",
        "COUNTERSIGN_CONFIG": str(furnished(tmp_path)),
        "COUNTERSIGN_HOME": str(tmp_path / "home"),
    }
    done = bot(role, **environment)
    assert done.returncode == 2
    assert "REDIS_URL" in done.stderr
    assert not (tmp_path / "home").exists()


async def test_a_worker_answers_for_its_health_at_the_admin_port_alone(tmp_path: Path) -> None:
    """It takes nothing from Slack, so it opens no door for it."""
    async with deployed(tmp_path, serve=0, work=1) as cluster, aiohttp.ClientSession() as http:
        (working,) = cluster.members
        assert not working.port
        for page, words in (("livez", "alive\n"), ("readyz", "ready\n")):
            async with http.get(f"http://127.0.0.1:{working.admin_port}/{page}") as answer:
                assert (answer.status, await answer.text()) == (200, words)
        async with http.post(f"http://127.0.0.1:{working.admin_port}/slack/events") as answer:
            assert answer.status == 404
