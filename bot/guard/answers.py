"""What the guard itself answers to a good request: Slack's own questions, and requests that come too fast.

A person who is too fast is told that nothing was changed, in the way that each kind of request can show: a modal keeps
what was typed, a command shows a line, a click shows nothing here (the ``limited`` hook may post to them alone). An
event is asked for again later, because a reply in a thread must not be swallowed.
"""

import re

from aiohttp import web

from bot.payloads import AppRateLimited, Envelope, Malformed, Payload, SlashCommand, UrlVerification, ViewSubmission

TOO_FAST = "That was too much at once. Nothing was changed. Wait a few seconds and try again."
# Slack's own are letters and digits. Nothing here means anything to a browser.
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{1,256}")
_AS_IS = {"X-Content-Type-Options": "nosniff"}


def answered_at_once(payload: Payload) -> web.Response | None:
    """Answer what concerns the connection and no task; None for everything else."""
    match payload:
        case UrlVerification(challenge=challenge):
            if not _CHALLENGE.fullmatch(challenge):
                raise Malformed("challenge")
            return web.Response(text=challenge, content_type="text/plain", headers=_AS_IS)
        case AppRateLimited():
            return web.Response()
        case _:
            return None


def too_fast(payload: Payload) -> web.Response:
    """Answer a request for which there is no token left."""
    match payload:
        case Envelope():
            return web.Response(status=503, headers={"Retry-After": "60"})
        case SlashCommand():
            return web.json_response({"response_type": "ephemeral", "text": TOO_FAST})
        case ViewSubmission() if payload.view.first_input:
            errors = {payload.view.first_input: TOO_FAST}
            return web.json_response({"response_action": "errors", "errors": errors})
        case _:
            return web.Response()
