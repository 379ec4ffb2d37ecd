"""Several processes on one store, as deployed: who dies is replaced by whoever is left."""

import re
from pathlib import Path

import aiohttp

from agent_core.keeping import LEASE_S
from tests.cluster.kit import Cluster, Member, deployed
from tests.cluster.rounds import Rounds
from tests.stories.stage import ADA, Task


async def running_call(cluster: Cluster, words: str) -> Task:
    """Bring a task to where its tool runs for as long as the test wants."""
    task = await cluster.stage.task(words)
    assert (await task.click(ADA, await task.card(), "approve")).ok
    await task.card("stop")
    return task


async def figures(member: Member) -> dict[str, float]:
    """Ask a member's admin port for its figures."""
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{member.admin_port}/metrics") as answer:
        found = re.findall(r"^(countersign_\w+) (\S+)$", await answer.text(), re.MULTILINE)
    return {name: float(value) for name, value in found}


async def test_while_processes_are_killed_one_after_another_nothing_is_lost_and_nothing_done_twice(
    tmp_path: Path,
) -> None:
    """`make cluster` plays more of the same."""
    async with deployed(tmp_path) as cluster:
        rounds = Rounds(cluster)
        for role, calls in (("work", 4), ("serve", 8), ("work", 26)):
            await rounds.play(role, calls)
        count = rounds.judge()
        assert (count.lost, count.doubled, len(count.killed)) == (0, 0, 3), count.sentence
        assert count.succeeded >= len(count.killed), count.sentence
        assert cluster.slack.violations == []


async def test_a_worker_that_is_told_to_stop_ends_its_call_and_hands_the_rest_over(tmp_path: Path) -> None:
    """A rolling upgrade costs nobody a question: the call ends, its result is recorded, another goes on."""
    async with deployed(tmp_path, serve=1, work=1) as cluster:
        (leaving,) = cluster.of("work")
        task = await running_call(cluster, "slow handover")
        await cluster.add("work")
        leaving.process.terminate()
        (tmp_path / "go-handover").touch()
        await task.ends("succeeded")
        assert await leaving.process.wait() == 0
        assert cluster.stage.written == ["began handover", "ended handover"]
        assert "error" not in leaving.said


async def test_a_dead_worker_s_call_is_settled_by_another_within_two_leases(tmp_path: Path) -> None:
    """Nobody knows whether it happened; another worker finds that out, and asks."""
    async with deployed(tmp_path, serve=1, work=1) as cluster:
        (dying,) = cluster.of("work")
        task = await running_call(cluster, "slow orphan")
        other = await cluster.add("work")
        await dying.kill()
        card = await task.card("happened", within_s=2 * LEASE_S)
        assert cluster.stage.written == ["began orphan"]
        assert (await task.click(ADA, card, "happened")).ok
        await task.ends("succeeded")
        assert (await figures(other))["countersign_due_lag_seconds"] == 0


async def test_without_a_worker_what_is_due_is_counted_and_nothing_is_lost(tmp_path: Path) -> None:
    """The figure that a deployment is scaled by; the first worker brings it down."""
    async with deployed(tmp_path, serve=1, work=1) as cluster:
        (serving,), (working,) = cluster.of("serve"), cluster.of("work")
        task = await cluster.stage.task("note scaled")
        card = await task.card()
        assert await working.stop() == 0
        assert (await task.click(ADA, card, "approve")).ok
        waiting = await figures(serving)
        assert waiting["countersign_overdue_threads"] == 1
        assert waiting["countersign_due_lag_seconds"] > 0
        await cluster.add("work")
        await task.ends("succeeded")
        assert cluster.stage.written == ["scaled"]
