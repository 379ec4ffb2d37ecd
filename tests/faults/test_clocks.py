"""The clock of a bot jumps by hours, forwards and back: nothing expires by it, no lease is lost by it.

What is due is known by the time of Redis. Only what concerns this machine alone goes by its own clock: whether Slack
signed a request just now, and how long facts are kept.
"""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from agent_core.adapters.redis_client import connect
from agent_core.adapters.redis_keys import keys_of
from agent_core.fakes.clock import FakeClock
from agent_core.words import ChannelId, PersonId, TeamId, ThreadId
from bot.playground.harness import Fault, Setup, running
from bot.playground.words import TEAM_ID
from bot.slack.client import Slack as Client, session, web_client
from bot.slack.directory import SlackDirectory
from tests.cluster.kit import Cluster, deployed
from tests.examples import NOON
from tests.faults.crowd import CLOCK
from tests.stories.stage import ADA, OPS, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")
TEAM = TeamId(TEAM_ID)
LEASE_S = 3.0
HOURS_S = (5 * 3600.0, -5 * 3600.0)
SOON_S = 20.0
SETTLED_S = 0.7  # for a bot to have done what it does at once
SEEN_S = 8.0  # four of the looks that whoever runs a call takes, and more than Slack asks for


class Clocks:
    """A deployment whose bots have a clock that can be put wrong, with or without Slack's."""

    def __init__(self, cluster: Cluster, file: Path) -> None:
        """Begin with the right time."""
        self.cluster = cluster
        self.stage: Stage = cluster.stage
        self._file = file

    def jump(self, seconds: float, *, slack_as_well: bool = True) -> None:
        """Put the bots' clocks, and what Slack signs with, so far from the time of Redis."""
        beside = self._file.with_suffix(".new")
        beside.write_text(str(seconds))
        beside.replace(self._file)  # whole at every moment
        ahead_s = seconds if slack_as_well else 0.0
        self.stage.slack.clock.wall = lambda: time.time() + ahead_s  # noqa: TID251 - this is Slack's clock

    async def let_the_other_listen(self, thread_id: ThreadId) -> None:
        """Let Slack reach only the bot that does not hold this thread's lease."""
        redis = connect(self.cluster.store.url)
        holder = str(await redis.get(keys_of(thread_id).lease))
        await redis.aclose()
        (other,) = [one for one in self.cluster.members if f"-{one.process.pid}-" not in holder]
        self.listen_at(other.port)

    def listen_at(self, port: int) -> None:
        """Let Slack reach the bots at this port: one of them, or the balancer before all."""
        self.stage.slack.events_url = f"http://127.0.0.1:{port}/slack/events"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Clocks]:
    """Run two bots on one Redis."""
    folder = tmp_path_factory.mktemp("cs")
    file = folder / "skew"
    file.write_text("0")
    program = ("-m", "tests.faults.launch", f"lease_s={LEASE_S}", f"skew={file}")
    async with deployed(folder, program=program, serve=0, work=0, run=2) as cluster:
        yield Clocks(cluster, file)


@pytest_asyncio.fixture(loop_scope="module")
async def clocks(shared: Clocks) -> AsyncIterator[Clocks]:
    """Give them with the right time, before and after."""
    shared.jump(0)
    yield shared
    shared.jump(0)
    shared.listen_at(shared.cluster.balancer.port)


@pytest.fixture(params=HOURS_S, ids=["ahead", "behind"])
def hours_s(request: pytest.FixtureRequest) -> float:
    """Say where to the clock jumps."""
    return float(request.param)


async def test_a_proposal_expires_by_the_time_of_redis_alone(clocks: Clocks, hours_s: float) -> None:
    """One that has ten minutes keeps them; one that has a moment is over all the same."""
    word = f"expiry-{int(hours_s) % 7}"
    task = await clocks.stage.task(f"note {word}")
    card = await task.card(within_s=SOON_S)
    clocks.jump(hours_s)
    short = await clocks.stage.task(f"quick {word}")
    await short.ends("expired", within_s=SOON_S)
    assert task.with_button("approve")
    assert (await task.click(ADA, card, "approve")).ok
    await task.ends("succeeded", within_s=SOON_S)


async def test_a_request_that_was_not_signed_just_now_is_refused_by_the_bot_s_clock(
    clocks: Clocks, hours_s: float
) -> None:
    """As designed: who can't tell the time can't tell old requests from new ones; nothing is changed by it."""
    task = await clocks.stage.task(f"note window-{int(hours_s) % 7}")
    card = await task.card(within_s=SOON_S)
    clocks.jump(hours_s, slack_as_well=False)
    assert (await task.click(ADA, card, "approve")).status == 401
    assert task.with_button("approve")
    clocks.jump(0)
    assert (await task.click(ADA, card, "approve")).ok
    await task.ends("succeeded", within_s=SOON_S)


async def test_a_call_keeps_its_lease_when_the_clock_jumps(clocks: Clocks, hours_s: float) -> None:
    """Two leases later nobody else has taken it up, and its result counts."""
    word = f"lease-{int(hours_s) % 7}"
    task = await clocks.stage.task(f"slow {word}")
    assert (await task.click(ADA, await task.card(), "approve")).ok
    await task.card("stop")
    clocks.jump(hours_s)
    await CLOCK.sleep(2 * LEASE_S)
    assert not task.with_button("happened")
    (clocks.stage.folder / f"go-{word}").touch()
    await task.ends("succeeded", within_s=SOON_S)
    assert clocks.stage.written.count(f"ended {word}") == 1


async def test_who_runs_a_call_sees_that_it_is_to_stop_though_the_clock_was_put_back(clocks: Clocks) -> None:
    """Another bot has taken the press; whoever runs the call looks for such things every two seconds."""
    task = await clocks.stage.task("slow stopped")
    assert (await task.click(ADA, await task.card(), "approve")).ok
    card = await task.card("stop")
    await clocks.let_the_other_listen(task.id)
    await CLOCK.sleep(SETTLED_S)
    clocks.jump(HOURS_S[1])
    assert (await task.click(ADA, card, "stop")).ok
    asked = await task.card("happened", within_s=SEEN_S)  # what was stopped may have happened
    assert "its worker is gone" not in asked.words


async def test_slack_is_left_alone_no_longer_than_it_asks_though_the_clock_was_put_back(clocks: Clocks) -> None:
    """Otherwise a channel would be silent for hours."""
    task = await clocks.stage.task("note limited")
    card = await task.card()
    clocks.stage.slack.faults.add(Fault(on="chat.update", kind="rate_limited", seconds=2.0))
    assert (await task.click(ADA, card, "approve")).ok
    await clocks.stage.slack.until(lambda: [one for one in clocks.stage.slack.calls if one.status == 429], SOON_S)
    await CLOCK.sleep(SETTLED_S)
    clocks.jump(HOURS_S[1])
    await task.ends("succeeded", within_s=SEEN_S)


async def test_a_fact_is_looked_up_again_after_a_minute_though_the_clock_was_put_back() -> None:
    """Somebody who was deactivated may not decide for another five hours."""
    async with running(Setup()) as slack, session() as http:
        clock = FakeClock(NOON)
        client = Client(web_client(slack.secrets.bot_token, slack.api_url, http, direct=True), clock)
        directory = SlackDirectory(client, clock, team=TEAM, usergroups=frozenset())
        assert (await directory.look_up(TEAM, ChannelId(OPS), PersonId(ADA))).kind == "member"
        slack.change_person(ADA, "deactivated")
        clock.move(HOURS_S[1])
        clock.move(61)
        assert (await directory.look_up(TEAM, ChannelId(OPS), PersonId(ADA))).kind == "deactivated"
