import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.harness import Person, Setup, Slack, running
from bot.playground.words import Json
from tests.playground.kit import actions, button, section
from tests.playground.listening import Bot, listening

MANY: list[Json] = [{"type": "divider"}] * 51
META = {"event_type": "effect", "event_payload": {"id": "e1"}}


async def error_of(client: AsyncWebClient, method: str, **args: object) -> str:
    """Give the error that a call is refused with."""
    with pytest.raises(SlackApiError) as refused:
        await client.api_call(method, json=args)
    return str(refused.value.response["error"])


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"channel": "C0OPS"}, "no_text"),
        ({"channel": "C0OPS", "text": "", "blocks": []}, "no_text"),
        ({"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ({"channel": "ops", "text": "x"}, "channel_not_found"),
        ({"channel": "C0DEV", "text": "x"}, "not_in_channel"),
        ({"channel": "U0GONE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0OPS", "text": "x", "blocks": "not json"}, "invalid_blocks_format"),
        ({"channel": "C0OPS", "text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"channel": "C0OPS", "text": "x", "blocks": MANY}, "invalid_blocks"),
        ({"channel": "C0OPS", "text": "x", "blocks": [section("x" * 2900)] * 5}, "msg_blocks_too_long"),
        ({"channel": "C0OPS", "text": "x", "attachments": [{"text": "x"}] * 101}, "too_many_attachments"),
        ({"channel": "C0OPS", "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"channel": "C0OPS", "text": "x", "metadata": "no"}, "invalid_metadata_format"),
        ({"channel": "C0OPS", "text": "x", "metadata": {"what": 1}}, "invalid_metadata_format"),
        ({"channel": "C0OPS", "text": "x", "metadata": {"event_type": "t"}}, "invalid_metadata_schema"),
        (
            {"channel": "C0OPS", "text": "x", "metadata": {"event_type": "t", "event_payload": {"x": "y" * 9000}}},
            "metadata_too_large",
        ),
    ],
)
async def test_a_post_that_slack_refuses_is_refused_by_name(client: AsyncWebClient, args: Json, error: str) -> None:
    """Every row of the table in reference/SLACK.md, 6.2."""
    assert await error_of(client, "chat.postMessage", **args) == error


async def test_a_private_channel_without_the_bot_does_not_exist(slack: Slack, client: AsyncWebClient) -> None:
    """The error must not tell that it is there."""
    slack.set_members("G0PRIV", {"U0RITA"})
    assert await error_of(client, "chat.postMessage", channel="G0PRIV", text="x") == "channel_not_found"


async def test_an_archived_channel_takes_nothing(slack: Slack, client: AsyncWebClient) -> None:
    """Posting and changing have two names for it."""
    posted = await client.chat_postMessage(channel="C0OPS", text="x")
    slack.archive("C0OPS")
    assert await error_of(client, "chat.postMessage", channel="C0OPS", text="x") == "is_archived"
    assert await error_of(client, "chat.update", channel="C0OPS", ts=posted["ts"], text="y", blocks=[]) == "is_inactive"


async def test_two_tables_are_one_too_many(client: AsyncWebClient) -> None:
    """Slack calls it an attachment error."""
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
    assert (
        await error_of(client, "chat.postMessage", channel="C0OPS", text="x", blocks=[table, table])
        == "invalid_attachments"
    )


async def test_a_very_long_text_is_cut_with_a_warning(client: AsyncWebClient) -> None:
    """No error: who does not look at the warning loses words."""
    answer = await client.chat_postMessage(channel="C0OPS", text="x" * 40_001)
    assert (len(answer["message"]["text"]), answer["warning"]) == (40_000, "message_truncated")


async def test_a_user_id_posts_into_the_direct_message(client: AsyncWebClient, rita: Person) -> None:
    """The answer has the channel id that updates need; the user id will not do there."""
    answer = await client.chat_postMessage(channel="U0RITA", text="x")
    assert answer["channel"] == rita.dm()
    refused = await error_of(client, "chat.update", channel="U0RITA", ts=answer["ts"], text="y", blocks=[])
    assert refused == "channel_not_found"


async def test_what_slack_passes_in_silence_is_a_violation(slack: Slack, client: AsyncWebClient) -> None:
    """Blocks without text, a thread_ts from nowhere, a reply's ts as thread_ts, half an update."""
    root = await client.chat_postMessage(channel="C0OPS", text="root")
    reply = await client.chat_postMessage(channel="C0OPS", text="reply", thread_ts=root["ts"])
    assert slack.violations == []
    with pytest.warns(UserWarning, match="text"):
        await client.chat_postMessage(channel="C0OPS", blocks=[{"type": "divider"}])
    await client.chat_postMessage(channel="C0OPS", text="x", thread_ts="1700000000.000100")
    await client.chat_postMessage(channel="C0OPS", text="x", thread_ts=reply["ts"])
    await client.chat_update(channel="C0OPS", ts=root["ts"], text="only text")
    broken = [violation.rule for violation in slack.violations]
    assert broken == ["missing_text", "thread_ts_unknown", "thread_ts_is_a_reply", "partial_update"]


async def test_a_reply_counts_on_the_root(slack: Slack, client: AsyncWebClient, rita: Person) -> None:
    """The root gets thread_ts and the counts; a deleted reply is counted no more."""
    root = await client.chat_postMessage(channel="C0OPS", text="root")
    ts = await rita.post("C0OPS", "a reply", thread_ts=root["ts"])
    first, second = slack.thread("C0OPS", root["ts"])
    assert (first.raw["reply_count"], first.raw["reply_users"], first.thread_ts) == (1, ["U0RITA"], first.ts)
    assert (second.ts, second.thread_ts) == (ts, first.ts)
    await rita.delete("C0OPS", ts)
    assert "reply_count" not in slack.thread("C0OPS", root["ts"])[0].raw


async def test_an_ephemeral_is_seen_by_one_person_only(
    slack: Slack, client: AsyncWebClient, rita: Person, ada: Person
) -> None:
    """It is not in the channel, and its ts is good for nothing."""
    answer = await client.chat_postEphemeral(channel="C0OPS", user="U0RITA", text="only you")
    assert [message.text for message in rita.ephemerals] == ["only you"]
    assert (ada.ephemerals, slack.channel("C0OPS")) == ([], [])
    error = await error_of(client, "chat.update", channel="C0OPS", ts=answer["message_ts"], text="x", blocks=[])
    assert error == "message_not_found"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"channel": "C0OPS", "user": "U0GONE", "text": "x"}, "user_not_in_channel"),
        ({"channel": "C0OPS", "user": "U0RITA", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C0DEV", "user": "U0RITA", "text": "x"}, "not_in_channel"),
        ({"channel": "C0OPS", "text": "x"}, "invalid_arguments"),
    ],
)
async def test_an_ephemeral_that_slack_refuses_is_refused_by_name(
    client: AsyncWebClient, args: Json, error: str
) -> None:
    """The one to whom nothing can be said must be reached another way."""
    assert await error_of(client, "chat.postEphemeral", **args) == error


async def test_an_update_of_what_is_not_ours_is_refused(slack: Slack, client: AsyncWebClient, rita: Person) -> None:
    """A person's message, another bot's, and one that is not there."""
    person = await rita.post("C0OPS", "mine")
    other = await slack.as_person("U0OTHERBOT").post("C0OPS", "beep")
    for ts in (person, other):
        assert (
            await error_of(client, "chat.update", channel="C0OPS", ts=ts, text="x", blocks=[]) == "cant_update_message"
        )
        assert await error_of(client, "chat.delete", channel="C0OPS", ts=ts) == "cant_delete_message"
    missing = await error_of(client, "chat.update", channel="C0OPS", ts="1700000000.000100", text="x", blocks=[])
    assert missing == "message_not_found"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"text": "x" * 4001, "blocks": []}, "msg_too_long"),
        ({}, "no_text"),
        ({"text": "x", "blocks": MANY}, "invalid_blocks"),
        ({"text": "x", "blocks": "{"}, "invalid_blocks_format"),
    ],
)
async def test_an_update_that_slack_refuses_changes_nothing(
    slack: Slack, client: AsyncWebClient, args: Json, error: str
) -> None:
    """A card whose update was refused still shows the old state."""
    posted = await client.chat_postMessage(channel="C0OPS", text="before")
    assert await error_of(client, "chat.update", channel="C0OPS", ts=posted["ts"], **args) == error
    assert [message.text for message in slack.channel("C0OPS")] == ["before"]


async def test_rich_text_is_not_replaced_by_other_kinds(client: AsyncWebClient) -> None:
    """Slack calls it a mismatch."""
    run = {"type": "text", "text": "x"}
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [run]}]}
    posted = await client.chat_postMessage(channel="C0OPS", text="x", blocks=[rich])
    error = await error_of(client, "chat.update", channel="C0OPS", ts=posted["ts"], text="x", blocks=[section("x")])
    assert error == "block_mismatch"


async def test_an_update_keeps_metadata_unless_it_is_emptied(slack: Slack, client: AsyncWebClient) -> None:
    """The effect's id must not be lost when a card changes."""
    posted = await client.chat_postMessage(channel="C0OPS", text="x", metadata=META)
    await client.chat_update(channel="C0OPS", ts=posted["ts"], text="y", blocks=[])
    assert slack.channel("C0OPS")[0].metadata == META
    await client.chat_update(channel="C0OPS", ts=posted["ts"], text="y", blocks=[], metadata={})
    assert slack.channel("C0OPS")[0].metadata == {}


async def test_an_update_without_blocks_in_it_takes_the_buttons_away(slack: Slack, client: AsyncWebClient) -> None:
    """`[]` removes them; the edited mark and the text stay."""
    posted = await client.chat_postMessage(channel="C0OPS", text="x", blocks=[actions(button("approve"))])
    await client.chat_update(channel="C0OPS", ts=posted["ts"], text="done", blocks=[])
    message = slack.channel("C0OPS")[0]
    assert (message.text, message.blocks, message.raw["edited"]["user"]) == ("done", [], "U0BOT")


async def test_a_permalink_names_the_thread_of_a_reply(client: AsyncWebClient) -> None:
    """Without thread_ts and cid the link of a reply opens nothing."""
    root = await client.chat_postMessage(channel="C0OPS", text="root")
    reply = await client.chat_postMessage(channel="C0OPS", text="reply", thread_ts=root["ts"])
    first = await client.chat_getPermalink(channel="C0OPS", message_ts=root["ts"])
    second = await client.chat_getPermalink(channel="C0OPS", message_ts=reply["ts"])
    assert first["permalink"].endswith(f"/archives/C0OPS/p{root['ts'].replace('.', '')}")
    assert second["permalink"].endswith(f"?thread_ts={root['ts']}&cid=C0OPS")


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"name": "eyes"}, "no_item_specified"),
        ({"name": "no such!", "channel": "C0OPS", "timestamp": "1700000000.000100"}, "invalid_name"),
        ({"name": "eyes", "channel": "C0OPS", "timestamp": "soon"}, "bad_timestamp"),
        ({"name": "eyes", "channel": "C0OPS", "timestamp": "1700000000.000100"}, "message_not_found"),
    ],
)
async def test_a_reaction_that_slack_refuses_is_refused_by_name(client: AsyncWebClient, args: Json, error: str) -> None:
    """Every row of the table in 6.3."""
    assert await error_of(client, "reactions.add", **args) == error


async def test_the_same_reaction_twice_is_an_error(client: AsyncWebClient) -> None:
    """To be treated as success by the bot."""
    posted = await client.chat_postMessage(channel="C0OPS", text="x")
    await client.reactions_add(channel="C0OPS", timestamp=posted["ts"], name="eyes")
    error = await error_of(client, "reactions.add", channel="C0OPS", timestamp=posted["ts"], name="eyes")
    assert error == "already_reacted"


async def test_the_bot_hears_its_own_posts_and_changes(slack: Slack, client: AsyncWebClient, bot: Bot) -> None:
    """Loops begin here: a post is a message, an update a message_changed, a deletion a message_deleted."""
    posted = await client.chat_postMessage(channel="C0OPS", text="x", metadata=META)
    await client.chat_update(channel="C0OPS", ts=posted["ts"], text="y", blocks=[])
    await client.chat_delete(channel="C0OPS", ts=posted["ts"])
    await slack.until(lambda: len(slack.deliveries) == 3)
    events = sorted(bot.events, key=lambda event: event.get("subtype", ""))
    assert [event.get("subtype") for event in events] == [None, "message_changed", "message_deleted"]
    assert (events[0]["bot_id"], events[0]["user"], events[0]["channel_type"]) == ("B0BOT", "U0BOT", "channel")
    assert "metadata" not in events[0]
    assert (events[1]["message"]["text"], events[1]["previous_message"]["text"]) == ("y", "x")
    assert events[2]["deleted_ts"] == posted["ts"]


async def test_the_edit_window_of_a_workspace_closes(bot: Bot) -> None:
    """Some workspaces let nobody change what was said long ago."""
    async with listening(bot) as url, running(Setup(events_url=url, edit_window_s=300)) as slack:
        client = AsyncWebClient(token=slack.secrets.bot_token, base_url=slack.api_url)
        posted = await client.chat_postMessage(channel="C0OPS", text="x")
        await client.chat_update(channel="C0OPS", ts=posted["ts"], text="y", blocks=[])
        slack.clock.advance(301)
        error = await error_of(client, "chat.update", channel="C0OPS", ts=posted["ts"], text="z", blocks=[])
        assert error == "edit_window_closed"


async def test_a_messages_tab_that_is_off_takes_no_direct_message() -> None:
    """The manifest decides."""
    async with running(Setup(messages_tab=False)) as slack:
        client = AsyncWebClient(token=slack.secrets.bot_token, base_url=slack.api_url)
        assert await error_of(client, "chat.postMessage", channel="U0RITA", text="x") == "messages_tab_disabled"


async def test_attachments_have_a_size_together(client: AsyncWebClient) -> None:
    """And must be objects."""
    big = [{"text": "x" * 100_000}]
    error = await error_of(client, "chat.postMessage", channel="C0OPS", text="x", attachments=big)
    assert error == "attachment_payload_limit_exceeded"
    assert await error_of(client, "chat.postMessage", channel="C0OPS", attachments=["x"]) == "invalid_attachments"


async def test_markdown_text_becomes_a_block(slack: Slack, client: AsyncWebClient) -> None:
    """And its words are the fallback."""
    await client.chat_postMessage(channel="C0OPS", markdown_text="# Title")
    assert (slack.channel("C0OPS")[0].blocks[0]["type"], slack.channel("C0OPS")[0].text) == ("markdown", "# Title")
