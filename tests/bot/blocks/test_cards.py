import re

import pytest

from agent_core.errors import Broken
from bot.blocks.cards import card, ending, parent_message, privately, say
from bot.blocks.kit import BLOCKS_CHARS, size_of
from tests.bot.blocks.faces import FACES, HALF, LONG, face, waits
from tests.bot.blocks.reading import arguments, as_slack, boxes, buttons, kinds_of_text, menu, objects, texts
from tests.examples import PROPOSAL, REQUESTER, THINKING
from tests.plugins.golden import Golden

NAMES = sorted(FACES)
FALLBACK = re.compile(
    r"(Step \d+, (restart_service|a tool|no tool), [a-z ;]+\.|It is not known whether step \d+, .*"
    r"|The (score|task|pause|agent) [a-z0-9 ,_]+\.|A question is closed\.|Finished: [a-z_]+ · Φ \d+\.\d(\n[^<>*`@]*)?)"
)


@pytest.mark.parametrize("name", NAMES)
def test_every_face_is_the_one_that_was_reviewed(name: str, golden: Golden) -> None:
    """A card is read by people in a hurry: what changes on it is looked at first."""
    rendered = card(FACES[name])
    golden(f"cards/{name}.json", {"text": rendered.text, "blocks": rendered.blocks})


@pytest.mark.parametrize("name", NAMES)
def test_slack_takes_every_face(name: str) -> None:
    """A card that Slack refuses is a task that stops in silence."""
    rendered = card(FACES[name])
    assert size_of(as_slack(rendered.blocks)) <= BLOCKS_CHARS


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_a_card_is_markup(name: str) -> None:
    """Whatever a model, a tool or a person says stands there as it is."""
    assert kinds_of_text(as_slack(card(FACES[name]).blocks)) <= {"plain_text", "text", "link"}


@pytest.mark.parametrize("name", NAMES)
def test_the_fallback_is_made_of_fixed_words_and_names_of_tools(name: str) -> None:
    """Notifications and screen readers get it, and Slack reads it as markup."""
    assert FALLBACK.fullmatch(card(FACES[name]).text)


@pytest.mark.parametrize("name", NAMES)
def test_every_button_has_words_for_the_ear_and_carries_thread_version_and_digest(name: str) -> None:
    """Ten buttons called Approve are one button to somebody who listens."""
    for block in as_slack(card(FACES[name]).blocks):
        if block["type"] != "actions":
            continue
        for element in block["elements"]:
            value = element.get("value", block["block_id"])
            assert re.fullmatch(r"T0TEAM:C0STAGING:[0-9.]+\|\d+\|[0-9a-f]*", value)
            assert element["type"] == "overflow" or element["accessibility_label"]


def test_a_card_that_waits_shows_the_arguments_exactly_and_offers_every_decision() -> None:
    """What is signed is what is seen."""
    blocks = as_slack(card(FACES["waiting"]).blocks)
    assert arguments(boxes(blocks)[0]) == PROPOSAL.call.args
    assert list(buttons(blocks)) == ["approve", "reject", "edit", "override_phi", "teach"]
    assert menu(blocks) == ["view_full", "why_asked", "pause", "abort"]


def test_an_approval_can_be_withdrawn_only_where_there_is_one() -> None:
    """From the first approval until the claim."""
    assert "withdraw" in menu(as_slack(card(FACES["half_decided"]).blocks))
    assert "withdraw" in menu(as_slack(card(FACES["approved"]).blocks))
    assert "withdraw" not in menu(as_slack(card(FACES["running"]).blocks))


def test_a_half_decided_card_says_who_approved_and_how_many_are_needed() -> None:
    """The second approver sees that one is there."""
    said = " ".join(texts(as_slack(card(waits(HALF)).blocks)))
    assert "(1 of 2" in said


def test_arguments_that_do_not_fit_leave_no_approve_on_the_card() -> None:
    """Nobody approves what the card does not show."""
    blocks = as_slack(card(waits(LONG)).blocks)
    assert "approve" not in buttons(blocks)
    assert "view_full" in buttons(blocks)
    assert any("more characters" in text for text in texts(blocks))


def test_a_proposal_that_waits_no_longer_has_no_button_that_decides() -> None:
    """A button that would only be refused is not offered."""
    deciding = {"approve", "reject", "edit", "override_phi", "withdraw"}
    for name in ("reconsidered", "waiting_paused", "running", "rejected", "expired", "closed", "done"):
        found = buttons(as_slack(card(FACES[name]).blocks))
        assert not deciding - {"override_phi"} & set(found), name
    other = face("waiting", THINKING)
    assert not deciding & set(buttons(as_slack(card(other).blocks)))


def test_a_tool_that_is_not_known_any_more_cannot_be_edited() -> None:
    """Without its schema there is no form."""
    view = FACES["waiting"]
    gone = type(view)(checkpoint=view.checkpoint, card=view.card, limits=view.limits, mark=view.mark)
    assert "edit" not in buttons(as_slack(card(gone).blocks))


def test_only_the_newest_score_may_be_overridden() -> None:
    """An older one, or that of a finished task, has no effect any more."""
    assert "override_phi" in buttons(as_slack(card(FACES["done"]).blocks))
    assert "override_phi" not in buttons(as_slack(card(FACES["scored_without_run"]).blocks))
    assert "override_phi" not in buttons(as_slack(card(FACES["failed"]).blocks))


def test_the_last_message_begins_with_the_line_that_other_software_reads() -> None:
    """Its text and its first block alike."""
    rendered = card(FACES["final"])
    first = "Finished: out_of_budget · Φ 2.5"
    assert rendered.text.startswith(first + "\n")
    assert rendered.blocks[0] == {"type": "header", "text": {"type": "plain_text", "text": first, "emoji": False}}
    assert card(FACES["final_bare"]).text == "Finished: succeeded · Φ 2.5"


def test_a_last_message_of_a_task_that_goes_on_is_our_defect() -> None:
    """There would be no ending to tell."""
    with pytest.raises(Broken):
        card(face("closed", THINKING, None, about="final"))


def test_the_parent_message_names_the_task_and_its_requester(golden: Golden) -> None:
    """The task's words stand in rich text, and not in the fallback."""
    rendered = parent_message("restart the cache\n<!channel>", REQUESTER.id)
    as_slack(rendered.blocks)
    golden("cards/parent.json", {"text": rendered.text, "blocks": rendered.blocks})
    ended = parent_message("restart the cache", REQUESTER.id, ending(FACES["final"].checkpoint))
    as_slack(ended.blocks)
    golden("cards/parent_ended.json", {"text": ended.text, "blocks": ended.blocks})


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Step 1 (restart_service) was not run.", "Step 1 (restart_service) was not run."),
        ("See evil.invalid/a", "There is a message for you."),
        ("<@U0LEAD> took it back.\nSee /agent learned.", "somebody took it back.\nSee /agent learned."),
        ("*Approved* by <@U0LEAD>", "There is a message for you."),
        ("https://evil.invalid/x", "There is a message for you."),
        ("Ask <@U0LEAD>, <@U0ADA> or <!subteam^S0ONCALL>.", "Ask somebody."),
        ("It waits: https://x.slack.test/archives/C1/p17", "It waits: the link below"),
        (":lock: safe", "There is a message for you."),
        ("", "There is a message for you."),
    ],
)
def test_what_the_bot_says_is_its_own_fallback_only_if_it_is_no_markup(words: str, text: str) -> None:
    """Else a model could write a link or an alarm into a notification."""
    rendered = say(words)
    as_slack(rendered.blocks)
    assert rendered.text == text


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("service: it's `cart`, not a service that I know.", "service: it's `cart`, not a service that I know."),
        ("I can't: 1 < 2 & 3 > 2.", "I can't: 1 &lt; 2 &amp; 3 &gt; 2."),
        ("<!channel> <https://evil.invalid|Approve>", "&lt;!channel&gt; &lt;https://evil.invalid|Approve&gt;"),
        ("Ask <@U0LEAD> or <@U0ADA>.", "Ask somebody."),
        ("over\u202erun\x00", r"over\u202erun\u0000"),
        ("x" * 600, "x" * 500 + "…"),
        (" \n", "There is a message for you."),
    ],
)
def test_what_is_said_to_one_person_is_its_own_fallback_with_nothing_in_it_that_slack_obeys(
    words: str, text: str
) -> None:
    """Who only hears the notification, or reads with their ears, gets the words and no riddle."""
    rendered = privately(words)
    as_slack(rendered.blocks)
    assert rendered.text == text
    assert rendered.blocks == say(words).blocks


def test_a_mention_in_our_words_becomes_a_person_and_in_others_words_only_of_those_who_are_known() -> None:
    """A model may not borrow a person's name."""
    named = as_slack(say("<@U0LEAD> taught a rule.").blocks)[0]["elements"][0]["elements"]
    assert named == [{"type": "user", "user_id": "U0LEAD"}, {"type": "text", "text": " taught a rule."}]
    unnamed = as_slack(say("<@U0BOSS> approved it.", frozenset()).blocks)[0]["elements"][0]["elements"]
    assert unnamed == [{"type": "text", "text": "<@U0BOSS> approved it."}]
    long = as_slack(say("x" * 5000).blocks)
    assert any("more characters" in text for text in texts(long))


def test_our_own_words_name_groups_and_lead_to_messages() -> None:
    """A list of tasks is of use only with its links; what a model says has none."""
    words = "Ask <!subteam^S0ONCALL>: https://x.slack.test/archives/C1/p17?thread_ts=1 now\n" + "\n".join("abc")
    first, *rest = as_slack(say(words).blocks)[0]["elements"]
    assert [one["type"] for one in first["elements"]] == ["text", "usergroup", "text", "link", "text"]
    assert len(rest) == 3
    assert not [one for one in objects(as_slack(say(words, frozenset()).blocks)) if one.get("type") == "link"]


def test_a_long_list_of_ours_gives_way_line_by_line() -> None:
    """Each line keeps its beginning."""
    many = as_slack(say("\n".join(["\U0001f9e8" * 2_000] * 60)).blocks)
    assert len(many[0]["elements"]) == 41
    assert "… 20 more lines" in texts(many)
