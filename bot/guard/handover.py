"""An admitted request, and how Bolt is given it.

Bolt is handed what was read and checked here, and nothing besides: not the bytes, because two readers may disagree
(Bolt's own one takes any command with the word ``payload`` in its text for an interaction and loses it); not the
fields that no model of ours names, because Bolt looks into some of them and fails where their shape is wrong; and no
headers, because it takes some as orders about which of its listeners to run. Its request must be told for this that
it is no HTTP request (``socket_mode``), which changes nothing else but that Bolt leaves out its own check of the
signature, and that check has been made. A listener finds the whole request in Bolt's context as ``admitted``.
"""

from dataclasses import dataclass, field

from aiohttp import web
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.guard.shapes import Read
from bot.guard.signature import Stamp
from bot.payloads import Kind, Payload

RETRY_NUM = "X-Slack-Retry-Num"
RETRY_REASON = "X-Slack-Retry-Reason"
MOST_RETRY_DIGITS = 3
MOST_REASON_CHARACTERS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A request that may be acted on: what it says, checked, and how it came."""

    kind: Kind
    payload: Payload
    body: dict[str, object] = field(repr=False)
    signature: str = field(repr=False)
    retry: int | None = None
    retry_reason: str | None = None


def admitted_of(request: web.Request, stamp: Stamp, read: Read, payload: Payload) -> Admitted:
    """Put together what is passed on of a request."""
    number = request.headers.get(RETRY_NUM, "")
    counted = number.isascii() and number.isdigit() and len(number) <= MOST_RETRY_DIGITS
    reason = request.headers.get(RETRY_REASON)
    return Admitted(
        kind=read.kind,
        payload=payload,
        body=read.body,
        signature=stamp.signature,
        retry=int(number) if counted else None,
        retry_reason=reason[:MOST_REASON_CHARACTERS] if reason else None,
    )


def to_bolt(admitted: Admitted) -> AsyncBoltRequest:
    """Give Bolt the request as it was read and checked."""
    body = admitted.payload.model_dump(mode="json", exclude_none=True, exclude={"kind"})
    return AsyncBoltRequest(body=body, context={"admitted": admitted}, mode="socket_mode")
