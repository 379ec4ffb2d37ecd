from agent_core.people import People
from agent_core.ports import TaskLine
from bot.blocks.listing import listing
from tests.examples import NOON, REQUESTER, THREAD

LINE = TaskLine(
    thread_id=THREAD,
    version=3,
    requester=REQUESTER.id,
    purpose="Restart <!channel> *now*.",
    phase="awaiting_approval",
    phi=None,
    card_ts=None,
    may_decide=(People(channel_members=True),),
    updated_at=NOON,
)


def test_a_list_names_each_task_by_its_id_and_its_link() -> None:
    """Both can be given to /agent show."""
    rendered = listing([LINE], {THREAD: "https://example.slack.com/archives/C1/p1"})
    assert rendered.text == f"{THREAD} https://example.slack.com/archives/C1/p1"
    assert "https://example.slack.com/archives/C1/p1" in str(rendered.blocks)


def test_people_s_words_stand_in_the_list_as_they_are_and_not_in_the_fallback() -> None:
    """The fallback is read as markup."""
    rendered = listing([LINE], {})
    assert rendered.text == THREAD
    assert {"type": "text", "text": "Restart <!channel> *now*."} in elements(rendered.blocks)


def elements(thing: object) -> list[object]:
    """Give every object inside."""
    if isinstance(thing, dict):
        return [thing, *(inner for value in thing.values() for inner in elements(value))]
    return [inner for one in thing for inner in elements(one)] if isinstance(thing, list | tuple) else []
