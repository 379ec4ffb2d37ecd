"""The real bot in the demo: what a newcomer does in the first minutes, done at the page's own verbs."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.demo.parts import RUN
from tests.bot.demo.page import PATIENCE_S, Person, people
from tests.bot.demo.test_supervisor import Terminal, demo


@dataclass(frozen=True, slots=True, kw_only=True)
class Ops:
    """The terminal of the demo, and the people in #ops."""

    terminal: Terminal
    rita: Person
    ada: Person
    lee: Person
    tina: Person

    async def kill_the_bot(self) -> None:
        """End it as a power cut would, and wait until the terminal says that it is back."""
        os.kill(int(await self.terminal.until(r"kill -9 (\d+)")), signal.SIGKILL)
        await self.terminal.until("bot runs again")
        await self.rita.until(lambda me: me.online or None, "the bot's return")


@asynccontextmanager
async def ops(home: Path) -> AsyncIterator[Ops]:
    """Open the page as four people."""
    async with demo(home, RUN) as terminal:
        url = await terminal.until(r"Open +(\S+)")
        async with people(home, url, "U0RITA", "U0APPROVER", "U0LEAD", "U0TINA") as (rita, ada, lee, tina):
            yield Ops(terminal=terminal, rita=rita, ada=ada, lee=lee, tina=tina)


async def logged(file: Path, words: str) -> None:
    """Wait until a service has written these words to its log."""
    follow = await asyncio.create_subprocess_exec("tail", "-n", "+1", "-F", str(file), stdout=asyncio.subprocess.PIPE)
    assert follow.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        while words not in (await follow.stdout.readline()).decode():
            pass  # a line about something else
    follow.kill()
    await follow.wait()


def flag(home: Path) -> object:
    """Read how far the flag is rolled out."""
    flags: dict[str, object] = json.loads((home / "world" / "config" / "flags.json").read_text())
    return flags["new_cart"]


async def test_a_restart_asks_before_each_risky_step_and_is_really_done(tmp_path: Path) -> None:
    """Approve one step, edit the other; checkout runs afterwards, and Φ is 10."""
    home = tmp_path / "demo"
    async with ops(home) as here:
        task = await here.rita.command("restart checkout")
        await here.ada.press(task, "approve", "clear_lock")
        await here.ada.press(task, "edit", "restart_service", "grace_s: 5")
        await here.ada.fill("edit", arg_service="checkout", arg_grace_s="10")
        assert json.loads((home / "world" / "run" / "checkout.json").read_text())["pid"] is None
        await here.ada.press(task, "approve", "restart_service", "grace_s: 10")
        assert "succeeded · Φ 10.0" in await here.rita.finished(task)
        assert json.loads((home / "world" / "run" / "checkout.json").read_text())["pid"]
        task = await here.rita.command("is checkout up?")
        assert "succeeded" in await here.rita.finished(task)


async def test_nothing_is_deleted_before_two_people_agree(tmp_path: Path) -> None:
    """Reject, correct by a reply, approve, withdraw, approve, and the second approval."""
    home = tmp_path / "demo"
    async with ops(home) as here:
        everything = len(list((home / "world" / "logs").glob("*/*.log")))
        task = await here.rita.command("free disk space")
        await here.rita.press(task, "answer")
        await here.rita.fill("answer", answer="2")
        await here.lee.press(task, "reject", "days: 2")
        await here.lee.fill("reject", reason="too_risky", note="Keep a week.")
        await here.rita.card(task, "skip_step")
        await here.rita.reply(task, "older_than_days: 7")
        await here.ada.press(task, "approve", "days: 7")
        await here.ada.press(task, "withdraw", "days: 7")
        await here.ada.card(task, "approve", "days: 7", "0 of 2")
        await here.ada.press(task, "approve", "days: 7")
        await here.lee.card(task, "approve", "days: 7", "1 of 2")
        assert len(list((home / "world" / "logs").glob("*/*.log"))) == everything
        await here.lee.press(task, "approve", "days: 7", "1 of 2")
        assert "succeeded · Φ 10.0" in await here.rita.finished(task)
        assert len(list((home / "world" / "logs").glob("*/*.log"))) == everything - 14


async def test_a_card_works_across_the_bots_death_and_a_new_start_of_the_demo(tmp_path: Path) -> None:
    """Teach, override, kill the bot; end everything; the same thread goes on, and the rule still holds."""
    home = tmp_path / "demo"
    async with ops(home) as here:
        task = await here.rita.command("roll out new_cart")
        await here.tina.press(task, "teach", "set_flag")
        await here.tina.fill(
            "teach", when="tool = set_flag, percent = 50", do="set percent = 25", scope="channel", expires="30d"
        )
        await here.kill_the_bot()
        await here.tina.press(task, "approve", "percent: 10")
        await here.tina.press(task, "override_phi", "percent: 25")
        await here.tina.fill("override_phi", phi="2", why="Few have it.")
        await here.tina.sees(task, "Φ set by", "Few have it.")
        assert flag(home) == 10
    async with ops(home) as here:
        await here.tina.press(task, "approve", "percent: 25")
        await here.tina.card(task, "approve", "percent: 100")
        assert flag(home) == 25
        await here.rita.press(task, "abort", "percent: 100")
        assert "aborted" in await here.rita.finished(task)
        assert flag(home) == 25


async def test_a_bot_killed_while_a_step_runs_says_that_it_cannot_tell_and_asks(tmp_path: Path) -> None:
    """The restart goes on without it; nobody starts it a second time."""
    home = tmp_path / "demo"
    async with demo(home, RUN) as first:
        assert first.lines
        settings = home / "world" / "config" / "checkout.json"
        settings.write_text(json.dumps({"warm_up_s": 3}))
        url = await first.until(r"Open +(\S+)")
        async with people(home, url, "U0RITA", "U0APPROVER") as (rita, ada):
            task = await rita.command("restart checkout")
            await ada.press(task, "approve", "clear_lock")
            await ada.press(task, "approve", "restart_service")
            await logged(home / "world" / "logs" / "checkout" / "checkout.log", "warming up")
            os.kill(int(await first.until(r"kill -9 (\d+)")), signal.SIGKILL)
            await ada.press(task, "happened")
            assert "Finished: succeeded" in await rita.finished(task)
            log = (home / "world" / "logs" / "checkout" / "checkout.log").read_text()
            assert log.count("ready on port") == 1
