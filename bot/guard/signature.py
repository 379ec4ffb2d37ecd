"""Slack's signature: HMAC-SHA256 over ``v0:<timestamp>:<raw body>``, and a timestamp within five minutes.

Nothing about a request is believed, parsed or even waited for before this holds. Headers are judged first, so that an
unsigned request with a slow body costs nothing; the body's bytes are judged as they came, before any decoding.
"""

import hmac
import math
import re
from dataclasses import dataclass

from multidict import CIMultiDictProxy

from bot.guard.turned import turned

SIGNATURE = "X-Slack-Signature"
TIMESTAMP = "X-Slack-Request-Timestamp"
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The two headers, well formed and fresh, but not yet held against the body."""

    signature: str
    timestamp: str

    def check(self, secret: bytes, raw: bytes) -> None:
        """Raise Turned unless the secret's holder signed exactly these bytes at that time."""
        signed = b"v0:%b:%b" % (self.timestamp.encode("ascii"), raw)
        expected = "v0=" + hmac.digest(secret, signed, "sha256").hex()
        if not hmac.compare_digest(expected.encode("ascii"), self.signature.encode("ascii")):
            raise turned(401, "signature")


def stamp_of(headers: CIMultiDictProxy[str], now: float, skew_s: int) -> Stamp | None:
    """Read the two headers; None if neither is there, Turned if they are not what Slack sends."""
    signatures = headers.getall(SIGNATURE, [])
    timestamps = headers.getall(TIMESTAMP, [])
    if not signatures and not timestamps:
        return None
    if len(signatures) != 1 or len(timestamps) != 1:
        raise turned(401, "signature_headers")
    if not _SIGNATURE.fullmatch(signatures[0]) or not _TIMESTAMP.fullmatch(timestamps[0]):
        raise turned(401, "signature_headers")
    # Whole seconds on both sides: a request signed 300 s ago is fresh until the 301st second begins.
    if abs(math.floor(now) - int(timestamps[0])) > skew_s:
        raise turned(401, "timestamp")
    return Stamp(signature=signatures[0], timestamp=timestamps[0])
