from typing import Any

import pytest

from bot.payloads import (
    AppMention,
    BlockActions,
    BotMessageDeleted,
    ButtonValue,
    Ignored,
    Malformed,
    MessageEvent,
    MessageShortcut,
    Payload,
    ViewKey,
    ViewSubmission,
    parse,
)
from tests.bot.payloads.samples import kind_of, sample

DIGEST = "ab" * 16
VALUE = f"T1:C1:1700000000.000100|7|{DIGEST}"


def read(name: str) -> Payload:
    """Read a sample that is known to be good."""
    payload = parse(kind_of(name), sample(name))
    assert isinstance(payload, Payload)
    return payload


def said(**changes: object) -> dict[str, Any]:
    """Give a message event with other fields of the message."""
    message = {"type": "message", "user": "U1", "text": "hi", "ts": "2.000100", "channel": "C1", **changes}
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": message}


def test_a_mention_and_its_message_are_one_fact() -> None:
    """Slack sends both, with different event IDs and in either order."""
    message, mention = parse("event", said()), parse("event", said(type="app_mention"))
    assert isinstance(message, MessageEvent)
    assert isinstance(mention, AppMention)
    assert message.dedupe_id == mention.dedupe_id == "T1:C1:2.000100"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bot_id": "B1"}, "bot"),
        ({"user": "UB"}, "bot"),
        ({"user": "USLACKBOT"}, "bot"),
        ({"subtype": "bot_message", "user": None}, "bot"),
        ({"subtype": "channel_join"}, "subtype"),
        ({"subtype": "me_message"}, "subtype"),
        ({"subtype": "something_new"}, "subtype"),
        ({"subtype": "message_changed"}, "subtype"),
        ({"hidden": True}, "edited"),
        ({"type": "app_mention", "edited": {"user": "U1", "ts": "3.1"}}, "edited"),
        ({"type": "member_joined_channel"}, "unknown_event"),
    ],
)
def test_what_no_person_said_just_now_is_no_input(changes: dict[str, object], reason: str) -> None:
    """Subtypes are let in by a list: one that is invented tomorrow is not obeyed."""
    assert parse("event", said(**changes), bot_user_id="UB") == Ignored(reason=reason)


@pytest.mark.parametrize("subtype", [None, "thread_broadcast", "file_share"])
def test_what_a_person_said_is_input(subtype: str | None) -> None:
    """A reply that is also shown in the channel, or has a file, is still a reply."""
    payload = parse("event", said(subtype=subtype, text=None, thread_ts="1.000100"))
    assert isinstance(payload, MessageEvent)
    assert (payload.event.text, payload.is_reply, payload.thread_ts) == ("", True, "1.000100")


@pytest.mark.parametrize(("thread_ts", "reply"), [(None, False), ("2.000100", False), ("1.000100", True)])
def test_a_reply_is_told_from_the_message_that_opened_the_thread(thread_ts: str | None, reply: bool) -> None:  # noqa: FBT001  a column of the table
    """That one names itself as its thread once it has replies."""
    payload = parse("event", said(thread_ts=thread_ts))
    assert isinstance(payload, MessageEvent)
    assert payload.is_reply == reply


def test_a_deleted_message_matters_only_where_it_may_have_been_a_card() -> None:
    """A card that was deleted is posted anew; a person's words, once said, stay said."""
    gone = {"user": "UB", "bot_id": "B1", "ts": "2.1", "thread_ts": "1.1"}
    deletion = {"subtype": "message_deleted", "hidden": True, "deleted_ts": "2.1", "previous_message": gone}
    payload = parse("event", said(**deletion))
    assert isinstance(payload, BotMessageDeleted)
    assert (payload.channel_id, payload.thread_ts, payload.event.deleted_ts) == ("C1", "1.1", "2.1")
    theirs = {**deletion, "previous_message": {**gone, "user": "U1", "bot_id": None}}
    assert parse("event", said(**theirs), bot_user_id="UB") == Ignored(reason="deleted")
    with pytest.raises(Malformed):
        parse("event", said(**{**deletion, "previous_message": None}))


def test_our_own_message_is_known_by_our_own_name() -> None:
    """An old sample has no bot_id; only the user tells."""
    body = sample("message-event/bot-own-message.json")
    assert parse("event", body, bot_user_id="U234") == Ignored(reason="bot")


def test_an_interaction_that_did_not_come_in_a_form_is_refused() -> None:
    """Slack sends none so, and a framework would take it for one."""
    with pytest.raises(Malformed):
        parse("event", sample("block-actions/button-in-thread.json"))


def test_a_click_says_where_it_happened() -> None:
    """An ephemeral message has a container and no message; a view has neither channel nor thread."""
    ephemeral = read("block-actions/button-in-thread.json")
    assert isinstance(ephemeral, BlockActions)
    assert (ephemeral.channel_id, ephemeral.message_ts) == ("C111", "1693635296.000500")
    assert ephemeral.thread_ts == "1693616242.466609"
    home = read("block-actions/button-in-home-tab.json")
    assert isinstance(home, BlockActions)
    assert (home.channel_id, home.thread_ts, home.workspace, home.actor) == (None, None, "T123", "U123")


def test_a_shortcut_names_the_thread_of_its_message() -> None:
    """A message outside of any thread is its own."""
    shortcut = read("shortcut/message-shortcut.json")
    assert isinstance(shortcut, MessageShortcut)
    assert shortcut.thread_ts == "1583636382.000300"


def element(**state: object) -> dict[str, object]:
    """Give the state of one element."""
    return {"value": {"type": "x", **state}}


def test_a_modal_gives_one_value_for_each_block() -> None:
    """Typed, picked, several picked, and left alone."""
    values = {
        "note": element(value="words"),
        "empty": element(value=None),
        "reason": element(selected_option={"value": "too_risky"}),
        "nothing": element(selected_option=None),
        "boxes": element(selected_options=[{"value": "a"}, {"value": "b"}]),
        "no_boxes": element(selected_options=[]),
        "day": element(selected_date="2026-01-02"),
        "hour": element(selected_time="10:00"),
        "moment": element(selected_date_time=1700000000),
        "who": element(selected_user="U1"),
        "several": element(selected_users=["U1", "U2"]),
        "where": element(selected_conversation="C1"),
        "rich": element(rich_text_value={"type": "rich_text"}),
        "hollow": {},
    }
    body = sample("view-submission/full-view.json")
    body["view"]["state"] = {"values": values}
    payload = parse("interaction", body)
    assert isinstance(payload, ViewSubmission)
    assert payload.values() == {
        "note": "words",
        "empty": None,
        "reason": "too_risky",
        "nothing": None,
        "boxes": ["a", "b"],
        "no_boxes": [],
        "day": "2026-01-02",
        "hour": "10:00",
        "moment": "1700000000",
        "who": "U1",
        "several": ["U1", "U2"],
        "where": "C1",
        "rich": '{"type": "rich_text"}',
        "hollow": None,
    }
    assert payload.view.first_input == "request-block"


def test_a_modal_without_state_has_no_values() -> None:
    """Slack sends an empty state for a modal without inputs."""
    payload = read("view-submission/with-response-urls.json")
    assert isinstance(payload, ViewSubmission)
    assert payload.values() == {}


def pressed(**action: object) -> BlockActions:
    """Press something in the ephemeral sample."""
    body = sample("block-actions/button-in-ephemeral-message.json")
    body["actions"] = [{"type": "button", "block_id": "b", **action}]
    payload = parse("interaction", body)
    assert isinstance(payload, BlockActions)
    return payload


def test_a_button_and_an_entry_of_the_menu_say_the_same() -> None:
    """The menu's options are names; its block carries what a button carries in its value."""
    button = pressed(action_id="pause", value=VALUE).action
    entry = pressed(action_id="more", block_id=VALUE, selected_option={"value": "pause"}).action
    assert (button.name, button.button) == (entry.name, entry.button) == ("pause", ButtonValue.parse(VALUE))
    with pytest.raises(Malformed):
        _ = pressed(action_id="approve").action.button


@pytest.mark.parametrize(
    "text",
    [
        VALUE,
        "T1:C1:1700000000.000100|0|",
        f"T1:C1:1700000000.000100/planner/tests|12|{DIGEST}",
        "T1:D1:new-0123456789abcdef|1|",
    ],
)
def test_a_button_value_is_written_as_it_was_read(text: str) -> None:
    """Openings, sub-agents, and buttons that need no digest."""
    assert ButtonValue.parse(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "||",
        "click_me_123",
        VALUE + "|x",
        VALUE + "\n",
        " " + VALUE,
        VALUE.replace("|7|", "|07|"),
        VALUE.replace("|7|", "|-7|"),
        VALUE.replace("|7|", "|\u0667|"),
        VALUE.replace("|7|", "||"),
        VALUE.replace("T1:", ""),
        VALUE.replace("T1", "t1"),
        VALUE.replace("0100|", "0100/../x|"),
        VALUE.replace("0100|", "0100/|"),
        VALUE.replace(DIGEST, DIGEST * 3),
        VALUE.replace(DIGEST, "é"),
    ],
)
def test_a_button_value_that_is_not_ours_is_refused(text: str) -> None:
    """It is never guessed at."""
    with pytest.raises(Malformed):
        ButtonValue.parse(text)


def test_a_modals_key_is_written_as_it_was_read() -> None:
    """Thread, version and digest as on a button, and the card and page that it was opened from."""
    key = ViewKey(thread_id="T1:C1:1.000100", version=3, digest=DIGEST, card="1.000200", page=2)
    written = f'{{"thread":"T1:C1:1.000100","version":3,"digest":"{DIGEST}","card":"1.000200","page":2}}'
    assert key.text == written
    assert ViewKey.parse(written) == key
    assert key.value == ButtonValue(thread_id="T1:C1:1.000100", version=3, digest=DIGEST)
    assert ViewKey.parse('{"thread":"T1:C1:1.000100","version":0}').card is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "This is for you!",
        '{"thread":"x","version":1}',
        '{"thread":"T1:C1:1.1","version":"1"}',
        '{"thread":"T1:C1:1.1","version":true}',
        '{"thread":"T1:C1:1.1","version":-1}',
        '{"thread":"T1:C1:1.1","version":1,"card":"x"}',
        '{"thread":"T1:C1:1.1","version":1,"page":1.5}',
        '{"thread":"T1:C1:1.1\\n","version":1}',
        '{"thread":"T1:C1:1.1","version":1}' + " " * 3000,
    ],
)
def test_a_modals_key_that_is_not_ours_is_refused(text: str) -> None:
    """Somebody else's modal, or one from before an upgrade."""
    with pytest.raises(Malformed):
        ViewKey.parse(text)


def test_an_error_names_the_place_and_not_what_stood_there() -> None:
    """It goes into a log."""
    with pytest.raises(Malformed) as wrong:
        parse("event", said(user="xoxb-secret"))
    assert str(wrong.value) == "event.user"
