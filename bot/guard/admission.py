"""The guard itself: from bytes on a socket to a request that is signed, fresh, well formed, ours, and not too many.

The order is the point. Size by the headers; the form and the time of the signature's headers; the body, so many bytes
in so many seconds; the signature over those bytes; and only then the first look at what they say. After that the
content type, the strict reading, the shape, the installation, whether it was answered before, and the rate. No refusal
is a 5xx, except the one that asks Slack to send an event again later.

``serve`` is the whole of it: admit, hand on, remember the answer.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus

import structlog
from aiohttp import hdrs, web
from pydantic import SecretStr

from bot.guard.answers import answered_at_once, too_fast
from bot.guard.handover import Admitted, admitted_of
from bot.guard.origin import Installation, is_ours
from bot.guard.rates import Buckets, Rate
from bot.guard.reading import check_size, read_body
from bot.guard.replays import Replays
from bot.guard.shapes import FORM, read_request, ssl_check
from bot.guard.signature import Stamp, stamp_of
from bot.guard.turned import Refusal, Turned, turned
from bot.payloads import Ignored, Malformed, Payload, parse

log = structlog.get_logger("countersign.guard")


# These stop a runaway client and no person, however fast; a load test of ours comes from one person.
A_PERSON = Rate(per_s=600.0, burst=2_000)
A_WORKSPACE = Rate(per_s=2_000.0, burst=6_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much, how long, how often."""

    body_bytes: int = 512 * 1024
    body_s: float = 3.0
    skew_s: int = 300
    replays: int = 10_000
    replay_bytes: int = 8 * 1024 * 1024
    person: Rate = A_PERSON
    workspace: Rate = A_WORKSPACE


async def only_answered(_: Admitted) -> None:
    """Leave it at the answer to Slack."""


def logged(refusal: Refusal) -> None:
    """Log a refusal by its fixed words and identifiers; Slack's everyday noise only where somebody looks for it."""
    tell = log.debug if refusal.status == HTTPStatus.OK else log.info
    if refusal.reason == "foreign":
        tell = log.warning
    tell("request_not_passed_on", **asdict(refusal))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Whom the guard tells: of every request that it does not pass on, and of a person who is too fast."""

    refused: Callable[[Refusal], None] = logged
    limited: Callable[[Admitted], Awaitable[None]] = only_answered


class Guard:
    """What must be true of a request before anything else sees it.

    ``installation`` may be set once Slack has said who we are; until then nothing is compared with it.
    """

    def __init__(
        self,
        signing_secret: SecretStr | bytes,
        *,
        clock: Callable[[], float],
        limits: Limits | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        """Take the secret, which must not be empty, the time in seconds since 1970, and whom to tell."""
        secret = signing_secret
        self._secret = secret if isinstance(secret, bytes) else secret.get_secret_value().encode("utf-8")
        if not self._secret:
            raise ValueError("The signing secret is empty: every request would be let in.")
        self.installation = Installation()
        self._clock = clock
        self._limits = limits = limits or Limits()
        self._hooks = hooks or Hooks()
        self._people = Buckets(limits.person)
        self._workspaces = Buckets(limits.workspace)
        # A request stamped in the future may come for twice as long as one stamped now.
        self._replays = Replays(clock, keep_s=2 * limits.skew_s, most=limits.replays, most_bytes=limits.replay_bytes)

    async def serve(
        self, request: web.Request, dispatch: Callable[[Admitted], Awaitable[web.Response]]
    ) -> web.Response:
        """Admit a request, have it dispatched, and keep the answer for whoever sends the same bytes again."""
        admitted = await self.admit(request)
        if isinstance(admitted, web.Response):
            return admitted
        response: web.Response | None = None
        try:
            response = await dispatch(admitted)
        finally:
            self.done(admitted, response)
        return response

    async def admit(self, request: web.Request) -> Admitted | web.Response:
        """Give a request that may be acted on, which is owed a ``done``; or the answer to one that may not."""
        try:
            check_size(request, self._limits.body_bytes)
            stamp = stamp_of(request.headers, self._clock(), self._limits.skew_s)
            if stamp is None:
                return await self._unsigned(request)
            raw = await read_body(request, self._limits.body_bytes, self._limits.body_s)
            stamp.check(self._secret, raw)
            return await self._signed(request, stamp, raw)
        except Malformed as wrong:
            refusal = Turned(Refusal(status=400, reason="malformed", where=wrong.where))
        except Turned as away:
            refusal = away
        self._hooks.refused(refusal.refusal)
        return refusal.response()

    def done(self, admitted: Admitted, response: web.Response | None) -> None:
        """End an admitted request; after a 5xx, or no answer, the same bytes may come again and are worked on."""
        self._replays.settle(admitted.signature, response)

    async def _unsigned(self, request: web.Request) -> web.Response:
        """Answer Slack's check of our certificate, the one request that it does not sign."""
        if request.content_type != FORM:
            raise turned(401, "unsigned", close=True)
        if not ssl_check(await read_body(request, self._limits.body_bytes, self._limits.body_s)):
            raise turned(401, "unsigned")
        return web.Response()

    async def _signed(self, request: web.Request, stamp: Stamp, raw: bytes) -> Admitted | web.Response:
        """Look at what a signed request says."""
        read = read_request(request.headers.getall(hdrs.CONTENT_TYPE, []), raw)
        if read is None:
            return web.Response()
        payload = parse(read.kind, read.body, bot_user_id=self.installation.bot_user_id)
        if isinstance(payload, Ignored):
            self._hooks.refused(Refusal(status=200, reason=payload.reason))
            return web.Response()
        self._check_origin(payload)
        answer = answered_at_once(payload)
        return answer if answer is not None else await self._once(admitted_of(request, stamp, read, payload))

    async def _once(self, admitted: Admitted) -> Admitted | web.Response:
        """Let a request through that was not answered before and is not one too many."""
        known = await self._replays.answer_or_claim(admitted.signature)
        if known is not None:
            self._hooks.refused(Refusal(status=known.status, reason="replay"))
            return known.response()
        if self._has_token(admitted.payload):
            return admitted
        answer = too_fast(admitted.payload)
        try:
            self._hooks.refused(Refusal(status=answer.status, reason="limited"))
            await self._hooks.limited(admitted)
        finally:
            self.done(admitted, answer)
        return answer

    def _check_origin(self, payload: Payload) -> None:
        """Raise Turned for what is meant for another installation."""
        if is_ours(payload, self.installation):
            return
        team_id = payload.named_team or payload.workspace or ""
        raise Turned(Refusal(status=403, reason="foreign", app_id=payload.api_app_id or "", team_id=team_id))

    def _has_token(self, payload: Payload) -> bool:
        """Take one token each from the person and the workspace."""
        now = self._clock()
        workspace = payload.workspace or ""
        if payload.actor and not self._people.take(f"{workspace}:{payload.actor}", now):
            return False
        return self._workspaces.take(workspace, now)
