"""Take a request's body in: so many bytes, so many seconds, as it came.

A body is never inflated: any Content-Encoding is refused, and ``runner`` switches off aiohttp's own inflating, which
happens below every handler. ``runner`` also holds what else the guard needs of the server: small headers, and a short
patience with a body that was refused and goes on coming.
"""

import asyncio
import logging

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.guard.turned import turned

LINGER_S = 1.0  # with the 3 s for the body: a stalled connection is gone long before 10 s
HEADER_BYTES = 8190


def runner(app: web.Application) -> web.AppRunner:
    """Give the server that the guard relies on; nothing else should serve it."""
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        handle_signals=False,
        keepalive_timeout=75.0,
        lingering_time=LINGER_S,
        logger=logging.getLogger("countersign.http"),
        max_field_size=HEADER_BYTES,
        max_line_size=HEADER_BYTES,
    )


def check_size(request: web.Request, most_bytes: int) -> None:
    """Raise Turned by the headers alone, where they say that the body is not for us."""
    if hdrs.CONTENT_ENCODING in request.headers:
        raise turned(415, "content_encoding", close=True)
    if (request.content_length or 0) > most_bytes:
        raise turned(413, "body_size", close=True)


async def read_body(request: web.Request, most_bytes: int, within_s: float) -> bytes:
    """Read the whole body, or raise Turned when it is too long, too slow or broken off."""
    content = request.content
    try:
        if content.is_eof():  # it came whole with its headers, as most do: there is nothing to wait for
            return within(content.read_nowait(), most_bytes)
        async with asyncio.timeout(within_s):
            body = bytearray()
            while chunk := await content.readany():
                body += within(chunk, most_bytes - len(body))
            return bytes(body)
    except TimeoutError as slow:
        raise turned(408, "body_time", close=True) from slow
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError) as broken:
        raise turned(400, "body", close=True) from broken


def within(part: bytes, most_bytes: int) -> bytes:
    """Give a part of a body back, or raise Turned if it is more than may still come."""
    if len(part) > most_bytes:
        raise turned(413, "body_size", close=True)
    return part
