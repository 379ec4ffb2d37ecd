from dataclasses import replace

import pytest

from agent_core.ports import TaskLine
from bot.blocks.home import Stop, home_view
from tests.bot.blocks.reading import as_view, kinds_of_text, objects, texts
from tests.examples import LESSON, NOON, OVERRIDE, REQUESTER, THREAD
from tests.plugins.golden import Golden

TASK = TaskLine(
    thread_id=THREAD,
    version=3,
    requester=REQUESTER.id,
    purpose="restart the cart <!channel>",
    phase="awaiting_approval",
    phi=2.5,
    card_ts="1772452801.000200",
    updated_at=NOON,
)


def test_the_home_tab_lists_what_waits_what_was_started_and_what_was_learned(golden: Golden) -> None:
    """With links to the cards, and no decision of its own."""
    ended = replace(TASK, how="out_of_budget", phase="finished", phi=None)
    view = as_view(home_view([TASK], [ended], [LESSON, OVERRIDE], {THREAD: "https://slack.test/card"}), "home")
    golden("home/full.json", view)
    assert kinds_of_text(view) <= {"plain_text", "text", "link"}
    assert not [one for one in objects(view) if one.get("type") == "button"]


def test_an_operators_home_tab_has_the_emergency_stop(golden: Golden) -> None:
    """It asks once more before it stops everything."""
    view = as_view(home_view([], [], [], {}, stop=Stop(words="", is_operator=True)), "home")
    golden("home/operator.json", view)
    (switch,) = [one for one in objects(view) if one.get("type") == "button"]
    assert (switch["action_id"], "confirm" in switch) == ("stop_all", True)


@pytest.mark.parametrize("is_operator", [True, False])
def test_everybodys_home_tab_says_that_everything_is_stopped(golden: Golden, is_operator: bool) -> None:  # noqa: FBT001 - a column
    """Only operators can lift it there."""
    stop = Stop(words="Everything was stopped by <@U0OP> at 12:00 UTC on 2026-03-02.", is_operator=is_operator)
    view = as_view(home_view([], [], [], {}, stop=stop), "home")
    golden(f"home/stopped_{'operator' if is_operator else 'anybody'}.json", view)
    pressed = [one["action_id"] for one in objects(view) if one.get("type") == "button"]
    assert pressed == (["resume_all"] if is_operator else [])


def test_a_home_tab_without_a_stop_says_nothing_of_it() -> None:
    """Most people never need to know."""
    nothing = home_view([], [], [], {}, stop=Stop(words="", is_operator=False))
    assert nothing == home_view([], [], [], {})


def test_an_empty_home_tab_says_what_to_do(golden: Golden) -> None:
    """Nothing is a state too."""
    golden("home/empty.json", as_view(home_view([], [], [], {}), "home"))


def test_a_long_home_tab_is_cut_with_the_way_to_the_rest() -> None:
    """Slack takes a hundred blocks."""
    view = as_view(home_view([TASK] * 50, [TASK] * 50, [replace(LESSON, text="")] * 50, {}), "home")
    assert sum("30 more: /agent" in text for text in texts(view)) == 3
