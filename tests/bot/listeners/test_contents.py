import pytest

from agent_core.errors import Broken, Refused
from agent_core.ports import StoreDown, SurfaceBusy, SurfaceGone
from bot.listeners import MAYBE_SENT, NOT_OURS, NOT_SENT, NOT_TAKEN, SLOW, words_for
from bot.listeners.cards import PRESSED
from bot.listeners.forms import SENT
from bot.listeners.home import SWITCHES
from bot.listeners.shortcuts import ANYWHERE, ON_MESSAGE
from bot.payloads import Malformed
from bot.playground.seeds import SHORTCUTS
from bot.slack.client import SlackRefused
from bot.wording import LABELS


def test_whatever_a_card_offers_is_answered() -> None:
    """A button without a listener would be a button that lies."""
    assert LABELS.keys() <= PRESSED.keys() | SWITCHES


def test_the_names_that_other_software_relies_on_are_those_of_the_design() -> None:
    """Those for allow rules, snoozing and plans are refused in words until there are cards that have them."""
    assert PRESSED.keys() == {
        "approve", "reject", "edit", "override_phi", "accept_score", "teach", "view_full", "withdraw", "stop", "pause",
        "resume", "abort", "answer", "why_asked", "happened", "not_happened", "try_again", "skip_step",
        "extend_budget", "page_next", "page_prev", "value", "allow_always", "approve_all", "snooze",
    }  # fmt: skip
    assert SENT.keys() == {"reject", "approve", "edit", "override_phi", "teach", "answer", "start_task"}


def test_every_shortcut_of_the_app_has_a_listener_and_no_listener_is_without_one() -> None:
    """The manifest and the code name the same."""
    assert {one.callback_id for one in SHORTCUTS if one.type == "message"} == set(ON_MESSAGE)
    assert {one.callback_id for one in SHORTCUTS if one.type == "global"} == set(ANYWHERE)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Refused("No.", "Do this."), "No. Do this."),
        (StoreDown("gone", sent=False), NOT_SENT),
        (StoreDown("silent", sent=True), MAYBE_SENT),
        (SurfaceBusy(1.0), SLOW),
        (TimeoutError(), SLOW),
        (Malformed("button value"), NOT_OURS),
        (SurfaceGone("archived."), NOT_TAKEN),
        (SlackRefused("views.open", "invalid_arguments"), NOT_TAKEN),
        (Broken("a law"), None),
        (KeyError("x"), None),
    ],
)
def test_each_trouble_has_its_words_and_a_defect_has_none(error: Exception, words: str | None) -> None:
    """What has no words goes on to the error handler, which gives a reference."""
    assert words_for(error) == words
