"""How Slack reaches us: by HTTP through the guard, or over a WebSocket; the same listeners behind both.

Bolt knows Slack's kinds of requests; the guard has verified and read them. Over HTTP what can't be recorded is 503, so
that Slack sends an event again; what is Broken is 500 with a reference and no detail.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from agent_core.ports import StoreDown, SurfaceBusy
from bot.guard import Admitted, Guard, Installation, is_ours, to_bolt
from bot.guard.strict import check_unicode
from bot.health import Metrics
from bot.payloads import Ignored, Kind, Malformed, parse

log = structlog.get_logger(__name__)

PATH = "/slack/events"
HELD_S = 2.0  # of Slack's three seconds
Next = Callable[[], Awaitable[BoltResponse]]
Dispatch = Callable[[Admitted], Awaitable[web.Response]]


class Ours(AsyncAuthorize):
    """Tells Bolt who we are, which was asked once at the start. As a class: Bolt collects no arguments for it."""

    def __init__(self, client: AsyncWebClient, installation: Installation, bot_id: str) -> None:
        """Hold the one answer."""
        self._ours = AuthorizeResult(
            enterprise_id=installation.enterprise_id,
            team_id=installation.team_id,
            bot_id=bot_id,
            bot_user_id=installation.bot_user_id,
            bot_token=client.token,
        )

    async def __call__(self, **_: object) -> AuthorizeResult:
        """Give the one answer."""
        return self._ours


class Typed(AsyncMiddleware):
    """Puts the typed payload into Bolt's context, for the listeners; what is no input goes no further."""

    def __init__(self, installation: Installation) -> None:
        """Hold who we are: what comes over Socket Mode must be meant for us."""
        self._installation = installation

    async def async_process(self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Next) -> BoltResponse:
        """Take what the guard has read, or read what came past it."""
        del resp
        admitted = req.context.get("admitted")
        payload = admitted.payload if isinstance(admitted, Admitted) else unguarded(req, self._installation)
        if payload is None:
            return BoltResponse(status=200)
        req.context["typed"] = payload
        return await next()


def bolt_app(client: AsyncWebClient, installation: Installation, bot_id: str) -> AsyncApp:
    """Make Bolt's app: without its own checks, which the guard has made, and without a call to learn who we are."""
    quiet = logging.getLogger("countersign.bolt")
    quiet.setLevel(logging.ERROR)  # Bolt warns of what we chose: a client, and who we are known beforehand
    app = AsyncApp(
        logger=quiet,
        client=client,
        authorize=Ours(client, installation, bot_id),
        process_before_response=True,
        request_verification_enabled=False,
        ignoring_self_events_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
    )
    app.middleware(Typed(installation))
    app.error(failed)
    return app


def unguarded(req: AsyncBoltRequest, installation: Installation) -> object | None:
    """Read a payload that came over Socket Mode, past the guard, by the same rules; None for what is no input."""
    body = req.body
    kind: Kind = "command" if "command" in body else "event" if body.get("type") == "event_callback" else "interaction"
    try:
        check_unicode(body)
        payload = parse(kind, body, bot_user_id=installation.bot_user_id)
    except Malformed as wrong:
        log.warning("malformed payload", where=str(wrong))
        return None
    if isinstance(payload, Ignored) or not is_ours(payload, installation):
        return None
    return payload


async def failed(error: Exception) -> BoltResponse:
    """Answer for what went wrong: the store or Slack for now (503), or our own defect (500 and a reference)."""
    if isinstance(error, StoreDown | SurfaceBusy | TimeoutError):
        log.warning("request not taken", why=str(error))
        return BoltResponse(status=503)
    reference = secrets.token_hex(4)
    log.error("defect", reference=reference, error=type(error).__name__, exc_info=error)
    return BoltResponse(status=500, body=f"Something is broken on our side (reference {reference}).")


def dispatcher(app: AsyncApp, metrics: Metrics) -> Dispatch:
    """Give admitted requests to Bolt, and time them."""

    async def dispatch(admitted: Admitted) -> web.Response:
        began = time.perf_counter()
        response = answer_of(await app.async_dispatch(to_bolt(admitted)))
        metrics.answered(admitted.kind, response.status, time.perf_counter() - began)
        return response

    return dispatch


def answer_of(said: BoltResponse) -> web.Response:
    """Answer Slack what a listener said: nothing, words or JSON; none of ours sets headers."""
    is_json = said.body.startswith("{")
    return web.Response(
        status=said.status, text=said.body, content_type="application/json" if is_json else "text/plain"
    )


class Opening:
    """Whether requests can be dispatched: one that comes while the bot starts is held for as long as Slack waits."""

    def __init__(self) -> None:
        """Begin closed."""
        self._dispatch: Dispatch | None = None
        self._opened = asyncio.Event()
        self._closed = False

    def open(self, dispatch: Dispatch) -> None:
        """Let in what was held, and all that comes."""
        self._dispatch = dispatch
        self._opened.set()

    def close(self) -> None:
        """Let nothing in any more."""
        self._dispatch = None
        self._closed = True

    async def dispatch(self) -> Dispatch | None:
        """Give what dispatches, or None if it is not there in time."""
        if self._dispatch is None and not self._closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(HELD_S):
                    await self._opened.wait()
        return self._dispatch


def http_app(guard: Guard | None, opening: Opening) -> web.Application:
    """Make the HTTP application; where Bolt is not there requests are to come again, and without a guard none come."""

    async def events(request: web.Request) -> web.StreamResponse:
        if guard is None:
            return web.Response(status=404)
        dispatch = await opening.dispatch()
        return web.Response(status=503) if dispatch is None else await guard.serve(request, dispatch)

    app = web.Application()
    app.router.add_post(PATH, events)
    return app
