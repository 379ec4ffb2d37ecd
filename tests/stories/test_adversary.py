"""What an attacker of the whole bot tried: Slack refuses, people leave, the bot is killed at the worst moment."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from agent_core.words import PersonId, TeamId
from bot.ingress import PATH, Opening, http_app
from bot.playground.harness import Fault, Message, Setup, Slack, running as slack_running
from tests.stories.stage import ADA, LEE, OPS, RITA, staged
from tests.stories.world import furnished

GONE = """
    - {tools: [note], decision: ask, approvers: {users: [U0APPROVER, U0GONE]}, timeout_s: 600}
"""
APPROVALS = 20
KILLED_AT = (3, 11)  # cards that were decided
AT_ONCE = 4


def direct(slack: Slack, person: str) -> str:
    """Give what somebody was told directly."""
    rooms = [name for name, room in slack.standin.workspace.channels.items() if room.with_user == person]
    return "\n".join(message.words for name in rooms for message in slack.channel(name))


async def test_a_proposal_that_slack_does_not_draw_ends_in_words_to_its_requester(tmp_path: Path) -> None:
    """Nobody could decide on it; it is not tried for ever while nobody hears of it."""
    async with staged(tmp_path) as stage:
        undrawn = Fault(on="chat.postMessage", kind="error", error="invalid_blocks", times=None)
        undrawn.match = lambda given: "approve" in str(given.get("blocks"))
        stage.slack.faults.add(undrawn)
        task = await stage.task("note undrawn")
        await stage.until(lambda: "was aborted" in direct(stage.slack, RITA))
        assert (await task.checkpoint()).phase.kind == "finished"
        assert stage.written == []


async def test_a_card_that_slack_does_not_draw_anew_loses_its_buttons(tmp_path: Path) -> None:
    """It says in words how it stands, and seems to wait no more."""
    async with staged(tmp_path) as stage:
        task = await stage.task("note redrawn")
        card = await task.card()
        undrawn = Fault(on="chat.update", kind="error", error="invalid_blocks", times=None)
        undrawn.match = lambda given: bool(given.get("blocks")) and given.get("ts") == card.ts
        stage.slack.faults.add(undrawn)
        await task.click(ADA, card, "approve")
        await task.ends("succeeded")
        assert "approve" not in next(one for one in task.messages if one.ts == card.ts).action_ids
        assert stage.written == ["redrawn"]


async def test_an_approver_who_left_keeps_nobody_from_being_told(tmp_path: Path) -> None:
    """Slack opens no conversation with somebody deactivated; the task goes on, and nobody is told twice."""
    async with staged(tmp_path, more=GONE) as stage:
        stage.slack.set_members(OPS, {RITA, ADA, "U0BOT"})
        task = await stage.task("note left")
        card = await task.card()
        await stage.until(lambda: "waits for your decision" in direct(stage.slack, LEE))
        await task.click(ADA, card, "approve")
        await task.ends("succeeded")
        assert direct(stage.slack, LEE).count("waits for your decision") == 1


async def test_a_user_group_that_was_deleted_makes_only_its_own_steps_impossible(tmp_path: Path) -> None:
    """Whoever approves by name still counts, and the step of the group's is denied in words."""
    async with staged(tmp_path) as stage:
        stage.slack.faults.add(Fault(on="usergroups.users.list", kind="error", error="no_such_subteam", times=None))
        task = await stage.task("note named")
        await task.click(ADA, await task.card(), "approve")
        await task.ends("succeeded")
        other = await stage.task("oncall grouped")
        await other.until(lambda task: "S0ONCALL" in task.words)
        assert stage.written == ["named"]


async def test_an_answer_of_slacks_that_is_no_json_is_an_answer_to_come(tmp_path: Path) -> None:
    """A page that a proxy made ends no task."""
    async with staged(tmp_path) as stage:
        stage.slack.faults.add(Fault(on="chat.postMessage", kind="status", status=200, times=2))
        task_words = "note proxied"
        await stage.slack.as_person(RITA).command(OPS, "/agent", task_words)
        await stage.until(lambda: stage.slack.messages_with_button("approve"))


async def test_a_silent_slack_strikes_no_approval(tmp_path: Path) -> None:
    """Who approved is looked up afresh at the claim; that waits until Slack answers."""
    async with staged(tmp_path) as stage:
        task = await stage.task("note silence")
        card = await task.card()
        # The click itself rests on what was learned within the last minute.
        await stage.bot.desk.directory.look_up(TeamId("T0COUNTER"), "C0OPS", PersonId(ADA))  # type: ignore[arg-type]  # a channel's ID
        stage.slack.faults.add(Fault(on="users.info", kind="rate_limited", seconds=1.0, times=1))
        await task.click(ADA, card, "approve")
        await task.ends("succeeded")
        assert "no longer counts" not in task.words


class Guardian:
    """A guard that lets everything in."""

    async def serve(self, request: web.Request, dispatch: object) -> web.Response:
        """Say by whom it would be dispatched."""
        del request
        return web.Response(text=str(dispatch))


@asynccontextmanager
async def door(opening: Opening) -> AsyncIterator[str]:
    """Serve the door alone."""
    served = web.AppRunner(http_app(Guardian(), opening))  # type: ignore[arg-type]  # it only serves
    await served.setup()
    await web.TCPSite(served, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{served.addresses[0][1]}{PATH}"
    finally:
        await served.cleanup()


async def test_a_request_that_comes_while_the_bot_starts_is_held_and_taken() -> None:
    """A click is not failed because Redis needed another second."""
    opening = Opening()
    async with door(opening) as url, aiohttp.ClientSession() as client:
        click = asyncio.create_task(client.post(url))
        assert not (await asyncio.wait({click}, timeout=0.1))[0]
        opening.open("bolt")  # type: ignore[arg-type]  # anything that dispatches
        assert await (await click).text() == "bolt"
        opening.close()
        async with client.post(url) as late:
            assert late.status == 503


class Bot:
    """The bot as a process of its own, that can be killed."""

    def __init__(self, slack: Slack, folder: Path) -> None:
        self._slack = slack
        self._environment = os.environ | {  # noqa: TID251 - the child needs a path, and is given the rest
            "SLACK_BOT_TOKEN": slack.secrets.bot_token,
            "SLACK_SIGNING_SECRET": slack.secrets.signing_secret,
            "SLACK_API_URL": slack.api_url,
            "COUNTERSIGN_CONFIG": str(folder / "countersign.yml"),
            "COUNTERSIGN_HOME": str(folder / "home"),
            "COUNTERSIGN_PORT": "0",
        }
        self._process: asyncio.subprocess.Process | None = None
        self.is_up = asyncio.Event()

    async def start(self) -> None:
        """Start it, and tell Slack where it is."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", "run"),
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        words = (await self._process.stdout.readline()).decode()
        self._slack.events_url = next(word for word in words.split() if word.startswith("http")).rstrip(".")
        self.is_up.set()

    async def end(self, how: signal.Signals) -> None:
        """End it."""
        assert self._process is not None
        self.is_up.clear()
        self._process.send_signal(how)
        await self._process.communicate()


def lines_of(folder: Path) -> Counter[str]:
    """Count what the tools really did."""
    file = folder / "written"
    return Counter(file.read_text().split()) if file.exists() else Counter()


async def test_a_bot_killed_again_and_again_during_twenty_approvals_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Each step runs once, or its thread says that nobody can tell; none runs twice, and none is forgotten."""
    furnished(tmp_path)
    async with slack_running(Setup(lenient=frozenset({"ack_budget"}))) as slack:
        bot = Bot(slack, tmp_path)
        await bot.start()
        for nth in range(APPROVALS):
            await slack.as_person(RITA).command(OPS, "/agent", f"own line-{nth}")
        await slack.until(lambda: len(slack.messages_with_button("approve")) == APPROVALS, 60)
        cards = slack.messages_with_button("approve")
        hands = asyncio.Semaphore(AT_ONCE)
        pressing = asyncio.gather(*(press(slack, card, bot, hands) for card in cards))
        for at in KILLED_AT:
            await slack.until(lambda at=at: sum(not is_waiting(slack, card) for card in cards) >= at, 60)  # type: ignore[misc]  # mypy can't see through the default that binds the loop's variable
            await bot.end(signal.SIGKILL)
            await bot.start()
        await pressing
        await slack.until(lambda: len(settled(slack)) == APPROVALS, 60)
        await bot.end(signal.SIGTERM)
        lines = lines_of(tmp_path)
        assert max(lines.values()) == 1
        for card, is_known in settled(slack).items():
            assert not is_known or lines[card] == 1


async def press(slack: Slack, card: Message, bot: Bot, hands: asyncio.Semaphore) -> None:
    """Approve until it is taken; a person sees that a click failed, and presses again when the bot is back."""
    async with hands:
        while not (await slack.as_person(ADA).click(card, "approve")).ok and is_waiting(slack, card):
            await bot.is_up.wait()


def is_waiting(slack: Slack, card: Message) -> bool:
    """Tell whether a card still offers the decision."""
    now = slack.message(card.channel, card.ts)
    return now is not None and "approve" in now.action_ids


def settled(slack: Slack) -> dict[str, bool]:
    """Give the lines whose task ended, or asks what happened, and whether it is known to have happened."""
    found: dict[str, bool] = {}
    for parent in slack.channel(OPS):
        if parent.thread_ts not in (None, parent.ts) or "own line-" not in parent.words:
            continue
        line = f"line-{parent.words.partition('own line-')[2].split()[0]}"
        thread = "\n".join(f"{one.text}\n{one.words}" for one in slack.thread(OPS, parent.ts))
        if "Finished: succeeded" in thread:
            found[line] = True
        elif "I can't tell whether" in thread:
            found[line] = False
    return found
