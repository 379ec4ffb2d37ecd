"""response_urls: five answers in thirty minutes to one interaction, without a token.

An answer is ephemeral unless it says `in_channel`; a message never changes between the two. From an ephemeral source
`replace_original` replaces that ephemeral; a command has no original.
"""

import json
import math

from aiohttp import web

from bot.playground.api.method import flag
from bot.playground.faults import Fault
from bot.playground.messages import content, post, remove, revise
from bot.playground.people import Channel
from bot.playground.record import Call
from bot.playground.standin import Standin
from bot.playground.tickets import ResponseUrl
from bot.playground.words import BOT_ID, BOT_NAME, TEAM_ID, Json, Refusal
from bot.playground.workspace import Workspace

NOT_FOUND = 404
BAD = 400
TOO_MANY = 429
STATUSES = {"used_url": NOT_FOUND, "expired_url": NOT_FOUND, "ratelimited": TOO_MANY}


async def serve(slack: Standin, request: web.Request) -> web.StreamResponse:
    """Answer one use of a response_url."""
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    facts = body if isinstance(body, dict) else {}
    fault = slack.faults.take("response_url", facts)
    if fault is not None and fault.kind == "drop_before":
        return _dropped(request)
    answer, status = _answer(slack, request.match_info["id"], body, fault)
    slack.record.called(Call(method="response_url", args=facts, answer=answer, status=status, at=slack.clock.now()))
    if fault is not None and fault.kind == "slow":
        await slack.clock.wait(fault.seconds)
    if fault is not None and fault.kind == "drop_after":
        return _dropped(request)
    headers = {"Retry-After": str(answer["retry_after"])} if status == TOO_MANY else {}
    return web.Response(text="ok") if answer["ok"] else web.json_response(answer, status=status, headers=headers)


def _dropped(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _answer(slack: Standin, name: str, body: Json, fault: Fault | None) -> tuple[Json, int]:
    try:
        _check(body, fault)
        wait_s = slack.limits.post_wait_s(f"response:{name}")
        _check_rate(wait_s)
        use(slack, slack.tickets.respond(name), body)
    except Refusal as refusal:
        status = STATUSES.get(refusal.error, BAD)
        return {"ok": False, "error": refusal.error} | refusal.more, status
    return {"ok": True}, 200


def _check(body: object, fault: Fault | None) -> None:
    if fault is not None and fault.kind == "error":
        raise Refusal(fault.error)
    if not isinstance(body, dict):
        raise Refusal("invalid_payload")


def _check_rate(wait_s: float) -> None:
    if wait_s > 0:
        raise Refusal("ratelimited", retry_after=math.ceil(wait_s))


def use(slack: Standin, url: ResponseUrl, body: Json) -> None:
    """Do what this answer asks for."""
    channel = slack.workspace.channels[url.channel]
    is_public = body.get("response_type") == "in_channel"
    if flag(body.get("delete_original")):
        if set(body) != {"delete_original"}:
            slack.record.violated("response_url_delete", ", ".join(sorted(body)))
        _delete(slack, url, channel)
        return
    fields = content(slack, body, where="response_url")
    if flag(body.get("replace_original")) and url.message_ts:
        _replace(slack, url, channel, fields)
        return
    thread_ts = _thread(slack, url, body, is_public=is_public)
    if thread_ts:
        fields["thread_ts"] = thread_ts
    if is_public:
        post(slack, channel, _classic(fields))
    else:
        slack.workspace.whisper(channel.id, url.person, slack.by_bot(fields))


def _classic(fields: Json) -> Json:
    """Give a message as webhooks write it: a bot_message without user."""
    return {"subtype": "bot_message", "bot_id": BOT_ID, "username": BOT_NAME, "team": TEAM_ID} | fields


def _thread(slack: Standin, url: ResponseUrl, body: Json, *, is_public: bool) -> str:
    asked = body.get("thread_ts")
    if asked:
        if not is_public or flag(body.get("replace_original")):
            slack.record.violated("response_url_thread", f"{url.channel} {asked}")
        return str(asked)
    return "" if is_public else url.thread_ts  # an ephemeral shows where the person has clicked


def _original(workspace: Workspace, url: ResponseUrl) -> Json | None:
    if url.is_ephemeral:
        return workspace.whispered(url.person, url.message_ts)
    message = workspace.find(url.channel, url.message_ts)
    return message if message is not None and message.get("bot_id") == BOT_ID else None


def _replace(slack: Standin, url: ResponseUrl, channel: Channel, fields: Json) -> None:
    original = _original(slack.workspace, url)
    if original is None:
        raise Refusal("message_not_found")
    if url.is_ephemeral:
        slack.workspace.rewhisper(original, fields)
    else:
        revise(slack, channel, url.message_ts, {"blocks": None, "attachments": None} | fields)


def _delete(slack: Standin, url: ResponseUrl, channel: Channel) -> None:
    original = _original(slack.workspace, url)
    if original is None:
        raise Refusal("message_not_found")
    if url.is_ephemeral:
        slack.workspace.unwhisper(original)
    else:
        remove(slack, channel, url.message_ts)
