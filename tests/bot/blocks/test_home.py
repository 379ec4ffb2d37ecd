from dataclasses import replace

from agent_core.ports import TaskLine
from bot.blocks.home import home_view
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


def test_an_empty_home_tab_says_what_to_do(golden: Golden) -> None:
    """Nothing is a state too."""
    golden("home/empty.json", as_view(home_view([], [], [], {}), "home"))


def test_a_long_home_tab_is_cut_with_the_way_to_the_rest() -> None:
    """Slack takes a hundred blocks."""
    view = as_view(home_view([TASK] * 50, [TASK] * 50, [replace(LESSON, text="")] * 50, {}), "home")
    assert sum("30 more: /agent" in text for text in texts(view)) == 3
