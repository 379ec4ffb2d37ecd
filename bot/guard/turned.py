"""A request that is not passed on: how it is answered, and the fixed words that a log and a counter get for it.

The rule kept here: a refusal tells the caller a status and one word, never what was in the request; the log gets
identifiers at most.
"""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request was not passed on; ``foreign`` is the one that an audit line is for."""

    status: int
    reason: str
    where: str = ""
    app_id: str = ""
    team_id: str = ""


class Turned(Exception):
    """Turn a request away; ``close`` where the rest of its connection cannot be trusted."""

    def __init__(self, refusal: Refusal, *, close: bool = False) -> None:
        """Keep the refusal and what becomes of the connection."""
        super().__init__(refusal.reason)
        self.refusal = refusal
        self.close = close

    def response(self) -> web.Response:
        """Say it to the caller."""
        response = web.Response(status=self.refusal.status, text=self.refusal.reason)
        if self.close:
            response.force_close()
        return response


def turned(status: int, reason: str, *, close: bool = False) -> Turned:
    """Make the usual refusal: a status and a word."""
    return Turned(Refusal(status=status, reason=reason), close=close)
