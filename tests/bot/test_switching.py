"""Who may pull the emergency stop, and what they are told when the store does not answer."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest
from redis.asyncio import Redis

from agent_core.adapters.redis_stop import record_key
from agent_core.errors import Refused
from agent_core.fakes import FakeClock, MemoryStore, MemorySwitch
from agent_core.people import Person
from agent_core.ports import StoreDown, Switched
from agent_core.rules.book import Rules
from agent_core.words import ChannelId, TeamId, ThreadId
from bot.payloads.events import AppMention, Said
from bot.stopping import switched, team, whoever
from bot.switching import LIFTED, STOPPED, answer, switch
from tests.bot.threads.bench import bench_on
from tests.core.decide.office import OPERATOR, RULES
from tests.examples import NOON, REQUESTER, TEAM, THREAD

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.payloads import Payload


class Silent(MemorySwitch):
    """A stop whose store gives no answer."""

    async def switch(self, team: TeamId, *, is_stopped: bool, by: str) -> Switched:
        """Give no answer."""
        del team, is_stopped, by
        raise StoreDown("silence", sent=True)


@dataclass
class Counter:
    """As much of a desk as the stop needs."""

    by: Person
    switch: MemorySwitch = field(default_factory=lambda: made(MemorySwitch))
    team: TeamId = TEAM

    @property
    def runtime(self) -> "Counter":
        """Itself."""
        return self

    def rules(self) -> Rules:
        """Give the usual rules, with one operator."""
        return RULES

    async def person(self, payload: "Payload", channel: ChannelId) -> Person:
        """Say who acts; being in a channel makes nobody an operator."""
        del payload
        assert channel == ""
        return self.by


def made(kind: type[MemorySwitch]) -> MemorySwitch:
    """Make a stop that was never pulled."""
    clock = FakeClock(NOON)
    return kind(MemoryStore(clock), clock)


NO_PAYLOAD = cast("Payload", None)  # it only says who acts, which the counter knows


async def test_an_operator_is_told_what_holds_now() -> None:
    """And that it can be lifted, where and how."""
    desk = Counter(by=OPERATOR)
    done = await switch(cast("Desk", desk), NO_PAYLOAD, is_stopped=True)
    assert answer(done) == f"Everything was stopped by <@{OPERATOR.id}> at 12:00 UTC on 2026-03-02. {STOPPED}"
    done = await switch(cast("Desk", desk), NO_PAYLOAD, is_stopped=False)
    assert answer(done).endswith(LIFTED)


async def test_anybody_else_is_refused_and_nothing_is_switched() -> None:
    """Also the requester of a task, in its own channel."""
    desk = Counter(by=REQUESTER)
    for is_stopped in (True, False):
        with pytest.raises(Refused, match="You may not stop or resume everything"):
            await switch(cast("Desk", desk), NO_PAYLOAD, is_stopped=is_stopped)
    assert await desk.switch.log(TEAM) == []


@pytest.mark.parametrize(("is_stopped", "words"), [(True, "everything is stopped"), (False, "the stop is lifted")])
async def test_without_an_answer_nobody_is_told_that_it_is_done(is_stopped: bool, words: str) -> None:  # noqa: FBT001 - a column
    """Some threads may be stopped and others not."""
    desk = Counter(by=OPERATOR, switch=made(Silent))
    with pytest.raises(Refused, match=f"I can't tell whether {words}") as no:
        await switch(cast("Desk", desk), NO_PAYLOAD, is_stopped=is_stopped)
    assert "Say it again" in no.value.instead


def said(seconds: float) -> "Payload":
    """Make as much of a message as tells when it was written, so long after noon."""
    event: dict[str, Any] = {"ts": f"{NOON.timestamp() + seconds:.6f}"}
    mention: dict[str, Any] = {"event": Said.model_construct(**event)}
    return AppMention.model_construct(**mention)


async def test_a_message_from_before_the_stop_does_not_lift_it() -> None:
    """Slack delivers what was not answered in time again, minutes later; who means it writes it again."""
    desk = Counter(by=OPERATOR)
    await switch(cast("Desk", desk), said(-60.0), is_stopped=True)
    with pytest.raises(Refused, match="You wrote before that, so the stop stands"):
        await switch(cast("Desk", desk), said(-30.0), is_stopped=False)
    assert len(await desk.switch.log(TEAM)) == 1
    done = await switch(cast("Desk", desk), said(30.0), is_stopped=False)
    assert not done.is_stopped


async def test_the_command_line_stops_every_workspace_that_has_tasks(
    redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    """By whoever is there, as the system knows them; without a task there is none to be named."""
    tools = bench_on(redis)
    assert await switched(tools.opened, None, is_stopped=True) == 1
    assert "--team" in capsys.readouterr().err
    await tools.shop.begin(THREAD)
    await tools.shop.begin(ThreadId("T0OTHER:C0STAGING:1772452800.000100"))
    assert await switched(tools.opened, None, is_stopped=True) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in out] == ["T0OTHER", TEAM]
    assert all(f"Everything was stopped by {whoever()}" in line for line in out)
    assert await switched(tools.opened, TEAM, is_stopped=False) == 0
    assert capsys.readouterr().out.startswith(f"{TEAM}: The stop was lifted")


async def test_what_is_wrong_with_one_workspace_keeps_no_other_from_stopping(
    redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever pulls it means all of them; the one that could not be stopped is named, and the exit code says so."""
    tools = bench_on(redis)
    await tools.shop.begin(THREAD)
    await tools.shop.begin(ThreadId("T0OTHER:C0STAGING:1772452800.000100"))
    await redis.set(record_key(TeamId("T0OTHER")), "not what we write")
    assert await switched(tools.opened, None, is_stopped=True) == 1
    said = capsys.readouterr()
    assert said.err.startswith("T0OTHER: nothing was changed")
    assert said.out.startswith(f"{TEAM}: Everything was stopped")


def test_a_workspace_has_an_id() -> None:
    """Anything else is refused before the store is asked."""
    assert team("T0TEAM") == "T0TEAM"
    for text in ("t0team", "T0:X", " ", "T0TÉAM", "T" * 65):
        with pytest.raises(ValueError, match=text):
            team(text)
