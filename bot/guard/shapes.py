"""The first look at a signed body: its content type says whether it is an event, a command or an interaction.

Events are JSON; commands and interactions are forms, an interaction's with the one field ``payload``. The content type
decides how a body is read, its ``charset`` decides nothing, and what stands in the body never makes it another kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.guard.strict import fields_of, object_of, text_of
from bot.guard.turned import turned
from bot.payloads import Kind, Malformed

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
# Slack sends its old token beside the check; it proves nothing and opens nothing.
SSL_CHECK = ({"ssl_check"}, {"ssl_check", "token"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A body that was read."""

    kind: Kind
    body: dict[str, object] = field(repr=False)


def read_request(content_types: Sequence[str], raw: bytes) -> Read | None:
    """Read a body by its content type; None for a bare ssl_check, which says nothing."""
    named = content_types[0].partition(";")[0].strip().lower() if len(content_types) == 1 else ""
    if named == JSON:
        return Read(kind="event", body=object_of(raw))
    if named != FORM:
        raise turned(415, "content_type")
    return _read_form(raw)


def ssl_check(raw: bytes) -> bool:
    """Tell whether a form is Slack's check of our certificate and nothing besides."""
    try:
        return _is_ssl_check(fields_of(raw))
    except Malformed:
        return False


def _is_ssl_check(fields: dict[str, bytes]) -> bool:
    """Tell it of the fields."""
    return fields.get("ssl_check") == b"1" and fields.keys() in SSL_CHECK


def _read_form(raw: bytes) -> Read | None:
    """Read a form: an interaction in its one field, or a command in all of them."""
    fields = fields_of(raw)
    if _is_ssl_check(fields):
        return None
    if "payload" in fields:
        if len(fields) > 1:
            raise Malformed("form: more than a payload")
        return Read(kind="interaction", body=object_of(fields["payload"]))
    command: dict[str, object] = {name: text_of(value) for name, value in fields.items()}
    return Read(kind="command", body=command)
