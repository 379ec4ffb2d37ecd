"""Signs requests to the bot as Slack does: HMAC-SHA256 over version, timestamp and the exact bytes."""

import hashlib
import hmac


def signed_headers(body: bytes, secret: str, at: float, content_type: str) -> dict[str, str]:
    """Give the headers of a request that is signed at this time."""
    timestamp = str(int(at))
    base = b"v0:" + timestamp.encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "Accept": "application/json,*/*",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest}",
    }
