import pytest

from agent_core.ports import CardGone, SurfaceBusy, SurfaceGone
from bot.playground.harness import Fault
from bot.slack.client import SlackRefused
from tests.bot.slack.office import Office

OPS = "C0OPS"


async def test_where_slack_asks_to_wait_it_is_not_asked_again_before(office: Office) -> None:
    """429 holds for the method in that channel, and for no other."""
    office.standin.faults.add(Fault(on="chat.postMessage", kind="rate_limited", seconds=7))
    with pytest.raises(SurfaceBusy) as busy:
        await office.slack.call("chat.postMessage", channel=OPS, text="one")
    assert busy.value.retry_after_s == 7
    office.clock.move(6.0)
    with pytest.raises(SurfaceBusy) as left:
        await office.slack.call("chat.postMessage", channel=OPS, text="two")
    assert left.value.retry_after_s == pytest.approx(1.0)
    assert (await office.slack.call("chat.postMessage", channel="G0PRIV", text="three"))["ok"]
    office.clock.move(2.0)
    assert (await office.slack.call("chat.postMessage", channel=OPS, text="four"))["ok"]
    assert len(office.standin.calls_of("chat.postMessage")) == 3


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("is_archived", SurfaceGone),
        ("channel_not_found", SurfaceGone),
        ("message_not_found", CardGone),
        ("cant_update_message", CardGone),
        ("fatal_error", SurfaceBusy),
        ("invalid_blocks", SlackRefused),
    ],
)
async def test_each_refusal_of_slacks_has_one_meaning(office: Office, word: str, meaning: type[Exception]) -> None:
    """Gone ends the task, a gone card is posted anew, busy is tried again, anything else is our defect."""
    office.standin.faults.add(Fault(on="chat.update", kind="error", error=word))
    with pytest.raises(meaning):
        await office.slack.call("chat.update", channel=OPS, ts="1.000001", text="words", blocks=[])


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "status"])
async def test_what_gave_no_answer_may_have_happened_and_is_not_repeated_here(office: Office, kind: str) -> None:
    """Whoever asked looks first, by the effect's mark."""
    office.standin.faults.add(Fault(on="chat.postMessage", kind=kind))  # type: ignore[arg-type]  # one of its words
    with pytest.raises(SurfaceBusy):
        await office.slack.call("chat.postMessage", channel=OPS, text="words")
    assert len(office.standin.calls_of("chat.postMessage")) <= 1


async def test_a_revoked_token_is_remembered_until_slack_takes_it_again(office: Office) -> None:
    """Operators see it in a gauge; tasks wait."""
    office.standin.faults.add(Fault(on="auth.test", kind="error", error="token_revoked"))
    with pytest.raises(SurfaceBusy):
        await office.slack.call("auth.test")
    assert office.slack.revoked == "token_revoked"
    await office.slack.call("auth.test")
    assert office.slack.revoked == ""
