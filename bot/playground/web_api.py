"""What stands before every Web API method: form of the request, token, scope, rate, arguments; faults; the record.

Errors are HTTP 200 with `{"ok": false, "error": ...}`, except a rate limit, which is 429 with Retry-After.
"""

import json
import math
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import web

from bot.playground.api import chat, conversations, files, people, views
from bot.playground.api.method import Method
from bot.playground.faults import Fault
from bot.playground.record import Call
from bot.playground.standin import Standin
from bot.playground.words import Json, Refusal

METHODS: dict[str, Method] = chat.METHODS | conversations.METHODS | files.METHODS | people.METHODS | views.METHODS
ARGUMENT = re.compile(r"[A-Za-z0-9_.\[\]-]+")
TEXTS = {
    *("channel", "ts", "thread_ts", "text", "markdown_text", "timestamp", "message_ts", "channel_id"),
    *("user", "users", "user_id", "usergroup", "username", "team_id", "name", "filename", "initial_comment"),
    *("trigger_id", "view_id", "external_id", "hash", "cursor"),
}
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
TOO_MANY = 429
OK = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the Web API, read."""

    name: str
    token: str = ""
    args: Json = field(default_factory=dict)
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What we say to it."""

    body: Json
    status: int = OK
    headers: dict[str, str] = field(default_factory=dict)


class Dropped(Exception):
    """The connection closes instead of an answer."""


async def serve(slack: Standin, request: web.Request) -> web.StreamResponse:
    """Answer one request to the Web API."""
    name = request.match_info["method"]
    try:
        asked = await read(request, name)
    except Refusal as refusal:
        asked, answered = Asked(name), refused(refusal)
        slack.record.called(_call(slack, asked, answered))
        return _response(answered)
    fault = slack.faults.take(name, asked.args)
    try:
        return await _with_fault(slack, asked, fault)
    except Dropped:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)


async def _with_fault(slack: Standin, asked: Asked, fault: Fault | None) -> web.StreamResponse:
    """Do what is asked, and let go wrong before and after it what is to go wrong."""
    early = await _before(slack, fault) if fault is not None else None
    if early is not None:
        slack.record.called(_call(slack, asked, early))
        return _response(early)
    if fault is not None and fault.kind == "status":
        return web.Response(status=fault.status, text="<html>upstream trouble</html>", content_type="text/html")
    answered = perform(slack, asked)
    slack.record.called(_call(slack, asked, answered))
    return _response(await _after(slack, fault, answered) if fault is not None else answered)


async def _after(slack: Standin, fault: Fault, answered: Answered) -> Answered:
    """Let go wrong what goes wrong with the answer to what was done."""
    match fault.kind:
        case "slow":
            await slack.clock.wait(fault.seconds)
        case "hold_after":
            await fault.gate.stand()
        case "drop_after":
            raise Dropped
        case "error_after":
            return Answered({"ok": False, "error": fault.error})
        case _:
            pass
    return answered


async def _before(slack: Standin, fault: Fault) -> Answered | None:
    """Let go wrong what goes wrong before anything was done; give the answer if that ends it."""
    match fault.kind:
        case "slow_before":
            await slack.clock.wait(fault.seconds)
        case "hold_before":
            await fault.gate.stand()
        case "drop_before":
            raise Dropped
        case "rate_limited":
            return refused(Refusal("ratelimited", retry_after=fault.seconds))
        case "error":
            return Answered({"ok": False, "error": fault.error})
        case _:
            pass
    return None


def _call(slack: Standin, asked: Asked, answered: Answered) -> Call:
    return Call(method=asked.name, args=asked.args, answer=answered.body, status=answered.status, at=slack.clock.now())


def _response(answered: Answered) -> web.Response:
    return web.Response(
        body=json.dumps(answered.body).encode(),
        status=answered.status,
        headers=answered.headers,
        content_type="application/json",
        charset="utf-8",
    )


def refused(refusal: Refusal) -> Answered:
    """Give a refusal as Slack words it."""
    more = dict(refusal.more)
    retry_after = more.pop("retry_after", None)
    body: Json = {"ok": False, "error": refusal.error} | more
    if isinstance(retry_after, (int, float)):
        return Answered(body, TOO_MANY, {"Retry-After": str(max(1, math.ceil(retry_after)))})
    return Answered(body)


async def read(request: web.Request, name: str) -> Asked:
    """Read token and arguments from wherever a request may carry them."""
    if name not in METHODS:
        raise Refusal("unknown_method", req_method=name)
    body = await request.read()
    args: Json = _pairs(request.query_string)
    warning = ""
    header = request.headers.get("Authorization", "")
    if request.method == "POST" and body:
        kind = request.content_type if "Content-Type" in request.headers else ""
        if kind == "application/json" and METHODS[name].json:
            args |= _json(body)
            args.pop("token", None)  # with a JSON body the token must be in the header
            warning = "" if "charset" in request.headers["Content-Type"] else "missing_charset"
        elif kind == "multipart/form-data":
            args |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
        elif kind in FORMS:
            args |= _pairs(_decoded(body))
        else:
            raise Refusal("invalid_post_type" if kind else "missing_post_type")
    token = header.removeprefix("Bearer ").strip() if header else args.pop("token", "")
    args = {key: value for key, value in args.items() if value is not None}
    _check_names(args)
    return Asked(name, str(token), args, warning)


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Refusal("invalid_form_data") from None


def _pairs(text: str) -> Json:
    pairs = parse_qsl(text, keep_blank_values=True)
    args: Json = dict(pairs)
    if len(args) != len(pairs) or any(name.endswith("[]") for name in args):
        raise Refusal("invalid_array_arg")
    return args


def _json(body: bytes) -> Json:
    try:
        args = json.loads(body)
    except ValueError:
        raise Refusal("invalid_json") from None
    if not isinstance(args, dict):
        raise Refusal("json_not_object")
    return args


def _check_names(args: Json) -> None:
    for name, value in args.items():
        if not ARGUMENT.fullmatch(name):
            raise Refusal("invalid_arg_name")
        if name in TEXTS and isinstance(value, list):
            raise Refusal("invalid_array_arg")


def perform(slack: Standin, asked: Asked) -> Answered:
    """Do what is asked, or say why not. Nothing here waits."""
    method = METHODS[asked.name]
    headers = {}
    try:
        _check_token(slack, asked, method)
        headers = {
            "x-oauth-scopes": ",".join(sorted(slack.scopes)),
            "x-accepted-oauth-scopes": ",".join(method.scopes),
        }
        _check_scope(slack, method)
        _check_rate(slack, asked.name, method)
        _check_arguments(asked, method)
        body: Json = {"ok": True} | method.run(slack, asked.args)
    except Refusal as refusal:
        answered = refused(refusal)
        return Answered(answered.body, answered.status, headers | answered.headers)
    if asked.warning:
        body.setdefault("warning", asked.warning)
        metadata = body.setdefault("response_metadata", {})
        metadata["warnings"] = [*metadata.get("warnings", ()), asked.warning]
    return Answered(body, OK, headers)


def _check_token(slack: Standin, asked: Asked, method: Method) -> None:
    secrets, token = slack.secrets, asked.token
    if not token:
        raise Refusal("missing_args" if method.token == "app" else "not_authed")  # noqa: S105 - a kind
    kinds = {secrets.bot_token: "bot", secrets.app_token: "app"}
    if token not in kinds:
        raise Refusal("invalid_auth")
    if not slack.standing.is_installed:
        raise Refusal("account_inactive" if kinds[token] == "bot" else "token_revoked")
    if slack.standing.is_expired:
        raise Refusal("token_expired")
    if kinds[token] != method.token and asked.name != "auth.test":
        raise Refusal("not_allowed_token_type")


def _check_scope(slack: Standin, method: Method) -> None:
    if method.token == "bot" and method.scopes and not slack.scopes & set(method.scopes):  # noqa: S105 - a kind
        raise Refusal("missing_scope", needed=method.scopes[0], provided=",".join(sorted(slack.scopes)))


def _check_rate(slack: Standin, name: str, method: Method) -> None:
    wait_s = slack.limits.wait_s(name, method.per_minute)
    if wait_s > 0:
        raise Refusal("ratelimited", retry_after=wait_s)


def _check_arguments(asked: Asked, method: Method) -> None:
    messages = [
        f"[ERROR] missing required field: {name}" for name in method.required if asked.args.get(name) in (None, "")
    ]
    messages += [
        f"[ERROR] must provide a string [json-pointer:/{name}]"
        for name, value in asked.args.items()
        if name in TEXTS and not isinstance(value, str)
    ]
    if messages:
        raise Refusal("invalid_arguments", response_metadata={"messages": messages})
