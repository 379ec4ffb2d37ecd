import json
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from agent_core.adapters.system_clock import SystemClock
from bot.demo.furnish import DAYS, furnish
from tests.bot.demo.conftest import Tool


def pid_of(world: Path, service: str) -> int:
    """Read which process the keeper started."""
    return int(json.loads((world / "run" / f"{service}.json").read_text())["pid"])


async def test_checkout_is_really_down_until_its_lock_is_gone_and_it_is_started(kept: Path, tool: Tool) -> None:
    """The order is the runbook's: look, clear the lock, restart, look again, ask it."""
    seen = await tool("read_status", "checkout")
    assert (seen.code, "checkout is down" in seen.out, "stale lock" in seen.out) == (0, True, True)
    assert (await tool("check_health", "checkout")).code == 1
    refused = await tool("restart_service", "checkout", 5)
    assert (refused.code, "exit code 70" in refused.err) == (1, True)
    assert "No lock of checkout is left" in (await tool("clear_lock", "checkout")).out
    started = await tool("restart_service", "checkout", 5)
    assert (started.code, "is ready on port" in started.out) == (0, True)
    assert "checkout is active" in (await tool("read_status", "checkout")).out
    health = json.loads((await tool("check_health", "checkout")).out)
    assert health == {"service": "checkout", "status": "ok", "pid": pid_of(kept, "checkout")}


async def test_a_restart_ends_one_process_and_starts_another(kept: Path, tool: Tool) -> None:
    """Cart runs from the first."""
    before = pid_of(kept, "cart")
    said = await tool("restart_service", "cart", 5)
    after = pid_of(kept, "cart")
    assert f"Process {before} ended" in said.out
    assert after != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


async def test_the_lock_of_a_running_service_is_never_removed(kept: Path, tool: Tool) -> None:
    """Two processes of one service are what it is for."""
    refused = await tool("clear_lock", "cart")
    assert (refused.code, "which runs" in refused.err) == (1, True)
    assert (kept / "run" / "cart.lock").exists()


async def test_a_service_that_is_killed_stays_down_and_leaves_its_lock(kept: Path, tool: Tool) -> None:
    """So a newcomer can break it again; nobody mends it but the agent."""
    os.kill(pid_of(kept, "cart"), signal.SIGKILL)
    seen = await tool("read_status", "cart")
    assert "cart is down" in seen.out
    assert (kept / "run" / "cart.lock").exists()


async def test_old_logs_are_really_deleted_and_younger_ones_kept(world: Path, tool: Tool) -> None:
    """What was listed is what is gone, and the disk is within its quota again."""
    assert "over the quota" in (await tool("disk_usage")).out
    listed = (await tool("list_logs", 7)).out.splitlines()
    assert len(listed) == 1 + 2 * (DAYS - 7)
    before = {str(file.relative_to(world)) for file in (world / "logs").glob("*/*.log")}
    assert f"Deleted {2 * (DAYS - 7)} log files" in (await tool("delete_logs", 7)).out
    after = {str(file.relative_to(world)) for file in (world / "logs").glob("*/*.log")}
    assert before - after == {line.split("  ")[0] for line in listed[1:]}
    assert "No log file is older" in (await tool("list_logs", 7)).out
    assert "within the quota" in (await tool("disk_usage")).out


async def test_a_link_among_the_logs_leads_nowhere(world: Path, tool: Tool, tmp_path: Path) -> None:
    """Whoever can put a link there must not have other files deleted."""
    outside = tmp_path / "precious"
    outside.write_text("kept")
    (world / "logs" / "cart" / "cart-old.log").symlink_to(outside)
    long_ago = (SystemClock().now() - timedelta(days=99)).timestamp()
    os.utime(outside, (long_ago, long_ago))
    assert "precious" not in (await tool("list_logs", 7)).out
    await tool("delete_logs", 7)
    assert outside.read_text() == "kept"


async def test_a_flag_is_changed_in_the_file_and_served_by_the_running_service(kept: Path, tool: Tool) -> None:
    """The postcondition is the service's own answer, not the file's."""
    assert "new_cart is at 0 %" in (await tool("read_flag", "new_cart")).out
    assert (await tool("set_flag", "new_cart", 25)).out == "new_cart: 0 % → 25 %.\n"
    assert json.loads((kept / "config" / "flags.json").read_text())["new_cart"] == 25
    assert "new_cart is at 25 %" in (await tool("read_flag", "new_cart")).out


@pytest.mark.parametrize(
    "words",
    [
        ("read_status", "payments"),
        ("read_status", "../checkout"),
        ("restart_service", "cart", 31),
        ("delete_logs", 0),
        ("delete_logs", "all"),
        ("set_flag", "new_cart", 101),
        ("set_flag", "no_such_flag", 1),
        ("set_flag", "new_cart"),
    ],
)
async def test_what_is_out_of_bounds_is_refused_with_words(world: Path, tool: Tool, words: tuple[object, ...]) -> None:
    """The schema says so before; the programs do not rely on it."""
    before = (world / "config" / "flags.json").read_text()
    refused = await tool(*map(str, words))
    assert (refused.code, bool(refused.err), refused.out) == (1, True, "")
    assert (world / "config" / "flags.json").read_text() == before


async def test_without_its_keeper_a_restart_says_so(tool: Tool) -> None:
    """The tools can be run by hand when the demo does not run."""
    assert "keeper does not answer" in (await tool("restart_service", "cart", 5)).err


async def test_an_order_without_the_token_is_refused(kept: Path, tool: Tool) -> None:
    """Another user of the machine can reach the port."""
    card = kept / "run" / "keeper.json"
    assert card.stat().st_mode & 0o077 == 0
    card.write_text(json.dumps(json.loads(card.read_text()) | {"token": "guessed"}))
    before = pid_of(kept, "cart")
    assert "without the token" in (await tool("restart_service", "cart", 5)).err
    assert pid_of(kept, "cart") == before


def test_what_a_newcomer_changed_stays_at_the_next_start(world: Path) -> None:
    """Programs are renewed, settings and logs are theirs."""
    (world / "countersign.yml").write_text("version: 1\n")
    (world / "tools" / "tools").write_text("broken")
    furnish(world, SystemClock().now())
    assert (world / "countersign.yml").read_text() == "version: 1\n"
    assert (world / "tools" / "tools").read_text().startswith("#!/bin/sh\n")
