import json

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.harness import Person, Slack
from bot.playground.words import Json

META = {"event_type": "effect", "event_payload": {"id": "e1"}}


async def error_of(client: AsyncWebClient, method: str, **args: object) -> str:
    """Give the error that a call is refused with."""
    with pytest.raises(SlackApiError) as refused:
        await client.api_call(method, params=args)
    return str(refused.value.response["error"])


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("conversations.replies", {"channel": "C0OPS", "ts": "1700000000.000100"}, "thread_not_found"),
        ("conversations.replies", {"channel": "C0OPS", "ts": "soon"}, "thread_not_found"),
        ("conversations.replies", {"channel": "C0NONE", "ts": "1700000000.000100"}, "channel_not_found"),
        ("conversations.history", {"channel": "C0DEV"}, "not_in_channel"),
        ("conversations.history", {"channel": "C0OPS", "limit": "0"}, "invalid_arguments"),
        ("conversations.history", {"channel": "C0OPS", "limit": "5000"}, "invalid_arguments"),
        ("conversations.history", {"channel": "C0OPS", "cursor": "made up"}, "invalid_cursor"),
        ("conversations.info", {"channel": "C0NONE"}, "channel_not_found"),
        ("conversations.open", {}, "users_list_not_supplied"),
        ("conversations.open", {"users": "U0NOBODY"}, "user_not_found"),
        ("conversations.open", {"users": "U0GONE"}, "user_disabled"),
        ("conversations.open", {"users": "U0OTHERBOT"}, "cannot_dm_bot"),
        ("conversations.open", {"users": ",".join(["U0RITA"] * 9)}, "too_many_users"),
        ("users.info", {"user": "U0NOBODY"}, "user_not_found"),
        ("usergroups.users.list", {"usergroup": "S0NONE"}, "no_such_subteam"),
        ("files.getUploadURLExternal", {"filename": "a", "length": "0"}, "missing_argument"),
        ("files.getUploadURLExternal", {"filename": "a", "length": "2000000000"}, "file_upload_size_restricted"),
        ("files.getUploadURLExternal", {"filename": "a", "length": "many"}, "missing_argument"),
        ("files.completeUploadExternal", {"files": '[{"id": "F0NONE"}]'}, "file_not_found"),
        ("files.completeUploadExternal", {"files": "[]"}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": "{"}, "invalid_arguments"),
        ("conversations.open", {"users": "U0BOT"}, "user_not_found"),
        ("conversations.open", {"users": "U0RITA,U0APPROVER"}, "missing_scope"),
        ("conversations.open", {"channel": "D0NONE"}, "channel_not_found"),
    ],
)
async def test_a_question_that_slack_refuses_is_refused_by_name(
    client: AsyncWebClient, method: str, args: Json, error: str
) -> None:
    """Every row of the table in reference/SLACK.md, 6.3."""
    assert await error_of(client, method, **args) == error


async def test_a_thread_is_paged_oldest_first(client: AsyncWebClient) -> None:
    """Reconciling after a lost answer reads all pages."""
    root = await client.chat_postMessage(channel="C0OPS", text="0")
    for number in range(1, 5):
        await client.chat_postMessage(channel="C0OPS", text=str(number), thread_ts=root["ts"])
    found: list[str] = []
    cursor = ""
    while True:
        page = await client.conversations_replies(channel="C0OPS", ts=root["ts"], limit=2, cursor=cursor)
        found += [message["text"] for message in page["messages"]]
        if not page["has_more"]:
            break
        cursor = page["response_metadata"]["next_cursor"]
    assert found == ["0", "1", "2", "3", "4"]


async def test_a_root_without_replies_is_a_thread_of_one(client: AsyncWebClient) -> None:
    """No error."""
    root = await client.chat_postMessage(channel="C0OPS", text="alone")
    answer = await client.conversations_replies(channel="C0OPS", ts=root["ts"])
    assert [message["text"] for message in answer["messages"]] == ["alone"]


async def test_metadata_is_given_only_when_asked_for(client: AsyncWebClient) -> None:
    """`include_all_metadata` is what finds a card again."""
    root = await client.chat_postMessage(channel="C0OPS", text="x", metadata=META)
    for method in (client.conversations_replies, client.conversations_history):
        args = {"channel": "C0OPS", "ts": root["ts"]}
        plain = await method(**args)
        full = await method(**args, include_all_metadata=True)
        assert "metadata" not in plain["messages"][0]
        assert full["messages"][0]["metadata"] == META


async def test_history_is_newest_first_and_without_replies(client: AsyncWebClient) -> None:
    """`oldest` is exclusive unless said otherwise."""
    first = await client.chat_postMessage(channel="C0OPS", text="first")
    await client.chat_postMessage(channel="C0OPS", text="reply", thread_ts=first["ts"])
    await client.chat_postMessage(channel="C0OPS", text="second")
    everything = await client.conversations_history(channel="C0OPS")
    later = await client.conversations_history(channel="C0OPS", oldest=first["ts"])
    both = await client.conversations_history(channel="C0OPS", oldest=first["ts"], inclusive=True)
    assert [message["text"] for message in everything["messages"]] == ["second", "first"]
    assert [message["text"] for message in later["messages"]] == ["second"]
    assert len(both["messages"]) == 2


async def test_ts_grow_in_a_channel_and_may_be_equal_in_two(slack: Slack, client: AsyncWebClient) -> None:
    """A ts is no key without its channel, and no number: it has six decimals."""
    seen = [str((await client.chat_postMessage(channel="C0OPS", text="x"))["ts"]) for _ in range(3)]
    assert seen == sorted(set(seen))
    assert all(len(ts.partition(".")[2]) == 6 for ts in seen)
    slack.standin.clock.wall = lambda: 1_800_000_000.5
    one = await client.chat_postMessage(channel="C0OPS", text="x")
    other = await client.chat_postMessage(channel="G0PRIV", text="x")
    assert one["ts"] == other["ts"] == "1800000000.000100"


@pytest.mark.parametrize(
    ("user", "facts"),
    [
        ("U0RITA", {"is_bot": False, "deleted": False, "is_restricted": False, "team_id": "T0COUNTER"}),
        ("U0GUEST", {"is_restricted": True, "deleted": False}),
        ("U0EXT", {"is_stranger": True, "team_id": "T0OTHER"}),
        ("U0GONE", {"deleted": True}),
        ("U0OTHERBOT", {"is_bot": True}),
    ],
)
async def test_users_info_tells_the_kinds_of_people_apart(client: AsyncWebClient, user: str, facts: Json) -> None:
    """Who may decide hangs on it."""
    answer = await client.users_info(user=user)
    assert {name: answer["user"].get(name) for name in facts} == facts


async def test_a_direct_message_is_opened_once(client: AsyncWebClient, rita: Person) -> None:
    """The second time it says so, and it is the person's own."""
    first = await client.conversations_open(users="U0RITA")
    second = await client.conversations_open(users="U0RITA")
    assert first["channel"]["id"] == second["channel"]["id"] == rita.dm()
    assert second["already_open"]
    info = await client.conversations_info(channel=rita.dm())
    assert (info["channel"]["is_im"], info["channel"]["user"]) == (True, "U0RITA")


async def test_members_and_groups_are_who_they_are_now(slack: Slack, client: AsyncWebClient) -> None:
    """They change between two questions."""
    assert (await client.usergroups_users_list(usergroup="S0ONCALL"))["users"] == ["U0APPROVER", "U0LEAD"]
    slack.set_group("S0ONCALL", ("U0LEAD",))
    slack.set_members("C0OPS", {"U0BOT", "U0RITA"})
    assert (await client.usergroups_users_list(usergroup="S0ONCALL"))["users"] == ["U0LEAD"]
    assert (await client.conversations_members(channel="C0OPS"))["members"] == ["U0BOT", "U0RITA"]


async def test_a_file_goes_up_in_three_steps(slack: Slack, client: AsyncWebClient) -> None:
    """The SDK's own v2 upload: ticket, bytes, completion in the thread."""
    root = await client.chat_postMessage(channel="C0OPS", text="root")
    answer = await client.files_upload_v2(
        content="line\n" * 9, filename="log.txt", channel="C0OPS", thread_ts=root["ts"], title="The log"
    )
    assert answer["ok"]
    _, shared = slack.thread("C0OPS", root["ts"])
    assert (shared.raw["subtype"], shared.raw["files"][0]["title"]) == ("file_share", "The log")
    assert slack.standin.workspace.files[shared.raw["files"][0]["id"]]["content"] == "line\n" * 9


@pytest.mark.parametrize(("channel", "error"), [("C0DEV", "not_in_channel"), ("C0NONE", "invalid_channel")])
async def test_a_file_is_shared_only_where_the_bot_is(client: AsyncWebClient, channel: str, error: str) -> None:
    """The bytes are there, the message is not."""
    ticket = await client.files_getUploadURLExternal(filename="a", length=2)
    async with aiohttp.ClientSession() as session:
        async with session.post(ticket["upload_url"], data=b"abc") as wrong:
            assert wrong.status == 400
        async with session.post(ticket["upload_url"], data=b"ab") as right:
            assert right.status == 200
        async with session.post(ticket["upload_url"], data=b"ab") as again:
            assert again.status == 404
    files = json.dumps([{"id": ticket["file_id"]}])
    assert await error_of(client, "files.completeUploadExternal", files=files, channel_id=channel) == error


async def test_everybody_can_be_listed(client: AsyncWebClient) -> None:
    """Page by page."""
    answer = await client.users_list(limit=5)
    assert (len(answer["members"]), answer["response_metadata"]["next_cursor"]) == (5, "next:5")
