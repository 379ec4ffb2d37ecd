"""A thread's page over HTTP: to read only, for whoever is at this machine, and for nobody else.

There is no login. So it stands at the admin port alone, the peer must be this machine (from elsewhere an operator
forwards the port), and it must be asked for by a name of this machine: else a page of somebody else's, open in the
operator's browser, could have its own name lead here and read people's words. Pages are drawn one at a time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import TypeAlias

import structlog
from aiohttp import web

from agent_core.errors import Refused
from agent_core.ports import StoreDown

log = structlog.get_logger(__name__)

Draw: TypeAlias = Callable[[str], Awaitable[str]]
"""Draws the page of the thread of this ID, or raises Refused with why there is none."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")  # a proxy on this machine asks for somebody elsewhere
ELSEWHERE = "Threads are shown to this machine only. Forward the port, and ask for localhost.\n"


class Audit:
    """Serves threads' pages, as soon as there is somebody who draws them."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.draw: Draw | None = None
        self._drawing = asyncio.Lock()

    async def thread(self, request: web.Request) -> web.Response:
        """Answer with a thread's page, or say in words why there is none."""
        if not is_from_here(request):
            return said(403, ELSEWHERE)
        if self.draw is None:
            return said(503, "Not up yet, or going down.\n")
        try:
            async with self._drawing:
                page = await self.draw(request.match_info["id"])
        except Refused as no:
            return said(404, f"{no.sentence}\n")
        except StoreDown as down:
            log.warning("thread not shown", why=str(down))
            return said(503, "The store does not answer.\n")
        log.info("thread shown at the admin port", thread_id=request.match_info["id"])
        return web.Response(text=page, content_type="text/html", charset="utf-8", headers=HEADERS)


def is_from_here(request: web.Request) -> bool:
    """Tell whether a request comes from this machine, for no other, under a name that only this machine has."""
    host = (request.url.host or "").lower()
    is_for_another = any(name in request.headers for name in FORWARDED)
    return is_loopback(request.remote or "") and not is_for_another and (host == "localhost" or is_loopback(host))


def is_loopback(address: str) -> bool:
    """Tell whether an address is of this machine alone."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def said(status: int, words: str) -> web.Response:
    """Answer in words."""
    return web.Response(status=status, text=words, headers=HEADERS)
